"""The problem that theory is about, checked: a schedule, updates, curvature, noise and start."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lrdecay import checks
from lrdecay.schedules import Schedule


def checked(
    s: Schedule, steps: int, curvature: ArrayLike, noise: ArrayLike, start: ArrayLike
) -> tuple[NDArray[np.float64], ...]:
    """Return the rates of the updates and the checked problem, all as arrays."""
    if not isinstance(s, Schedule):
        raise TypeError(f"s = {s!r}: expected a schedule, such as Constant(0.1)")
    curvature, noise = numbers("curvature", curvature), numbers("noise", noise)
    require(curvature > 0, "curvature", curvature, "must be above 0")
    require(noise >= 0, "noise", noise, "must be 0 or more: it is a standard deviation")
    return s.curve(checks.count("steps", steps)), curvature, noise, numbers("start", start)


def numbers(name: str, value: ArrayLike) -> NDArray[np.float64]:
    """Return `value` as a float64 array, or say why it is none."""
    array = np.asarray(value)
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{name} = {value!r}: expected a number or an array of numbers")
    require(np.isfinite(array), name, value, "must be finite")
    return array.astype(np.float64)


def require(holds: Any, name: str, value: Any, allowed: str) -> None:
    """Raise when `holds` is not true, or not true of every number in `value`."""
    if not np.all(holds):
        raise ValueError(f"{name} = {value!r}: {allowed}")
