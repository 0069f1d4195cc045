"""Schedules called with tensors of PyTorch."""

import numpy as np
import pytest
import strategies as some
from hypothesis import given, settings
from hypothesis import strategies as st

from lrdecay import (
    CosineDecay,
    ExponentialDecay,
    InverseSqrt,
    LinearDecay,
    PiecewiseConstant,
    PolynomialDecay,
    StepDecay,
)

torch = pytest.importorskip("torch", reason="PyTorch is not installed: `make rivals` installs it")


def test_a_range_of_steps():
    rates = LinearDecay(1.0, 4)(torch.arange(3))
    assert isinstance(rates, torch.Tensor)
    assert rates.dtype == torch.float64
    assert rates.tolist() == [1.0, 0.75, 0.5]


@given(some.schedules(), st.lists(some.steps, min_size=1, max_size=8))
@settings(max_examples=200)
def test_pytorch_gives_what_numpy_gives(s, ts):
    with np.errstate(over="ignore"):
        expected = s(np.array(ts))
    rates = s(torch.tensor(ts, dtype=torch.float64))
    np.testing.assert_allclose(rates.numpy(), expected, rtol=1e-11, atol=1e-290)


@given(some.schedules(), st.lists(st.integers(0, 2**40), min_size=1, max_size=8))
@settings(max_examples=100)
def test_whole_steps_of_any_size(s, ts):
    expected = s(np.array(ts))
    np.testing.assert_allclose(s(torch.tensor(ts)).numpy(), expected, rtol=1e-9, atol=1e-290)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "float16", "bfloat16", "float32"])
def test_narrow_steps(dtype):
    steps = torch.tensor([0, 7, 100], dtype=getattr(torch, dtype))
    s = CosineDecay(0.1, 150).warmup(5)
    np.testing.assert_allclose(s(steps).numpy(), s(np.array([0, 7, 100])), rtol=1e-12)


def test_shapes_stay():
    for shape in ((), (2, 3), (0,)):
        steps = torch.zeros(shape, dtype=torch.int64)
        for s in (LinearDecay(1.0, 4), PiecewiseConstant([3], [0.2, 0.1])):
            assert s(steps).shape == shape


def test_staircases_beyond_float32():
    s = StepDecay(1.0, 0.5, 2**24 + 1)
    assert s(torch.tensor([2**24, 2**24 + 1])).tolist() == [1.0, 0.5]
    assert s.stretch(2**20)(torch.tensor([2**44 + 2**20 - 1, 2**44 + 2**20])).tolist() == [1, 0.5]


@pytest.mark.parametrize(
    "s",
    [
        CosineDecay(0.1, 10),
        PolynomialDecay(0.1, 10, 0.5),
        InverseSqrt(0.1, 3).warmup(4),
        ExponentialDecay(0.1, 0.1).then(LinearDecay(0.1, 4), at=6),
        PiecewiseConstant([3], [0.2, 0.1]),
        StepDecay(0.1, 0.5, 4),
    ],
    ids=repr,
)
def test_slopes_by_the_step(s):
    t = torch.tensor([0.5, 2.25, 5.0, 8.75, 15.0], dtype=torch.float64, requires_grad=True)
    rates = s(t).sum() + 0 * t.sum()
    rates.backward()
    h, at = 1e-6, t.detach().numpy()
    np.testing.assert_allclose(t.grad.numpy(), (s(at + h) - s(at - h)) / (2 * h), atol=1e-6)


def test_slopes_are_finite_at_the_end():
    t = torch.tensor([10.0, 20.0], requires_grad=True)
    PolynomialDecay(0.1, 10, 0.5)(t).sum().backward()
    assert t.grad.isfinite().all()


def test_a_parameter_and_a_subclass_are_tensors():
    class Steps(torch.Tensor):
        pass

    parameter = torch.nn.Parameter(torch.tensor(3), requires_grad=False)
    for steps in (parameter, torch.tensor(3).as_subclass(Steps)):
        assert LinearDecay(1.0, 4)(steps) == 0.25


@pytest.mark.parametrize("values", [[True], [1j]])
def test_no_numbers(values):
    with pytest.raises(TypeError, match=r"t: expected numbers, not torch\."):
        LinearDecay(1.0, 4)(torch.tensor(values))
