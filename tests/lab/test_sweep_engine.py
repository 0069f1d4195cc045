"""The engine against `fit`, from the same weights and with the same order of the examples."""

from dataclasses import dataclass

import numpy as np
import pytest
import tiny_task

from lrdecay import CosineDecay, LinearDecay, StepDecay, schedules, to_keras
from lrdecay.lab.quiet import quiet
from lrdecay.lab.sweep import Run, engine, work

with quiet():
    import keras
    import tensorflow as tf

SIZE, EPOCHS = 32, 3
X, Y = tiny_task.images(100)  # three updates of 32 an epoch, and one of 4
ORDERS = [engine.order(5, epoch, len(X)) for epoch in range(EPOCHS)]
LENGTH = EPOCHS * 4


def compiled(optimizer, build=tiny_task.build_model, **options):
    options = {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]} | options
    model = build(7)
    model.compile(optimizer, **options)
    return model


def by_fit(model, **options):
    """Train by Keras' own loop, an epoch at a time, in the same orders."""
    history = {}
    for order in ORDERS:
        options = {"batch_size": SIZE, "shuffle": False, "verbose": 0} | options
        for name, values in model.fit(X[order], Y[order], **options).history.items():
            history.setdefault(name, []).extend(values)
    return history


def same(make, rtol=2e-5, **options):
    """Train two models of one kind, one by each, and compare epochs and final weights."""
    ours, theirs = make(), make()
    for variable, other in zip(ours.variables, theirs.variables, strict=True):
        np.testing.assert_array_equal(variable.numpy(), other.numpy())
    got, want = engine.fit(ours, X, Y, SIZE, EPOCHS, ORDERS), by_fit(theirs, **options)
    assert len(got["loss"]) == EPOCHS
    for name, values in want.items():
        np.testing.assert_allclose(got[name], values, rtol=rtol, err_msg=name)
    for variable, other in zip(ours.variables, theirs.variables, strict=True):
        np.testing.assert_allclose(variable.numpy(), other.numpy(), rtol=rtol, atol=1e-5)
    for variable, other in zip(ours.optimizer.variables, theirs.optimizer.variables, strict=True):
        np.testing.assert_allclose(variable.numpy(), other.numpy(), rtol=1e-3, atol=1e-5)
    return got


OPTIMIZERS = [
    {"optimizer": "SGD"},
    {"optimizer": "SGD", "weight_decay": 0.01},
    {"optimizer": "SGD", "momentum": 0.9},
    {"optimizer": "Nesterov"},
    {"optimizer": "Adam"},
    {"optimizer": "AdamW", "weight_decay": 0.1},
]


@pytest.mark.parametrize("options", OPTIMIZERS, ids=repr)
def test_each_optimizer_trains_as_by_fit(options):
    run = Run(CosineDecay(0.05, LENGTH), epochs=EPOCHS, task="tiny_task:TINY", **options)
    same(lambda: compiled(work.optimizer(run)))


@pytest.mark.parametrize("cls", schedules.LEAVES, ids=lambda cls: cls.__name__)
def test_each_schedule_trains_as_by_fit(cls):
    example = cls._example()
    schedule = example.stretch(LENGTH / (example._span() or LENGTH))
    rates = schedule.curve(LENGTH)
    assert cls is schedules.Constant or len(set(rates)) > 1
    got = same(lambda: compiled(keras.optimizers.SGD(to_keras(schedule))))
    np.testing.assert_allclose(got["rate_first"], rates[::4], rtol=1e-6)
    np.testing.assert_allclose(got["rate_last"], rates[3::4], rtol=1e-6)


def test_an_optimizer_of_plain_keras_trains_as_by_fit():
    same(lambda: compiled(keras.optimizers.Adam(0.01, clipnorm=0.1)))


def network(*others):
    def build(seed):
        keras.utils.set_random_seed(seed)
        layers = keras.layers
        first = [keras.Input((6, 6)), layers.Rescaling(1 / 255), layers.Reshape((6, 6, 1))]
        last = [layers.Flatten(), layers.Dense(3)]
        return keras.Sequential([*first, layers.Conv2D(4, 3), *(make() for make in others), *last])

    return build


LOGITS = {"from_logits": True}


def test_a_convolutional_network_with_batch_normalisation_trains_as_by_fit():
    build = network(keras.layers.BatchNormalization, keras.layers.ReLU)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    rate = to_keras(LinearDecay(0.1, LENGTH))
    same(lambda: compiled(keras.optimizers.SGD(rate), build, loss=loss), rtol=1e-4)


def test_dropout_drops_what_a_compiled_fit_drops():
    build = network(lambda: keras.layers.Dropout(0.5, seed=1))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def make(**options):
        return compiled(keras.optimizers.SGD(0.1), build, loss=loss, **options)

    got = same(lambda: make(jit_compile=True), rtol=1e-4)
    other = by_fit(make(jit_compile=False))
    assert not np.allclose(got["loss"], other["loss"], rtol=1e-3)  # as the docstring says


