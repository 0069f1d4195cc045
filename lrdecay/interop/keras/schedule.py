"""Schedules in the form that Keras optimizers take."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import keras
from keras.optimizers import schedules as ks

from lrdecay.checks import count
from lrdecay.schedules import Schedule, from_config

Every = int | Mapping[int, int]


class Phase(NamedTuple):
    """A time with one length of accumulation."""

    start: int
    """Its first batch."""
    every: int
    """Batches an update."""
    done: int
    """Updates before it."""


def _phases(every: Any) -> tuple[Phase, ...]:
    """Return the phases of ``{first batch: batches an update}``, or the one of a number."""
    if not isinstance(every, Mapping):
        return (Phase(0, count("every", every), 0),)
    lengths = {
        start and count("every: a batch", start): count(f"every[{start!r}]", length)
        for start, length in every.items()
    }
    if 0 not in lengths:
        raise ValueError(f"every = {every!r}: must say what holds from batch 0 on")
    phases: list[Phase] = []
    for start, length in sorted(lengths.items()):
        done = 0
        if phases:
            before = phases[-1]
            done = before.done + start // before.every - before.start // before.every
        phases.append(Phase(start, length, done))
    return tuple(phases)


@keras.saving.register_keras_serializable(package="lrdecay")
class KerasSchedule(ks.LearningRateSchedule):  # type: ignore[misc]
    """An lrdecay schedule in the form that Keras optimizers take.

    ``rate(step) = schedule(step // every)``, in float64 until the last moment, then in Keras'
    float type (float32 unless it was changed).

    Parameters
    ----------
    schedule : Schedule
        A schedule over updates.
    every : int, or dict of int to int
        Batches an update: the ``gradient_accumulation_steps`` of the optimizer. If that has
        changed, ``{0: 4, 40: 2}`` says that it was 4 from batch 0 on and is 2 from batch 40 on.

    Raises
    ------
    TypeError
        When `schedule` is not a Schedule.
    ValueError
        When a number of `every` is not a whole number of 1 or more, or batch 0 has none.

    Notes
    -----
    Keras' own schedules cast the step to float32 first and so lose count after 2**24 steps.

    Examples
    --------
    >>> from lrdecay import StepDecay
    >>> float(KerasSchedule(StepDecay(0.5, 0.5, 10), every=4)(40))
    0.25
    """

    def __init__(self, schedule: Schedule, every: Every = 1) -> None:
        super().__init__()
        if not isinstance(schedule, Schedule):
            raise TypeError(
                f"schedule = {schedule!r}: expected an lrdecay schedule, such as Constant(0.1)"
            )
        self.schedule = schedule
        self.phases = _phases(every)

    @property
    def every(self) -> Every:
        """Batches an update, as it was given."""
        if len(self.phases) == 1:
            return self.phases[0].every
        return {phase.start: phase.every for phase in self.phases}

    def __call__(self, step: Any) -> Any:
        """Return the rate that Keras asks for at `step`, its count of batches."""
        batch = keras.ops.convert_to_tensor(getattr(step, "value", step))  # of a keras.Variable
        # An update is made by each batch b for which (b + 1) % every is 0.
        update = batch if self.every == 1 else batch // self.phases[0].every
        for start, every, done in self.phases[1:]:
            later = batch // every + (done - start // every)
            update = keras.ops.where(batch < start, update, later)
        return keras.ops.cast(self.schedule(update), keras.config.floatx())

    def get_config(self) -> dict[str, Any]:
        """Return what a model file keeps: plain numbers and names, no code."""
        every = self.every  # JSON has no numbers as keys
        pairs = [list(pair) for pair in every.items()] if isinstance(every, Mapping) else every
        return {"schedule": self.schedule.to_config(), "every": pairs}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "KerasSchedule":
        """Return the schedule that `get_config` wrote down."""
        every = config["every"]
        return cls(from_config(config["schedule"]), dict(every) if _is_pairs(every) else every)

    def __repr__(self) -> str:
        """Return the Python text that makes this object again."""
        return f"KerasSchedule({self.schedule!r}, every={self.every!r})"


def _is_pairs(every: Any) -> bool:
    return isinstance(every, Sequence) and not isinstance(every, str)


def to_keras(s: Schedule, every: Every = 1) -> KerasSchedule:
    """See `lrdecay.interop.to_keras`."""
    return KerasSchedule(s, every)
