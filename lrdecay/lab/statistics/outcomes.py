"""The outcomes of an arm, one a seed, checked; a run that diverged is an outcome too."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrdecay import checks

Floats = NDArray[np.float64]


def share(name: str, value: float) -> float:
    """Return a number above 0 and below 1."""
    if not 0 < checks.number(name, value) < 1:
        raise ValueError(f"{name} = {value!r}: expected a share between 0 and 1, such as 0.95")
    return float(value)


def outcomes(name: str, values: Any, diverged: float | None) -> tuple[Floats, int]:
    """Return the outcomes with diverged runs counted as `diverged`, and how many these are."""
    given = np.asarray(values)
    if given.ndim != 1 or given.dtype.kind not in "iuf" or np.ma.is_masked(values):
        raise ValueError(f"{name} = {values!r}: expected a list of numbers, one for each seed")
    lost = np.flatnonzero(~np.isfinite(given))
    if lost.size and diverged is None:
        raise ValueError(
            f"{name}: {lost.size} of {len(given)} runs diverged (first at place {lost[0]}), and a "
            "mean of the others would hide it; say with diverged=value what such a run counts as"
        )
    counted = given.astype(np.float64)
    counted[lost] = 0.0 if diverged is None else checks.number("diverged", diverged)
    return counted, lost.size


def require_spread(name: str, sample: Floats, scale: float) -> None:
    """Refuse a sample without a spread, or with one of rounding errors alone."""
    if len(sample) < 2:
        raise ValueError(f"{name}: of {len(sample)} seeds; an interval needs 2 or more")
    with np.errstate(over="ignore", invalid="ignore"):
        spread = sample.std()
    if not spread < 1e100:
        raise ValueError(f"{name}: too large for a variance; count such runs as diverged")
    if spread <= max(1e-14 * scale, 1e-100):
        raise ValueError(
            f"{name}: {sample[0]:g} for each of {len(sample)} seeds, and without a spread there is "
            "no interval; are these copies of one run?"
        )
