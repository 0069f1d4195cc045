import subprocess
import sys

import kinds
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrdecay import (
    Constant,
    ExponentialDecay,
    LinearDecay,
    PolynomialDecay,
    StepDecay,
    from_keras,
    to_keras,
)
from lrdecay.lab.quiet import quiet

with quiet():
    import tensorflow as tf

from keras.optimizers import schedules as ks

SCHEDULES = [LinearDecay(0.1, 10).staircase(1).stretch(13), *kinds.EACH]
STEPS = np.arange(250)


# from_keras


def close(theirs, ours, steps=STEPS, tolerance=2e-6):
    expected = np.asarray(theirs(tf.constant(steps, tf.int64)), np.float64)
    np.testing.assert_allclose(ours(steps), expected, rtol=tolerance, atol=1e-9)


RATES = st.floats(1e-4, 10)


@given(lr0=RATES, ratio=st.floats(0.1, 1), every=st.integers(1, 300), staircase=st.booleans())
def test_exponential_decay(lr0, ratio, every, staircase):
    theirs = ks.ExponentialDecay(lr0, every, ratio, staircase=staircase)
    ours = from_keras(theirs)
    assert type(ours) is (StepDecay if staircase else ExponentialDecay)
    expected = np.asarray(theirs(tf.constant(STEPS, tf.int64)), np.float64)
    # A float32 power is wrong by up to the exponent times float32's rounding of the ratio.
    allowed = 2e-7 * (3 + STEPS / every) * (1 - np.log(ratio))
    normal = expected > 1e-37
    assert (abs(ours(STEPS) - expected) < allowed * expected)[normal].all()


@given(lr0=RATES, rate=st.floats(0, 10), every=st.integers(1, 300), staircase=st.booleans())
def test_inverse_time_decay(lr0, rate, every, staircase):
    theirs = ks.InverseTimeDecay(lr0, every, rate, staircase=staircase)
    close(theirs, from_keras(theirs))


@given(
    lr0=RATES,
    share=st.floats(0, 1),
    steps=st.integers(1, 300),
    power=st.sampled_from([0.5, 1.0, 2.0, 3.5]),
)
def test_polynomial_decay(lr0, share, steps, power):
    theirs = ks.PolynomialDecay(lr0, steps, lr0 * share, power=power)
    ours = from_keras(theirs)
    assert type(ours) is PolynomialDecay
    expected = np.asarray(theirs(tf.constant(STEPS, tf.int64)), np.float64)
    # 1 - t / T is computed in float32: at the end its root is wrong by up to 2e-5 (6e-8 ** 0.5).
    np.testing.assert_allclose(ours(STEPS), expected, atol=lr0 * (2e-5 if power < 1 else 1e-6))


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_cycling_polynomial_decay(power):
    theirs = ks.PolynomialDecay(0.1, 40, 0.01, power=power, cycle=True)
    expected = np.asarray(theirs(tf.constant(STEPS, tf.int64)), np.float64)
    np.testing.assert_allclose(from_keras(theirs)(STEPS), expected, atol=1e-7)


@given(
    lr0=RATES,
    alpha=st.floats(0, 1),
    steps=st.integers(1, 300),
    warmup=st.one_of(st.none(), st.tuples(st.floats(1, 5), st.integers(0, 50))),
)
def test_cosine_decay(lr0, alpha, steps, warmup):
    more = warmup and {"warmup_target": lr0 * warmup[0], "warmup_steps": warmup[1]}
    theirs = ks.CosineDecay(lr0, steps, alpha, **(more or {}))
    ours = from_keras(theirs)
    # With a warmup, Keras takes one step at a time.
    expected = [float(theirs(tf.constant(t, tf.int64))) for t in STEPS[::5]]
    np.testing.assert_allclose(ours(STEPS[::5]), expected, atol=3e-6 * lr0)


@pytest.mark.parametrize("t_mul", [1.0, 2.0, 1.5])
@pytest.mark.parametrize("m_mul", [1.0, 0.5])
@pytest.mark.parametrize("alpha", [0.0, 0.1])
def test_restarts(t_mul, m_mul, alpha):
    theirs = ks.CosineDecayRestarts(0.1, 10, t_mul, m_mul, alpha)
    expected = [float(theirs(tf.constant(t, tf.int64))) for t in STEPS]
    np.testing.assert_allclose(from_keras(theirs)(STEPS), expected, atol=1e-6)


def test_a_restart_that_keras_misses():
    theirs = ks.CosineDecayRestarts(0.1, 10, 2.0)
    assert from_keras(theirs)(81_910) == 0.1
    assert float(theirs(tf.constant(81_910, tf.int64))) < 1e-6  # what Keras gives there


@given(
    boundaries=st.lists(st.integers(0, 240), min_size=1, max_size=5, unique=True).map(sorted),
    values=st.lists(RATES, min_size=6, max_size=6),
)
def test_piecewise_constant_decay_changes_at_the_next_step(boundaries, values):
    theirs = ks.PiecewiseConstantDecay(boundaries, values[: len(boundaries) + 1])
    ours = from_keras(theirs)
    assert ours.boundaries == tuple(b + 1 for b in boundaries)
    close(theirs, ours)


