"""Early stopping, read off runs that went on: the weights of the best epoch, by validation data."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lrdecay.lab.comparison import Measure
from lrdecay.lab.sweep import Arm, Published


def best_epochs(losses: ArrayLike) -> NDArray[np.int64]:
    """Return of each run the epoch with the least validation loss.

    Parameters
    ----------
    losses : array of shape (runs, epochs)
        The validation loss after each epoch; NaN after a run diverged.

    Returns
    -------
    int array of shape (runs,)
        Counted from 0; of equal losses the first.

    Raises
    ------
    ValueError
        When it is no table, or a run has no finite loss.

    Examples
    --------
    >>> best_epochs([[0.3, 0.1, 0.2], [0.3, 0.2, np.nan]])
    array([1, 1])
    """
    table = np.asarray(losses, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"losses: of shape {table.shape}; expected (runs, epochs)")
    counted = np.where(np.isnan(table), np.inf, table)
    empty = np.flatnonzero(~np.isfinite(counted).any(axis=1))
    if empty.size:
        raise ValueError(f"losses: run {empty[0]} has no finite loss; leave it out")
    best: NDArray[np.int64] = counted.argmin(axis=1)
    return best


def stopped(measure: ArrayLike, losses: ArrayLike) -> NDArray[np.float64]:
    """Return a measure of each run where its validation loss was least.

    Parameters
    ----------
    measure : array of shape (runs, epochs)
        Such as the test loss after each epoch.
    losses : array of shape (runs, epochs)
        The validation losses, by which alone the epoch is chosen.

    Raises
    ------
    ValueError
        As `best_epochs`, and when the shapes differ.

    Examples
    --------
    >>> stopped([[3.0, 1.0, 2.0]], [[0.3, 0.2, 0.1]])
    array([2.])
    """
    table = np.asarray(measure, dtype=np.float64)
    best = best_epochs(losses)
    if table.shape != np.shape(losses):
        raise ValueError(f"measure: of shape {table.shape}, but losses of {np.shape(losses)}")
    return table[np.arange(len(table)), best]


def last_and_stopped(
    published: Published, arms: Mapping[str, Arm], measures: Mapping[str, Measure]
) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Return how the runs of arms ended, and how they would have if stopped at the best epoch.

    Parameters
    ----------
    published : Published
    arms : mapping of str to Arm
    measures : mapping of str to Measure
        What to read, by the words for it.

    Returns
    -------
    dict
        For each arm ``"NAME, last update"`` and ``"NAME, best epoch"``, by measure: one number a
        seed, in the unit of the measure; for `lrdecay.lab.tables.differences_table`.

    Raises
    ------
    ValueError
        When a run is not published.
    """
    found = {}
    for name, arm in arms.items():
        losses = published.curves(arm, "validation_loss")
        curves = {
            words: measure.scale * published.curves(arm, measure.column)
            for words, measure in measures.items()
        }
        found[f"{name}, last update"] = {words: table[:, -1] for words, table in curves.items()}
        found[f"{name}, best epoch"] = {
            words: stopped(table, losses) for words, table in curves.items()
        }
    return found
