import copy
import math
import os
import pickle
import subprocess
import sys

import kinds
import numpy as np
import pytest
import strategies as some
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from lrdecay import (
    WSD,
    Constant,
    CosineDecay,
    Cyclic,
    InversePower,
    InverseSqrt,
    LinearDecay,
    LogLinearDecay,
    PiecewiseConstant,
    PiecewiseLinear,
    PolynomialDecay,
    StepDecay,
    to_optax,
)
from lrdecay.schedules import Product

jax = pytest.importorskip("jax", reason="JAX is not installed: `make rivals` installs it")
optax = pytest.importorskip("optax", reason="Optax is not installed: `make rivals` installs it")
jnp = jax.numpy

SCHEDULES = kinds.EACH
STEPS = np.arange(200)
x64 = jax.config.jax_enable_x64
PRECISION = 1e-14 if x64 else 1e-6
TINY = 1e-290 if x64 else 1e-37  # below it, floats lose digits


def peak(s, steps):
    """What an error is measured against: the terms of which the rate is the small rest."""
    own = max((x for place, x in s._numbers() if place.parameter.is_rate), default=0.0)
    peaks = [peak(part, steps) for part in s.parts()]
    return math.prod(peaks) if isinstance(s, Product) else max(own, sum(peaks))


def close(rates, s, steps, tolerance=PRECISION):
    expected = s(np.asarray(steps))
    assert rates.dtype == jnp.asarray(0.0).dtype
    np.testing.assert_allclose(rates, expected, rtol=0, atol=tolerance * peak(s, steps) + TINY)


# Values


@pytest.mark.parametrize("s", SCHEDULES, ids=repr)
def test_eager_compiled_mapped_and_scanned(s):
    rate, steps = to_optax(s), jnp.asarray(STEPS)
    close(rate(steps), s, STEPS)
    close(jax.jit(rate)(steps), s, STEPS)
    close(jax.vmap(rate)(steps), s, STEPS)
    close(jax.lax.scan(lambda t, _: (t + 1, rate(t)), 0, length=200)[1], s, STEPS)
    close(rate(steps.astype(float)), s, STEPS)
    assert rate(jnp.asarray(3)).shape == ()


@pytest.mark.parametrize("s", SCHEDULES, ids=repr)
@pytest.mark.parametrize("count", [37, 37.0, np.int64(37), np.float32(37), np.array(37)])
def test_plain_counts_are_computed_in_float64(s, count):
    rate = to_optax(s)(count)
    assert isinstance(rate, jax.Array)
    # NumPy's powers may differ from Python's in the last bit
    assert float(rate) == pytest.approx(float(jnp.asarray(s(37))), rel=4e-16)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint32", "bfloat16", "float16"])
def test_narrow_and_unsigned_counts_do_not_wrap(dtype):
    for s in SCHEDULES:
        close(to_optax(s)(jnp.asarray([0, 3, 29, 120], dtype)), s, [0, 3, 29, 120])


def near(s, steps):
    """The rates around each step, as far as the step's own rounding and the lengths' reach."""
    shift = 1e-14 if x64 else 6e-7
    around = [s(np.maximum(steps * (1.0 + k * shift), 0)) for k in np.linspace(-1, 1, 21)]
    return np.min(around, axis=0), np.max(around, axis=0)


@given(some.schedules(), st.lists(some.steps, min_size=8, max_size=8))
@settings(max_examples=100)
def test_jax_gives_what_floats_give(s, ts):
    steps = np.asarray(ts, np.float64 if x64 else np.float32).astype(float)
    with np.errstate(over="ignore"):
        low, high = near(s, steps)
    allowed = PRECISION * 10 * peak(s, steps) + TINY
    rates = np.asarray(to_optax(s)(jnp.asarray(ts, float)), float)
    steady = high - low < 0.05 * peak(s, steps)  # elsewhere the rounding of the step decides
    assert (rates >= low - allowed)[steady].all()
    assert (rates <= high + allowed)[steady].all()


whole_schedules = some.schedules(st.integers(1, 2**30 - 1))


