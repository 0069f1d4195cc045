"""The landmarks that rates betray, of a schedule that cannot be looked into."""

from collections.abc import Iterator
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from lrdecay.auditing.foreign import Foreign
from lrdecay.auditing.rates import Rate, first_step, grid, lowest, rises, steepest
from lrdecay.schedules.landmarks import Landmark

LOOKED_AT = 500
"""How many steps of a run are asked for; a run that is not longer is read whole."""

SMALL = 0.05
"""A change below this share of the highest rate is not taken for a rise or a fall."""


def inferred(foreign: Foreign, total_steps: int) -> list[Landmark]:
    """Return the landmarks that the rates of a schedule betray, in order of time.

    Within the run: where a fallen rate jumps up ("join") or turns up slowly ("rise"), or
    both again and again ("restart"). After it: where a rate that has come to rest changes
    ("milestone"), or one that is falling comes to its end ("end").
    """
    steps = grid(min(total_steps, foreign.horizon), LOOKED_AT)
    rates = np.array([foreign.rate(int(t)) for t in steps])
    peak = float(rates.max())
    if not (np.isfinite(rates).all() and peak > 0):
        return []
    risen = list(rises(rates, SMALL * peak))
    marks = [_turn(foreign.rate, steps, *rise) for rise in risen]
    # To rise once may be a mistake. To rise several times, or to fall as low again after it,
    # is to go in cycles, unless the class says no.
    cycles = len(risen) > 1 or (risen and rates[-1] <= rates[risen[0][0]] + 2 * SMALL * peak)
    if foreign.rises or (foreign.rises is None and cycles):
        marks = [
            Landmark("again" if n else "restart", mark.at, f"the start of cycle {n + 2}")
            for n, mark in enumerate(marks)
        ]
    else:
        marks += _settled(foreign.rate, steps, rates)
        if foreign.horizon > total_steps:
            with suppress(ValueError):  # a function need not have rates after the run
                marks += _after_the_run(foreign, total_steps, peak)
    if foreign.horizon < total_steps:
        marks.append(Landmark("refusal", foreign.horizon, "its own end"))
    return sorted(marks, key=lambda mark: mark.at)


def _turn(rate: Rate, steps: NDArray[np.int64], low: int, top: int) -> Landmark:
    """Return where a rise begins: at one jump that makes up most of it, or slowly."""
    at, size = steepest(rate, int(steps[low]), int(steps[top]))
    if size >= 0.5 * (rate(int(steps[top])) - rate(int(steps[low]))):
        return Landmark("join", at, "a jump")
    return Landmark("rise", lowest(rate, steps, low), "the lowest rate")


def _settled(
    rate: Rate, steps: NDArray[np.int64], rates: NDArray[np.float64]
) -> Iterator[Landmark]:
    """Yield the step from which the rate stays what it is at the end, if it fell before."""
    moving = np.flatnonzero(rates != rates[-1])
    if moving.size and moving[-1] < len(steps) - 2 and rates[moving[-1]] > rates[-1]:
        last = rates[-1]
        at = first_step(
            lambda t: rate(t) == last, int(steps[moving[-1]]), int(steps[moving[-1] + 1])
        )
        yield Landmark("milestone", at, "the last change")


def _after_the_run(foreign: Foreign, total_steps: int, peak: float) -> Iterator[Landmark]:
    rate, last_step = foreign.rate, total_steps - 1
    spread = np.geomspace(total_steps, foreign.horizon - 1, 128).round().astype(np.int64)
    steps = np.unique(np.concatenate([[last_step], spread]))
    rates = np.array([rate(int(t)) for t in steps])
    if not np.isfinite(rates).all():
        return
    last = rates[0]
    before = rate(last_step - max(1, total_steps // 1000)) if total_steps > 1 else last
    if abs(before - last) <= 1e-6 * peak:
        changed = np.flatnonzero(abs(rates - last) > 1e-6 * peak)
        # Drops that go on for ever are no milestones that the run misses, unless it sees none.
        ends = rates[-1] == rates[len(rates) // 2]
        if changed.size and (ends or last >= (1 - SMALL) * peak):
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
            yield Landmark("end", lowest(rate, steps, i), "the end of the fall")
