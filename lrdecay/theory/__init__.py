"""What a schedule does to SGD, by formula and without training anything."""

from lrdecay.theory.design import best_rates, optimal_inverse_time, tuned
from lrdecay.theory.quadratic import expected_loss, noise_floor, simulate

__all__ = [
    "best_rates",
    "expected_loss",
    "noise_floor",
    "optimal_inverse_time",
    "simulate",
    "tuned",
]