@given(whole_schedules, st.lists(st.integers(0, 2**30), min_size=8, max_size=8))
@example(LinearDecay(1.0, 1).paced([1], [0.25, 3]), [0, 1, 2, 3, 4, 2**24, 2**30, 715827884])
@settings(max_examples=100)
def test_whole_steps_are_exact_however_large(s, ts):
    assume("stretch=1.5" not in repr(s) and "stretch=2" not in repr(s))
    assume("stretch=3" not in repr(s))  # within a stretched cycle, steps are fractions
    close(to_optax(s)(jnp.asarray(ts)), s, ts, 10 * PRECISION)


@pytest.mark.parametrize("boundary", [2**24, 2**24 + 1, 10**9 + 1, 2**30 - 1])
@pytest.mark.parametrize(
    "make",
    [
        lambda b: StepDecay(1.0, 0.5, b),
        lambda b: PiecewiseConstant([b], [1.0, 0.5]),
        lambda b: PiecewiseConstant([b - 0.5], [1.0, 0.5]),
        lambda b: Constant(1.0).then(Constant(0.5), at=b),
        lambda b: Constant(1.0).then(Constant(0.5), at=b - 0.5),
        lambda b: StepDecay(1.0, 0.5, 1).staircase(b).clip(0.5),
        lambda b: Constant(1.0).repeat(b, scale=0.5),
        lambda b: Constant(1.0).repeat(b, stretch=2, scale=0.5),
        lambda b: Constant(1.0).hold(b - 1).then(Constant(0.5), at=b),
        lambda b: StepDecay(1.0, 0.5, 1).clip(0.5).hold(b - 1),
        lambda b: StepDecay(1.0, 0.5, b).cooldown(1, at=b + 1, lr_end=0.5),
        lambda b: StepDecay(1.0, 0.5, b).warmup(b - 1, start=1.0, over=True),
        lambda b: StepDecay(1.0, 0.5, b).paced([b - 1], [1, 2]),
        lambda b: PiecewiseLinear([(b - 1, 1.0), (b, 0.5)]),
        lambda b: PiecewiseConstant.from_ratio(1.0, [b], 0.5),
        lambda b: StepDecay(1.0, 0.5, b).shift(1).then(Constant(0.5), at=b - 1).shift(0),
    ],
)
def test_boundaries_beyond_float32(make, boundary):
    s = make(boundary)
    around = [boundary - 2, boundary - 1, boundary, boundary + 1]
    assert to_optax(s)(jnp.asarray(around)).tolist() == [s(t) for t in around]


def test_a_fast_clock_is_exact_beyond_float32():
    n = 2**24 + 1
    s = StepDecay(1.0, 0.5, 50 * n - 175).paced([7], [25, 50])
    assert to_optax(s)(jnp.asarray([0, n - 1, n])).tolist() == [1.0, 1.0, 0.5]
    # an integer of 32 bits would have overflowed, and been a time below 0
    assert float(to_optax(s)(jnp.asarray(2**31 - 1))) == pytest.approx(0.5**127, abs=1e-37)
    by_pace = jax.jit(lambda b, pace: LinearDecay(1.0, 10**12).paced([b], [2**19, pace])(10**5))
    assert float(by_pace(10**4, 2**21)) == pytest.approx(1 - (2**19 + 9 * 2**21) / 10**8, rel=1e-6)


@pytest.mark.parametrize(("every", "stretch"), [(10, 2), (3, 3), (10, 3), (7, 1.5), (1000, 1.25)])
def test_restarts_are_at_the_peak(every, stretch):
    """Keras misses the restart at 81,910 of (10, 2); PyTorch those at 363 and 1,210."""
    s = CosineDecay(1.0, every).repeat(every, stretch)
    starts = [math.ceil(every * (stretch**n - 1) / (stretch - 1)) for n in range(60)]
    starts = [t for t in starts if t < 2**31]
    rates = to_optax(s)(jnp.asarray(starts))
    np.testing.assert_allclose(rates, s(np.array(starts)), atol=1e-6)
    assert float(rates.min()) > 0.75  # a whole step after a fractional start has decayed a little
    assert stretch == 1.25 or float(to_optax(s)(jnp.asarray(81_910))) > 0


