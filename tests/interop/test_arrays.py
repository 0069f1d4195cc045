"""Every kind of schedule, called with the arrays of NumPy, TensorFlow and PyTorch."""

from importlib.util import find_spec

import kinds
import numpy as np
import pytest

from lrdecay import LinearDecay, StepDecay
from lrdecay.lab.quiet import quiet

with quiet():
    import tensorflow as tf

STEPS = np.array([0, 1, 4, 5, 7, 9, 10, 11, 12, 19, 20, 21, 25, 30, 33, 42, 49, 50, 70, 120])
INTEGERS = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]
needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")
every_kind = pytest.mark.parametrize("s", kinds.EACH, ids=repr)


def of_torch(steps, **options):
    import torch  # noqa: PLC0415

    return torch.tensor(steps, **options)


def close(rates, s, steps=STEPS):
    expected = [s(t) for t in steps.tolist()]
    np.testing.assert_allclose(rates, expected, rtol=1e-11, atol=1e-14)


@every_kind
def test_numpy_gives_what_floats_give(s):
    for dtype in [*INTEGERS, "float32", "float64"]:
        close(s(STEPS.astype(dtype)), s)
    close(s.curve(121)[STEPS], s)
    close(s(STEPS.reshape(4, 5)).ravel(), s)
    close(s(STEPS[::-1])[::-1], s)
    far = np.array([0, 5, 999_985, 10**6])  # most pieces are not wanted
    close(s(far), s, far)


@every_kind
def test_tensorflow_gives_what_floats_give(s):
    for call in (s, tf.function(s), tf.function(s, jit_compile=True)):
        rates = call(tf.constant(STEPS))
        assert rates.dtype == tf.float64
        close(rates, s)
    for dtype in INTEGERS:
        close(s(tf.constant(STEPS, dtype)), s)
    assert s(tf.constant(3)).shape == ()


@needs_torch
@every_kind
def test_pytorch_gives_what_floats_give(s):
    for dtype in INTEGERS:
        close(s(of_torch(STEPS.astype(dtype))).numpy(), s)
    assert s(of_torch(3)).shape == ()


def in_tensorflow(s, ts):
    t = tf.Variable(ts, dtype=tf.float64)
    with tf.GradientTape() as tape:
        rates = s(t) + 0 * t
    return tape.gradient(rates, t).numpy()


def in_pytorch(s, ts):
    t = of_torch(ts, requires_grad=True)
    (s(t) + 0 * t).sum().backward()
    return t.grad.numpy()


@pytest.mark.parametrize("slopes", [in_tensorflow, pytest.param(in_pytorch, marks=needs_torch)])
@every_kind
def test_slopes_by_the_step(s, slopes):
    """Also at 0, at joins and at the ends, where they are the slope of one side."""
    ts = np.array([*STEPS, 4.5, 9.99, 14.25, 27.75, 49.5], float)
    found, h = slopes(s, ts), 1e-6
    assert np.isfinite(found).all()
    left, right = (s(ts) - s(np.maximum(ts - h, 0))) / h, (s(ts + h) - s(ts)) / h
    smooth = abs(left - right) < 1e-5
    np.testing.assert_allclose(found[smooth], right[smooth], atol=1e-5)
    assert smooth.sum() > 5


def test_a_clock_too_fast_for_integers():
    """2**53 steps at a pace of 2**12 are more than an integer of 64 bits can count."""
    for s in (LinearDecay(1.0, 10), StepDecay(1.0, 0.5, 2**52)):
        fast = s.paced([1], [1, 2**12])
        close(fast(np.array([0, 1, 2**53])), fast, np.array([0, 1, 2**53]))
        assert fast(np.array([], int)).shape == (0,)
