import numpy as np
import pytest

from lrdecay import (
    REX,
    WSD,
    Cyclic,
    InverseSqrt,
    LinearDecay,
    OneCycle,
    PiecewiseConstant,
    PolynomialDecay,
    StepDecay,
    schedules,
    to_keras,
)
from lrdecay.lab.callbacks import LRHistory, PrintLR
from lrdecay.lab.quiet import quiet

with quiet():
    import keras
    import tensorflow as tf

ARTICLE = [
    "0.10000",
    "0.09600",
    "0.08847",
    "0.08154",
    "0.07514",
    "0.06925",
    "0.06382",
    "0.05882",
    "0.05421",
    "0.05204",
    "0.04796",
    "0.04420",
    "0.04073",
    "0.03754",
    "0.03460",
]

SCHEDULES = [
    *(leaf._example() for leaf in schedules.LEAVES),
    StepDecay(0.1, 0.9, 7),
    StepDecay(0.1, 0.9, 41),
    StepDecay(0.1, 0.9, 49),
    PolynomialDecay(0.1, 55, power=2.0, lr_end=0.001),
    LinearDecay(0.1, 55),
    PiecewiseConstant([10, 41], [0.1, 0.5, 0.01]),
    InverseSqrt(0.1, 10).warmup(10),
    OneCycle(0.1, 55),
    Cyclic(0.01, 0.1, 7, "triangular2"),
    REX(0.1, 55),
    WSD(0.1, 55, 5, 20, "1-sqrt"),
    LinearDecay(0.1, 5).staircase(1).stretch(13),
    (2 * StepDecay(0.1, 0.5, 20) + 0.01).clip(0.02, 0.15),
]


class Weighing(keras.callbacks.Callback):
    """What plain SGD really did: with gradient 1 and weight 0, the new weight is minus the rate."""

    def __init__(self):
        super().__init__()
        self.rates = []

    def on_train_batch_begin(self, batch, logs=None):
        self.model.weights[0].assign([[0.0]])

    def on_train_batch_end(self, batch, logs=None):
        self.rates.append(-float(self.model.weights[0].numpy().item()))


