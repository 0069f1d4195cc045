"""What a schedule does to SGD, by formula and without training anything."""

from lrdecay.theory.adaptive import simulate_adam
from lrdecay.theory.averaging import averaged_loss, decay_of_average
from lrdecay.theory.bounds import bound_constant, last_iterate_bound
from lrdecay.theory.design import best_rates, least_loss, optimal_inverse_time, tuned
from lrdecay.theory.laws import AnnealingLaw, Curve, Misfit, MultiPowerLaw, misfit
from lrdecay.theory.plateau import plateau_rates
from lrdecay.theory.quadratic import distance, expected_loss, noise_floor, simulate
from lrdecay.theory.schedule_free import schedule_free_loss
from lrdecay.theory.valley import Valley, river_valley

__all__ = [
    "AnnealingLaw",
    "Curve",
    "Misfit",
    "MultiPowerLaw",
    "Valley",
    "averaged_loss",
    "best_rates",
    "bound_constant",
    "decay_of_average",
    "distance",
    "expected_loss",
    "last_iterate_bound",
    "least_loss",
    "misfit",
    "noise_floor",
    "optimal_inverse_time",
    "plateau_rates",
    "river_valley",
    "schedule_free_loss",
    "simulate",
    "simulate_adam",
    "tuned",
]
