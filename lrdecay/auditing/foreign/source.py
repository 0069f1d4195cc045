"""A schedule of another library as what it is to an audit: a rate for each step, and no more."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Rates = Callable[[NDArray[np.int64]], NDArray[np.float64]]

LOOKED_AT = 100_000
"""How many steps of a run are asked for; a run that is not longer is read whole."""


@dataclass(frozen=True)
class Foreign:
    """A schedule of another library.

    Parameters
    ----------
    rates : callable
        The rates of some steps below `horizon`.
    horizon : int
        The number of steps that can be asked for; below that of the run when the schedule
        refuses to go on.
    rises : bool or None
        Whether the rate is meant to rise again after a fall; None where that is not known.
    looked_at : int
        How many steps of a run may be asked for.
    """

    rates: Rates
    horizon: int
    rises: bool | None = None
    looked_at: int = LOOKED_AT

    def rate(self, t: int) -> float:
        """Return the rate of one step."""
        return float(self.rates(np.array([t], np.int64))[0])

    def faster(self, by: int, holds: bool) -> "Foreign":
        """Return the schedule that goes `by` steps at each update, and `holds` at its horizon."""
        most = self.horizon - 1

        def rates(steps: NDArray[np.int64]) -> NDArray[np.float64]:
            return self.rates(np.minimum(steps * by, most))

        horizon = 2**53 if holds else max(self.horizon // by, 1)
        return replace(self, rates=rates, horizon=horizon)


def one_by_one(rate: Callable[[int], float]) -> Rates:
    """Return the rates of a function that answers one step at a time."""

    def rates(steps: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.array([rate(int(t)) for t in steps], np.float64)

    return rates


def far(total_steps: int) -> int:
    """Return how many steps to look at, to see what would come after the run."""
    return max(8 * total_steps, 100_000)
