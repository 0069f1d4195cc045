"""What a schedule does to SGD, by formula and without training anything."""

from lrdecay.theory.averaging import averaged_loss, decay_of_average
from lrdecay.theory.design import optimal_inverse_time
from lrdecay.theory.quadratic import expected_loss, noise_floor, simulate
from lrdecay.theory.schedule_free import schedule_free_loss

__all__ = [
    "averaged_loss",
    "decay_of_average",
    "expected_loss",
    "noise_floor",
    "optimal_inverse_time",
    "schedule_free_loss",
    "simulate",
]
