r"""What averaging the iterates does to SGD on a noisy quadratic, exactly.

An average is kept beside the run: ``mean <- (1 - share) * mean + share * x`` after each update.
With shares 1, 1/2, 1/3, ... it is the plain mean of what was visited; a share that stays is an
exponential average. Iterate and average are both linear in the noise, so their three second moments
``m = E[x**2]``, ``c = E[x * mean]`` and ``q = E[mean**2]`` follow a recursion without randomness,
for any rates. Start and noise add up: ``noise=0`` leaves what the average still remembers of the
start, ``start=0`` what is left of the noise.
"""

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lrdecay import checks
from lrdecay.schedules import Schedule
from lrdecay.theory.problem import checked


def averaged_loss(
    s: Schedule,
    steps: int,
    curvature: ArrayLike = 1.0,
    noise: ArrayLike = 1.0,
    start: ArrayLike = 1.0,
    begin: int = 0,
    ema: float | None = None,
) -> NDArray[np.float64]:
    """Return the exact expected loss of the averaged iterates of SGD, after each update.

    ``loss = curvature * E[mean**2] / 2`` with ``mean`` of the iterates after update `begin`

    Parameters
    ----------
    s : Schedule
        The rate of update t, t counted in updates.
    steps : int
        The number of updates.
    curvature, noise, start : float or array
        As in `expected_loss`.
    begin : int
        The updates before averaging: 0 is the full average, of all iterates but the first point;
        ``steps // 2`` the tail average, of the last half.
    ema : float, optional
        The share of the old average that each update keeps, from 0 to below 1, for an
        exponential moving average. None is the plain mean.

    Returns
    -------
    float64 array of shape (..., steps + 1)
        As `expected_loss`, of the average instead of the last iterate. Up to entry `begin` there
        is no average yet, and it is the loss of the iterate itself.

    Raises
    ------
    TypeError
        When `s` is not a schedule.
    ValueError
        When `steps` is not a whole number of 1 or more, `begin` not one below `steps`, or another
        argument is out of range.

    Notes
    -----
    Polyak and Juditsky (1992), Acceleration of Stochastic Approximation by Averaging: with a
    constant rate and many updates, the full average comes near ``noise**2 / (2 * curvature *
    steps)``, the least that any method can reach.

    Examples
    --------
    With ``lr * curvature = 1`` the iterates are independent, and a mean of n has 1/n of the loss.

    >>> from lrdecay import Constant
    >>> averaged_loss(Constant(1.0), steps=4)
    array([0.5       , 0.5       , 0.25      , 0.16666667, 0.125     ])
    >>> averaged_loss(Constant(1.0), steps=4, begin=2)
    array([0.5 , 0.5 , 0.5 , 0.5 , 0.25])
    """
    rates, curvature, noise, start = checked(s, steps, curvature, noise, start)
    shares = _shares(steps, begin, ema)
    shape = np.broadcast_shapes(curvature.shape, noise.shape, start.shape)
    rates = rates.reshape(-1, *(1 for _ in shape))
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        kept = np.broadcast_to(1 - rates * curvature, (steps, *shape))
        added = np.broadcast_to((rates * noise) ** 2, (steps, *shape))
        first: Any = np.broadcast_to(start**2, shape)
        if not shape:  # plain floats are several times as fast as arrays of one number
            first, kept, added = first.item(), kept.tolist(), added.tolist()
        moments = accumulate(
            zip(kept, added, shares.tolist(), strict=True), _next, initial=(first, first, first)
        )
        square: NDArray[np.float64] = np.fromiter(
            _last(moments), dtype=np.dtype((np.float64, shape)), count=steps + 1
        )
        loss = np.moveaxis(curvature * np.maximum(square, 0) / 2, 0, -1)
    loss[~np.isfinite(loss)] = np.inf  # inf - inf, after an overflow
    return loss


def decay_of_average(
    s: Schedule, steps: int, begin: int = 0, ema: float | None = None
) -> NDArray[np.float64]:
    """Return the rates whose *last* iterate is the average of s, when the gradients are fixed.

    ``rates[t] = s(t) * (the share of the average that lies after update t)``

    Parameters
    ----------
    s : Schedule
        The rates of the run that is averaged.
    steps : int
        The number of updates.
    begin, ema
        As in `averaged_loss`.

    Returns
    -------
    float64 array of shape (steps,)
        For a constant rate and the full average ``s(t) * (steps - t) / steps``, linear decay; for
        the tail average, a constant rate with linear decay at the end.

    Raises
    ------
    TypeError
        When `s` is not a schedule.
    ValueError
        As `averaged_loss`.

    Notes
    -----
    Fixed means that the two runs meet the same gradients though they are at different places.
    Sandler et al. (2023), Training Trajectories, Mini-Batch Losses and the Curious Role of the
    Learning Rate; Defazio et al. (2023), Optimal Linear Decay Learning Rate Schedules.

    Examples
    --------
    >>> from lrdecay import Constant
    >>> decay_of_average(Constant(1.0), steps=4)
    array([1.  , 0.75, 0.5 , 0.25])
    >>> decay_of_average(Constant(1.0), steps=4, begin=2)
    array([1. , 1. , 1. , 0.5])
    """
    rates, *_ = checked(s, steps, 1.0, 0.0, 0.0)
    before = np.cumprod((1 - _shares(steps, begin, ema))[::-1])[::-1]
    return rates * (1 - before)


def _shares(steps: int, begin: int, ema: float | None) -> NDArray[np.float64]:
    """Return the share of the new iterate in the average, for each update."""
    if type(begin) is not int or not 0 <= begin < steps:
        raise ValueError(f"begin = {begin!r}: must be a whole number, 0 or more and below steps")
    shares = np.ones(steps)
    if ema is None:
        shares[begin:] = 1 / np.arange(1, steps - begin + 1)
    elif 0 <= checks.number("ema", ema) < 1:
        shares[begin:] = 1 - ema
    else:
        raise ValueError(f"ema = {ema!r}: must be 0 or more and below 1, such as 0.99")
    return shares


def _next(moments: tuple[Any, Any, Any], update: tuple[Any, Any, float]) -> tuple[Any, Any, Any]:
    """Return E[x x], E[x mean] and E[mean mean] after an update and its share of the mean."""
    square, both, mean = moments
    kept, added, share = update
    square, both = kept * kept * square + added, kept * both
    rest = 1 - share
    if not rest:
        return square, square, square
    mean = rest * rest * mean + 2 * rest * share * both + share * share * square
    return square, rest * both + share * square, mean


def _last(moments: Iterator[tuple[Any, Any, Any]]) -> Iterator[Any]:
    """Yield E[mean mean] alone."""
    return (mean for _, _, mean in moments)
