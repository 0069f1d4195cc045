"""The few functions that a formula needs, for each library that its argument may belong to."""

import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

LAST_STEP = 2**53
"""The largest step that a float64 counts exactly."""


@dataclass(frozen=True)
class Library:
    """The functions of one array library under the names that NumPy gives them.

    Operators (``+ - * / **``) are used as they are. ``floor_divide(t, d)`` is the floor of
    ``t / d``; it stays in integers when both are integers. ``piecewise(t, boundaries, values)``
    is ``values[i]``, where i is the number of boundaries that `t` has reached.
    """

    exp: Callable[[Any], Any]
    minimum: Callable[[Any, Any], Any]
    maximum: Callable[[Any, Any], Any]
    floor_divide: Callable[[Any, Any], Any]
    piecewise: Callable[[Any, Any, Any], Any]


def _floor_divide_floats(t: float, d: float) -> int:
    # Not t // d: in floats 1.0 // 0.1 is 9, while floor(1.0 / 0.1) is 10.
    return t // d if type(t) is int and type(d) is int else math.floor(t / d)


FLOATS = Library(
    exp=math.exp,
    minimum=lambda a, b: a if a < b else b,
    maximum=lambda a, b: a if a > b else b,
    floor_divide=_floor_divide_floats,
    piecewise=lambda t, boundaries, values: values[bisect_right(boundaries, t)],
)


def _floor_divide_arrays(t: Any, d: float) -> Any:
    return t // d if t.dtype.kind == "i" and type(d) is int else np.floor(t / d)


NUMPY = Library(
    exp=np.exp,
    minimum=np.minimum,
    maximum=np.maximum,
    floor_divide=_floor_divide_arrays,
    piecewise=lambda t, boundaries, values: np.take(
        values, np.searchsorted(boundaries, t, side="right")
    ),
)


@cache
def _tensorflow() -> Library:
    import tensorflow as tf  # noqa: PLC0415

    # Tensors arrive as float64 (see `prepare`): exact for whole steps up to 2**53. But graphs
    # turn t / d into t * (1 / d) when d is a constant, which is off by one at some boundaries.
    def floor_divide(t: Any, d: float) -> Any:
        if type(d) is int:  # floor(t / d) = floor(floor(t) / d)
            return tf.cast(tf.cast(t, tf.int64) // d, tf.float64)
        return tf.floor(t / (d + 0 * t))  # no constant, so not rewritten

    def piecewise(t: Any, boundaries: tuple[float, ...], values: tuple[float, ...]) -> Any:
        reached = t[..., None] >= tf.constant(boundaries, tf.float64)
        return tf.gather(
            tf.constant(values, tf.float64), tf.reduce_sum(tf.cast(reached, tf.int32), -1)
        )

    return Library(
        exp=tf.exp,
        # Not tf.cast(b): it takes a Python number through float32.
        minimum=lambda a, b: tf.minimum(a, tf.constant(b, a.dtype)),
        maximum=lambda a, b: tf.maximum(a, tf.constant(b, a.dtype)),
        floor_divide=floor_divide,
        piecewise=piecewise,
    )


@cache
def _jax() -> Library:
    import jax.numpy as jnp  # noqa: PLC0415

    def floor_divide(t: Any, d: float) -> Any:
        whole = jnp.issubdtype(jnp.result_type(t), jnp.integer) and type(d) is int
        return t // d if whole else jnp.floor(t / d)

    return Library(
        exp=jnp.exp,
        minimum=jnp.minimum,
        maximum=jnp.maximum,
        floor_divide=floor_divide,
        piecewise=lambda t, boundaries, values: jnp.take(
            jnp.asarray(values), jnp.searchsorted(jnp.asarray(boundaries), t, side="right")
        ),
    )


@cache
def _sympy() -> Library:
    import sympy  # noqa: PLC0415

    return Library(
        exp=sympy.exp,
        minimum=sympy.Min,
        maximum=sympy.Max,
        floor_divide=lambda t, d: sympy.floor(t / d),
        piecewise=lambda t, boundaries, values: sympy.Piecewise(
            *((value, t < boundary) for boundary, value in zip(boundaries, values, strict=False)),
            (values[-1], True),
        ),
    )


def prepare(t: Any) -> tuple[Library, Any]:
    """Return the library that `t` belongs to, and `t` checked and ready for a formula.

    Parameters
    ----------
    t : float, NumPy array, sequence of numbers, TensorFlow or JAX tensor, or SymPy expression
        The step, or the steps, counted from 0.

    Returns
    -------
    Library
        The functions to use on `t`.
    same kind as `t`
        NumPy: int64 or float64. TensorFlow: float64, which counts steps exactly beyond the
        2**24 of float32.

    Raises
    ------
    ValueError
        When a number is negative, NaN, or above 2**53.
    TypeError
        When `t` holds no numbers (strings, booleans, objects).
    """
    if type(t) is int or type(t) is float:
        if 0 <= t <= LAST_STEP:
            return FLOATS, t
        raise ValueError(f"t = {t!r}: a step must be from 0 to 2**53; count steps from 0")
    owner = type(t).__module__.partition(".")[0]
    if owner == "tensorflow":
        import tensorflow as tf  # noqa: PLC0415

        return _tensorflow(), tf.cast(t, tf.float64)
    if owner in ("jax", "jaxlib"):
        return _jax(), t
    if owner == "sympy":
        return _sympy(), t
    array = np.asarray(t) if isinstance(t, list | tuple | np.ndarray | np.generic) else None
    if array is None or array.dtype.kind not in "iuf":
        raise TypeError(
            f"t = {t!r}: expected a number, a NumPy array of numbers, or a TensorFlow or JAX tensor"
        )
    # min and max pass NaN on, and a comparison with NaN is false.
    if array.size and not (array.min() >= 0 and array.max() <= LAST_STEP):
        raise ValueError("t: every step must be from 0 to 2**53; count steps from 0")
    if isinstance(t, np.generic):
        return FLOATS, t.item()
    return NUMPY, array.astype(np.float64 if array.dtype.kind == "f" else np.int64, copy=False)
