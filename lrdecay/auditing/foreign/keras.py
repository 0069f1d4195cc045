"""Schedules of Keras, and the optimizers that hold them."""

from collections.abc import Sequence
from typing import Any

from lrdecay.auditing.foreign import functions
from lrdecay.auditing.foreign.source import Foreign
from lrdecay.interop import from_keras
from lrdecay.schedules import Constant, Schedule

RISING = {"CosineDecayRestarts"}
"""Classes whose rates are meant to rise again and again."""


def read(s: Any, total_steps: int) -> Schedule | Foreign:
    """Return a schedule of Keras as ours where it is one that we have, else as its rates."""
    try:
        return from_keras(s)
    except (TypeError, ValueError):
        rises = type(s).__name__ in RISING or bool(getattr(s, "cycle", False))
        return functions.read(s, total_steps, rises)


def read_optimizer(optimizer: Any, total_steps: int) -> Sequence[Schedule | Foreign]:
    """Return the schedule of an optimizer, from the update that it is at."""
    inner = getattr(optimizer, "inner_optimizer", None)  # of a LossScaleOptimizer
    if inner is not None:
        return read_optimizer(inner, total_steps)
    s, made = optimizer._learning_rate, int(optimizer.iterations)
    if not callable(s):
        return [Constant(float(optimizer.learning_rate))]
    read_as = read(s, total_steps + made)
    if isinstance(read_as, Schedule):
        return [read_as.shift(made) if made else read_as]
    rates = read_as.rates
    return [
        Foreign(
            lambda steps: rates(steps + made),
            read_as.horizon - made,
            read_as.rises,
            read_as.looked_at,
        )
    ]
