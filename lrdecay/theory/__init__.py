"""What a schedule does to SGD, by formula and without training anything."""

from lrdecay.theory.adaptive import simulate_adam
from lrdecay.theory.averaging import averaged_loss, decay_of_average
from lrdecay.theory.design import best_rates, least_loss, optimal_inverse_time, tuned
from lrdecay.theory.plateau import plateau_rates
from lrdecay.theory.quadratic import distance, expected_loss, noise_floor, simulate
from lrdecay.theory.schedule_free import schedule_free_loss

__all__ = [
    "averaged_loss",
    "best_rates",
    "decay_of_average",
    "distance",
    "expected_loss",
    "least_loss",
    "noise_floor",
    "optimal_inverse_time",
    "plateau_rates",
    "schedule_free_loss",
    "simulate",
    "simulate_adam",
    "tuned",
]
