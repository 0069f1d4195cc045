"""Which rates are the best for a problem that is known."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lrdecay import checks
from lrdecay.schedules import InverseTimeDecay, Schedule
from lrdecay.theory.problem import numbers, require
from lrdecay.theory.quadratic import expected_loss


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
    require(curvature > 0, "curvature", curvature, "must be above 0")
    require(noise >= 0, "noise", noise, "must be 0 or more: it is a standard deviation")
    slope = abs(curvature * start)
    require(slope > 0, "start", start, "must not be 0: at the minimum no rate is best but 0")
    share = (slope / math.hypot(slope, noise)) ** 2  # of the first slope's mean square: not noise
    return InverseTimeDecay(share / curvature, decay_rate=share)


def tuned(
    family: Callable[..., Schedule],
    guess: Sequence[float],
    steps: int,
    curvature: ArrayLike = 1.0,
    noise: ArrayLike = 1.0,
    start: ArrayLike = 1.0,
    highest: float = math.inf,
) -> Schedule:
    """Return the schedule of a family whose expected loss after all updates is the least.

    ``argmin over p of sum(expected_loss(family(*p), steps, ...)[..., -1])``, all p above 0

    Parameters
    ----------
    family : callable
        Makes a schedule of as many numbers as `guess` has, all above 0.
    guess : sequence of float
        Where the search starts; with several minima, which one it finds hangs on this.
    steps : int
        The number of updates.
    curvature, noise, start : float or array
        As in `expected_loss`; the losses of several curvatures are added up.
    highest : float
        No rate may be above this one, such as the stability limit ``2 / max(curvature)``.

    Returns
    -------
    Schedule

    Raises
    ------
    ValueError
        When a number in `guess` is not above 0, when it makes a rate above `highest` or a loss
        that is not finite, or when an argument of `expected_loss` is out of range.

    Notes
    -----
    The simplex search of Nelder and Mead (1965) over the logarithms of the numbers. Needs SciPy.

    Examples
    --------
    >>> from lrdecay import Constant
    >>> best = tuned(Constant, [0.1], steps=100, start=10.0)
    >>> round(best.lr0, 4)
    0.0516
    """
    from scipy.optimize import minimize  # noqa: PLC0415  (`import lrdecay` loads NumPy alone)

    first = numbers("guess", guess)
    require(first > 0, "guess", guess, "must be above 0")

    def loss(s: Schedule) -> float:
        if s.curve(steps).max() > highest:
            return math.inf
        return float(expected_loss(s, steps, curvature, noise, start)[..., -1].sum())

    def logarithm(place: NDArray[np.float64]) -> float:
        try:
            value = loss(family(*np.exp(place).tolist()))
        except ValueError:  # the search has left what the family allows
            value = math.inf
        return math.log(value) if 0 < value < math.inf else 1e9

    begin = np.atleast_1d(first)
    bad = "gives rates above `highest` or no finite loss"
    require(loss(family(*begin.tolist())) < math.inf, "guess", guess, bad)
    # Its logarithm: shares of the loss decide when to stop, and not its size.
    options = {"xatol": 1e-5, "fatol": 1e-10, "maxiter": 2000}
    found = minimize(logarithm, np.log(begin), method="Nelder-Mead", options=options)
    return family(*np.exp(found.x).tolist())


def least_loss(
    loss: Callable[..., NDArray[np.float64]], rates: ArrayLike, **problem: Any
) -> NDArray[np.float64]:
    """Return the least loss after the last update that any of the rates gives.

    ``min over r of sum over curvatures of loss(r, **problem)[..., -1]``

    Parameters
    ----------
    loss : callable
        Takes a rate and `problem`; returns losses of shape (..., curvatures, updates + 1), as
        `expected_loss` and `averaged_loss` do.
    rates : sequence of float
    **problem
        What `loss` takes by name: ``curvature``, ``noise``, ``start``.

    Returns
    -------
    float64 array of shape (...)
        Each entry has a best rate of its own.

    Raises
    ------
    ValueError
        When there is no rate, or as `loss` raises.

    Examples
    --------
    >>> from lrdecay import Constant
    >>> def last_point(lr, **problem):
    ...     return expected_loss(Constant(lr), 100, **problem)
    >>> round(float(least_loss(last_point, [0.01, 0.05, 0.2], curvature=[1.0], start=10.0)), 4)
    0.0146
    """
    values = np.atleast_1d(numbers("rates", rates))
    require(values.size > 0, "rates", rates, "must have a number")
    ends = [loss(float(rate), **problem)[..., -1].sum(axis=-1) for rate in values]
    least: NDArray[np.float64] = np.min(ends, axis=0)
    return least


def best_rates(
    steps: int,
    curvature: ArrayLike = 1.0,
    noise: ArrayLike = 1.0,
    start: ArrayLike = 1.0,
    highest: float | None = None,
) -> NDArray[np.float64]:
    """Return the rates, one free number an update, whose expected loss at the end is the least.

    ``argmin over all rates of sum(curvature * m_T) / 2``, m as in `expected_loss`

    Parameters
    ----------
    steps : int
        The number of updates.
    curvature, noise, start : float or array
        As in `expected_loss`; the losses of several curvatures are added up.
    highest : float, optional
        No rate is above this one; by default the stability limit, ``2 / max(curvature)``.

    Returns
    -------
    float64 array of shape (steps,)
        The rate of update t. No formula is given to the search, which is L-BFGS-B with the exact
        derivative by each rate; the loss is not convex, so it is a local minimum.

    Raises
    ------
    ValueError
        When an argument is out of range.

    Notes
    -----
    For one curvature these are the rates of `optimal_inverse_time`. Costs seconds for hundreds of
    updates. Needs SciPy.

    Examples
    --------
    >>> best_rates(3, curvature=0.5, noise=2.0, start=3.0).round(3)
    array([0.72 , 0.529, 0.419])
    """
    from scipy.optimize import minimize  # noqa: PLC0415  (`import lrdecay` loads NumPy alone)

    n = checks.count("steps", steps)
    curvature, noise = numbers("curvature", curvature), numbers("noise", noise)
    require(curvature > 0, "curvature", curvature, "must be above 0")
    require(noise >= 0, "noise", noise, "must be 0 or more: it is a standard deviation")
    problem = np.broadcast_arrays(curvature, noise, numbers("start", start))
    h, sigma, x = (np.atleast_1d(part).ravel() for part in problem)
    limit = 2 / h.max() if highest is None else checks.number("highest", highest)
    require(limit > 0, "highest", highest, "must be above 0")
    found = minimize(
        _loss_and_slopes,
        np.geomspace(0.5, 0.5 / n, n) * limit,
        args=(h, sigma, x),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, limit)] * n,
        options={"maxiter": 20_000, "maxfun": 40_000, "ftol": 1e-14, "gtol": 1e-11, "maxcor": 30},
    )
    rates: NDArray[np.float64] = found.x
    return rates


def _loss_and_slopes(
    rates: NDArray[np.float64],
    curvature: NDArray[np.float64],
    noise: NDArray[np.float64],
    start: NDArray[np.float64],
) -> tuple[float, Any]:
    """Return the last expected loss and its derivative by each rate, by the chain rule."""
    n = len(rates)
    left = 1 - np.outer(rates, curvature)
    kept, added = left**2, np.outer(rates, noise) ** 2
    square, later = np.empty((2, n + 1, len(curvature)))
    square[0], later[n] = start**2, curvature / 2
    for t in range(n):
        square[t + 1] = kept[t] * square[t] + added[t]
    for t in reversed(range(n)):
        later[t] = later[t + 1] * kept[t]
    by_rate = 2 * (np.outer(rates, noise**2) - left * curvature * square[:-1])
    return float(curvature @ square[n] / 2), (later[1:] * by_rate).sum(axis=1)
