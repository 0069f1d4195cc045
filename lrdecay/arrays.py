"""The few functions that a formula needs, for each library that its argument may belong to."""

import math
import operator
import sys
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

LAST_STEP = 2**53
"""The largest step that a float64 counts exactly."""


def traced(value: Any) -> bool:
    """Return whether JAX traces `value`: it wants a gradient, or has no value yet."""
    jax = sys.modules.get("jax")
    return jax is not None and isinstance(value, jax.core.Tracer)


def is_letter(value: Any) -> bool:
    """Return whether `value` is a letter of a formula (`lrdecay.views.symbols`), no number yet."""
    return getattr(value, "is_letter", False) is True


class WholeAsFloat(float):
    """A whole length that stays a float: more than the integers of JAX can hold."""


@dataclass(frozen=True)
class Library:
    """The functions of one array library under the names that NumPy gives them.

    Operators (``+ - * / **``) are used as they are. The others are these:

    - ``floor_divide(t, d)`` is the floor of ``t / d``, in integers when both are integers;
    - ``power(x, p)`` is ``x ** p`` for a changing x of 0 or more;
    - ``compound(ratio, n)`` is ``ratio ** n`` for a fixed ratio and a changing n;
    - ``piecewise(t, boundaries, values)`` is ``values[i]``, where i is the number of
      boundaries that `t` has reached;
    - ``full(t, value)`` is ``value`` in the shape of `t`;
    - ``reached(boundaries, t)`` is the least and the greatest number of boundaries that any of
      `t` has reached, as far as that is known;
    - ``stretches(t, boundaries, compute)`` joins ``compute(i, part)`` for the part of `t` between
      each two boundaries, or is None where `t` does not rise;
    - ``switch(t, at, before, after, shift=True)`` is ``before(t)`` until `at` and
      ``after(t - at)`` from then on, or ``after(t)`` without `shift`; each is only asked within
      its own time, so that no branch that is not wanted can spoil the result or its gradient;
    - ``add(t, by)`` is a later step;
    - ``paced(t, clock, rate)`` is ``rate(clock(t))``, for a clock that may run too fast for
      integers;
    - ``divide(t, d)`` is ``t / d`` to the last digit, where compilers may multiply by a
      rounded ``1 / d`` instead, so that a share of 1 is exactly 1;
    - ``restarts(t, every, stretch)`` is `lrdecay.formulas.repeat`, for a library that computes
      it faster, or more exactly, in its own way;
    - ``clocks(cycle, since, every)`` gives names to the number of a cycle and the time in it, in
      formulas that people read; ``clock(time)`` gives one to a time that runs at several paces;
    - ``largest()`` is the largest Python int that may meet an array, where there is one;
    - ``numbers`` is the library for single numbers, ``exact`` tells whether arithmetic is free
      of rounding, and ``doubles`` whether it is that of float64.
    """

    half_pi: Any
    exp: Callable[[Any], Any]
    log: Callable[[Any], Any]
    sin: Callable[[Any], Any]
    sqrt: Callable[[Any], Any]
    power: Callable[[Any, Any], Any]
    minimum: Callable[[Any, Any], Any]
    maximum: Callable[[Any, Any], Any]
    floor_divide: Callable[[Any, Any], Any]
    where: Callable[[Any, Any, Any], Any]
    piecewise: Callable[[Any, Any, Any], Any]
    switch: Callable[..., Any]
    full: Callable[[Any, Any], Any] = lambda t, value: value + 0 * t
    reached: Callable[[Any, Any], tuple[int, int]] = lambda boundaries, t: (0, len(boundaries))
    stretches: Callable[[Any, Any, Any], Any] = lambda t, boundaries, compute: None
    add: Callable[[Any, Any], Any] = operator.add
    paced: Callable[[Any, Any, Any], Any] = lambda t, clock, rate: rate(clock(t))
    divide: Callable[[Any, Any], Any] = operator.truediv
    compound: Callable[[Any, Any], Any] = operator.pow
    restarts: Callable[[Any, Any, Any], tuple[Any, Any]] | None = None
    clocks: Callable[[Any, Any, Any], tuple[Any, Any]] | None = None
    clock: Callable[[Any], Any] = lambda time: time
    largest: Callable[[], int] | None = None
    numbers: "Library | None" = None
    exact: bool = False
    doubles: bool = False


