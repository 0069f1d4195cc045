"""Schedule-free SGD on the noisy quadratic, exactly.

The update is linear in x and z, so E[x**2], E[x z] and E[z**2] follow a recursion without
randomness. Random numbers are vectors whose inner products are their mean products, and it is kept
in that form: x lies along the first axis, z in the plane of the first two, and each draw comes in
along a third, at right angles to all before it. So no rounding makes a square negative.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lrdecay import checks
from lrdecay.theory.problem import numbers, require


def schedule_free_loss(
    lr: ArrayLike,
    steps: int,
    beta: ArrayLike = 0.9,
    curvature: ArrayLike = 1.0,
    noise: ArrayLike = 1.0,
    start: ArrayLike = 1.0,
) -> NDArray[np.float64]:
    """Return the exact expected loss of schedule-free SGD before its first update and after each.

    ``z <- z - lr * (curvature * y + noise * xi)``, ``x <- (1 - 1/t) x + (1/t) z`` with
    ``y = (1 - beta) z + beta x``; the loss is ``curvature * E[x**2] / 2``

    Parameters
    ----------
    lr : float or array
        The rate, above 0, the same in all updates.
    steps : int
        The number of updates.
    beta : float or array
        From 0 to 1: 0 averages plain SGD, 1 takes gradients at the average.
    curvature, noise, start : float or array
        As in `expected_loss`.

    Returns
    -------
    float64 array of shape (..., steps + 1)
        Entry t is the expected loss of x after t updates. The leading axes are those of all
        other arguments broadcast together.

    Raises
    ------
    ValueError
        When an argument is out of range.

    Notes
    -----
    The method is of Defazio et al. (2024), The Road Less Scheduled; see
    `lrdecay.lab.schedule_free`. On this problem it needs no simulation.

    Examples
    --------
    >>> schedule_free_loss(0.5, steps=2, beta=0.5).round(4)
    array([0.5   , 0.25  , 0.1719])
    >>> schedule_free_loss([0.5, 1.0], steps=100, curvature=2.0).shape
    (2, 101)
    """
    rate, between = numbers("lr", lr), numbers("beta", beta)
    curvature, noise = numbers("curvature", curvature), numbers("noise", noise)
    first = numbers("start", start)
    require(rate > 0, "lr", lr, "must be above 0: a rate of 0 never moves")
    require((between >= 0) & (between <= 1), "beta", beta, "must be from 0 to 1, such as 0.9")
    require(curvature > 0, "curvature", curvature, "must be above 0")
    require(noise >= 0, "noise", noise, "must be 0 or more: it is a standard deviation")
    steps = checks.count("steps", steps)
    shape = np.broadcast_shapes(*(a.shape for a in (rate, between, curvature, noise, first)))
    pull = rate * curvature
    of_x, of_z = -pull * between, 1 - pull * (1 - between)
    draw = np.broadcast_to(rate * noise, shape)
    x, z, apart = (np.broadcast_to(size, shape) for size in (abs(first), abs(first), 0.0))
    lengths = np.empty((steps + 1, *shape))
    lengths[0] = x
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for t in range(1, steps + 1):
            moved = np.stack([of_x * x + of_z * z, of_z * apart, draw])
            mean = moved / t
            mean[0] += (1 - 1 / t) * x
            x = np.sqrt((mean**2).sum(axis=0))
            along = mean / np.where(x > 0, x, 1)
            z = (along * moved).sum(axis=0)
            apart = np.sqrt(((moved - z * along) ** 2).sum(axis=0))
            lengths[t] = x
        loss: NDArray[np.float64] = np.moveaxis(curvature * lengths**2 / 2, 0, -1)
    loss[np.isnan(loss)] = np.inf  # inf - inf, after an overflow
    return loss