@pytest.mark.parametrize(
    "s",
    [
        LinearDecay(0.1, 10**10),
        CosineDecay(0.1, 2**31),
        StepDecay(0.1, 0.5, 2**52),
        Cyclic(0.0, 0.1, 2**30),
        PiecewiseConstant([5, 2**40], [0.3, 0.2, 0.1]),
        WSD(0.1, 3 * 10**9, 10**9, 10**9),
        LinearDecay(0.1, 7).staircase(2**33),
        StepDecay(0.1, 0.5, 1000).then(Constant(0.1), at=2**50),
        CosineDecay(0.1, 2**35).repeat(2**35, stretch=2).warmup(10**10),
        LinearDecay(0.1, 10**9).shift(2**31 - 10),
        PolynomialDecay(0.1, 10**9, cycle=True),
        PiecewiseLinear([(10**9, 0.1), (2**40, 0.3), (2**41, 0.2)]),
        LogLinearDecay(0.1, 2**40, 0.01).hold(2**33),
        InversePower(0.1, 10, 2.0).cooldown(2**30, at=2**30),
        LinearDecay(0.1, 2**40).cooldown(2**40, at=2**39, shape="1-sqrt"),
        LinearDecay(0.1, 1000).cooldown(2**40, at=500),
        InverseSqrt(0.1, 10).warmup(2**30, over=True),
        CosineDecay(0.1, 2**40).warmup(2**39, 0.01, "exponential", over=True),
        StepDecay(0.1, 0.5, 1000).paced([3, 2**40], [1, 2, 3]),
        LinearDecay(0.1, 10**12).paced([1000, 10**6], [2**19, 2**20, 2**22]),
        InverseSqrt(0.1, 1000).paced([3], [1, 2**40]),
        WSD(0.1, 10**10, 0, 2**33).paced([2**30], [5, 2**20]).hold(7),
    ],
    ids=repr,
)
def test_lengths_above_int32_do_not_overflow(s):
    steps = [0, 1, 999, 1000, 10**6, 2**30, 2**31 - 1]
    close(to_optax(s)(jnp.asarray(steps)), s, steps)
    close(to_optax(s)(jnp.asarray(steps, float)), s, steps)
    assert float(to_optax(s)(2**40)) == pytest.approx(s(2**40), rel=1e-6, abs=1e-30)


# Slopes


@given(some.schedules(), st.lists(some.steps, min_size=7, max_size=7))
@settings(max_examples=100)
def test_slopes_are_finite(s, ts):
    slopes = jax.vmap(jax.grad(to_optax(s)))(jnp.asarray([0.0, *ts], float))
    assert np.isfinite(np.asarray(slopes)).all()


@pytest.mark.parametrize("s", SCHEDULES, ids=repr)
def test_slopes_are_those_of_the_rate(s):
    """Also at 0, at joins and at the ends; there they are the slope of one side."""
    ts = np.array([0, 1, 4.5, 5, 7, 9.99, 10, 20, 25, 30, 49.5, 50, 70, 150])
    slopes = np.asarray(jax.jit(jax.vmap(jax.grad(to_optax(s))))(jnp.asarray(ts, float)))
    assert np.isfinite(slopes).all()
    h = 1e-6
    left, right = (s(ts) - s(np.maximum(ts - h, 0))) / h, (s(ts + h) - s(ts)) / h
    smooth = abs(left - right) < 1e-3 * peak(s, ts)
    np.testing.assert_allclose(slopes[smooth], right[smooth], atol=1e-3 * peak(s, ts))
    assert smooth.sum() > 5


@pytest.mark.parametrize("s", SCHEDULES, ids=repr)
def test_no_nan_anywhere_even_when_checked(s):
    with jax.debug_nans(True):
        for t in (0.0, 10.0, 20.0, 50.0, 200.0):
            value, slope = jax.jit(jax.value_and_grad(to_optax(s)))(t)
            assert math.isfinite(value)
            assert math.isfinite(slope)