@pytest.mark.parametrize(("examples", "size"), [(5, 8), (8, 8), (9, 8), (65, 8), (64, 2), (1, 1)])
def test_every_example_is_trained_on_once_an_epoch(examples, size):
    class Count(keras.metrics.Metric):
        def __init__(self):
            super().__init__(name="count")
            self.seen = self.add_variable((200,), "zeros")

        def update_state(self, y_true, y_pred, sample_weight=None):
            places = keras.ops.cast(keras.ops.reshape(y_true, (-1,)), "int32")
            self.seen.assign(self.seen + keras.ops.sum(keras.ops.one_hot(places, 200), axis=0))

        def result(self):
            return keras.ops.sum(keras.ops.cast(self.seen == 1, "float32"))

    def build(seed):
        return keras.Sequential([keras.Input((1,)), keras.layers.Dense(200, "softmax")])

    made = compiled(keras.optimizers.SGD(0.1), build, metrics=[Count()])
    machine = engine.Engine(made, averages=True)
    x, y = np.zeros((examples, 1)), np.arange(examples)
    for epoch in (1, 2):
        assert machine.epoch(x, y, size)["count"] == examples
        assert int(made.optimizer.iterations.numpy()) == epoch * -(-examples // size)
    assert machine.evaluate(x, y)["count"] == examples


def test_what_is_evaluated_is_what_keras_evaluates(monkeypatch):
    monkeypatch.setattr(engine, "_EVALUATED_AT_ONCE", 64)
    made = compiled("sgd")
    want = made.evaluate(X, Y, verbose=0, return_dict=True)
    got = engine.Engine(made).evaluate(X, Y)
    assert got == pytest.approx(want, rel=1e-5)


# Averages


@dataclass
class Weights:
    """The averages, from the weights after every update, in float64."""

    after: list

    def tail(self, places, begin):
        return np.mean([self.after[t] for t in places if t + 1 > begin], axis=0)

    def exponential(self, places, length):
        last = np.array([*places, length])
        share = np.array([engine.DECAY ** (places[-1] - t) for t in places])
        share *= 1 - engine.DECAY ** np.diff([-1, *last[:-1]])
        return np.tensordot(share / share.sum(), [self.after[t] for t in places], 1)


def test_averages_are_those_of_the_weights_that_fit_has():
    model = compiled(keras.optimizers.SGD(to_keras(StepDecay(0.3, 0.5, 10))))
    seen = Weights([])
    keep = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.after.append(
            np.concatenate([w.numpy().ravel() for w in model.weights]).astype(np.float64)
        )
    )
    size, epochs = 5, 2  # 20 updates an epoch
    order = engine.order(0, 0, len(X))
    for _ in range(epochs):
        model.fit(X[order], Y[order], size, verbose=0, shuffle=False, callbacks=[keep])
    places = [7, 15, 19, 27, 35, 39]
    ours = compiled(keras.optimizers.SGD(to_keras(StepDecay(0.3, 0.5, 10))))
    machine = engine.Engine(ours, averages=True)
    for _ in range(epochs):
        machine.epoch(X[order], Y[order], size, tail_from=26)
    for kind, want in (
        ("tail", seen.tail(places, 26)),
        ("exponential", seen.exponential(places, 40)),
    ):
        mean = np.concatenate([value.ravel() for value in machine._averages.mean(kind)])
        np.testing.assert_allclose(mean, want, rtol=1e-4, atol=1e-5)
        at = 0
        for weight in model.weights:
            weight.assign(want[at : at + weight.numpy().size].reshape(weight.shape))
            at += weight.numpy().size
        before = [weight.numpy() for weight in ours.weights]
        expected = model.evaluate(X, Y, verbose=0, return_dict=True)
        found = machine.averaged(kind, X, Y)
        assert 0 <= found.pop("calibration") <= 1
        assert found == pytest.approx(expected, rel=1e-4)
        for weight, value in zip(ours.weights, before, strict=True):
            np.testing.assert_array_equal(weight.numpy(), value)  # its own again


def test_averages_need_weights_and_a_known_kind():
    machine = engine.Engine(compiled("sgd"), averages=True)
    with pytest.raises(ValueError, match="no weights have been averaged"):
        machine.averaged("tail", X, Y)
    with pytest.raises(ValueError, match="kind = 'mean': expected one of tail, exponential"):
        machine.averaged("mean", X, Y)
    with pytest.raises(ValueError, match="averages=True"):
        engine.Engine(compiled("sgd")).averaged("tail", X, Y)


# What it refuses


class Own(keras.optimizers.SGD):
    pass


