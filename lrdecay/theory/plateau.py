"""What a rule that looks at the loss does on the noisy quadratic."""

import numpy as np
from numpy.typing import NDArray

from lrdecay import checks
from lrdecay.schedules import Constant
from lrdecay.theory.problem import checked, require


def plateau_rates(
    lr0: float,
    steps: int,
    every: int,
    factor: float = 0.5,
    curvature: float = 1.0,
    noise: float = 1.0,
    start: float = 1.0,
    runs: int = 1000,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Return the rates that the plateau rule chooses in many runs of SGD.

    After each `every` updates, ``lr <- factor * lr`` unless the mean of the losses that they met
    is the lowest so far.

    Parameters
    ----------
    lr0 : float
        The first rate, above 0.
    steps, every : int
        The number of updates, and how many of them make an epoch.
    factor : float
        From 0 to 1, both excluded.
    curvature, noise, start, runs, seed
        As in `simulate`.

    Returns
    -------
    float64 array of shape (runs, steps)
        Entry ``[i, t]`` is the rate of update t of run i.

    Raises
    ------
    ValueError
        When an argument is out of its range.

    Notes
    -----
    Keras' ``ReduceLROnPlateau(patience=1, min_delta=0)``, PyTorch's with ``patience=0``.

    Examples
    --------
    >>> plateau_rates(0.5, steps=8, every=2, noise=0.0, runs=1)  # improves each time
    array([[0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]])
    """
    for name, value in (("curvature", curvature), ("noise", noise), ("start", start)):
        checks.number(name, value)
    checked(Constant(lr0), steps, curvature, noise, start)
    every, runs = checks.count("every", every), checks.count("runs", runs)
    require(0 < checks.number("factor", factor) < 1, "factor", factor, "must be between 0 and 1")
    require(type(seed) is int and seed >= 0, "seed", seed, "must be a whole number, 0 or more")
    draws = np.random.default_rng(seed)
    x, rate = np.full(runs, float(start)), np.full(runs, float(lr0))
    lowest, total = np.full(runs, np.inf), np.zeros(runs)
    rates = np.empty((steps, runs))
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for t in range(steps):
            rates[t] = rate
            total += curvature * x**2 / 2
            x = x - rate * (curvature * x + noise * draws.standard_normal(runs))
            if (t + 1) % every == 0:
                rate = np.where(total < lowest, rate, factor * rate)
                lowest, total = np.minimum(lowest, total), np.zeros(runs)
    return rates.T
