"""Schedule-free SGD on the noisy quadratic, exactly.

The update is linear in (x, z), so the means of their squares and of their product follow a
recursion without randomness, as the one mean square of `lrdecay.theory.quadratic` does.
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
    of_x, of_z, added = -pull * between, 1 - pull * (1 - between), (rate * noise) ** 2
    xx = xz = zz = np.broadcast_to(first**2, shape)
    squares = np.empty((steps + 1, *shape))
    squares[0] = xx
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for t in range(1, steps + 1):
            # The new z is of_x * x + of_z * z + noise, the new x a mix of the old and the new z.
            x_new = of_x * xx + of_z * xz
            new = of_x * x_new + of_z * (of_x * xz + of_z * zz) + added
            c = 1 / t
            xx, xz, zz = (
                (1 - c) ** 2 * xx + 2 * c * (1 - c) * x_new + c**2 * new,
                (1 - c) * x_new + c * new,
                new,
            )
            squares[t] = xx
        loss = np.moveaxis(curvature * squares / 2, 0, -1)
    loss[np.isnan(loss)] = np.inf  # inf - inf, after an overflow
    return loss
