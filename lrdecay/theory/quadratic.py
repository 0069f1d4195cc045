r"""What a schedule does to SGD on a noisy quadratic, exactly.

The loss is ``curvature * x**2 / 2``. Its slope is ``curvature * x``, but SGD sees it with noise:
``x <- x - lr * (curvature * x + noise * xi)``, where the draws xi have mean 0, variance 1 and
nothing to do with each other. The mean square ``m = E[x**2]`` then follows a recursion without
any randomness, whatever the distribution of xi and whatever the rates:
``m <- (1 - lr * curvature)**2 * m + lr**2 * noise**2``.

Several curvatures at once are a quadratic in several dimensions, seen along its main axes: the
expected losses of the axes add up.
"""

from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lrdecay import checks
from lrdecay.schedules import Schedule
from lrdecay.theory.problem import checked, numbers, require


def expected_loss(
    s: Schedule,
    steps: int,
    curvature: ArrayLike = 1.0,
    noise: ArrayLike = 1.0,
    start: ArrayLike = 1.0,
) -> NDArray[np.float64]:
    """Return the exact expected loss of SGD before its first update and after each one.

    ``loss = curvature * m / 2`` with ``m <- (1 - lr * curvature)**2 * m + lr**2 * noise**2``

    Parameters
    ----------
    s : Schedule
        The rate of update t, t counted in updates.
    steps : int
        The number of updates.
    curvature : float or array
        The second derivative of the loss, above 0, in loss per x squared.
    noise : float or array
        The standard deviation of the noise on the slope, 0 or more, in loss per x.
    start : float or array
        The x of the first update; the minimum is at 0. For a random one, the root of E[x**2].

    Returns
    -------
    float64 array of shape (..., steps + 1)
        Entry t is the expected loss that update t meets, before it moves; the last entry is
        what is left after the last update. The leading axes are those of `curvature`, `noise`
        and `start` broadcast together: none when all three are numbers. Where SGD diverges and
        the loss exceeds the largest float, it is inf from there on.

    Raises
    ------
    TypeError
        When `s` is not a schedule.
    ValueError
        When `steps` is not a whole number of 1 or more, or another argument is out of range.

    Notes
    -----
    Schaul, Zhang and LeCun (2013), No More Pesky Learning Rates, and Wu et al. (2018),
    Understanding Short-Horizon Bias in Stochastic Meta-Optimization, study the same model.

    Examples
    --------
    >>> from lrdecay import Constant
    >>> expected_loss(Constant(0.5), steps=2)
    array([0.5   , 0.25  , 0.1875])
    >>> expected_loss(Constant(0.5), steps=2, curvature=[0.5, 1.0, 2.0]).shape
    (3, 3)
    """
    rates, curvature, noise, start = checked(s, steps, curvature, noise, start)
    shape = np.broadcast_shapes(curvature.shape, noise.shape, start.shape)
    rates = rates.reshape(-1, *(1 for _ in shape))
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        kept = np.broadcast_to((1 - rates * curvature) ** 2, (steps, *shape))
        added = np.broadcast_to((rates * noise) ** 2, (steps, *shape))
        first: Any = np.broadcast_to(start**2, shape)
        updates: Any = zip(kept, added, strict=True)
        if not shape:  # plain floats are several times as fast as arrays of one number
            first, updates = first.item(), zip(kept.tolist(), added.tolist(), strict=True)
        square: NDArray[np.float64] = np.fromiter(
            accumulate(updates, _next_square, initial=first),
            dtype=np.dtype((np.float64, shape)),
            count=steps + 1,
        )
        loss = np.moveaxis(curvature * square / 2, 0, -1)
    loss[np.isnan(loss)] = np.inf  # inf * 0, after an overflow
    return loss


def distance(
    s: Schedule,
    steps: int,
    curvature: ArrayLike = 1.0,
    noise: ArrayLike = 1.0,
    start: ArrayLike = 1.0,
) -> NDArray[np.float64]:
    """Return the typical distance of SGD from the minimum, exactly: the root mean square of x.

    ``sqrt(E[x**2]) = sqrt(2 * expected_loss / curvature)``

    Parameters
    ----------
    s, steps, curvature, noise, start
        As in `expected_loss`.

    Returns
    -------
    float64 array of shape (..., steps + 1)
        As of `expected_loss`. Without noise it is the distance itself.

    Raises
    ------
    TypeError, ValueError
        As `expected_loss`.

    Examples
    --------
    >>> from lrdecay import Constant
    >>> distance(Constant(0.5), steps=2, noise=0.0, start=-8.0)
    array([8., 4., 2.])
    """
    loss = expected_loss(s, steps, curvature, noise, start)
    square: NDArray[np.float64] = 2 * loss / np.expand_dims(np.asarray(curvature, dtype=float), -1)
    return np.sqrt(square)


