"""What a schedule does to SGD, by formula and without training anything."""

from lrdecay.theory.design import best_rates, optimal_inverse_time, tuned
from lrdecay.theory.plateau import plateau_rates
from lrdecay.theory.quadratic import distance, expected_loss, noise_floor, simulate

__all__ = [
    "best_rates",
    "distance",
    "expected_loss",
    "noise_floor",
    "optimal_inverse_time",
    "plateau_rates",
    "simulate",
    "tuned",
]
