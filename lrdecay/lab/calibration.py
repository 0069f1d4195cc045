"""Does a network know how sure it may be? The expected calibration error."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrdecay import checks


def calibration_error(shares: NDArray[Any], labels: NDArray[Any], bins: int = 15) -> float:
    """Return how far a classifier's certainty is from its accuracy, on average.

    ``sum over bins of (size / n) * abs(accuracy - mean certainty)``, where an example's certainty
    is its largest share, and the bins part the certainties from 0 to 1 evenly

    Parameters
    ----------
    shares : array of shape (n, classes)
        What the network gives each class; each row adds up to 1.
    labels : integer array of shape (n,)
        The true classes.
    bins : int
        As many as in Guo et al. (2017), "On Calibration of Modern Neural Networks", 1706.04599,
        by itself.

    Returns
    -------
    float
        From 0, as sure as it may be, to 1; NaN when a share is.

    Raises
    ------
    ValueError
        When the shapes do not fit, or there is no example.

    Examples
    --------
    >>> calibration_error(np.array([[0.75, 0.25]] * 4), np.array([0, 0, 1, 1]))  # right half
    0.25
    """
    bins = checks.whole("bins", bins, 1)
    shares, labels = np.asarray(shares, dtype=np.float64), np.asarray(labels)
    if shares.ndim != 2 or labels.shape != shares.shape[:1] or not labels.size:
        raise ValueError(
            f"shares, labels: of shapes {shares.shape} and {labels.shape}; expected (n, classes) "
            "and (n,), with one example or more"
        )
    if not np.isfinite(shares).all():
        return float("nan")
    certainty, right = shares.max(axis=1), shares.argmax(axis=1) == labels
    place = np.clip(np.ceil(certainty * bins).astype(int) - 1, 0, bins - 1)
    surplus = np.bincount(place, weights=right - certainty, minlength=bins)
    return float(np.abs(surplus).sum() / len(labels))
