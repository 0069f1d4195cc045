"""What every schedule promises, and what each classical one gives."""

import json
import math
import pickle
import subprocess
import sys
from dataclasses import FrozenInstanceError

import mpmath
import numpy as np
import pytest
import strategies as some
from hypothesis import assume, example, given
from hypothesis import strategies as st

import lrdecay
from lrdecay import (
    REX,
    Constant,
    CosineDecay,
    ExponentialDecay,
    InversePower,
    InverseSqrt,
    InverseTimeDecay,
    LinearDecay,
    LogLinearDecay,
    OneCycle,
    PiecewiseConstant,
    PolynomialDecay,
    Schedule,
    StepDecay,
    from_config,
)

SEED = StepDecay(0.1, 0.96, 1000)


# The values, against arithmetic with 50 digits


def exact(s, t):
    """The rate as the article and the papers define it, from mpmath."""
    with mpmath.workdps(50):
        t, p = mpmath.mpf(t), {k: mpmath.mpf(v) for k, v in vars(s).items()}
        if isinstance(s, StepDecay):
            return p["lr0"] * p["drop_rate"] ** mpmath.floor(t / p["step_size"])
        if isinstance(s, ExponentialDecay):
            return p["lr0"] * mpmath.exp(-p["decay_rate"] * t)
        if isinstance(s, InverseTimeDecay):
            return p["lr0"] / (1 + p["decay_rate"] * t)
        if isinstance(s, InverseSqrt | InversePower):
            return p["lr0"] * (1 + t / p["timescale"]) ** -p.get("power", mpmath.mpf(1) / 2)
        share = 1 - min(t / p["duration"], mpmath.mpf(1))
        if isinstance(s, LogLinearDecay):
            return p["lr_end"] * mpmath.exp(share * mpmath.log(p["lr0"] / p["lr_end"]))
        if isinstance(s, CosineDecay):
            share = (1 + mpmath.cos(mpmath.pi * (1 - share))) / 2
        if isinstance(s, REX):
            share = share / (mpmath.mpf(1) / 2 + share / 2)
        power = p.get("power", mpmath.mpf(1))
        return p["lr_end"] + (p["lr0"] - p["lr_end"]) * share**power


def close(value, oracle, tolerance=1e-13):
    return abs(value - oracle) <= tolerance * abs(oracle) + mpmath.mpf("1e-290")


@pytest.mark.parametrize("t", [0, 1, 999, 1000, 1999, 14_061, 28_124, 28_125, 2**24, 2**24 + 1])
@pytest.mark.parametrize(
    "s",
    [
        SEED,
        StepDecay(0.1, 0.5, 3),
        ExponentialDecay(0.1, 4.08e-5),
        InverseTimeDecay(0.1, 0.0765),
        PolynomialDecay(0.1, 28_125, 2.0, 0.001),
        PolynomialDecay(0.1, 28_125, 0.5),
        LinearDecay(0.1, 28_125),
        LinearDecay(0.1, 20_000_000, 0.01),
    ],
    ids=repr,
)
def test_last_digits(s, t):
    assert close(s(t), exact(s, t))


@given(some.falling(LinearDecay, some.whole_lengths))
def test_full_relative_accuracy_one_update_before_the_end(s):
    t = s.duration - 1
    assert close(s(t), exact(s, t), 1e-15)


@given(some.monotone(some.whole_lengths), st.integers(0, 2**40))
def test_random_values(s, t):
    assume(not isinstance(s, Constant))
    # exp(-k t) turns a rounding of k t into that many relative errors
    slack = 1 + getattr(s, "decay_rate", 0) * t
    assume(slack < 700)
    assert close(s(t), exact(s, t), 1e-14 * slack)


def test_seed_rates_at_the_first_update_of_each_epoch():
    rates = SEED(np.arange(15) * 1875)
    printed = (
        "0.10000 0.09600 0.08847 0.08154 0.07514 0.06925 0.06382 0.05882 "
        "0.05421 0.05204 0.04796 0.04420 0.04073 0.03754 0.03460"
    )
    assert " ".join(f"{rate:.5f}" for rate in rates) == printed
    # The figure that the article prints is Keras' float32 arithmetic, off in the 7th digit.
    assert SEED(28_125) == pytest.approx(0.031885575503110886, rel=1e-6)
    assert SEED(28_125) == pytest.approx(0.0318855949686095, rel=1e-14)


