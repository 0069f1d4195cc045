"""Parameters that are scalars of an array library: they become plain numbers."""

from importlib.util import find_spec

import numpy as np
import pytest

from lrdecay import Constant, CosineDecay, LinearDecay, PiecewiseConstant, audit
from lrdecay.lab.quiet import quiet

with quiet():
    import keras
    import tensorflow as tf

needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")
needs_jax = pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed")


def of_torch(*arguments, **options):
    import torch  # noqa: PLC0415

    return torch.tensor(*arguments, **options)


def of_jax(value):
    import jax  # noqa: PLC0415

    return jax.numpy.asarray(value)


MAKERS = [
    np.int64,
    np.float32,
    np.array,
    tf.constant,
    tf.Variable,
    lambda value: keras.Variable(value, dtype="float32"),
    pytest.param(of_torch, marks=needs_torch),
    pytest.param(of_jax, marks=needs_jax),
]


@pytest.mark.parametrize("make", MAKERS)
def test_a_scalar_is_the_number_in_it(make):
    s = LinearDecay(0.5, make(100))
    assert s == LinearDecay(0.5, 100)
    assert repr(s) == repr(LinearDecay(0.5, 100))
    assert Constant(0.5).warmup(make(4)).stretch(make(2)) == Constant(0.5).warmup(8)
    assert PiecewiseConstant([make(3)], [make(1), 0.5]) == PiecewiseConstant([3], [1.0, 0.5])


@pytest.mark.parametrize("make", MAKERS)
def test_the_error_says_the_number_in_it(make):
    with pytest.raises(ValueError, match=r"^duration = -2(\.0)?: a length must be above 0"):
        CosineDecay(0.1, make(-2))


@pytest.mark.parametrize(
    "make",
    [
        np.array,
        tf.constant,
        pytest.param(of_torch, marks=needs_torch),
        pytest.param(of_jax, marks=needs_jax),
    ],
)
def test_arrays_are_lists_of_numbers(make):
    s = PiecewiseConstant(make([3, 5]), make([0.5, 0.25, 0.125]))
    assert s == PiecewiseConstant([3, 5], [0.5, 0.25, 0.125])
    with pytest.raises(ValueError, match=r"duration = .*expected a number"):
        LinearDecay(0.1, make([3, 5]))


def test_the_length_of_a_data_set():
    """tensorflow#53284: -2 is an unknown cardinality, -1 an infinite one."""
    data = tf.data.Dataset.range(100)
    assert CosineDecay(0.1, data.cardinality()) == CosineDecay(0.1, 100)
    assert audit(Constant(0.1), total_steps=data.cardinality()) == []
    with pytest.raises(ValueError, match="duration = -2: a length"):
        CosineDecay(0.1, data.filter(lambda x: x > 3).cardinality())
    with pytest.raises(ValueError, match="duration = -1: a length"):
        CosineDecay(0.1, data.repeat().cardinality())


def test_a_tensor_without_a_value_is_refused():
    @tf.function(autograph=False)
    def rate(lr):
        return LinearDecay(lr, 10)(3)

    with pytest.raises(ValueError, match=r"lr0 = .*has no value yet; make the schedule outside"):
        rate(tf.constant(0.1))


@needs_torch
def test_a_tensor_that_wants_a_gradient_is_not_silently_cut_off():
    with pytest.raises(ValueError, match=r"lr0 = .*carried in JAX alone; give 0\.5"):
        LinearDecay(of_torch(0.5, requires_grad=True), 10)


def test_booleans_are_no_numbers():
    for value in (np.bool_(True), tf.constant(True)):
        with pytest.raises(ValueError, match="duration = True: expected a number, not bool"):
            LinearDecay(0.1, value)
