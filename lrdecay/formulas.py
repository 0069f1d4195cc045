"""The maths: one function a decay.

Each takes ``xp``, the library of its argument (`lrdecay.arrays`), the step ``t`` counted from
0, and the parameters. Called with numbers it gives a rate, with arrays it gives rates, with
SymPy symbols it gives the formula that the book prints. The parameters have been checked by
the time they get here (`lrdecay.schedules`).
"""

from collections.abc import Sequence
from typing import Any

from lrdecay.arrays import Library


def constant(xp: Library, t: Any, lr0: float) -> Any:
    """``lr0``, in the shape of `t`."""
    return lr0 + 0 * t


def step_decay(xp: Library, t: Any, lr0: float, drop_rate: float, step_size: float) -> Any:
    """``lr0 * drop_rate ** floor(t / step_size)``."""
    return lr0 * drop_rate ** xp.floor_divide(t, step_size)


def exponential_decay(xp: Library, t: Any, lr0: float, decay_rate: float) -> Any:
    """``lr0 * exp(-decay_rate * t)``."""
    return lr0 * xp.exp(-decay_rate * t)


def inverse_time_decay(xp: Library, t: Any, lr0: float, decay_rate: float) -> Any:
    """``lr0 / (1 + decay_rate * t)``."""
    return lr0 / (1 + decay_rate * t)


def polynomial_decay(
    xp: Library, t: Any, lr0: float, duration: float, power: float, lr_end: float
) -> Any:
    """From ``lr0`` to ``lr_end`` along ``left ** power``, where ``left`` falls from 1 to 0."""
    return between(lr0, lr_end, left(xp, t, duration) ** power)


def linear_decay(xp: Library, t: Any, lr0: float, duration: float, lr_end: float) -> Any:
    """From ``lr0`` to ``lr_end`` in a straight line."""
    return between(lr0, lr_end, left(xp, t, duration))


def piecewise_constant(
    xp: Library, t: Any, boundaries: Sequence[float], values: Sequence[float]
) -> Any:
    """``values[i]``, where i is the number of boundaries that `t` has reached."""
    return xp.piecewise(t, boundaries, values)


def left(xp: Library, t: Any, duration: float) -> Any:
    """``(duration - min(t, duration)) / duration``: the share of the duration still to come.

    Written so, and not as ``1 - t / duration``, it keeps every digit near the end.
    """
    return (duration - xp.minimum(t, duration)) / duration


def between(start: float, end: float, weight: Any) -> Any:
    """``end + (start - end) * weight``, exact at both ends.

    Written as a weighted mean, since ``end + (start - end)`` need not round to ``start``.
    """
    return start * weight + end * (1 - weight)
