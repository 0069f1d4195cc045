"""The range test on a loss whose edge is known, and without the faults that people report."""

import inspect
import math
import textwrap

import numpy as np
import pytest
from scipy import stats

from lrdecay.lab import range_test as module
from lrdecay.lab.quiet import quiet
from lrdecay.lab.range_test import RangeTest, range_test
from lrdecay.lab.sweep.engine import order

with quiet():
    import keras
    import tensorflow as tf

pytestmark = pytest.mark.tensorflow

DRAW = np.random.default_rng(0)
X = DRAW.choice([-1.0, 1.0], (256, 1)).astype(np.float32)
Y = 3 * X[:, 0] + DRAW.normal(0, 0.5, 256).astype(np.float32)
EDGE = 1.0  # each x squared is 1, so the curvature of every batch's mean square is 2
FEW = {"low": 1e-3, "updates": 200, "batch_size": 16, "seeds": range(3)}


def line(seed=0, optimizer="sgd"):
    """A line through 0, from another slope for each seed."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(optimizer, "mse")
    return model


@pytest.fixture(scope="module")
def found():
    return range_test(line, X, Y, **FEW)


def curve(rows, rates=None, smoothing=0.0):
    rows = np.atleast_2d(np.asarray(rows, dtype=float))
    rates = np.geomspace(1e-4, 1, rows.shape[1]) if rates is None else rates
    return RangeTest(rates, rows, tuple(range(len(rows))), True, smoothing, 4.0)


def by_hand(seed, rates, batch_size=16):
    """The losses of SGD on the line, in NumPy and float64, from Keras' first weight."""
    weight = line(seed).get_weights()[0].item()
    per = math.ceil(len(rates) * batch_size / len(X))
    places = np.concatenate([order(seed, epoch, len(X)) for epoch in range(per)])
    losses = []
    for k, rate in enumerate(rates):
        now = places[k * batch_size : (k + 1) * batch_size]
        x, y = X[now, 0].astype(float), Y[now].astype(float)
        losses.append(np.mean((weight * x - y) ** 2))
        weight -= rate * np.mean(2 * (weight * x - y) * x)
    return np.array(losses)


def test_each_loss_is_that_of_its_batch_before_its_update(found):
    """So the rate really rises (Lightning #2814), and no loss stands beside another's rate."""
    np.testing.assert_allclose(found.rates, np.geomspace(1e-3, 10, 200))
    for seed, row in enumerate(found.losses):
        ran = np.isfinite(row)
        assert 120 < ran.sum() < 200
        np.testing.assert_allclose(row[ran], by_hand(seed, found.rates)[ran], rtol=1e-3)


def test_it_diverges_at_the_edge(found):
    assert (found.diverged > EDGE).all()
    assert (found.diverged < 2 * EDGE).all()
    calm = range_test(line, X, Y, **FEW | {"smoothing": 0.0})
    assert (calm.diverged <= found.diverged).all()  # smoothing only delays it
    assert found.lag == pytest.approx(math.exp(9 * math.log(1e4) / 199))


def test_a_curvature_four_times_as_high_diverges_at_a_quarter():
    steep = range_test(line, 2 * X, Y, **FEW)
    assert (steep.diverged > EDGE / 4).all()
    assert (steep.diverged < EDGE / 2).all()


def test_the_same_seeds_give_the_same_losses_and_others_do_not(found):
    again = range_test(line, X, Y, **FEW)
    np.testing.assert_array_equal(again.losses, found.losses)
    other = range_test(line, X, Y, **FEW | {"seeds": [1, 7]})
    np.testing.assert_array_equal(other.losses[0], found.losses[1])
    assert other.losses[1, 0] not in found.losses[:, 0]


def test_smoothing_is_corrected_for_its_beginning():
    """Not begun at 0, as in Lightning #14167: a constant loss stays one."""
    test = curve([[2.0] * 50], smoothing=0.98)
    np.testing.assert_allclose(test.smoothed, 2.0)
    rows = DRAW.normal(2, 1, (1, 40))
    average = 0.0
    expected = []
    for k, value in enumerate(rows[0]):
        average = 0.9 * average + (1 - 0.9) * value
        expected.append(average / (1 - 0.9 ** (k + 1)))
    np.testing.assert_allclose(curve(rows, smoothing=0.9).smoothed[0], expected)


def published(rates, losses):
    """The rules as fast.ai's callback.schedule writes them, with lists, one curve at a time."""
    steps = range(1, len(losses))
    falls = range(1, max(2, losses.index(min(losses)) + 1))  # ours: only before the least loss
    slopes = [(losses[i] - losses[i - 1]) / math.log(rates[i] / rates[i - 1]) for i in falls]
    lengths, first, last = [1] * len(losses), 0, 0
    for i in steps:
        for j in range(i):
            if losses[i] < losses[j] and lengths[i] < lengths[j] + 1:
                lengths[i] = lengths[j] + 1
            if lengths[last] < lengths[i]:
                last, first = i, i - lengths[i]
    third = (last - first) / 3
    return {
        "steepest": rates[slopes.index(min(slopes))],
        "valley": rates[first + int(third) + int(third / 2)],
        "minimum/10": rates[losses.index(min(losses))] / 10,
        "minimum/4": rates[losses.index(min(losses))] / 4,
    }