# In Optax


@pytest.mark.parametrize(
    "s", [CosineDecay(0.1, 50, 0.001), InverseSqrt(0.1, 10).warmup(10)], ids=repr
)
def test_updates_are_made_at_the_rates_of_the_schedule(s):
    optimizer = optax.sgd(to_optax(s))
    params, expected = jnp.asarray(0.0), 0.0
    state = optimizer.init(params)

    @jax.jit
    def step(params, state):
        updates, state = optimizer.update(jnp.asarray(1.0), state)
        return optax.apply_updates(params, updates), state

    for t in range(60):
        params, state = step(params, state)
        expected -= s(t)
        assert float(params) == pytest.approx(expected, rel=1e-5)


def test_it_works_in_adamw_and_where_rates_can_be_read():
    rate = to_optax(WSD(0.1, 50, 10, 20))
    for optimizer in (
        optax.adamw(rate),
        optax.inject_hyperparams(optax.adamw)(learning_rate=rate),
        optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_schedule(rate)),
    ):
        params = {"w": jnp.ones(3)}
        state = optimizer.init(params)
        for _ in range(3):
            updates, state = jax.jit(optimizer.update)(params, state, params)
        assert np.isfinite(updates["w"]).all()
    readable = optax.inject_hyperparams(optax.sgd)(learning_rate=rate)
    state = readable.init(params)
    seen = []
    for _ in range(5):
        _, state = jax.jit(readable.update)(params, state)
        seen.append(float(state.hyperparams["learning_rate"]))
    np.testing.assert_allclose(seen, [0.0, 0.01, 0.02, 0.03, 0.04], rtol=1e-6)


def test_it_joins_schedules_of_optax():
    joined = optax.join_schedules(
        [to_optax(LinearDecay(0.1, 10)), optax.constant_schedule(0.05)], [5]
    )
    np.testing.assert_allclose(
        [joined(t) for t in (0, 4, 5, 6)], [0.1, 0.06, 0.05, 0.05], rtol=1e-6
    )


@pytest.mark.parametrize("s", [SCHEDULES[8], SCHEDULES[-1]], ids=repr)
def test_a_schedule_handed_to_optax_raw_is_a_function_of_the_count(s):
    """What it lacks beside `to_optax` is float64 for counts that are no arrays."""
    for optimizer in (optax.sgd(s), optax.inject_hyperparams(optax.sgd)(learning_rate=s)):
        update, state, moved = jax.jit(optimizer.update), optimizer.init(jnp.asarray(0.0)), []
        for _ in range(12):
            change, state = update(jnp.asarray(1.0), state)
            moved.append(-float(change))
        np.testing.assert_allclose(moved, s.curve(12), rtol=0, atol=2e-6 * peak(s, STEPS))


@pytest.mark.parametrize("s", SCHEDULES, ids=repr)
def test_it_can_be_saved(s):
    rate = to_optax(s)
    for again in (pickle.loads(pickle.dumps(rate)), copy.deepcopy(rate)):
        assert again == rate
        assert hash(again) == hash(rate)
        assert again(3) == rate(3)


# Misuse


@pytest.mark.parametrize("s", [0.1, "Constant(0.1)", optax.constant_schedule(0.1)])
def test_only_our_schedules_are_taken(s):
    with pytest.raises(TypeError, match=r"s = .*expected an lrdecay schedule"):
        to_optax(s)


@pytest.mark.parametrize("count", [True, jnp.asarray(True), "3"])
def test_counts_that_are_no_numbers(count):
    with pytest.raises(TypeError):
        to_optax(Constant(0.1))(count)


def test_all_of_this_with_64_bits():
    if x64:
        assert to_optax(Constant(0.1))(jnp.asarray(0)).dtype == jnp.float64
        return
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "JAX_ENABLE_X64": "1"},
    )
    assert done.returncode == 0, done.stdout
