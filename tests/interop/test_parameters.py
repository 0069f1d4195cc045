"""Parameters that are scalars of an array library: they become plain numbers."""

from importlib.util import find_spec
from inspect import signature

import numpy as np
import pytest

from lrdecay import (
    WSD,
    Constant,
    CosineDecay,
    Cyclic,
    ExponentialDecay,
    LinearDecay,
    PiecewiseConstant,
    PiecewiseLinear,
    audit,
    from_config,
    to_keras,
)
from lrdecay.lab.quiet import quiet
from lrdecay.schedules import LEAVES

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


WHOLE = [
    np.int64,
    np.uint8,
    np.array,
    tf.constant,
    tf.Variable,
    lambda value: keras.Variable(value, dtype="int32"),
    pytest.param(of_torch, marks=needs_torch),
    pytest.param(of_jax, marks=needs_jax),
]
FLOATS = [
    np.float32,
    np.float16,
    np.array,
    tf.constant,
    lambda value: tf.constant(value, tf.bfloat16),
    tf.Variable,
    lambda value: keras.Variable(value, dtype="float32"),
    pytest.param(of_torch, marks=needs_torch),
    pytest.param(of_jax, marks=needs_jax),
]
S = LinearDecay(0.5, 100)


def numbers_of(cls):
    """The names of the numbers that a class is made with, each with a value that suits it."""
    suits = {"lr_end": 0.25, "start": 0.25, "low": 0.25, "decay_rate": 0.5, "power": 0.5}
    suits |= {"step_size": 4, "timescale": 4, "half_cycle": 4, "duration": 16}
    suits |= {"warmup": 4, "cooldown": 4, "lr0": 0.5, "peak": 0.5, "high": 0.5, "drop_rate": 0.5}
    return {name: suits[name] for name in signature(cls).parameters if name in suits}


NUMBERS = [(cls, name) for cls in LEAVES for name in numbers_of(cls)]


@pytest.mark.parametrize("make", FLOATS)
@pytest.mark.parametrize(("cls", "name"), NUMBERS)
def test_a_scalar_is_the_number_in_it_for_any_parameter(cls, name, make):
    values = numbers_of(cls)
    if cls is Cyclic:
        values["mode"] = "exp_range"
    s = cls(**{**values, name: make(float(values[name]))})
    assert s == cls(**values)
    assert repr(s) == repr(cls(**values))
    assert s.to_config() == cls(**values).to_config()


CALLS = {
    "warmup": lambda n, x: S.warmup(n, start=x),
    "warmup by a power": lambda n, x: S.warmup(n, shape="power", power=x),
    "hold": lambda n, x: S.hold(n),
    "cooldown": lambda n, x: S.cooldown(n, at=n),
    "paced": lambda n, x: S.paced([n, 9], [x, 1, x]),
    "divided": lambda n, x: S / x,
    "points": lambda n, x: PiecewiseLinear([(0, x), (n, x)]),
    "then": lambda n, x: S.then(Constant(x), at=n),
    "staircase": lambda n, x: S.staircase(n),
    "stretch": lambda n, x: S.stretch(n),
    "repeat": lambda n, x: S.repeat(n, stretch=n, scale=x),
    "shift": lambda n, x: S.shift(n),
    "clip": lambda n, x: S.clip(x, high=x),
    "times": lambda n, x: S * x,
    "number times": lambda n, x: np.asarray(x, np.float32)[()] * S,
    "plus": lambda n, x: S + x,
    "from_ratio": lambda n, x: ExponentialDecay.from_ratio(x, x, n),
    "lists": lambda n, x: PiecewiseConstant([n, 9], [x, x, 0.125]),
    "config": lambda n, x: from_config({"class_name": "Constant", "config": {"lr0": x}}),
    "curve": lambda n, x: S.curve(n).tolist(),
    "first_below": lambda n, x: (S.first_below(x), S.first_below(0.1, horizon=n)),
    "to_keras": lambda n, x: repr(to_keras(S, every=n)),
    "audit": lambda n, x: audit(S, total_steps=n),
}


@pytest.mark.parametrize("make", WHOLE)
@pytest.mark.parametrize("call", CALLS)
def test_a_whole_scalar_is_the_number_in_it_for_any_call(call, make):
    assert CALLS[call](make(4), 0.5) == CALLS[call](4, 0.5)


@pytest.mark.parametrize("make", FLOATS)
@pytest.mark.parametrize("call", CALLS)
def test_a_float_scalar_is_the_number_in_it_for_any_call(call, make):
    assert CALLS[call](4, make(0.5)) == CALLS[call](4, 0.5)


@pytest.mark.parametrize("make", FLOATS)
def test_the_error_says_the_number_in_it(make):
    with pytest.raises(ValueError, match=r"^duration = -4\.0: a length must be above 0"):
        CosineDecay(0.1, make(-4.0))
    with pytest.raises(ValueError, match=r"^n = 4\.0: expected a whole number"):
        S.curve(make(4.0))


ARRAYS = [
    np.array,
    tf.constant,
    tf.Variable,
    pytest.param(of_torch, marks=needs_torch),
    pytest.param(of_jax, marks=needs_jax),
]


@pytest.mark.parametrize("make", ARRAYS)
def test_arrays_are_lists_of_numbers(make):
    s = PiecewiseConstant(make([3, 5]), make([0.5, 0.25, 0.125]))
    assert s == PiecewiseConstant([3, 5], [0.5, 0.25, 0.125])


@pytest.mark.parametrize("make", ARRAYS)
@pytest.mark.parametrize("values", [[3, 5], [3]])
def test_an_array_is_no_number(make, values):
    with pytest.raises(ValueError, match=r"duration = .*expected a number"):
        LinearDecay(0.1, make(values))
    for call in (S.curve, lambda n: S.first_below(0.1, n), lambda n: to_keras(S, every=n)):
        with pytest.raises(ValueError, match=r"(n|horizon|every) = .*expected a whole number"):
            call(make(values))
    with pytest.raises(ValueError, match=r"factor or term = .*expected a number"):
        S * make(values)


def test_numpy_makes_no_array_of_schedules():
    with pytest.raises(ValueError, match=r"factor or term = array.*expected a number"):
        np.array([0.5, 0.25]) * S


def test_the_length_of_a_data_set():
    """tensorflow#53284: -2 is an unknown cardinality, -1 an infinite one."""
    data = tf.data.Dataset.range(100)
    assert CosineDecay(0.1, data.cardinality()) == CosineDecay(0.1, 100)
    assert audit(Constant(0.1), total_steps=data.cardinality()) == []
    unknown = data.filter(lambda x: x > 3).cardinality()
    endless = data.repeat().cardinality()
    assert (int(unknown), int(endless)) == (-2, -1)
    for size, meaning in ((unknown, "whose size is not known"), (endless, "that has no end")):
        for name, call in {
            "duration": lambda n: CosineDecay(0.1, n),
            "warmup": lambda n: WSD(0.1, 100, n, 10),
            "at": lambda n: S.then(S, at=n),
            "factor": S.stretch,
            "n": S.curve,
            "total_steps": lambda n: audit(S, total_steps=n),
        }.items():
            said = rf"^{name} = {int(size)}: .*; {int(size)} is the cardinality of .* {meaning}"
            with pytest.raises(ValueError, match=said):
                call(size)


def test_a_variable_of_keras_is_a_step():
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.iterations.assign(50)
    assert float(S(optimizer.iterations)) == 0.25


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