def test_fractional_boundaries_change_where_keras_changes():
    theirs = ks.PiecewiseConstantDecay([10.5, 20.0], [0.3, 0.2, 0.1])
    close(theirs, from_keras(theirs))
    assert from_keras(theirs).boundaries == (11, 21)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
@pytest.mark.parametrize("every", [1, 4])
def test_our_own_come_back(schedule, every):
    back = from_keras(to_keras(schedule, every))
    np.testing.assert_allclose(back(STEPS), schedule(STEPS // every), rtol=1e-12)
    assert every > 1 or back == schedule


class Faster(ks.ExponentialDecay):
    def __call__(self, step):
        return super().__call__(2 * step)


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        (ks.LearningRateSchedule(), "LearningRateSchedule: lrdecay can take over Exponential"),
        (ks.CosineDecay(0.1, 100, alpha=1.5), r"alpha = 1\.5: .*fraction"),
        (ks.CosineDecay(0.2, 100, warmup_target=0.1, warmup_steps=5), r"warmup_target = 0\.1: b"),
        (ks.CosineDecay(1, 100), r"initial_learning_rate = 1: .*write 1\.0"),
        (ks.CosineDecayRestarts(0.1, 100, t_mul=0.5), r"stretch = 0\.5"),
        (ks.CosineDecayRestarts(0.1, 100, m_mul=1.5), r"scale = 1\.5"),
        (ks.CosineDecayRestarts(0.1, 100, alpha=-0.1), r"alpha = -0\.1"),
        (Faster(0.1, 10, 0.9), "Faster: .* no subclasses"),
        (ks.PolynomialDecay(1e-5, 10), r"end_learning_rate = 0\.0001: above .* \(its default end"),
        (ks.PolynomialDecay(1, 10), r"initial_learning_rate = 1: .*write 1\.0"),
        (ks.ExponentialDecay(1, 10, 0.9), r"initial_learning_rate = 1: .*write 1\.0"),
        (ks.InverseTimeDecay(np.int64(1), 10, 0.9), r"initial_learning_rate = .*write 1\.0"),
        (ks.PiecewiseConstantDecay([10], [1, 0.1]), r"values\[0\] = 1: .*write 1\.0"),
        (ks.PiecewiseConstantDecay([10, 5], [1.0, 0.5, 0.1]), r"boundaries = \[10, 5\]: must rise"),
        (ks.PiecewiseConstantDecay([5, 5], [1.0, 0.5, 0.1]), r"boundaries = \[5, 5\]: must rise"),
        (ks.PiecewiseConstantDecay([-5], [1.0, 0.5]), r"boundaries\[0\] = -4"),
        (ks.ExponentialDecay(0.1, 10, 1.5, staircase=True), r"drop_rate = 1\.5"),
        (ks.ExponentialDecay(0.1, 10, 1.5), r"ratio = 1\.5"),
        (ks.ExponentialDecay(-0.1, 10, 0.9), r"lr0 = -0\.1"),
        (ks.InverseTimeDecay(0.1, 10, -0.5), r"decay_rate = -0\.5"),
    ],
)
def test_what_has_no_right_translation_is_refused(schedule, message):
    with pytest.raises(ValueError, match=message):
        from_keras(schedule)


def test_keras_itself_gives_the_rates_that_are_refused():
    step = tf.constant(3, tf.int64)
    assert float(ks.ExponentialDecay(1, 10, 0.9)(step)) == 0
    assert float(ks.PolynomialDecay(1e-5, 10)(tf.constant(10))) > 1e-5
    unsorted = ks.PiecewiseConstantDecay([10, 5], [1.0, 0.5, 0.1])
    assert float(unsorted(tf.constant(7))) == pytest.approx(1.1)


@pytest.mark.parametrize("schedule", [0.1, None, Constant(0.1), "ExponentialDecay"])
def test_only_schedules_of_keras_are_taken_over(schedule):
    with pytest.raises(TypeError, match=r"expected a schedule of keras\.optimizers\.schedules"):
        from_keras(schedule)


# The seed article


def test_the_figure_that_the_article_prints():
    theirs = ks.ExponentialDecay(0.1, decay_steps=1000, decay_rate=0.96, staircase=True)
    step = tf.constant(28_125, tf.int64)
    assert float(theirs(step)) == 0.031885575503110886
    ours = float(to_keras(StepDecay(0.1, 0.96, 1000))(step))
    # The article's figure is a power in float32, five float32 steps below the nearest to 0.1 *
    # 0.96 ** 28 = 0.031885594968..., which is what ours gives.
    assert ours == float(np.float32(0.1 * 0.96**28)) == 0.03188559412956238
    assert round((ours - float(theirs(step))) / float(np.spacing(np.float32(ours)))) == 5
    assert f"{ours:.5f}" == f"{float(theirs(step)):.5f}" == "0.03189"


# Without Keras


@pytest.mark.parametrize("missing", ["keras", "tensorflow"])
@pytest.mark.parametrize("call", ["to_keras(lrdecay.Constant(0.1))", "from_keras(None)"])
def test_without_keras_the_error_says_what_to_install(missing, call):
    code = (
        f"import sys\nsys.modules[{missing!r}] = None\nimport lrdecay\n"
        f"try:\n    lrdecay.{call}\nexcept ImportError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == (
        f"{missing} is not installed: pip install tensorflow (it brings Keras)\n"
    )
