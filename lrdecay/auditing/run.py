"""A run as the rules see it: rates at some or all of its steps, and landmarks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrdecay.auditing import traces
from lrdecay.auditing.finding import Severity
from lrdecay.auditing.foreign import Foreign
from lrdecay.auditing.rates import Rate, first_step, grid
from lrdecay.schedules import Constant, PiecewiseConstant, Schedule
from lrdecay.schedules.landmarks import Kind, Landmark


@dataclass(frozen=True)
class Run:
    """A run as the rules see it: rates at some or all of its steps, and landmarks."""

    rate: Rate
    steps: NDArray[np.int64]
    rates: NDArray[np.float64]
    total: int
    per_epoch: float | None
    marks: list[Landmark]
    is_known: bool
    decays: bool
    float32: Severity | None

    @cached_property
    def is_sound(self) -> bool:
        """Whether every rate is a rate."""
        return bool(np.isfinite(self.rates).all() and (self.rates >= 0).all())

    @cached_property
    def peak(self) -> float:
        """The highest rate."""
        return float(self.rates.max())

    @cached_property
    def last(self) -> float:
        """The rate of the last update."""
        return float(self.rates[-1])

    @cached_property
    def length(self) -> float | None:
        """When the schedule reaches its last value, or the end of a first cycle after the run."""
        ends = [mark.at for mark in self.of("end") if not mark.cut_by]
        first = [mark.at for mark in self.of("restart") if mark.at > self.total]
        return max(ends) if ends else min(first, default=None)

    def of(self, *kinds: Kind) -> list[Landmark]:
        """Return the landmarks of these kinds that are not cut off."""
        return [mark for mark in self.marks if mark.kind in kinds and mark.at < mark.until]

    def share(self, steps: float) -> str:
        """Return how much of the run `steps` are, in words."""
        return f"{100 * steps / self.total:.3g} % of the run"

    def unit_hint(self, step: int) -> str:
        """Return what else may be wrong when the schedule is over at `step`, far too soon."""
        if self.per_epoch is None and 0 < step < 0.25 * self.total:
            return "; if its lengths are in epochs, multiply them by the steps per epoch"
        return ""

    def stretches(self, is_so: Callable[[Any], Any]) -> Iterator[tuple[int, int]]:
        """Yield the first and last step of each stretch of steps whose rate `is_so`."""
        padded = np.concatenate([[False], is_so(self.rates), [False]])
        edges = np.flatnonzero(padded[1:] != padded[:-1])
        for i, after in edges.reshape(-1, 2):
            first = int(self.steps[i])
            if i:  # where not every step was looked at
                first = first_step(lambda t: is_so(self.rate(t)), int(self.steps[i - 1]), first)
            yield first, int(self.steps[after - 1])


def run_of(
    source: Schedule | Foreign, total: int, per_epoch: float | None, float32: Severity | None
) -> Run:
    """Return the run of `total` updates by `source`."""
    if isinstance(source, Foreign):
        steps = grid(min(total, source.horizon), traces.LOOKED_AT)
        rates = np.array([source.rate(int(t)) for t in steps])
        noise = 1e-6 * float(rates.max())  # compilers may round a rate of 0 to below it

        def rate(t: int) -> float:
            asked = source.rate(t)
            return 0.0 if -noise <= asked < 0 else asked

        rates[(-noise <= rates) & (rates < 0)] = 0
        marks, known = traces.inferred(source, total), source.rises is not None
        falls = bool(rates[-1] < 0.999 * rates.max())
        return Run(rate, steps, rates, total, per_epoch, marks, known, falls, float32)
    marks = source.landmarks(total)
    steps = grid(total, 100_000) if total > 200_000 else np.arange(total)
    near = [mark.step + i for mark in marks for i in (-1, 0, 1) if 0 < mark.step < total - 1]
    steps = np.unique(np.concatenate([steps, np.array(near, np.int64)]))
    with np.errstate(all="ignore"):
        rates = source(steps)
    decays, float32 = _decays(source), float32 or "note"
    return Run(source, steps, rates, total, per_epoch, marks, True, decays, float32)


def _decays(s: Schedule) -> bool:
    """Return whether any part of `s` is there to lower the rate."""
    parts = [value for value in vars(s).values() if isinstance(value, Schedule)]
    if parts:
        return any(_decays(part) for part in parts)
    return not isinstance(s, Constant | PiecewiseConstant)