def test_article_conventions_agree():
    ratio = ExponentialDecay.from_ratio(0.1, 0.96, 1000)
    assert ratio.decay_rate == pytest.approx(4.0822e-5, rel=1e-5)
    assert ratio.decay_rate * 1875 == pytest.approx(0.0765, abs=5e-5)
    assert ratio(123_456) == pytest.approx(0.1 * 0.96**123.456, rel=1e-12)
    assert ExponentialDecay.from_ratio(0.1, 1, 10) == ExponentialDecay(0.1, 0.0)


# What all schedules promise


@given(some.schedules(), st.lists(some.steps, min_size=1, max_size=20))
def test_array_gives_what_floats_give(s, ts):
    numbers = [s(t) for t in ts]
    floats = s(np.array(ts, dtype=float))
    assert floats.dtype == np.float64
    np.testing.assert_allclose(floats, numbers, rtol=1e-13, atol=1e-290)
    whole = np.array([int(t) for t in ts])
    np.testing.assert_allclose(s(whole), [s(int(t)) for t in ts], rtol=1e-13, atol=1e-290)


@given(some.schedules(), st.integers(1, 200))
def test_curve_is_the_rates_of_the_first_updates(s, n):
    curve = s.curve(n)
    assert curve.shape == (n,)
    assert curve.dtype == np.float64
    np.testing.assert_array_equal(curve, s(np.arange(n)))


@given(some.schedules(), some.steps)
def test_rates_are_finite_and_not_negative(s, t):
    assert type(s(t)) is float
    assert 0 <= s(t) < math.inf


@given(some.monotone(), some.steps, some.steps)
def test_never_rises(s, t, u):
    # An ulp or two: the weighted mean of two rates is not monotone to the last bit.
    assert s(max(t, u)) <= s(min(t, u)) * (1 + 4e-16)


@given(some.monotone())
def test_starts_at_lr0(s):
    assert s(0) == s(0.0) == s.lr0


@given(
    st.one_of(
        some.falling(PolynomialDecay, some.lengths, some.powers),
        some.falling(LinearDecay, some.lengths),
    ),
    some.steps,
)
def test_ends_exactly_at_lr_end_and_stays(s, more):
    assert s(s.duration) == s.lr_end
    assert s(s.duration + more) == s.lr_end


@given(some.rates, some.whole_lengths, st.integers(0, 10**6))
def test_step_decay_drops_at_its_boundary(lr0, step_size, drops):
    s, boundary = StepDecay(lr0, 0.999, step_size), drops * step_size
    assert s(boundary) == lr0 * 0.999**drops
    if drops:
        assert s(boundary - 1) == lr0 * 0.999 ** (drops - 1)


@pytest.mark.tensorflow
@pytest.mark.parametrize("boundary", [2**24, 2**24 + 1, 2**24 + 2, 2**31, 2**40, 2**52])
def test_boundaries_beyond_float32(boundary):
    import tensorflow as tf  # noqa: PLC0415

    around = [boundary - 1, boundary, boundary + 1]
    for s in (
        StepDecay(1.0, 0.5, boundary),
        PiecewiseConstant([boundary], [1.0, 0.5]),
        StepDecay(1.0, 0.5, 1).staircase(boundary).clip(0.5),
    ):
        assert [s(t) for t in around] == [1.0, 0.5, 0.5]
        assert s(np.array(around)).tolist() == [1.0, 0.5, 0.5]
        assert s(tf.constant(around, tf.int64)).numpy().tolist() == [1.0, 0.5, 0.5]


@pytest.mark.tensorflow
@given(some.schedules(), st.lists(some.steps, min_size=1, max_size=10))
def test_tensorflow_gives_what_floats_give(s, ts):
    import tensorflow as tf  # noqa: PLC0415

    rates = s(tf.constant(ts, tf.float64))
    assert rates.dtype == tf.float64
    np.testing.assert_allclose(rates, [s(float(t)) for t in ts], rtol=1e-13, atol=1e-290)
    whole = tf.constant([int(t) for t in ts], tf.int64)
    np.testing.assert_allclose(s(whole), [s(int(t)) for t in ts], rtol=1e-13, atol=1e-290)