def noise_floor(lr: ArrayLike, curvature: ArrayLike = 1.0, noise: ArrayLike = 1.0) -> Any:
    """Return the expected loss that SGD with a constant rate settles at.

    ``lr * noise**2 / (2 * (2 - lr * curvature))``

    Parameters
    ----------
    lr : float or array
        The rate, above 0 and below ``2 / curvature``.
    curvature : float or array
        The second derivative of the loss, above 0.
    noise : float or array
        The standard deviation of the noise on the slope, 0 or more.

    Returns
    -------
    float, or float64 array if an argument is one

    Raises
    ------
    ValueError
        When an argument is out of range. At ``lr * curvature >= 2`` each update overshoots by
        more than it corrects: SGD diverges, and there is no floor.

    Notes
    -----
    The fixed point of the recursion in `expected_loss`. See Schaul, Zhang and LeCun (2013), No
    More Pesky Learning Rates.

    Examples
    --------
    >>> round(noise_floor(0.5, curvature=2.0, noise=0.7), 4)
    0.1225
    """
    rate = numbers("lr", lr)
    curvature, noise = numbers("curvature", curvature), numbers("noise", noise)
    require(rate > 0, "lr", lr, "must be above 0: a rate of 0 never moves")
    require(curvature > 0, "curvature", curvature, "must be above 0")
    require(noise >= 0, "noise", noise, "must be 0 or more: it is a standard deviation")
    require(rate * curvature < 2, "lr", lr, "SGD diverges, so lr must be below 2 / curvature")
    with np.errstate(over="ignore", under="ignore"):
        floor = rate * noise**2 / (2 * (2 - rate * curvature))
    return floor if floor.ndim else float(floor)


def simulate(
    s: Schedule,
    steps: int,
    curvature: float = 1.0,
    noise: float = 1.0,
    start: float = 1.0,
    runs: int = 1000,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Return the paths of many runs of SGD with Gaussian noise.

    ``x <- x - lr * (curvature * x + noise * xi)``, xi drawn anew for each run and update

    Parameters
    ----------
    s : Schedule
        The rate of update t, t counted in updates.
    steps : int
        The number of updates.
    curvature, noise, start : float
        As in `expected_loss`.
    runs : int
        The number of independent runs.
    seed : int
        The seed of the draws; the same seed gives the same paths.

    Returns
    -------
    float64 array of shape (runs, steps + 1)
        Entry ``[i, t]`` is the x of run i before update t; the last is the x after all of them.
        The loss there is ``curvature * x**2 / 2``.

    Raises
    ------
    TypeError
        When `s` is not a schedule.
    ValueError
        When `steps` or `runs` is not a whole number of 1 or more, or another argument is out of
        range.

    Notes
    -----
    The evidence for `expected_loss`: the mean of ``curvature * x**2 / 2`` over the runs
    approaches it as the runs grow. This is SGD as Robbins and Monro (1951) introduced it.

    Examples
    --------
    >>> from lrdecay import Constant
    >>> paths = simulate(Constant(0.5), steps=2, runs=20_000)
    >>> (paths**2 / 2).mean(axis=0).round(2)
    array([0.5 , 0.25, 0.19])
    """
    for name, value in (("curvature", curvature), ("noise", noise), ("start", start)):
        checks.number(name, value)
    rates, *_ = checked(s, steps, curvature, noise, start)
    require(type(seed) is int and seed >= 0, "seed", seed, "must be a whole number, 0 or more")
    draws = np.random.default_rng(seed)
    paths = np.empty((steps + 1, checks.count("runs", runs)))
    paths[0] = start
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for t, rate in enumerate(rates):
            slope = curvature * paths[t] + noise * draws.standard_normal(runs)
            paths[t + 1] = paths[t] - rate * slope
    return paths.T


def _next_square(square: Any, update: tuple[Any, Any]) -> Any:
    """Return the mean square after an update that keeps a share of it and adds noise."""
    kept, added = update
    return kept * square + added
