"""Which rates are the best for a problem that is known."""

import math

from lrdecay import checks
from lrdecay.schedules import InverseTimeDecay
from lrdecay.theory.problem import require


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