def uncompilable(y_true, y_pred):
    value = tf.py_function(lambda values: values.numpy().sum(), [y_pred], tf.float32)
    return tf.ensure_shape(value, ())


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (tiny_task.build_model, "not compiled"),
        (lambda: compiled("sgd", run_eagerly=True), "run_eagerly is True"),
        (lambda: compiled("rmsprop"), "optimizer = RMSprop: expected one of SGD, Adam, AdamW"),
        (lambda: compiled(Own(0.1)), "optimizer = Own"),
        (
            lambda: compiled(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD())),
            "optimizer = LossScaleOptimizer",
        ),
        (
            lambda: compiled(keras.optimizers.SGD(0.1, gradient_accumulation_steps=2)),
            "gradient_accumulation_steps = 2: .*multiply the batch size",
        ),
        (lambda: compiled(keras.optimizers.SGD(0.1, use_ema=True)), "use_ema = True"),
        (lambda: compiled("sgd", metrics=[uncompilable]), "XLA cannot compile"),
    ],
)
def test_what_would_not_be_fit_is_refused(make, said):
    with pytest.raises(ValueError, match=said):
        engine.fit(make(), X, Y)


def test_no_model_is_refused():
    with pytest.raises(TypeError, match=r"expected a compiled keras\.Model"):
        engine.fit(None, X, Y)


def test_a_callback_is_refused():
    plateau = keras.callbacks.ReduceLROnPlateau()
    with pytest.raises(ValueError, match=r"callbacks = ReduceLROnPlateau: .*use Keras' fit"):
        engine.fit(compiled("sgd"), X, Y, callbacks=[plateau])


@pytest.mark.parametrize(
    ("x", "y", "size", "said"),
    [(X, Y[1:], 8, "100 and 99"), (X[:0], Y[:0], 8, "0 and 0"), (X, Y, 0, "batch_size = 0")],
)
def test_bad_examples_are_refused(x, y, size, said):
    with pytest.raises(ValueError, match=said):
        engine.fit(compiled("sgd"), x, y, size)


# One run


def test_a_run_is_what_fit_gives_of_it():
    run = Run(LinearDecay(0.3, 24), 3, 3, [(2, 32), (1, 16)], "tiny_task:TINY", momentum=0.5)
    record = work.train(run)
    parts = work.split(run.task)
    model = work.model(run)
    x, y = parts.train
    assert len(x) == 210
    assert run.updates(210) == record.updates == 7 + 7 + 14
    for epoch, size in enumerate([32, 32, 16]):
        order = engine.order(3, epoch, 210)
        history = model.fit(x[order], y[order], size, shuffle=False, verbose=0).history
        got = {name: values[epoch] for name, values in record.epochs.items()}
        assert got["loss"] == pytest.approx(history["loss"][0], rel=1e-4)
        assert got["accuracy"] == pytest.approx(history["accuracy"][0], rel=1e-6)
        for name in ("validation", "test"):
            want = model.evaluate(*getattr(parts, name), verbose=0, return_dict=True)
            for measure, value in want.items():
                assert got[f"{name}_{measure}"] == pytest.approx(value, rel=1e-4)
    assert record.diverged is None
    assert set(record.averages) == {"tail", "exponential"}
    assert set(record.versions) == {"python", "numpy", "tensorflow", "keras", "lrdecay"}
    assert record.data["name"] == "tiny 0"


def test_an_engine_that_is_used_again_gives_what_a_new_one_gives():
    run = Run(LinearDecay(0.3, 14), 1, 2, task="tiny_task:TINY", optimizer="Adam")
    work._engine.cache_clear()
    alone = work.train(run)
    work._engine.cache_clear()
    work.train(run.with_seed(2))
    after = work.train(run)
    assert work._engine.cache_info().misses == 1
    assert after.epochs == alone.epochs
    assert after.averages == alone.averages


def test_a_run_that_diverges_ends_with_the_epoch_in_which_it_does():
    run = Run(StepDecay(1e6, 1.0, 1), epochs=5, task="tiny_task:TINY", weight_decay=1.0)
    record = work.train(run)
    assert record.diverged == len(record.epochs["loss"]) < 5
    assert record.epochs["loss"][-1] is None
    assert record.averages == {}
    assert record.updates == 7 * record.diverged


def test_the_parts_of_the_data_are_all_of_it_and_do_not_overlap():
    data, parts = tiny_task.load(), work.split("tiny_task:TINY")
    together = np.concatenate([parts.train[0], parts.validation[0]])
    assert len(parts.validation[0]) == tiny_task.VALIDATION
    assert sorted(map(bytes, together)) == sorted(map(bytes, data.x_train))
    np.testing.assert_array_equal(parts.test[0], data.x_test)


def test_the_order_of_examples_is_fixed_for_ever():
    assert engine.order(3, 2, 10).tolist() == [4, 0, 8, 5, 3, 9, 7, 6, 1, 2]
    orders = [engine.order(seed, epoch, 1000) for seed in (0, 1) for epoch in (0, 1)]
    assert all(sorted(order) == list(range(1000)) for order in orders)
    assert len({tuple(order) for order in orders}) == 4
