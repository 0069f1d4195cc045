"""Paces in JAX, whose integers have 32 bits: a clock of examples or tokens is longer than that."""

import numpy as np
import pytest

from lrdecay import Constant, CosineDecay, LinearDecay, StepDecay

jax = pytest.importorskip("jax", reason="JAX is not installed: `make rivals` installs it")

TIMES = [0, 1, 9, 10, 11, 999, 1000, 2**20, 2**24, 2**24 + 1, 2**25 - 1, 2**30, 2**31 - 1]


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    "s",
    [
        CosineDecay(3e-4, 2 * 10**12).paced([1000], [10**6, 4 * 10**6]),
        StepDecay(1.0, 0.999, 10**6).paced([10, 1000], [3, 7, 512]),
        LinearDecay(0.1, 2**40).paced([2**30], [0.5, 1024]),
        LinearDecay(0.1, 2**31).paced([10], [1, 2]),
        LinearDecay(1.0, 1).paced([1], [0.25, 3]),
        CosineDecay(1.0, 2**33).paced([3, 1000], [0.5, 1, 5]),
        LinearDecay(1.0, 2**32).paced([2**20], [1.5, 2]).paced([7], [3, 2]),
        Constant(0.1).cooldown(2**31, at=2**31 - 5),
    ],
    ids=repr,
)
def test_a_clock_of_more_than_32_bits(s, compiled):
    rates = (jax.jit(s) if compiled else s)(jax.numpy.asarray(TIMES, "int32"))
    np.testing.assert_allclose(rates, s(np.array(TIMES)), rtol=3e-5, atol=1e-9)


def test_whole_paces_are_exact_beyond_float32():
    s = StepDecay(1.0, 0.5, 2**25 + 2).paced([5], [1, 2])
    boundary = next(t for t in range(2**24, 2**24 + 9) if s(t) == 0.5)
    around = jax.numpy.asarray([boundary - 1, boundary], "int32")
    assert s(around).tolist() == [1.0, 0.5]