@pytest.mark.parametrize("seed", range(20))
def test_the_rules_are_the_published_ones(seed):
    draw = np.random.default_rng(seed)
    rates = np.geomspace(1e-5, 10, 100)
    shape = 2.3 - 1.5 / (1 + (0.1 / rates) ** 1.5) + 0.05 * rates**2
    test = curve(shape + draw.normal(0, 0.1, (2, 100)), rates, smoothing=0.5)
    for row in range(2):
        end = np.flatnonzero(rates == test.diverged[row])
        end = int(end[0]) if end.size else 100
        kept = test.smoothed[row, 10:end].tolist()
        for rule, rate in published(rates[10:end].tolist(), kept).items():
            assert test.suggest(rule).rates[row] == pytest.approx(rate), rule


def test_the_slope_is_along_the_logarithm_of_the_rate():
    """Not along the rate, which has the first fall of noise win (Lightning #14248, #21141)."""
    rates = np.geomspace(1e-6, 1, 100)
    rows = [2 - 1 / (1 + (0.01 / rates) ** 2)] * 2
    along_the_rate = rates[np.argmin(np.diff(rows[0]) / np.diff(rates))]
    assert curve(rows, rates).suggest("steepest").rate == pytest.approx(0.01, rel=0.15)
    assert along_the_rate < 0.008


def test_a_spike_at_the_beginning_does_not_win():
    """Lightning #1767."""
    rates = np.geomspace(1e-6, 1, 100)
    row = 2 - 1 / (1 + (0.01 / rates) ** 2)
    spiked = row.copy()
    spiked[3] = 9.0
    assert curve([spiked] * 2, rates).suggest("steepest").rate == pytest.approx(0.01, rel=0.15)


def test_a_fall_after_the_minimum_does_not_win():
    """Where the loss leaps before it diverges, it falls fastest, and learns nothing."""
    rates = np.geomspace(1e-6, 1, 100)
    row = 2 - 1 / (1 + (0.01 / rates) ** 2) + 0.2 * rates
    row[95] = 3.0
    assert np.diff(row).argmin() == 95
    assert curve([row] * 2, rates).suggest("steepest").rate == pytest.approx(0.01, rel=0.15)


def test_the_interval_is_that_of_the_logarithms(found):
    for rule, one in found.suggestions.items():
        logs = np.log(one.rates)
        assert one.rate == pytest.approx(stats.gmean(one.rates))
        if np.ptp(logs):
            ends = stats.t.interval(0.95, len(logs) - 1, logs.mean(), stats.sem(logs))
            np.testing.assert_allclose(np.log([one.low, one.high]), ends)
        assert str(one) in str(found), rule


def test_the_interval_holds_what_many_seeds_agree_on():
    """Of intervals over 5 seeds, about 95 in 100 hold the mean over all of them."""
    logs = np.random.default_rng(5).normal(math.log(0.1), 0.5, (400, 5))
    held = 0
    for row in logs:
        rates = np.geomspace(1e-4, 10, 4000)
        rows = (np.log(rates) - row[:, None]) ** 2
        one = curve(rows, rates).suggest("minimum/10")
        held += one.low < 0.01 < one.high
    assert 0.91 < held / 400 < 0.985


def test_seeds_that_agree_have_no_spread():
    one = curve([[3.0, 2, 1, 2, 3] * 4] * 3).suggest("minimum/4")
    assert one.low == one.high == one.rate
    assert str(one).endswith("by each of 3 seeds")


def test_a_model_is_left_as_it_was():
    """Not as in Lightning #6675, #12670 and #3340."""
    model = line(optimizer=keras.optimizers.Adam(0.01))
    model.fit(X, Y, verbose=0)
    every = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    before = [variable.numpy().copy() for variable in every]
    trained = model.train_function
    found = range_test(model, X, Y, **FEW)
    for old, variable in zip(before, every, strict=True):
        np.testing.assert_array_equal(old, variable.numpy())
    assert model.train_function is trained
    assert float(model.optimizer.learning_rate) == pytest.approx(0.01)
    assert not found.fresh
    assert "Only the order of the examples varied" in str(found)


def test_a_model_that_has_been_trained_is_not_taken_for_diverging():
    """Not as in Lightning #4846, where the least loss was 0 from the second call on."""
    model = line()
    model.fit(X, Y, epochs=2, verbose=0)
    assert (range_test(model, X, Y, **FEW).diverged > EDGE).all()


