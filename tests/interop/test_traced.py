"""Parameters that JAX traces: rates can be differentiated, mapped and compiled by any of them."""

import copy
import math
from contextlib import suppress

import kinds
import numpy as np
import pytest
import strategies as some
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lrdecay import (
    WSD,
    Constant,
    CosineDecay,
    ExponentialDecay,
    LinearDecay,
    LogLinearDecay,
    PiecewiseConstant,
    PolynomialDecay,
    StepDecay,
    from_config,
    to_optax,
)

jax = pytest.importorskip("jax", reason="JAX is not installed: `make rivals` installs it")
optax = pytest.importorskip("optax", reason="Optax is not installed: `make rivals` installs it")
jnp = jax.numpy


# The cases that were reported


def test_the_slope_by_the_first_rate():
    assert jax.grad(lambda lr: LinearDecay(lr, 10)(3))(0.1) == pytest.approx(0.7)


def test_the_slope_by_the_duration():
    assert jax.grad(lambda length: LinearDecay(0.1, length)(3))(10.0) == pytest.approx(0.003)


def test_the_slope_by_a_factor():
    assert jax.grad(lambda lr: (lr * LinearDecay(1.0, 10))(3))(0.1) == pytest.approx(0.7)


def test_mapped_and_compiled():
    lrs = jnp.array([0.1, 0.2])
    np.testing.assert_allclose(jax.vmap(lambda lr: LinearDecay(lr, 10)(3))(lrs), [0.07, 0.14])
    assert jax.jit(lambda lr: LinearDecay(lr, 10)(3))(0.1) == pytest.approx(0.07)


# Every parameter of every schedule


def numbers(config, path=()):
    """The paths of all numbers in a config."""
    if isinstance(config, dict | list):
        items = config.items() if isinstance(config, dict) else enumerate(config)
        for key, value in items:
            yield from numbers(value, (*path, key))
    elif isinstance(config, int | float) and not isinstance(config, bool):
        yield path


def at(config, path):
    for key in path:
        config = config[key]
    return config


def with_number(config, path, value):
    changed = copy.deepcopy({**config, "config": {**config["config"]}})
    at(changed, path[:-1])[path[-1]] = value
    return from_config(changed)


# Lengths that are no whole numbers, for at a corner there are two slopes
SCHEDULES = [s.stretch(1.05) for s in kinds.EACH] + [WSD(0.1, 50, 0, 0)]
CASES = [(s, path) for s in SCHEDULES for path in numbers(s.to_config())]
STEPS = np.array([0, 1, 4, 5, 7, 12, 19, 25, 33, 42, 49, 70, 150])


def peak(s):
    return max(1e-3, float(s.curve(200).max()))


def is_used(config, path):
    """Whether rates depend on a number: the exponent of a warmup is for one shape alone."""
    return path[-1] != "power" or at(config, path[:-1]).get("shape", "power") == "power"


def two_slopes(config, path, steps, h):
    """The slopes to the left and to the right of a number, as differences in float64."""
    x = float(at(config, path))

    def rates(value):
        return with_number(config, path, value)(steps.astype(float))

    if not is_used(config, path):
        return 0 * rates(at(config, path)), 0 * rates(at(config, path))
    sides = []
    for a, b in ((x - h, x), (x, x + h)):
        with suppress(ValueError):  # at an end of its range
            sides.append((rates(b) - rates(a)) / h)
    return sides[0], sides[-1]


def has_two_sides(s, path):
    return at(s.to_config(), path) != (1 if path[-1] == "stretch" else 0)


@pytest.mark.parametrize(("s", "path"), [case for case in CASES if has_two_sides(*case)], ids=repr)
def test_slopes_by_a_parameter_are_those_of_the_rate(s, path):
    config, x = s.to_config(), float(at(s.to_config(), path))
    left, right = two_slopes(config, path, STEPS, 1e-7 * max(x, 1e-3))
    size = np.maximum(abs(left), peak(s) / max(x, 1e-3))
    smooth = abs(left - right) < 1e-3 * size
    assert smooth.sum() > 5
    for steps, how in ((jnp.asarray(STEPS), jax.jit), (jnp.asarray(STEPS, float), lambda f: f)):
        jacobian = jax.jacfwd(lambda v, steps=steps: with_number(config, path, v)(steps))
        slopes = np.asarray(how(jacobian)(x))
        assert np.isfinite(slopes).all()
        assert (abs(slopes - left) / size)[smooth].max() < 2e-3


@pytest.mark.parametrize(("s", "path"), CASES, ids=repr)
def test_mapped_over_a_parameter(s, path):
    config, x = s.to_config(), at(s.to_config(), path)
    mapped = jax.vmap(lambda v: with_number(config, path, v)(jnp.asarray(STEPS)))
    np.testing.assert_allclose(
        mapped(jnp.asarray([x, x], float)), [s(STEPS)] * 2, atol=2e-6 * peak(s)
    )
    if isinstance(x, int):  # an integer stays one
        rates = mapped(jnp.asarray([x, x]))
        np.testing.assert_allclose(rates, [s(STEPS)] * 2, atol=2e-6 * peak(s))


