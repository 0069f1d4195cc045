"""Reading the rates of a run: which steps to ask for, and where something happens exactly."""

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Rate = Callable[[int], float]

SMALL = 0.05
"""A change below this share of the highest rate is not taken for a rise or a fall."""

ALIKE = 0.2
"""Rates that differ by less than this share of them are alike."""


SPIKE = 1.5
"""How many times as high or low as around it a rate is in a spike."""


def grid(total_steps: int, most: int) -> NDArray[np.int64]:
    """Return steps that cover a run: all of them when there are at most `most`."""
    count = min(total_steps, most)
    return np.unique(np.linspace(0, total_steps - 1, count).round().astype(np.int64))


def first_step(is_so: Callable[[int], bool], no: int, yes: int) -> int:
    """Return the first step that `is_so`, between one that is not and one that is."""
    while yes - no > 1:
        middle = (no + yes) // 2
        no, yes = (no, middle) if is_so(middle) else (middle, yes)
    return yes


def rises(rates: NDArray[np.float64], least: float) -> Iterator[tuple[int, int]]:
    """Yield the low and the top of each rise of at least `least` that follows such a fall."""
    low = top = 0
    falling = fallen = False
    for i, rate in enumerate(rates.tolist()):
        if falling:
            if rate < rates[low]:
                low = i
            elif rate >= rates[low] + least:
                falling, top = False, i
        elif rate > rates[top]:
            top = i
        elif rate <= rates[top] - least:
            if fallen:
                yield low, top
            falling, fallen, low = True, True, i
    if fallen and not falling:
        yield low, top


def breaks(rates: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return where the rate changes at once by far more than just before and after.

    In stairs nothing changes before and after, so that each of them is a break.
    """
    change = np.diff(rates)
    size = np.abs(change)
    around = np.zeros_like(size)
    around[1:] = size[:-1]
    around[:-1] = np.maximum(around[:-1], size[1:])
    large = SMALL * np.maximum(np.abs(rates[1:]), np.abs(rates[:-1]))
    return np.flatnonzero((size > large) & (size > 3 * around)) + 1


def spikes(
    steps: NDArray[np.int64], rates: NDArray[np.float64], longest: int
) -> list[tuple[int, int, float, float]]:
    """Return the start and end of each spike or dip, and the rates before and in it.

    For up to `longest` steps the rate is 1.5 times as high, or as low, as it is before and after,
    where it is calm.
    """
    next_to, before, after = np.diff(steps) == 1, rates[:-1], rates[1:]
    jumps = np.flatnonzero(next_to & ((after >= SPIKE * before) | (SPIKE * after <= before))) + 1
    found = []
    for i, j in pairwise(jumps[(after != before)[jumps - 1]].tolist()):
        first, then, inside = rates[i - 1], rates[j], rates[i:j]
        around = [then, rates[max(i - 2, 0)], rates[min(j + 1, len(rates) - 1)]]
        calm = first > 0 and all(abs(rate - first) <= ALIKE * first for rate in around)
        up, down = inside >= SPIKE * max(first, then), SPIKE * inside <= min(first, then)
        if calm and (up.all() or down.all()) and steps[j] - steps[i] <= longest:
            found.append((int(steps[i]), int(steps[j]), float(first), float(inside[0])))
    return found if len(found) <= 3 else []  # what comes again and again is no mistake


def steepest(rate: Rate, low: int, top: int) -> tuple[int, float]:
    """Return the step of the largest jump between two steps, and its size."""
    up = rate(top) >= rate(low)
    while top - low > 1:
        middle = (low + top) // 2
        first, second = rate(middle) - rate(low), rate(top) - rate(middle)
        low, top = (low, middle) if (first > second) == up else (middle, top)
    return top, rate(top) - rate(low)


def lowest(rate: Rate, steps: NDArray[np.int64], i: int) -> int:
    """Return the first step of the lowest rate near ``steps[i]``."""
    low, top = int(steps[max(i - 1, 0)]), int(steps[min(i + 1, len(steps) - 1)])
    while True:
        inner = low + grid(top - low + 1, 33)
        best = int(np.argmin([rate(int(t)) for t in inner]))
        if len(inner) == top - low + 1:
            return int(inner[best])
        low, top = int(inner[max(best - 1, 0)]), int(inner[min(best + 1, len(inner) - 1)])