def test_as_many_updates_as_wanted_from_few_examples():
    """A short data set is gone round, and is no divergence (Lightning #5044)."""
    found = range_test(line, X[:20], Y[:20], **FEW | {"high": 0.5})
    assert np.isfinite(found.losses).all()
    assert "3 of 3 seeds never diverged up to a rate of 0.5; raise high" in str(found)
    assert "divergence/10" not in found.suggestions
    with pytest.raises(ValueError, match=r"never diverged up to a rate of 0.5; raise high"):
        found.suggest("divergence/10")


def test_a_loss_that_is_not_finite_ends_a_run():
    """And moves no rate away from its loss (the note in Lightning's #14248)."""
    rates = np.geomspace(1e-4, 1, 100)
    row = np.linspace(2, 1, 100)
    row[80:] = math.nan
    test = curve([row, row], rates)
    np.testing.assert_array_equal(test.diverged, rates[80])
    assert test.suggest("minimum/4").rate == pytest.approx(rates[79] / 4)


def test_a_loss_below_zero_is_no_divergence():
    """Four times a least loss of -1 would be -4, which every loss exceeds."""
    row = np.concatenate([np.linspace(1, -1, 60), np.linspace(-1, 8, 40)])
    test = curve([row, row])
    assert test.diverged[0] == test.rates[np.flatnonzero(row > 2)[0]]


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "lion"])
def test_other_optimizers(optimizer):
    def build(seed):
        return line(seed, optimizer)

    found = range_test(build, X, Y, **FEW | {"high": 100.0})
    assert 0.001 < found.suggest("minimum/4").rate < 3


def test_no_faults_at_the_start_pass_for_a_curve():
    with pytest.raises(ValueError, match=r"low: the loss diverges at once \(seed 0\); lower low"):
        range_test(line, X, Y, **FEW | {"low": 3.0})
    with pytest.raises(ValueError, match=r"not finite before any update \(seed 0\)"):
        range_test(line, X * np.inf, Y, **FEW)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"updates": 19}, r"updates = 19: expected a whole number, 20 or more"),
        ({"low": 0.0}, r"low = 0.0"),
        ({"low": 20.0}, r"low = 20.0: must be below high = 10.0"),
        ({"batch_size": 257}, r"batch_size = 257: expected a whole number, from 1 to 256"),
        ({"seeds": [1]}, r"seeds = \[1\]: expected two or more, all different"),
        ({"seeds": [1, 1]}, r"seeds = \[1, 1\]: expected two or more, all different"),
        ({"smoothing": 1.0}, r"smoothing = 1.0: expected a number from 0 to below 1"),
        ({"factor": 1.0}, r"factor = 1.0: expected a number above 1"),
    ],
)
def test_bad_numbers_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        range_test(line, X, Y, **FEW | change)


def test_bad_models_and_data_are_named(found):
    with pytest.raises(TypeError, match=r"build = 3: expected a function of a seed"):
        range_test(3, X, Y)
    with pytest.raises(TypeError, match=r"expected a compiled keras.Model"):
        range_test(lambda seed: None, X, Y)
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(8)
    with pytest.raises(TypeError, match=r"x = _BatchDataset: expected one array; of a tf.data"):
        range_test(line, data, Y)
    with pytest.raises(ValueError, match=r"rule = 'best': expected one of 'steepest'"):
        found.suggest("best")

    def growing(seed):
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1 + seed)])
        model.compile("sgd", "mse")
        return model

    with pytest.raises(ValueError, match=r"makes models of different shapes"):
        range_test(growing, X, Y, **FEW)


def test_the_five_lines(capsys):
    """A new user's: a network without an Input, and a builder that does not look at the seed."""
    lines = inspect.getdoc(module).partition("::\n\n")[2]
    code = textwrap.dedent(lines)
    assert len(code.splitlines()) == 5

    def my_network():
        return keras.Sequential([keras.layers.Dense(8, "relu"), keras.layers.Dense(3, "softmax")])

    x = DRAW.normal(size=(300, 4))
    exec(
        code, {"my_network": my_network, "x": x, "y": x[:, :3].argmax(1), "range_test": range_test}
    )
    out = capsys.readouterr().out
    assert out.startswith("Range test: 300 updates, rates from 1e-05 to 10, 5 seeds, new first")
    assert "minimum/4" in out
    assert "95 % interval" in out


def test_the_figure_shows_each_seed_and_each_rule(found):
    drawing = found.plot()
    curves, below = drawing.axes
    assert len(curves.lines) == 2 * 3
    assert [label.get_text() for label in below.get_yticklabels()] == list(found.suggestions)
    assert curves.get_xlim() == below.get_xlim()
    for rule, one in found.suggestions.items():
        assert f"{rule} {one}" in drawing.alt
