r"""How far from the minimum a schedule can end, whatever the convex function.

Subgradient steps ``x_{k+1} = x_k - rates[k] * g_k`` with slopes no longer than `gradient`, from a
start no farther than `distance` from a minimum. No curvature is assumed, not even a smooth slope:
this is the worst case, where `lrdecay.theory.quadratic` is an average one.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lrdecay import checks
from lrdecay.schedules import Schedule
from lrdecay.theory.problem import numbers, require


def last_iterate_bound(rates: ArrayLike, distance: float = 1.0, gradient: ArrayLike = 1.0) -> float:
    r"""Return a bound of the loss at the last point of (stochastic) subgradient descent.

    ``f(x_T) - f* <= D**2 / (2 S_1) + Q_1 / (2 S_1) + sum_{k<T} rates[k] Q_k / (S_{k+1} S_k) / 2``

    with the sums ``S_k = rates[k] + ... + rates[T]`` and
    ``Q_k = (rates[k] G_k)**2 + ... + (rates[T] G_T)**2``, counted from 1

    Parameters
    ----------
    rates : sequence of float
        The rates of the T points. The last one is not used to move: x_T comes after T - 1
        updates. It must be above 0 all the same.
    distance : float
        D, from the first point to a minimum, 0 or more.
    gradient : float or sequence of float
        G, the largest length of a slope, 0 or more; of noisy slopes, the root of the largest mean
        square. One for each point, if it is known.

    Returns
    -------
    float
        In the unit of the loss, which is that of `distance` times `gradient`.

    Raises
    ------
    ValueError
        When an argument is out of range, or when the last rate is 0, where the bound is infinite.

    Notes
    -----
    Defazio et al. (2023), Optimal Linear Decay Learning Rate Schedules and Further Refinements,
    Theorem 10; for noisy slopes of a convex function it bounds the expected loss. Schaipp et al.
    (2025) compare it with the losses of language models.

    Examples
    --------
    A constant rate against one that falls, over a hundred points:

    >>> constant, linear = np.full(100, 0.05), 0.1 * np.arange(100, 0, -1) / 100
    >>> round(last_iterate_bound(constant), 3), round(last_iterate_bound(linear), 3)
    (0.254, 0.204)
    """
    values = np.atleast_1d(numbers("rates", rates))
    lengths = numbers("gradient", gradient)
    require(values.ndim == 1 and values.size, "rates", rates, "expected a list of one rate or more")
    require(values >= 0, "rates", rates, "a learning rate must be 0 or more")
    require(values[-1] > 0, "rates", rates, _LAST)
    require(checks.number("distance", distance) >= 0, "distance", distance, "must be 0 or more")
    require(lengths >= 0, "gradient", gradient, "must be 0 or more: it is a length")
    fits = lengths.shape in {(), values.shape}
    require(fits, "gradient", gradient, f"expected one number, or one for each of {values.size}")
    way, slopes = _parts(values, lengths)
    return float(distance**2 * way + slopes)


def bound_constant(s: Schedule, steps: int) -> float:
    """Return K: the bound is ``K * D * G / sqrt(steps)`` at the best multiple of the schedule.

    ``min over c > 0 of sqrt(steps) * last_iterate_bound(c * s.curve(steps))``

    Parameters
    ----------
    s : Schedule
        The shape; its height does not count.
    steps : int
        T, the number of points; the rates are those of t = 0 ... steps - 1.

    Returns
    -------
    float
        For many steps: 2 for linear decay to 0, ``(p + 1) / sqrt(p)`` for polynomial decay, and
        for a constant rate ``sqrt(1 + 1 + 1/2 + ... + 1 / (steps - 1))``, which grows without end.

    Raises
    ------
    TypeError
        When `s` is not a schedule.
    ValueError
        When `steps` is not a whole number of 1 or more, or the last of the rates is 0: see
        `last_iterate_bound`.

    Notes
    -----
    The best multiple makes both parts of the bound equal; it is
    ``D * sqrt(steps) / (G * K * s.curve(steps).sum())``. No rates have a K below 1: Zamani and
    Glineur (2025) give the functions, and show that linear decay reaches 1, so that this bound is
    twice too cautious there.

    Examples
    --------
    >>> from lrdecay import Constant, CosineDecay, LinearDecay
    >>> [round(bound_constant(s, 1000), 3)
    ...     for s in (Constant(0.1), LinearDecay(0.1, 1000), CosineDecay(0.1, 1000))]
    [2.913, 2.006, 2.063]
    """
    if not isinstance(s, Schedule):
        raise TypeError(f"s = {s!r}: expected a schedule, such as LinearDecay(0.1, 1000)")
    n = checks.count("steps", steps)
    rates = s.curve(n)
    require(rates[-1] > 0, "s", s, f"its rate at t = {n - 1} is 0: {_LAST}")
    way, slopes = _parts(rates / rates.max(), np.asarray(1.0))
    return math.sqrt(n) * 2 * math.sqrt(way * slopes)


_LAST = (
    "with a last rate of 0 the bound is infinite: leave the rates of 0 at the end out, they do not "
    "move"
)


def _parts(rates: NDArray[np.float64], gradient: NDArray[np.float64]) -> tuple[Any, Any]:
    """Return the bound's factor of the distance squared, and the rest."""
    high = rates.max()  # squares of tiny rates would be 0
    shares = rates / high
    left = np.cumsum(shares[::-1])[::-1]
    squares = np.cumsum(((shares * gradient) ** 2)[::-1])[::-1]
    later = shares[:-1] / left[1:] * squares[:-1] / left[:-1]
    return 1 / (2 * high * left[0]), high * (squares[0] / left[0] + later.sum()) / 2