def _floor_divide_floats(t: float, d: float) -> int:
    # Not t // d: in floats 1.0 // 0.1 is 9, while floor(1.0 / 0.1) is 10.
    return t // d if type(t) is int and type(d) is int else math.floor(t / d)


def _restarts_floats(t: float, every: float, stretch: float) -> tuple[int, float]:
    growth = stretch - 1
    cycle = int(math.log(1 + t * (growth / every)) / math.log(stretch))
    grown = stretch**cycle
    start = every * (grown - 1) / growth
    # the logarithm may round across a boundary, either way
    if start > t or every * (grown * stretch - 1) / growth <= t:
        cycle += 1 if start <= t else -1
        grown = stretch**cycle
        start = every * (grown - 1) / growth
    since = (t - start) / grown
    return cycle, 0 if since < 0 else every if since > every else since


def _switch_floats(t: float, at: float, before: Any, after: Any, shift: bool = True) -> Any:
    return before(t) if t < at else after(t - at if shift else t)


def _reached_float(boundaries: Any, t: float) -> tuple[int, int]:
    i = bisect_right(boundaries, t)
    return i, i


FLOATS = Library(
    half_pi=math.pi / 2,
    exp=math.exp,
    log=math.log,
    sin=math.sin,
    sqrt=math.sqrt,
    power=operator.pow,
    minimum=lambda a, b: a if a < b else b,
    maximum=lambda a, b: a if a > b else b,
    floor_divide=_floor_divide_floats,
    where=lambda condition, a, b: a if condition else b,
    piecewise=lambda t, boundaries, values: values[bisect_right(boundaries, t)],
    switch=_switch_floats,
    full=lambda t, value: value,
    reached=_reached_float,
    doubles=True,
    restarts=_restarts_floats,
)


def _floor_divide_arrays(t: Any, d: float) -> Any:
    return t // d if t.dtype.kind == "i" and type(d) is int else np.floor(t / d)


def _reached_arrays(boundaries: Any, t: Any) -> tuple[int, int]:
    if not t.size:
        return 0, 0
    return bisect_right(boundaries, t.min()), bisect_right(boundaries, t.max())


def _stretches_arrays(t: Any, boundaries: Any, compute: Any) -> Any:
    if t.ndim != 1 or (t[1:] < t[:-1]).any():
        return None
    parts = np.split(t, np.searchsorted(t, boundaries))
    return np.concatenate([compute(i, part) for i, part in enumerate(parts)])


def _full_array(t: Any, value: float) -> Any:
    return np.broadcast_to(np.float64(value), t.shape)


def _piecewise_arrays(t: Any, boundaries: Any, values: Any) -> Any:
    first, last = _reached_arrays(boundaries, t)
    if first == last:
        return _full_array(t, values[first])
    return np.take(values, np.searchsorted(boundaries, t, side="right"))


def _switch_arrays(t: Any, at: float, before: Any, after: Any, shift: bool = True) -> Any:
    def later(t: Any) -> Any:
        return after(t - at if shift else t)

    early = t < at
    n = np.count_nonzero(early)
    if n == t.size:
        return before(t)
    if n == 0:
        return later(t)
    if t.ndim == 1 and early[:n].all():  # steps in order, as in a curve
        return np.concatenate([before(t[:n]), later(t[n:])])
    return np.where(early, before(np.minimum(t, at)), later(np.maximum(t, at)))


def _paced_arrays(t: Any, clock: Any, rate: Any) -> Any:
    too_fast = t.dtype.kind == "i" and t.size and clock(t.max().astype(float)) > 2**62
    return rate(clock(t.astype(float) if too_fast else t))


NUMPY = Library(
    half_pi=math.pi / 2,
    exp=np.exp,
    log=np.log,
    sin=np.sin,
    sqrt=np.sqrt,
    power=operator.pow,
    minimum=np.minimum,
    maximum=np.maximum,
    floor_divide=_floor_divide_arrays,
    where=np.where,
    piecewise=_piecewise_arrays,
    switch=_switch_arrays,
    full=_full_array,
    reached=_reached_arrays,
    stretches=_stretches_arrays,
    paced=_paced_arrays,
    numbers=FLOATS,
    doubles=True,
)