def model_with(learning_rate, optimizer=keras.optimizers.SGD, accumulate=None, **options):
    """A model with one weight, whose loss is the weight itself: the gradient is 1."""
    model = keras.Sequential(
        [keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")]
    )
    optimizer = optimizer(learning_rate, gradient_accumulation_steps=accumulate)
    model.compile(optimizer, loss=lambda _, y: keras.ops.mean(y), **options)
    return model


def fit(model, steps, *callbacks, epochs=1):
    ones = np.ones((steps, 1), np.float32)
    model.fit(ones, ones, batch_size=1, epochs=epochs, verbose=0, callbacks=list(callbacks))


def recorded(model, steps, epochs=1):
    history = LRHistory()
    fit(model, steps, history, epochs=epochs)
    return history


def same(rates, schedule):
    np.testing.assert_array_max_ulp(
        rates.astype(np.float32), schedule.curve(len(rates)).astype(np.float32), maxulp=1
    )


# Plotted rate = recorded rate = trained rate


@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
@pytest.mark.parametrize("options", [{}, {"jit_compile": True}], ids=repr)
def test_the_plotted_the_recorded_and_the_real_rate_are_one(schedule, options):
    history, weighing = LRHistory(), Weighing()
    fit(model_with(to_keras(schedule), **options), 30, weighing, history, epochs=2)
    assert history.rates.tolist() == weighing.rates  # to the last bit
    assert history.updates.tolist() == list(range(60))
    assert len(history.rates) == 60
    same(history.rates, schedule)


def test_so_they_are_without_a_graph():
    history, weighing = LRHistory(), Weighing()
    fit(model_with(to_keras(LinearDecay(1.0, 9)), run_eagerly=True), 8, weighing, history)
    assert history.rates.tolist() == weighing.rates
    same(history.rates, LinearDecay(1.0, 9))


def test_two_records_of_one_training_agree():
    first, second = LRHistory(), LRHistory()
    model = model_with(to_keras(LinearDecay(1.0, 9)))
    fit(model, 8, first, second)
    assert first.rates.tolist() == second.rates.tolist()
    same(first.rates, LinearDecay(1.0, 9))
    assert "update_step" not in vars(model.optimizer)


@pytest.mark.parametrize("every", [1, 7, 60, 100])
def test_it_does_not_matter_how_many_steps_an_execution_has(every):
    schedule = StepDecay(0.1, 0.9, 7)
    history = recorded(model_with(to_keras(schedule), steps_per_execution=every), 30, epochs=2)
    assert len(history.rates) == 60
    same(history.rates, schedule)


def test_the_run_of_the_article_step_by_step():
    schedule = StepDecay(0.1, 0.96, 1000)
    model = model_with(to_keras(schedule), steps_per_execution=375)
    history = recorded(model, 1875, epochs=15)
    assert len(history.rates) == 28_125
    same(history.rates, schedule)
    assert [f"{rate:.5f}" for rate in history.rates[::1875]] == ARTICLE
    assert (np.diff(history.rates).nonzero()[0] + 1).tolist() == list(range(1000, 28_125, 1000))


def test_the_rate_inside_the_graph_is_recorded_not_the_one_beside_it():
    # In the graph TensorFlow multiplies by 1 / 41, so Keras' staircase drops one update late.
    theirs = keras.optimizers.schedules.ExponentialDecay(0.1, 41, 0.5, staircase=True)
    history, weighing = LRHistory(), Weighing()
    fit(model_with(theirs), 44, weighing, history)
    assert history.rates.tolist() == weighing.rates
    beside = float(theirs(tf.constant(41)))
    assert beside == np.float32(0.05)
    assert history.rates[41] == np.float32(0.1)
    same(recorded(model_with(to_keras(StepDecay(0.1, 0.5, 41))), 44).rates, StepDecay(0.1, 0.5, 41))


def test_with_accumulation_there_is_an_entry_an_update():
    schedule = LinearDecay(1.0, 10)
    model = model_with(to_keras(schedule, every=4), accumulate=4, steps_per_execution=3)
    history = recorded(model, 40)
    assert history.updates.tolist() == list(range(10))
    same(history.rates, schedule)
    assert float(model.weights[0].numpy().item()) == pytest.approx(-schedule.curve(10).sum())


def test_a_rate_that_is_a_plain_number_is_recorded_too():
    model = model_with(0.25)
    history = recorded(model, 3)
    assert history.rates.tolist() == [0.25, 0.25, 0.25]
    model.optimizer.learning_rate = 0.5
    assert recorded(model, 2).rates.tolist() == [0.5, 0.5]


@pytest.mark.parametrize("name", ["Adam", "AdamW", "RMSprop", "Nadam"])
def test_any_optimizer_will_do(name):
    schedule = LinearDecay(1.0, 10)
    same(
        recorded(model_with(to_keras(schedule), getattr(keras.optimizers, name)), 8).rates, schedule
    )


def test_an_optimizer_that_scales_the_loss_will_do():
    schedule = LinearDecay(1.0, 10)
    model = model_with(0.1)
    inner = keras.optimizers.SGD(to_keras(schedule))
    model.compile(keras.optimizers.LossScaleOptimizer(inner), model.loss)
    same(recorded(model, 8).rates, schedule)


# One training after another


def test_a_second_fit_goes_on_where_the_first_one_stopped():
    schedule = LinearDecay(1.0, 10)
    model = model_with(to_keras(schedule))
    fit(model, 3)  # compiled without the tap
    history = recorded(model, 3)
    assert history.updates.tolist() == [3, 4, 5]
    np.testing.assert_allclose(history.rates, schedule.curve(6)[3:], rtol=1e-6)
    fit(model, 2, history)  # a record is that of the last training
    assert history.updates.tolist() == [6, 7]


def test_the_optimizer_is_left_as_it_was():
    model = model_with(to_keras(LinearDecay(1.0, 10)))
    fit(model, 1)
    before = set(vars(model.optimizer))
    recorded(model, 2)
    assert set(vars(model.optimizer)) == before
    fit(model, 3)
    assert int(model.optimizer.iterations) == 6


def test_a_training_that_breaks_off_does_no_harm():
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 2:
                raise KeyboardInterrupt

    schedule = LinearDecay(1.0, 10)
    model, history = model_with(to_keras(schedule)), LRHistory()
    with pytest.raises(KeyboardInterrupt):
        fit(model, 9, history, Stop())
    same(history.rates, schedule)
    assert len(history.rates) == 3
    history = recorded(model, 4)
    assert history.updates.tolist() == [3, 4, 5, 6]
    assert "update_step" not in vars(model.optimizer)


def test_recording_changes_no_result():
    def weights(*callbacks):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        model.compile(keras.optimizers.SGD(to_keras(LinearDecay(0.1, 20)), momentum=0.9), "mse")
        x = np.random.RandomState(0).rand(16, 4)
        model.fit(x, x[:, :3], batch_size=1, verbose=0, callbacks=list(callbacks))
        return model.get_weights()

    for a, b in zip(weights(), weights(LRHistory()), strict=True):
        np.testing.assert_array_equal(a, b)


def test_another_backend_is_refused(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    history = LRHistory()
    with pytest.raises(RuntimeError, match=r"Keras runs on jax: .*KERAS_BACKEND=tensorflow"):
        history.on_train_begin()


# What is printed


@pytest.mark.parametrize(
    "learning_rate",
    [
        to_keras(StepDecay(0.1, 0.96, 1000)),
        keras.optimizers.schedules.ExponentialDecay(0.1, 1000, 0.96, staircase=True),
    ],
    ids=["ours", "Keras'"],
)
def test_the_rates_of_the_article_are_printed(learning_rate, capsys):
    model, printer = model_with(learning_rate), PrintLR()
    printer.set_model(model)
    for epoch in range(15):
        model.optimizer.iterations.assign(1875 * epoch)
        printer.on_epoch_begin(epoch)
    assert capsys.readouterr().out.splitlines() == [
        f"Epoch {epoch:02d}: learning rate = {rate}" for epoch, rate in enumerate(ARTICLE, start=1)
    ]


def test_in_a_training_the_line_comes_before_the_epoch(capsys):
    fit(model_with(to_keras(StepDecay(1.0, 0.5, 3))), 3, PrintLR(), epochs=3)
    assert capsys.readouterr().out == (
        "Epoch 01: learning rate = 1.00000\n"
        "Epoch 02: learning rate = 0.50000\n"
        "Epoch 03: learning rate = 0.25000\n"
    )
