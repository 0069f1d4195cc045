"""Choose a setting on validation data. Nothing here reads a test column."""

from collections.abc import Callable, Iterable
from math import isnan
from statistics import fmean

from lrdecay.lab.sweep.run import Run


def choose(runs: Iterable[Run], validation_loss: Callable[[Run], float]) -> Run:
    """Return the setting with the least mean validation loss over its seeds.

    Parameters
    ----------
    runs : iterable of Run
        The trials; those that differ in their seeds only are one setting.
    validation_loss : callable
        The loss of a run after its last update; NaN, as of a run that diverged, counts as
        infinite.

    Returns
    -------
    Run
        With seed 0. Of equal settings, that which starts at the lower rate.

    Raises
    ------
    ValueError
        When there are no runs, or all settings diverged.

    Examples
    --------
    >>> from lrdecay import Constant
    >>> runs = [Run(Constant(rate), seed) for rate in (0.1, 0.2, 0.4) for seed in (0, 1)]
    >>> choose(runs, lambda run: abs(run.schedule(0) - 0.25) + 0.01 * run.seed).schedule
    Constant(lr0=0.2)
    """
    settings: dict[Run, list[float]] = {}
    for run in runs:
        loss = validation_loss(run)
        settings.setdefault(run.with_seed(0), []).append(float("inf") if isnan(loss) else loss)
    found = {setting: fmean(losses) for setting, losses in settings.items()}
    if not found or min(found.values()) == float("inf"):
        raise ValueError(f"runs: of {len(found)} settings none ended with a finite loss")
    return min(found, key=lambda setting: (found[setting], setting.schedule(0)))
