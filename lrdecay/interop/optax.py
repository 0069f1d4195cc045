"""Schedules for Optax, and for JAX itself."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lrdecay.schedules import Schedule


def to_optax(s: Schedule) -> Callable[[Any], jax.Array]:
    """See `lrdecay.interop.to_optax`."""
    if not isinstance(s, Schedule):
        raise TypeError(f"s = {s!r}: expected an lrdecay schedule, such as Constant(0.1)")

    def rate(count: Any) -> jax.Array:
        # What is no tensor of JAX is computed in float64 first: exact beyond JAX's 32 bits.
        known = isinstance(count, int | float | np.ndarray | np.generic)
        return jnp.asarray(s(count if known else jnp.asarray(count)), dtype=float)

    return rate
