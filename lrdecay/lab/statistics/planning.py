"""How many seeds a question needs."""

from bisect import bisect_left
from math import sqrt

from scipy import stats

from lrdecay import checks
from lrdecay.lab.statistics.outcomes import share

MOST = 10_000_000


def seeds_needed(
    difference: float,
    spread: float,
    alpha: float = 0.05,
    power: float = 0.8,
    comparisons: int = 1,
) -> int:
    """Return how many pairs a paired t test needs to find a difference.

    The least n at which noncentral t with n - 1 degrees of freedom, around
    ``difference / spread * sqrt(n)``, exceeds Student's t for ``1 - alpha / 2`` with `power`

    Parameters
    ----------
    difference : float
        The true mean difference, in either direction.
    spread : float
        The standard deviation of the differences of pairs, not of one arm.
    alpha : float
        How often a difference may be found where there is none.
    power : float
        How often this one shall be found, with its right sign.
    comparisons : int
        How many tests share `alpha`, as in the first and strictest step of Holm's correction.

    Raises
    ------
    ValueError
        When a number is out of range, or ten million seeds are too few.

    Examples
    --------
    >>> seeds_needed(0.05, spread=0.072), seeds_needed(0.05, spread=0.072, comparisons=6)
    (19, 29)
    """
    alpha = share("alpha", alpha) / checks.whole("comparisons", comparisons, 1)
    if share("power", power) <= alpha:
        raise ValueError(f"power = {power!r}: expected more than alpha; 0.8 is usual")
    if not checks.number("spread", spread) > 0:
        raise ValueError(f"spread = {spread!r}: expected a standard deviation above 0")
    effect = min(abs(checks.number("difference", difference)) / spread, 1e6)

    def found(n: int) -> float:
        return float(stats.nct.sf(stats.t.isf(alpha / 2, n - 1), n - 1, effect * sqrt(n)))

    if found(MOST) < power:
        raise ValueError(f"difference = {difference!r}: too small; {MOST:,} seeds do not show it")
    return bisect_left(range(MOST), power, lo=2, key=found)
