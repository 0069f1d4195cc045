"""The landmarks that rates betray, of a schedule that cannot be looked into."""

from collections.abc import Iterator
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from lrdecay.auditing.foreign import Foreign
from lrdecay.auditing.rates import ALIKE, SMALL, Rate, breaks, first_step, lowest, rises, steepest
from lrdecay.schedules.landmarks import Landmark

UNDERFLOW = 1e-30
"""A rate below this share of the highest comes to 0 by the end of floats alone."""

MOST_BREAKS = 20
"""More jumps than these are stairs."""

STAIRS = 8
"""A fall through so many rates, each of them held, is one fall in stairs."""


def inferred(
    foreign: Foreign, steps: NDArray[np.int64], rates: NDArray[np.float64], total_steps: int
) -> list[Landmark]:
    """Return the landmarks that the rates of a schedule betray, in order of time.

    Within the run: where the rate jumps ("join"), where a fallen rate turns up slowly ("rise"),
    or both again and again ("restart"). After it: where a rate that has come to rest changes
    ("milestone"), or one that is falling comes to its end ("end").
    """
    peak = float(rates.max())
    if not (np.isfinite(rates).all() and peak > 0):
        return []
    risen = list(rises(rates, SMALL * peak))
    marks = [_turn(foreign.rate, steps, *rise) for rise in risen]
    if foreign.rises or (foreign.rises is None and _cycles(rates, risen, peak)):
        marks = [
            Landmark("again" if n else "restart", mark.at, f"the start of cycle {n + 2}")
            for n, mark in enumerate(marks)
        ]
    else:
        marks += _jumps(foreign.rate, steps, rates, risen)
        marks += _settled(foreign.rate, steps, rates)
        if foreign.horizon > total_steps:
            with suppress(ValueError):  # a function need not have rates after the run
                marks += _after_the_run(foreign, rates, total_steps)
    if foreign.horizon < total_steps:
        marks.append(Landmark("refusal", foreign.horizon, "its own end"))
    return sorted(marks, key=lambda mark: mark.at)


def _cycles(rates: NDArray[np.float64], risen: list[tuple[int, int]], peak: float) -> bool:
    """Return whether rates go in cycles, by what they do.

    To rise once may be a mistake. To rise several times, or to fall as low again after it, is to
    go in cycles; but not where the rate fell at once and then rises slowly, as it does when a run
    is started again with its warmup.
    """
    if any(_falls_at_once(rates, low, peak) and not _rises_at_once(rates, low) for low, _ in risen):
        return False
    again = bool(risen) and bool(rates[-1] <= rates[risen[0][0]] + 2 * SMALL * peak)
    return len(risen) > 1 or again


def _falls_at_once(rates: NDArray[np.float64], low: int, peak: float) -> bool:
    fall = rates[low - 1] - rates[low] if low else 0.0
    return bool(fall > max(SMALL * peak, 0.25 * rates[low - 1]))


def _rises_at_once(rates: NDArray[np.float64], low: int) -> bool:
    return low + 1 < len(rates) and bool(rates[low + 1] > 2 * rates[low])


def _turn(rate: Rate, steps: NDArray[np.int64], low: int, top: int) -> Landmark:
    """Return where a rise begins: at one jump that makes up most of it, or slowly."""
    at, size = steepest(rate, int(steps[low]), int(steps[top]))
    if size >= 0.5 * (rate(int(steps[top])) - rate(int(steps[low]))):
        return Landmark("join", at, "a jump")
    return Landmark("rise", lowest(rate, steps, low), "the lowest rate")