@pytest.mark.tensorflow
@pytest.mark.parametrize("compiled", [False, True], ids=["graph", "XLA"])
@pytest.mark.parametrize("length", [49, 98, 103, 107, 1000, 2.5, 0.1, 0.3, 7.7])
def test_tensorflow_graphs_drop_where_floats_drop(length, compiled):
    # Graphs multiply by 1 / length, and 49 * (1 / 49) is below 1.
    import tensorflow as tf  # noqa: PLC0415

    s, t = StepDecay(1.0, 0.999, length), np.arange(20_000)
    graph = tf.function(s, jit_compile=compiled)
    np.testing.assert_allclose(graph(tf.constant(t, tf.int64)), s(t), rtol=1e-12)


@pytest.mark.tensorflow
def test_tensorflow_differentiates():
    import tensorflow as tf  # noqa: PLC0415

    t = tf.Variable(3.0, dtype=tf.float64)
    with tf.GradientTape() as tape:
        rate = ExponentialDecay(2.0, 0.5)(t)
    assert float(tape.gradient(rate, t)) == pytest.approx(-0.5 * 2.0 * math.exp(-1.5), rel=1e-12)


# Ways to change a schedule


@given(some.schedules(some.whole_lengths), st.integers(1, 5000), st.integers(0, 10**6))
def test_stretch_changes_the_unit_of_time(s, factor, t):
    np.testing.assert_allclose(
        s.stretch(factor)(t * factor), s(t), rtol=1e-9 if "Exp" in repr(s) else 1e-12, atol=1e-290
    )


def test_stretch_by_a_fraction_goes_back():
    assert StepDecay(0.1, 0.5, 9375).stretch(1 / 1875) == StepDecay(0.1, 0.5, 5)


@given(some.schedules(), some.whole_lengths, st.integers(0, 10**9))
def test_staircase_holds_the_rate(s, every, t):
    held = s.staircase(every)
    assert held(t) == s(t // every * every)


def test_epochs_that_change_only_between_epochs():
    s = LinearDecay(0.1, duration=15).staircase(1).stretch(1875)
    assert s(1874) == 0.1
    assert s(1875) == pytest.approx(0.1 * 14 / 15)
    assert len(set(s.curve(28_125))) == 15


@given(some.schedules(), some.rates, some.rates, some.steps)
def test_clip_keeps_within_limits(s, a, b, t):
    low, high = sorted((a, b))
    assert s.clip(low, high)(t) == min(max(s(t), low), high)
    assert s.clip(low)(t) == max(s(t), low)


@given(some.leaves(), some.leaves(), some.rates, some.steps)
def test_products_and_sums(a, b, number, t):
    assert (a * b)(t) == a(t) * b(t)
    assert (a + b)(t) == a(t) + b(t)
    assert (number * a)(t) == (a * number)(t) == number * a(t)
    assert (number + a)(t) == (a + number)(t) == number + a(t)


@given(some.schedules(), st.floats(0, 5), st.integers(1, 3000))
@example(SEED, 0.05, 20_000)
@example(PiecewiseConstant([2, 4], [1, 0.1, 1]), 0.5, 10)
def test_first_below_is_the_first(s, lr, horizon):
    found = s.first_below(lr, horizon)
    below = [t for t in range(horizon) if s(t) < lr]
    assert found == (below[0] if below else None)


@given(some.schedules(), st.integers(0, 2999), st.integers(1, 3000))
@example(OneCycle(3.0, 880, 88, start=3.0, lr_end=0.0), 0, 80)  # a mean of 3 and 3 was below 3
@example(LogLinearDecay(2.0, 105, 2.0).warmup(5, start=2.0), 0, 80)
def test_first_below_one_of_its_own_rates(s, t, horizon):
    rates = s.curve(horizon)
    lr = float(rates[t % horizon])
    below = np.flatnonzero(rates < lr)
    assert s.first_below(lr, horizon) == (below[0] if below.size else None)


@given(some.schedules(), st.integers(0, 3000), st.integers(0, 300))
def test_no_rate_of_a_stretch_is_below_what_is_said_to_be_the_lowest(s, a, n):
    """Each class answers for itself, so a new one that falls twice must say so."""
    rates = s(np.arange(a, a + n + 1))
    assert s._lowest(a, a + n) <= rates.min() * (1 + 1e-9)


@pytest.mark.parametrize(
    ("s", "lr", "expected"),
    [
        (CosineDecay(3e-4, int(2e12)), 1e-4, 1_216_346_895_939),
        (LinearDecay(0.1, 10**13).staircase(1000).stretch(7), 0.05, 35 * 10**12 + 7000),
        (StepDecay(0.1, 0.5, 10**15), 0.05, 2 * 10**15),
        (Constant(0.1), 0.1, None),
        (CosineDecay(0.1, 1000, 0.01).repeat(1000), 0.01, None),
        (ExponentialDecay(0.1, 1e-12).clip(0.01), 0.01, None),
        (LinearDecay(0.1, 10**9, 0.01).shift(10**6) + 0.1, 0.1, None),
    ],
)
def test_first_below_on_a_clock_of_tokens(s, lr, expected):
    found = s.first_below(lr)
    assert found == expected
    assert found is None or s(found - 1) >= lr > s(found)


# A schedule in the place of a number


@pytest.mark.parametrize("use", [lambda s: s < 0, lambda s: s >= 0.0, float, lambda s: -s])
def test_a_schedule_is_no_number_and_says_what_to_do(use):
    """PyTorch's optimizers compare their rate with 0, or negate it."""
    with pytest.raises(TypeError, match=r"LinearDecay is a schedule .*lrdecay\.to_torch\(s, opt"):
        use(LinearDecay(0.1, 10))


def test_a_call_without_a_step_says_what_to_do():
    """Keras calls a function that it is given as a learning rate without arguments."""
    with pytest.raises(TypeError, match=r"called with a step, t; .*lrdecay\.to_keras\(s\)"):
        LinearDecay(0.1, 10)()


# Writing down and reading back


@given(some.schedules())
def test_round_trips(s):
    copies = [
        eval(repr(s), vars(lrdecay)),
        from_config(json.loads(json.dumps(s.to_config()))),
        pickle.loads(pickle.dumps(s)),
    ]
    for copy in copies:
        assert copy == s
        assert hash(copy) == hash(s)
        assert repr(copy) == repr(s)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("StepDecay", "to_config"),
        ({"class_name": "StepDecay"}, "to_config"),
        ({"class_name": "Cosine", "config": {}}, "class_name = 'Cosine'"),
        ({"class_name": "Constant", "config": {}}, "lr0"),
        ({"class_name": "Constant", "config": {"lr0": 1, "lr1": 1}}, "lr1"),
        ({"class_name": "Constant", "config": {"lr0": "1"}}, "lr0 = '1'"),
    ],
)
def test_from_config_says_what_is_wrong(config, message):
    with pytest.raises(ValueError, match=message):
        from_config(config)


