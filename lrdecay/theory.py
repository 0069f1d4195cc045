r"""What a schedule does to SGD on a noisy quadratic, exactly.

The loss is ``curvature * x**2 / 2``. Its slope is ``curvature * x``, but SGD sees it with noise:
``x <- x - lr * (curvature * x + noise * xi)``, where the draws xi have mean 0, variance 1 and
nothing to do with each other. The mean square ``m = E[x**2]`` then follows a recursion without
any randomness, whatever the distribution of xi and whatever the rates:
``m <- (1 - lr * curvature)**2 * m + lr**2 * noise**2``.

Several curvatures at once are a quadratic in several dimensions, seen along its main axes: the
expected losses of the axes add up.
"""

import math
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lrdecay import checks
from lrdecay.schedules import InverseTimeDecay, Schedule


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
    rates, curvature, noise, start = _checked(s, steps, curvature, noise, start)
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
    rate = _numbers("lr", lr)
    curvature, noise = _numbers("curvature", curvature), _numbers("noise", noise)
    _require(rate > 0, "lr", lr, "must be above 0: a rate of 0 never moves")
    _require(curvature > 0, "curvature", curvature, "must be above 0")
    _require(noise >= 0, "noise", noise, "must be 0 or more: it is a standard deviation")
    _require(rate * curvature < 2, "lr", lr, "SGD diverges, so lr must be below 2 / curvature")
    with np.errstate(over="ignore", under="ignore"):
        floor = rate * noise**2 / (2 * (2 - rate * curvature))
    return floor if floor.ndim else float(floor)


def optimal_inverse_time(
    curvature: float = 1.0, noise: float = 1.0, start: float = 1.0
) -> InverseTimeDecay:
    """Return the rates that make every expected loss as small as any rates can.

    ``1 / (curvature * (1 + t + t0))`` with ``t0 = noise**2 / (curvature * start)**2``

    Parameters
    ----------
    curvature : float
        The second derivative of the loss, above 0.
    noise : float
        The standard deviation of the noise on the slope, 0 or more.
    start : float
        The x of the first update, not 0; for a random one, the root of E[x**2].

    Returns
    -------
    InverseTimeDecay
        Its expected loss after T updates is ``noise**2 / (2 * curvature * (T + t0))``.

    Raises
    ------
    ValueError
        When an argument is out of range.

    Notes
    -----
    Each rate minimizes the next mean square, a parabola in the rate. What is smaller now stays
    smaller under every later rate, so the greedy choice is the best for all times at once. True
    of one curvature: with several, no rates are best for all of them. Robbins and Monro (1951)
    introduced rates that fall like 1/t; Schaul, Zhang and LeCun (2013) derive the greedy rate.

    Examples
    --------
    >>> optimal_inverse_time(curvature=0.5, noise=2.0, start=3.0)
    InverseTimeDecay(lr0=0.72, decay_rate=0.36)
    """
    curvature, noise, start = (
        checks.number(name, value)
        for name, value in (("curvature", curvature), ("noise", noise), ("start", start))
    )
    _require(curvature > 0, "curvature", curvature, "must be above 0")
    _require(noise >= 0, "noise", noise, "must be 0 or more: it is a standard deviation")
    slope = abs(curvature * start)
    _require(slope > 0, "start", start, "must not be 0: at the minimum no rate is best but 0")
    share = (slope / math.hypot(slope, noise)) ** 2  # of the first slope's mean square: not noise
    return InverseTimeDecay(share / curvature, decay_rate=share)


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
    rates, *_ = _checked(s, steps, curvature, noise, start)
    _require(type(seed) is int and seed >= 0, "seed", seed, "must be a whole number, 0 or more")
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


def _checked(
    s: Schedule, steps: int, curvature: ArrayLike, noise: ArrayLike, start: ArrayLike
) -> tuple[NDArray[np.float64], ...]:
    """Return the rates of the updates and the checked problem, all as arrays."""
    if not isinstance(s, Schedule):
        raise TypeError(f"s = {s!r}: expected a schedule, such as Constant(0.1)")
    curvature, noise = _numbers("curvature", curvature), _numbers("noise", noise)
    _require(curvature > 0, "curvature", curvature, "must be above 0")
    _require(noise >= 0, "noise", noise, "must be 0 or more: it is a standard deviation")
    return s.curve(checks.count("steps", steps)), curvature, noise, _numbers("start", start)


def _numbers(name: str, value: ArrayLike) -> NDArray[np.float64]:
    """Return `value` as a float64 array, or say why it is none."""
    array = np.asarray(value)
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{name} = {value!r}: expected a number or an array of numbers")
    _require(np.isfinite(array), name, value, "must be finite")
    return array.astype(np.float64)


def _require(holds: Any, name: str, value: Any, allowed: str) -> None:
    """Raise when `holds` is not true, or not true of every number in `value`."""
    if not np.all(holds):
        raise ValueError(f"{name} = {value!r}: {allowed}")
