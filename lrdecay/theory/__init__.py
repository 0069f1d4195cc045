"""What a schedule does to SGD, by formula and without training anything."""

from lrdecay.theory.design import optimal_inverse_time
from lrdecay.theory.plateau import plateau_rates
from lrdecay.theory.quadratic import distance, expected_loss, noise_floor, simulate

__all__ = [
    "distance",
    "expected_loss",
    "noise_floor",
    "optimal_inverse_time",
    "plateau_rates",
    "simulate",
]
