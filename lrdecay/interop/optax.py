"""Schedules for Optax, and for JAX itself."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lrdecay.schedules import Schedule


@dataclass(frozen=True)
class OptaxSchedule:
    """An lrdecay schedule in the form that Optax takes: made by `to_optax`."""

    schedule: Schedule

    def __call__(self, count: Any) -> jax.Array:
        """Return the rate of update `count`, in JAX."""
        # What is no tensor of JAX is computed in float64 first: exact beyond JAX's 32 bits.
        known = isinstance(count, int | float | np.ndarray | np.generic)
        return jnp.asarray(self.schedule(count if known else jnp.asarray(count)), dtype=float)


def to_optax(s: Schedule) -> OptaxSchedule:
    """See `lrdecay.interop.to_optax`."""
    if not isinstance(s, Schedule):
        raise TypeError(f"s = {s!r}: expected an lrdecay schedule, such as Constant(0.1)")
    return OptaxSchedule(s)