def test_equal_however_it_was_written():
    assert (
        StepDecay(1, 1, 10.0) == StepDecay(1.0, 1.0, 10) == StepDecay(np.float64(1), 1, np.int8(10))
    )
    assert StepDecay(0.1, 0.5, 10) != StepDecay(0.1, 0.5, 11)
    assert LinearDecay(0.1, 10) != PolynomialDecay(0.1, 10)
    assert PiecewiseConstant(np.array([1, 2]), [3, 2, 1]) == PiecewiseConstant(
        (1, 2), (3.0, 2.0, 1.0)
    )


def test_frozen():
    with pytest.raises(FrozenInstanceError):
        SEED.lr0 = 1.0


# Bad input

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("make", "argument"),
    [
        (Constant, "lr0"),
        (lambda v: StepDecay(v, 0.5, 10), "lr0"),
        (lambda v: StepDecay(0.1, v, 10), "drop_rate"),
        (lambda v: StepDecay(0.1, 0.5, v), "step_size"),
        (lambda v: ExponentialDecay(0.1, v), "decay_rate"),
        (lambda v: ExponentialDecay.from_ratio(0.1, v, 10), "ratio"),
        (lambda v: ExponentialDecay.from_ratio(0.1, 0.5, v), "every"),
        (lambda v: InverseTimeDecay(0.1, v), "decay_rate"),
        (lambda v: PolynomialDecay(0.1, v), "duration"),
        (lambda v: PolynomialDecay(0.1, 10, v), "power"),
        (lambda v: PolynomialDecay(0.1, 10, 1, v), "lr_end"),
        (lambda v: LinearDecay(0.1, v), "duration"),
        (lambda v: LinearDecay(0.1, 10, v), "lr_end"),
        (lambda v: PiecewiseConstant([v], [1, 1]), r"boundaries\[0\]"),
        (lambda v: PiecewiseConstant([1], [1, v]), r"values\[1\]"),
        (SEED.stretch, "factor"),
        (SEED.staircase, "every"),
        (SEED.clip, "low"),
        (lambda v: SEED.clip(0, -1 if v is None else v), "high"),
        (lambda v: SEED * v, "factor"),
        (lambda v: v + SEED, "factor or term"),
        (SEED.curve, "n"),
        (SEED.first_below, "lr"),
        (lambda v: SEED.first_below(0.1, v), "horizon"),
    ],
)
@pytest.mark.parametrize(
    "value", [-1, NAN, INF, -INF, "0.1", True, None, 10**400, [0.1], 1j], ids=lambda v: str(v)[:8]
)
def test_bad_parameters_name_themselves(make, argument, value):
    with pytest.raises(ValueError, match=rf"{argument}.* = "):
        make(value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: StepDecay(0.1, 0.5, 0), r"step_size = 0: .*above 0"),
        (lambda: StepDecay(0.1, 0, 10), r"drop_rate = 0: .*0\.96"),
        (lambda: StepDecay(0.1, 1.5, 10), r"drop_rate = 1\.5: .*at most 1"),
        (lambda: LinearDecay(0.1, 10, 0.2), r"lr_end = 0\.2: .*lr0 = 0\.1"),
        (lambda: PolynomialDecay(1e-5, 10, 1, 1e-4), r"lr_end = 0\.0001: .*rise"),
        (lambda: PolynomialDecay(0.1, 10, 0), r"power = 0"),
        (lambda: PiecewiseConstant([10, 5], [1, 0.1, 0.01]), r"boundaries = \(10, 5\): .*sort"),
        (lambda: PiecewiseConstant([5, 5], [1, 0.1, 0.01]), r"boundaries = \(5, 5\): .*rise"),
        (lambda: PiecewiseConstant([5], [1]), r"values = \(1\.0,\): .*2 and not 1"),
        (lambda: PiecewiseConstant([], [1]), r"boundaries = \(\): .*Constant"),
        (lambda: PiecewiseConstant("12", [1, 2, 3]), r"boundaries = '12': .*list"),
        (lambda: PiecewiseConstant([5], 1), r"values = 1: .*list"),
        (lambda: SEED.clip(0.2, 0.1), r"high = 0\.1: .*low = 0\.2"),
        (lambda: SEED.curve(0), r"n = 0"),
        (lambda: SEED.curve(2.5), r"n = 2\.5"),
    ],
)
def test_bad_parameters_say_the_remedy(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    "t", [-1, -1e-9, NAN, INF, -INF, 2**53 + 2, 10**400], ids=lambda t: str(t)[:17]
)
@pytest.mark.parametrize("s", [SEED, SEED.staircase(3), SEED * 2], ids=repr)
def test_bad_steps(s, t):
    with pytest.raises(ValueError, match=r"t = .*count steps from 0"):
        s(t)
    if t != 10**400:  # NumPy holds no such number
        with pytest.raises(ValueError, match="t: every step"):
            s(np.array([0.0, t]))


@pytest.mark.parametrize("t", ["1", True, None, 1j, np.array(["a"]), np.array([True]), {}, SEED])
def test_steps_that_are_no_numbers(t):
    with pytest.raises(TypeError, match=r"t = .*expected a number"):
        SEED(t)


def test_steps_of_every_numeric_kind():
    for t in (1500, 1500.0, np.float32(1500), np.int16(1500), np.uint64(1500), np.array(1500)):
        assert SEED(t) == 0.096
        assert isinstance(SEED(t), float)
    assert SEED([0, 1500]).tolist() == [0.1, 0.096]
    assert SEED(np.array([], dtype=int)).shape == (0,)
    assert SEED(np.array([[0, 1500]], dtype=np.float32)).dtype == np.float64


def test_schedule_is_abstract():
    with pytest.raises(TypeError, match="abstract"):
        Schedule()


# What an import costs


def test_import_loads_numpy_alone():
    code = (
        "import sys, lrdecay; "
        "print([m for m in ('tensorflow', 'keras', 'sympy', 'matplotlib', 'altair', 'scipy', "
        "'sklearn', 'torch', 'jax', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
