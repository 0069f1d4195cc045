"""What one can do with a schedule beside training: each quality is a check that is executed.

A check takes a library, or lrdecay, through every call of its file; the result is the share of
calls that pass.
"""

import json
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from lrdecay.interop import to_optax
from lrdecay.rosetta.library import libraries
from lrdecay.schedules import from_config, parse

OURS = "lrdecay"
"""What stands for this package where a library's name is asked for."""

WITH_RIVALS = frozenset({"compiled (`jax.jit`, `tf.function`)"})
"""The qualities that lrdecay itself is checked for with the other libraries installed."""

N = 40
"""Every call of the table is valid that far."""

Make = Callable[[], Any]


def columns() -> tuple[str, ...]:
    """Return the names of the libraries that have a column in the feature table."""
    return tuple(name for name, library in libraries().items() if library.column)


def _function(library: str, make: Make) -> bool:
    s = make()
    return callable(s) and float(s(7)) == float(s(7))


def _vectorised(library: str, make: Make) -> bool:
    s = make()
    steps: Any = np.arange(N)
    if library == "Optax":
        import jax.numpy as jnp  # noqa: PLC0415

        steps = jnp.arange(N)
    rates = np.broadcast_to(np.asarray(s(steps)), (N,))  # a constant may stay one number
    return np.allclose(rates, [float(s(t)) for t in range(N)], rtol=1e-5, atol=1e-8)


def _compiled(library: str, make: Make) -> bool:
    s = make()
    inside = []
    if library in ("Keras", OURS):
        import tensorflow as tf  # noqa: PLC0415

        inside.append(float(tf.function(s)(tf.constant(7))))
    if library in ("Optax", OURS):
        import jax  # noqa: PLC0415

        inside.append(float(jax.jit(to_optax(s) if library == OURS else s)(7)))
    return bool(inside) and np.allclose(inside, float(s(7)), rtol=1e-5, atol=1e-8)


def _saved(library: str, make: Make) -> bool:
    s = make()
    if library == OURS:
        return bool(from_config(json.loads(json.dumps(s.to_config()))) == s)
    again = type(s).from_config(json.loads(json.dumps(s.get_config())))
    return [float(s(t)) for t in range(N)] == [float(again(t)) for t in range(N)]


def _repr(library: str, make: Make) -> bool:
    s = make()
    if library == OURS:
        return bool(parse(repr(s)) == s)
    again = libraries()[library].new(repr(s))
    return type(again) is type(s) and repr(again) == repr(s)


def _equal(library: str, make: Make) -> bool:
    return bool(make() == make())


def _latex(library: str, make: Make) -> bool:
    return bool(make()._repr_latex_())


def _inverse(library: str, make: Make) -> bool:
    s = make()
    if library == OURS:
        step, below = s.first_below(0.05, horizon=N), np.flatnonzero(s.curve(N) < 0.05)
        return bool(step == (int(below[0]) if below.size else None))
    words = ("below", "inverse", "solve", "find", "reach")
    return any(word in name for name in dir(s) for word in words)


QUALITIES: dict[str, Callable[[str, Make], bool]] = {
    "a function of the step, without state": _function,
    "all steps in one call": _vectorised,
    "compiled (`jax.jit`, `tf.function`)": _compiled,
    "saved as JSON and made again": _saved,
    "its `repr` makes it again": _repr,
    "`==` compares": _equal,
    "formula in LaTeX": _latex,
    "when is the rate below x?": _inverse,
}
"""The checks: each takes a library's name and what makes one of its schedules."""


def makers(library: str) -> list[Make]:
    """Return what makes each schedule of `library` in the table."""
    if library == OURS:
        texts = dict.fromkeys(call.ours for one in libraries().values() for call in one.calls)
        return [lambda text=text: parse(text) for text in texts]  # type: ignore[misc]
    one = libraries()[library]
    calls = dict.fromkeys(call.call for call in one.calls)
    return [lambda call=call: one.new(call) for call in calls]  # type: ignore[misc]


def passes(quality: str, library: str, make: Make) -> bool:
    """Return whether what `make` makes has the quality; an exception is a no."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        make()  # an exception of the call itself is none of the quality
        try:
            return QUALITIES[quality](library, make)
        except Exception:
            return False


def share(quality: str, library: str) -> str:
    """Return how many of the calls of `library` have the quality, "12/13", run now."""
    results = [passes(quality, library, make) for make in makers(library)]
    return f"{sum(results)}/{len(results)}"