def _jumps(
    rate: Rate,
    steps: NDArray[np.int64],
    rates: NDArray[np.float64],
    risen: list[tuple[int, int]],
) -> Iterator[Landmark]:
    """Yield jumps that no rise after a fall has told of: up before any fall, and down."""
    change = np.diff(rates)
    tops = np.flatnonzero((change[:-1] > 0) & (-change[1:] > ALIKE * rates[1:-1])) + 2
    found = np.union1d(breaks(rates), tops)
    if len(found) > MOST_BREAKS:
        return
    fallen = np.flatnonzero(rates < (1 - SMALL) * np.maximum.accumulate(rates))
    first_fall = fallen[0] if fallen.size else len(rates)
    for i in found:
        at = steepest(rate, int(steps[i - 1]), int(steps[i]))[0]
        up = rates[i] > rates[i - 1]
        moves = at > 1 and rate(at - 1) != rate(at - 2)
        if (up and i < first_fall) or (not up and moves):
            yield Landmark("join", at, "a jump")


def _settled(
    rate: Rate, steps: NDArray[np.int64], rates: NDArray[np.float64]
) -> Iterator[Landmark]:
    """Yield the step from which the rate stays what it is at the end, if it fell before."""
    moving = np.flatnonzero(rates != rates[-1])
    if moving.size and moving[-1] < len(steps) - 1 and rates[moving[-1]] > rates[-1]:
        last = rates[-1]
        at = first_step(
            lambda t: rate(t) == last, int(steps[moving[-1]]), int(steps[moving[-1] + 1])
        )
        stair = moving[-1] and rates[moving[-1]] == rates[moving[-1] - 1]
        if (stair or at < steps[-1]) and not _is_rounded(rate, at, float(rates.max())):
            yield Landmark("milestone", at, "the last change")


def _is_rounded(rate: Rate, at: int, peak: float) -> bool:
    """Return whether a fall without an end comes to rest at `at` since floats have no more."""
    last, before = rate(at), rate(at - 1)
    hair = 8 * float(np.spacing(before))
    return last == 0 < before < UNDERFLOW * peak or 0 < last < before <= last + hair


def _after_the_run(
    foreign: Foreign, run: NDArray[np.float64], total_steps: int
) -> Iterator[Landmark]:
    rate, last_step, peak = foreign.rate, total_steps - 1, float(run.max())
    spread = np.geomspace(total_steps, foreign.horizon - 1, 128).round().astype(np.int64)
    steps = np.unique(np.concatenate([[last_step], spread]))
    rates = foreign.rates(steps)
    if not np.isfinite(rates).all():
        return
    last = rates[0]
    before = rate(last_step - max(1, total_steps // 1000)) if total_steps > 1 else last
    tenth = rate(last_step - total_steps // 10)
    if before == last or max(abs(before - last), abs(tenth - last)) <= 1e-6 * last:
        changed = np.flatnonzero(abs(rates - last) > 1e-6 * peak)
        # Drops that go on for ever are no milestones that the run misses, unless it sees none.
        ends = rates[-1] == rates[len(rates) // 2]
        in_stairs = np.unique(run[int(run.argmax()) :]).size >= STAIRS
        rests = bool((rates[-8:] == rates[-1]).all())
        if in_stairs and rests and last - rates[-1] >= SMALL * peak:
            i = int((rates == rates[-1]).argmax())
            at = first_step(lambda t: rate(t) == rates[-1], int(steps[i - 1]), int(steps[i]))
            yield Landmark("end", at, "the end of the fall")
        elif changed.size and (ends or last >= (1 - SMALL) * peak):
            i = int(changed[0])
            at = first_step(
                lambda t: abs(rate(t) - last) > 1e-6 * peak, int(steps[i - 1]), int(steps[i])
            )
            # To come to the end at t = N is what any schedule of length N does.
            missed = at > total_steps or last >= (1 - SMALL) * peak
            yield Landmark("milestone" if missed else "end", at, "the next change")
    elif before > last:
        stops = np.flatnonzero(np.diff(rates) >= 0)
        i = int(stops[0]) if stops.size else 0
        if i and last - rates[i] >= SMALL * peak:
            at = lowest(rate, steps, i)
            if not _is_rounded(rate, at, peak):
                yield Landmark("end", at, "the end of the fall")