@given(some.schedules(), st.data())
@settings(max_examples=25)
def test_slopes_of_any_schedule(s, data):
    config = s.to_config()
    path = data.draw(st.sampled_from(sorted(numbers(config), key=str)))
    x = float(at(config, path))
    ts = np.array(data.draw(st.lists(st.integers(0, 3000), min_size=8, max_size=8)))
    h = 1e-6 * x

    def rates(value):
        return with_number(config, path, value)(ts.astype(float))

    assume(1e-4 < x < 1e4)
    try:
        middle, right, left = rates(x), rates(x + h), rates(x - h)
        further = rates(x + 30 * h), rates(x - 30 * h)
    except ValueError:
        assume(False)
    slopes = np.asarray(jax.jacfwd(lambda v: with_number(config, path, v)(jnp.asarray(ts)))(x))
    assert np.isfinite(slopes).all()
    size = max(1e-3, float(middle.max()), 1.0) / x
    expected = (right - left) / (2 * h)
    coarse = (further[0] - further[1]) / (60 * h)
    steady = abs(expected - coarse) < 1e-3 * size
    steady &= abs(right - 2 * middle + left) < 1e-9 * size * x
    assert (abs(slopes - expected) < 5e-3 * np.maximum(size, abs(expected)))[steady].all()


# As Optax


@pytest.mark.parametrize(
    ("ours", "theirs", "values"),
    [
        (
            lambda lr, end: LinearDecay(lr, 10, end),
            lambda lr, end: optax.linear_schedule(lr, end, 10),
            (0.1, 0.01),
        ),
        (
            lambda lr, q: ExponentialDecay.from_ratio(lr, q, 10),
            lambda lr, q: optax.exponential_decay(lr, 10, q),
            (0.1, 0.9),
        ),
        (
            lambda lr, end: PolynomialDecay(lr, 10, 2.0, end),
            lambda lr, end: optax.polynomial_schedule(lr, end, 2.0, 10),
            (0.1, 0.01),
        ),
        (
            lambda lr, share: CosineDecay(lr, 10, lr * share),
            lambda lr, share: optax.cosine_decay_schedule(lr, 10, share),
            (0.1, 0.1),
        ),
        (
            lambda lr, end: LogLinearDecay(lr, 10, end),
            lambda lr, end: optax.exponential_decay(lr, 10, end / lr, end_value=end),
            (0.1, 0.01),
        ),
        (
            lambda start, peak: Constant(peak).warmup(5, start),
            lambda start, peak: optax.linear_schedule(start, peak, 5),
            (0.01, 0.1),
        ),
        (
            lambda lr, end: Constant(lr).cooldown(10, at=2, lr_end=end),
            lambda lr, end: optax.linear_schedule(lr, end, 10, transition_begin=2),
            (0.1, 0.01),
        ),
    ],
)
def test_slopes_are_those_of_optax(ours, theirs, values):
    for t in (1, 3, 7, 20):
        for i in (0, 1):
            slope = jax.grad(lambda *v, t=t: to_optax(ours(*v))(t), i)(*values)
            expected = float(jax.grad(lambda *v, t=t: theirs(*v)(t), i)(*values))
            assert float(slope) == pytest.approx(expected, rel=1e-5, abs=1e-8)


def test_a_rate_can_be_tuned_by_its_slope():
    """Two updates of SGD on a parabola, differentiated by the first rate."""

    @jax.jit
    def loss(lr):
        rate, w = to_optax(LinearDecay(lr, 4)), 1.0
        for t in range(2):
            w = w - rate(t) * 2 * w
        return w * w

    h = 1e-3
    expected = (float(loss(0.1 + h)) - float(loss(0.1 - h))) / (2 * h)
    assert jax.grad(loss)(0.1) == pytest.approx(expected, rel=1e-3)


# What is known is checked, and what does not fit is refused


def test_a_value_that_is_known_is_checked():
    with pytest.raises(ValueError, match="lr0 = -"):
        jax.grad(lambda lr: LinearDecay(lr, 10)(3))(-0.1)
    with pytest.raises(ValueError, match="lr_end = "):
        jax.grad(lambda lr: LinearDecay(0.1, 10, lr)(3))(0.2)


def test_an_array_is_no_parameter():
    with pytest.raises(ValueError, match=r"lr0 = .*not an array"):
        jax.jit(lambda lr: LinearDecay(lr, 10)(3))(jnp.ones(3))


def test_arrays_of_values_are_carried():
    slopes = jax.grad(lambda v: PiecewiseConstant([2], v)(3))(jnp.array([0.1, 0.2]))
    assert slopes.tolist() == [0, 1]


def test_a_curve_and_steps_of_numpy_are_in_jax():
    curve = jax.jit(lambda lr: LinearDecay(lr, 4).curve(4))(1.0)
    assert curve.tolist() == [1, 0.75, 0.5, 0.25]
    huge = jax.jit(lambda lr: LinearDecay(lr, 4 * 10**12)(np.array([10**12])))(1.0)
    assert huge.tolist() == [0.75]


def test_steps_of_another_library_are_refused():
    sympy = pytest.importorskip("sympy")
    with pytest.raises(TypeError, match="traced by JAX"):
        jax.jit(lambda lr: LinearDecay(lr, 4)(sympy.Symbol("t")))(1.0)


def test_boundaries_beyond_float32_stay_exact():
    n = 2**24 + 1
    s = jax.jit(lambda lr, t: StepDecay(lr, 0.5, n)(t))
    assert [float(s(1.0, t)) for t in (n - 1, n)] == [1.0, 0.5]
    by_length = jax.jit(lambda size, t: StepDecay(1.0, 0.5, size)(t))
    assert [float(by_length(n, t)) for t in (n - 1, n)] == [1.0, 0.5]
    assert math.isclose(float(by_length(10.0, 25)), 0.25)
