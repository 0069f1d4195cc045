"""A run as the rules see it: rates at some or all of its steps, and landmarks."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrdecay.arrays import LAST_STEP
from lrdecay.auditing import traces
from lrdecay.auditing.finding import Severity
from lrdecay.auditing.foreign import Foreign, History
from lrdecay.auditing.rates import SMALL, Rate, first_step, grid, spikes
from lrdecay.schedules import Schedule
from lrdecay.schedules.landmarks import Kind, Landmark


@dataclass(frozen=True)
class Run:
    """A run as the rules see it: rates at some or all of its steps, and landmarks.

    Parameters
    ----------
    rate : callable
        The rate of any step.
    steps, rates : array
        The steps that were looked at, and their rates.
    total : int
        The number of updates.
    per_epoch : float or None
        The updates of an epoch, where they are known.
    marks : list of Landmark
        What the schedule does and when.
    is_ours : bool
        Whether the schedule says itself what it does, as ours do; else its rates betray it.
    is_known : bool
        Whether it is known if the rate is meant to rise after a fall.
    is_listed : bool
        Whether there is nothing to ask after the run.
    decays : bool
        Whether the schedule is there to lower the rate.
    float32 : {"warning", "note", None}
        How severe it is that float32 cannot count all steps.
    history : History
        What happened before the run.
    """

    rate: Rate
    steps: NDArray[np.int64]
    rates: NDArray[np.float64]
    total: int
    per_epoch: float | None
    marks: list[Landmark]
    is_ours: bool
    is_known: bool
    is_listed: bool
    decays: bool
    float32: Severity | None
    history: History

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
        if 0 < step < 0.25 * self.total and step < (self.per_epoch or self.total):
            factor = f"{self.per_epoch:,g}" if self.per_epoch else "the steps per epoch"
            return f"; if its lengths are in epochs, multiply them by {factor}"
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

    @cached_property
    def spikes(self) -> list[tuple[int, int, float, float]]:
        """The start and end of each spike, of up to 1 % of the run, and the rates before and in."""
        return spikes(self.steps, self.rates, max(1, self.total // 100))

    @cached_property
    def rests_from(self) -> int:
        """The first step of those at the end that have all the same rate."""
        first, _ = list(self.stretches(lambda rate: rate == self.last))[-1]
        return first

    def is_held(self, step: int) -> bool:
        """Return whether a part that was joined on at `step` holds the rate, on purpose."""
        joins = [mark.step for mark in self.of("join") if abs(mark.step - step) <= 1]
        return self.is_ours and any(
            join + 1 < self.total and self.rate(join) == self.rate(join + 1) for join in joins
        )

    def is_head(self, last: int) -> bool:
        """Return whether another part was joined on after step `last`, which held the rate."""
        return self.is_ours and any(mark.step == last + 1 for mark in self.of("join"))

    @cached_property
    def falls_smoothly(self) -> bool:
        """Whether the rate falls at every step from its highest to where it rests, or before."""
        end = int(np.searchsorted(self.steps, self.rests_from))
        start = len(self.rates) - 1 - int(self.rates[::-1].argmax())
        return end - start >= 2 and bool((np.diff(self.rates[start : end + 1]) < 0).all())


def run_of(
    source: Schedule | Foreign,
    total: int,
    per_epoch: float | None,
    float32: Severity | None,
    history: History,
) -> Run:
    """Return the run of `total` updates by `source`."""
    if isinstance(source, Foreign):
        steps = grid(min(total, source.horizon), source.looked_at)
        rates = source.rates(steps)
        noise = 1e-6 * float(rates.max())  # compilers may round a rate of 0 to below it

        def rate(t: int) -> float:
            asked = source.rate(t)
            return 0.0 if -noise <= asked < 0 else asked

        rates[(-noise <= rates) & (rates < 0)] = 0
        marks, known = traces.inferred(source, steps, rates, total), source.rises is not None
        listed = source.horizon <= total
        fall = np.diff(rates[int(rates.argmax()) :])
        falls = bool(rates[-1] < 0.999 * rates.max() or (len(fall) >= 10 and (fall < 0).all()))
        return Run(
            rate,
            steps,
            rates,
            total,
            per_epoch,
            marks,
            False,
            known,
            listed,
            falls,
            float32,
            history,
        )
    marks = source.landmarks(total)
    steps = grid(total, 100_000) if total > 200_000 else np.arange(total)
    near = [mark.step + i for mark in marks for i in (-2, -1, 0, 1) if 1 < mark.step < total - 1]
    steps = np.unique(np.concatenate([steps, np.array(near, np.int64)]))
    with np.errstate(all="ignore"):
        rates = source(steps)
    decays = bool(source(LAST_STEP) < (1 - SMALL) * rates.max())
    return Run(
        source,
        steps,
        rates,
        total,
        per_epoch,
        marks,
        True,
        True,
        False,
        decays,
        float32 or "note",
        history,
    )


def together(runs: Sequence[Run]) -> Run:
    """Return the run of all parameter groups: at each step the highest of their rates."""
    steps = np.unique(np.concatenate([run.steps for run in runs]))

    def rate(t: int) -> float:
        return max(run.rate(t) for run in runs)

    if all(len(run.steps) == len(steps) for run in runs):
        rates = np.max([run.rates for run in runs], axis=0)
    else:
        rates = np.array([rate(int(t)) for t in steps])
    return replace(runs[0], rate=rate, steps=steps, rates=rates)