@cache
def _tensorflow() -> Library:
    import tensorflow as tf  # noqa: PLC0415

    # Tensors arrive as float64 (see `prepare`): exact for whole steps up to 2**53. But graphs
    # turn t / d into t * (1 / d) when d is a constant, which is off by one at some boundaries.
    def divide(t: Any, d: float) -> Any:
        return t / (d + 0 * t)  # no constant, so not rewritten

    def floor_divide(t: Any, d: float) -> Any:
        if type(d) is int:  # floor(t / d) = floor(floor(t) / d)
            return tf.cast(tf.cast(tf.floor(t), tf.int64) // d, tf.float64)
        return tf.floor(divide(t, d))

    def piecewise(t: Any, boundaries: tuple[float, ...], values: tuple[float, ...]) -> Any:
        reached = t[..., None] >= tf.constant(boundaries, tf.float64)
        return tf.gather(
            tf.constant(values, tf.float64), tf.reduce_sum(tf.cast(reached, tf.int32), -1)
        )

    # Not tf.cast: it takes a Python number through float32.
    def float64(x: Any) -> Any:
        return tf.convert_to_tensor(x, tf.float64)

    def where(condition: Any, a: Any, b: Any) -> Any:
        return tf.where(condition, float64(a), float64(b))

    # The slope at 0 may be infinite, and infinity times the 0 of a flat stretch is NaN.
    def power(x: Any, p: float) -> Any:
        return where(x > 0, where(x > 0, x, 1.0) ** p, 0.0)

    def switch(t: Any, at: float, before: Any, after: Any, shift: bool = True) -> Any:
        since = tf.maximum(t - at, float64(0)) if shift else tf.maximum(t, float64(at))
        return where(t < at, before(tf.minimum(t, float64(at))), after(since))

    return Library(
        half_pi=math.pi / 2,
        exp=tf.exp,
        log=tf.math.log,
        sin=tf.sin,
        sqrt=lambda x: power(x, 0.5),
        power=power,
        divide=divide,
        minimum=lambda a, b: tf.minimum(a, float64(b)),
        maximum=lambda a, b: tf.maximum(a, float64(b)),
        floor_divide=floor_divide,
        where=where,
        piecewise=piecewise,
        switch=switch,
        numbers=FLOATS,
    )


def _restarts_traced(t: Any, every: Any, stretch: Any) -> tuple[Any, Any]:
    import jax.numpy as jnp  # noqa: PLC0415

    even = stretch == 1
    uneven = jnp.where(even, 2, stretch)

    def start(n: Any) -> Any:  # with the right slope by a stretch of 1, too
        near_1 = n * (1 + (n - 1) * (stretch - 1) / 2)
        return every * jnp.where(even, near_1, (uneven**n - 1) / (uneven - 1))

    logarithm = jnp.log(1 + t * ((uneven - 1) / every)) / jnp.log(uneven)
    cycle = jnp.floor(jnp.where(even, t / every, logarithm))
    cycle = jnp.where(start(cycle) > t, cycle - 1, cycle)
    cycle = jnp.where(start(cycle + 1) <= t, cycle + 1, cycle)
    since = (t - start(cycle)) / stretch**cycle
    return cycle, _jax().minimum(_jax().maximum(since, 0), every)


@cache
def _jax() -> Library:
    import jax  # noqa: PLC0415
    import jax.numpy as jnp  # noqa: PLC0415

    # Steps stay in JAX's integers as long as they can: floats of 32 bits count to 2**24 only.
    def whole(t: Any) -> bool:
        return type(t) is int or bool(jnp.issubdtype(jnp.result_type(t), jnp.integer))

    def last(t: Any) -> int:
        return int(jnp.iinfo(jnp.result_type(t)).max) if whole(t) else LAST_STEP

    # At a tie, jnp.minimum has half the slope of either.
    def minimum(a: Any, b: Any) -> Any:
        return jnp.where(a > b, b, a)

    def maximum(a: Any, b: Any) -> Any:
        return jnp.where(a < b, b, a)

    # Compiled, t / d is t * (1 / d) when d is known to be constant.
    def divide(t: Any, d: Any) -> Any:
        d = jnp.where(d == 0, 1, d) if traced(d) else d  # of a length of 0, nothing is seen
        return t / jax.lax.optimization_barrier(jnp.asarray(d, float))

    def floor_divide(t: Any, d: float) -> Any:
        return t // d if whole(t) and whole(d) else jnp.floor(divide(t, d))

    # A counter that has reached the last integer stays there, as Optax's does.
    def add(t: Any, by: float) -> Any:
        if not (whole(t) and whole(by)):
            return t + 1.0 * by
        by = by if traced(by) else min(by, last(t))
        return jnp.minimum(t, last(t) - by) + by

    # Beyond the last integer, the time of a clock that runs fast is a float. Where not all paces
    # are whole it is one before, but the products of the whole ones are not.
    def paced(t: Any, clock: Any, rate: Any) -> Any:
        time, later = clock(t), clock(jnp.asarray(t, float))
        fits = later < 0.99 * last(t)
        if not whole(time):
            return rate(jnp.where(fits, time, later))
        return jnp.where(fits, rate(jnp.where(fits, time, 0)), rate(jnp.where(fits, 0, later)))

    # The slope at 0 may be infinite, and infinity times the 0 of a flat stretch is NaN.
    def power(x: Any, p: float) -> Any:
        return jnp.where(x > 0, jnp.where(x > 0, x, 1) ** p, 0)

    # In 32 bits, a ratio's own rounding would grow with n: 0.9999999 ** 10_000_000.
    def compound(ratio: Any, n: Any) -> Any:
        if traced(ratio):  # it came in 32 bits
            return ratio**n
        kind = np.dtype(jnp.result_type(float))
        above = max(kind.type(ratio), np.finfo(kind).tiny)
        if float(above) < ratio:  # rounded up, both factors are at most 1
            above = np.nextafter(above, kind.type(1))
        return above**n * jnp.exp(n * math.log(ratio / float(above)))

    def table(t: Any, starts: Any) -> Any:
        """Return the number of rising `starts` that `t` has reached."""
        if any(map(traced, starts)):
            starts = jnp.stack([jnp.asarray(start, float) for start in starts])
            starts = jnp.ceil(starts).astype(int) if whole(t) else starts
        elif whole(t):  # whole steps reach 2.5 when they reach 3
            starts = np.ceil(np.asarray(starts, np.float64))
            starts = starts[starts <= last(t)].astype(np.int64)
        return jnp.searchsorted(jnp.asarray(starts, jnp.result_type(t)), t, side="right")

    def switch(t: Any, at: float, before: Any, after: Any, shift: bool = True) -> Any:
        if not whole(t):
            since = maximum(t - at, 0) if shift else maximum(t, at)
            return jnp.where(t < at, before(minimum(t, at)), after(since))
        # the first whole step of `after`
        known = not traced(at)
        first = math.ceil(at) if known else at if whole(at) else jnp.ceil(at).astype(int)
        if known and first > last(t):
            return before(t)
        since = jnp.maximum(t - first, 0) if shift else jnp.maximum(t, first)
        since = since if not shift or (known and first == at) else since + (first - at)
        return jnp.where(t < first, before(jnp.minimum(t, first - 1)), after(since))

    def restarts(t: Any, every: float, stretch: float) -> tuple[Any, Any]:
        if traced(every) or traced(stretch):
            return _restarts_traced(t, every, stretch)
        t = jnp.asarray(t)
        most = math.log(1 + last(t) * (stretch - 1) / every) / math.log(stretch)
        lengths = float(stretch) ** np.arange(int(most) + 2)
        starts = every * (lengths - 1) / (stretch - 1)
        lengths, starts = lengths[starts <= last(t)], starts[starts <= last(t)]
        cycle = table(t, starts) - 1
        first = np.ceil(starts).astype(np.int64) if whole(t) else starts
        since = t - jnp.asarray(first, t.dtype)[cycle]
        since = since + jnp.asarray(first - starts, float)[cycle] if whole(t) else since
        return cycle, since / jnp.asarray(lengths, float)[cycle]

    return Library(
        half_pi=math.pi / 2,
        exp=jnp.exp,
        log=jnp.log,
        sin=jnp.sin,
        sqrt=lambda x: power(x, 0.5),
        power=power,
        minimum=minimum,
        maximum=maximum,
        floor_divide=floor_divide,
        where=jnp.where,
        piecewise=lambda t, boundaries, values: jnp.asarray(values, float)[table(t, boundaries)],
        switch=switch,
        reached=lambda boundaries, t: (
            0,
            len(boundaries) if any(map(traced, boundaries)) else bisect_right(boundaries, last(t)),
        ),
        add=add,
        paced=paced,
        divide=divide,
        compound=compound,
        restarts=restarts,
        largest=lambda: last(jnp.asarray(0)) // 2,  # formulas double a length
        numbers=FLOATS,
    )


@cache
def _torch() -> Library:
    import torch  # noqa: PLC0415

    # Tensors arrive as float64, as those of TensorFlow do.
    def floor_divide(t: Any, d: float) -> Any:
        if type(d) is int:  # floor(t / d) = floor(floor(t) / d)
            return (torch.floor(t).to(torch.int64) // d).to(torch.float64)
        return torch.floor(t / d)

    def minimum(a: Any, b: Any) -> Any:
        return torch.where(a > b, b, a)

    def maximum(a: Any, b: Any) -> Any:
        return torch.where(a < b, b, a)

    # The slope at 0 may be infinite, and infinity times the 0 of a flat stretch is NaN.
    def power(x: Any, p: float) -> Any:
        return torch.where(x > 0, torch.where(x > 0, x, 1.0) ** p, 0.0)

    def piecewise(t: Any, boundaries: tuple[float, ...], values: tuple[float, ...]) -> Any:
        def tensor(numbers: tuple[float, ...]) -> Any:
            return torch.tensor(numbers, dtype=torch.float64, device=t.device)

        return tensor(values)[torch.bucketize(t.detach(), tensor(boundaries), right=True)]

    def switch(t: Any, at: float, before: Any, after: Any, shift: bool = True) -> Any:
        since = maximum(t - at, 0) if shift else maximum(t, at)
        return torch.where(t < at, before(minimum(t, at)), after(since))

    return Library(
        half_pi=math.pi / 2,
        exp=torch.exp,
        log=torch.log,
        sin=torch.sin,
        sqrt=lambda x: power(x, 0.5),
        power=power,
        minimum=minimum,
        maximum=maximum,
        floor_divide=floor_divide,
        where=torch.where,
        piecewise=piecewise,
        switch=switch,
        numbers=FLOATS,
    )


@cache
def sympy_library(exact: bool) -> Library:
    """Return the library of SymPy expressions: exact for formulas to read, else as computed."""
    import sympy  # noqa: PLC0415

    return Library(
        half_pi=sympy.pi / 2,
        exp=sympy.exp,
        log=sympy.log,
        sin=sympy.sin,
        sqrt=sympy.sqrt,
        power=operator.pow,
        minimum=sympy.Min,
        maximum=sympy.Max,
        floor_divide=lambda t, d: sympy.floor(t / d),
        where=lambda condition, a, b: sympy.Piecewise((a, condition), (b, True)),
        piecewise=lambda t, boundaries, values: sympy.Piecewise(
            *((value, t < boundary) for boundary, value in zip(boundaries, values, strict=False)),
            (values[-1], True),
        ),
        switch=lambda t, at, before, after, shift=True: sympy.Piecewise(
            (before(t), t < at), (after(t - at if shift else t), True)
        ),
        exact=exact,
    )


def _jax_steps(t: Any) -> Any:
    """Return `t` in JAX's own width: small or unsigned integers would overflow or wrap."""
    import jax.numpy as jnp  # noqa: PLC0415

    if jnp.issubdtype(t.dtype, jnp.integer):
        return t.astype(int)
    if jnp.issubdtype(t.dtype, jnp.floating):
        return t.astype(float)
    raise TypeError(f"t: expected numbers, not {t.dtype}")


def _torch_steps(t: Any) -> Any:
    """Return `t` in float64, which counts steps exactly beyond the 2**24 of float32."""
    import torch  # noqa: PLC0415

    if t.dtype == torch.bool or t.dtype.is_complex:
        raise TypeError(f"t: expected numbers, not {t.dtype}")
    return t.to(torch.float64)


def _tensorflow_steps(t: Any) -> Any:
    import tensorflow as tf  # noqa: PLC0415

    return tf.cast(t, tf.float64)


TENSORS: dict[str, tuple[Callable[[], Library], Callable[[Any], Any]]] = {
    "tensorflow": (_tensorflow, _tensorflow_steps),
    "jax": (_jax, _jax_steps),
    "jaxlib": (_jax, _jax_steps),
    "torch": (_torch, _torch_steps),
    "sympy": (lambda: sympy_library(exact=False), lambda t: t),
}
"""For each library but NumPy: its functions, and how steps are made ready for them."""


def log(x: Any) -> Any:
    """Return the logarithm of a number, traced by JAX or not."""
    return _jax().log(x) if traced(x) else math.log(x)


def _owner(t: Any) -> str:
    """Return the library of a tensor; a subclass of PyTorch's may be made anywhere."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(t, getattr(torch, "Tensor", ())):
        return "torch"
    return type(t).__module__.partition(".")[0]


def in_jax(xp: Library, t: Any) -> tuple[Library, Any]:
    """Return JAX's library, all in JAX, and `t` in it: for parameters that JAX traces."""
    import jax.numpy as jnp  # noqa: PLC0415

    everywhere = replace(_jax(), numbers=None)
    if xp is _jax():
        return everywhere, t
    if xp is not FLOATS and xp is not NUMPY:
        raise TypeError(f"t = {t!r}: a parameter is traced by JAX, so t must be a number or of JAX")
    t = np.asarray(t)
    too_large = t.size and t.max() > np.iinfo(jnp.result_type(int)).max
    return everywhere, _jax_steps(jnp.asarray(t.astype(float) if too_large else t))


def prepare(t: Any) -> tuple[Library, Any]:
    """Return the library that `t` belongs to, and `t` checked and ready for a formula.

    Parameters
    ----------
    t : float, NumPy array, sequence of numbers, tensor, or SymPy expression
        The step, or the steps, counted from 0; tensors of TensorFlow, JAX or PyTorch.

    Returns
    -------
    Library
        The functions to use on `t`.
    same kind as `t`
        NumPy: int64 or float64. TensorFlow and PyTorch: float64, which counts steps
        exactly beyond the 2**24 of float32. JAX: its widest integer or float, 32 bits unless
        x64 is on.

    Raises
    ------
    ValueError
        When a number is negative, NaN, or above 2**53.
    TypeError
        When `t` holds no numbers (strings, booleans, objects).
    """
    if type(t) is int or type(t) is float or type(t) is WholeAsFloat:
        if 0 <= t <= LAST_STEP:
            return FLOATS, t
        raise ValueError(f"t = {t!r}: a step must be from 0 to 2**53; count steps from 0")
    owner = _owner(t)
    if owner == "keras" and hasattr(t, "value"):  # a variable, such as optimizer.iterations
        t = t.value
        owner = _owner(t)
    if owner in TENSORS:
        library, steps = TENSORS[owner]
        return library(), steps(t)
    array = np.asarray(t) if isinstance(t, list | tuple | np.ndarray | np.generic) else None
    if array is None or array.dtype.kind not in "iuf":
        raise TypeError(
            f"t = {t!r}: expected a number, a NumPy array of numbers, or a tensor of TensorFlow, "
            "JAX or PyTorch"
        )
    # min and max pass NaN on, and a comparison with NaN is false.
    if array.size and not (array.min() >= 0 and array.max() <= LAST_STEP):
        raise ValueError("t: every step must be from 0 to 2**53; count steps from 0")
    if isinstance(t, np.generic):
        return FLOATS, t.item()
    return NUMPY, array.astype(np.float64 if array.dtype.kind == "f" else np.int64, copy=False)
