"""Keras' schedules as ours."""

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from numbers import Integral
from typing import Any

from keras.optimizers import schedules as ks

from lrdecay.interop.keras.schedule import KerasSchedule
from lrdecay.schedules import (
    Constant,
    CosineDecay,
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstant,
    PolynomialDecay,
    Schedule,
    StepDecay,
)


def from_keras(schedule: Any) -> Schedule:
    """See `lrdecay.interop.from_keras`."""
    if not isinstance(schedule, ks.LearningRateSchedule):
        raise TypeError(
            f"ks = {schedule!r}: expected a schedule of keras.optimizers.schedules; "
            "for a plain number use Constant"
        )
    try:
        convert = _CONVERTERS[type(schedule)]  # a subclass may compute something else
    except KeyError:
        known = ", ".join(cls.__name__ for cls in _CONVERTERS)
        raise ValueError(
            f"ks = {type(schedule).__name__}: lrdecay can take over {known}, and no subclasses"
        ) from None
    return convert(schedule)


def _not_integers(**rates: Any) -> None:
    """Refuse integer rates: Keras would compute in integers, and 1 would decay to 0 at once."""
    for name, rate in rates.items():
        if isinstance(rate, Integral):
            raise ValueError(
                f"{name} = {rate!r}: Keras computes in integers then, which gives other rates "
                f"than the formula; write {float(rate)}"
            )


def _from_exponential(schedule: ks.ExponentialDecay) -> Schedule:
    lr0, ratio, every = schedule.initial_learning_rate, schedule.decay_rate, schedule.decay_steps
    _not_integers(initial_learning_rate=lr0)
    if schedule.staircase:
        return StepDecay(lr0, ratio, every)
    return ExponentialDecay.from_ratio(lr0, ratio, every)


def _from_inverse_time(schedule: ks.InverseTimeDecay) -> Schedule:
    lr0, every = schedule.initial_learning_rate, schedule.decay_steps
    _not_integers(initial_learning_rate=lr0)
    decay = InverseTimeDecay(lr0, schedule.decay_rate).stretch(every)
    return decay.staircase(every) if schedule.staircase else decay


def _from_polynomial(schedule: ks.PolynomialDecay) -> Schedule:
    lr0, lr_end = schedule.initial_learning_rate, schedule.end_learning_rate
    _not_integers(initial_learning_rate=lr0)
    if lr_end > lr0:
        raise ValueError(
            f"end_learning_rate = {lr_end!r}: above initial_learning_rate = {lr0!r}, so Keras "
            "raises the rate (its default end is 0.0001); give a lower end_learning_rate"
        )
    return PolynomialDecay(lr0, schedule.decay_steps, schedule.power, lr_end, bool(schedule.cycle))


def _floor(alpha: float, lr0: float) -> float:
    """Return the end rate that Keras gives as a fraction of the first."""
    if not 0 <= alpha <= 1:
        raise ValueError(
            f"alpha = {alpha!r}: is the end rate as a fraction of the first, so it must be from 0 "
            "to 1"
        )
    return alpha * lr0


def _from_cosine(schedule: ks.CosineDecay) -> Schedule:
    lr0, target = schedule.initial_learning_rate, schedule.warmup_target
    _not_integers(initial_learning_rate=lr0)
    if target is None:
        return CosineDecay(lr0, schedule.decay_steps, _floor(schedule.alpha, lr0))
    decay = CosineDecay(target, schedule.decay_steps, _floor(schedule.alpha, target))
    if not schedule.warmup_steps:
        return decay
    if target < lr0:
        raise ValueError(
            f"warmup_target = {target!r}: below initial_learning_rate = {lr0!r}, so Keras warms "
            "up downwards; give a higher target"
        )
    return decay.warmup(schedule.warmup_steps, lr0)


def _from_restarts(schedule: ks.CosineDecayRestarts) -> Schedule:
    lr0, every = schedule.initial_learning_rate, schedule.first_decay_steps
    _not_integers(initial_learning_rate=lr0)
    floor = _floor(schedule.alpha, lr0)
    # Keras scales what is above the floor, not the floor.
    above = CosineDecay(lr0 - floor, every).repeat(every, schedule._t_mul, schedule._m_mul)
    return above + Constant(floor) if floor else above


def _from_piecewise(schedule: ks.PiecewiseConstantDecay) -> Schedule:
    _not_integers(**{f"values[{i}]": value for i, value in enumerate(schedule.values)})
    if any(a >= b for a, b in pairwise(schedule.boundaries)):
        raise ValueError(
            f"boundaries = {schedule.boundaries!r}: must rise, or Keras adds values up; sort them"
        )
    # Keras holds the old value while step <= b: whole steps change at the next whole number.
    boundaries = [math.floor(boundary) + 1 for boundary in schedule.boundaries]
    return PiecewiseConstant(boundaries, schedule.values)


def _from_ours(schedule: KerasSchedule) -> Schedule:
    whole, now = schedule.schedule, None
    for phase in schedule.phases:
        inner = whole.shift(phase.done) if phase.done else whole
        if phase.every > 1:
            inner = inner.staircase(1).stretch(phase.every)
        if phase.start % phase.every:  # some batches of the next update had been seen
            inner = inner.shift(phase.start % phase.every)
        now = now.then(inner, at=phase.start) if now else inner
    return now or whole


_CONVERTERS: Mapping[type, Callable[[Any], Schedule]] = {
    ks.ExponentialDecay: _from_exponential,
    ks.InverseTimeDecay: _from_inverse_time,
    ks.PolynomialDecay: _from_polynomial,
    ks.CosineDecay: _from_cosine,
    ks.CosineDecayRestarts: _from_restarts,
    ks.PiecewiseConstantDecay: _from_piecewise,
    KerasSchedule: _from_ours,
}
