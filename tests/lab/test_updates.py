"""Updates on a copy are those of Keras, and leave the model as it was."""

import numpy as np
import pytest

from lrdecay import Constant, LinearDecay, to_keras
from lrdecay.lab import updates
from lrdecay.lab.quiet import quiet

with quiet():
    import keras

pytestmark = pytest.mark.tensorflow

X = np.random.default_rng(1).normal(size=(40, 3)).astype(np.float32)
Y = np.random.default_rng(2).integers(0, 3, 40)
FALL = LinearDecay(0.05, 10)


def network(optimizer="sgd", **settings):
    keras.utils.set_random_seed(4)
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(5, "relu", kernel_regularizer=keras.regularizers.L2(0.1)),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(3, "softmax", kernel_constraint=keras.constraints.MaxNorm(0.5)),
        ]
    )
    loss = "sparse_categorical_crossentropy"
    model.compile(optimizer, loss, metrics=["accuracy"], **settings)
    return model


@pytest.mark.parametrize(
    "make",
    [
        lambda rate: keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, clipnorm=0.1),
        lambda rate: keras.optimizers.AdamW(rate, weight_decay=0.2),
        keras.optimizers.RMSprop,
    ],
    ids=["SGD", "AdamW", "RMSprop"],
)
def test_updates_are_those_of_keras(make):
    own = updates.Updates(network(make(123.0)), FALL)
    model = network(make(to_keras(FALL)))
    for at in range(0, 40, 8):
        expected = model.train_on_batch(X[at : at + 8], Y[at : at + 8], return_dict=True)
        model.reset_metrics()
        assert own(X[at : at + 8], Y[at : at + 8]) == pytest.approx(expected["loss"], rel=1e-5)
    copy = network()
    own.put_into(copy)
    for ours, theirs in zip(copy.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_the_model_is_left_as_it_was():
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dropout(0.5), keras.layers.Dense(3, "softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(X, Y, verbose=0)
    every = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    before = [variable.numpy().copy() for variable in every]
    own = updates.Updates(model, Constant(1.0))
    first = [own(X, Y) for _ in range(3)]
    for old, variable in zip(before, every, strict=True):
        np.testing.assert_array_equal(old, variable.numpy())
    assert len(set(first)) == 3  # it did train, and dropped others each time
    own.restart(model)
    assert [own(X, Y) for _ in range(3)] == first


def test_batches_go_round_and_leave_nothing_out():
    stream = updates.batches(np.arange(10), np.arange(10), 4, seed=3)
    found = np.concatenate([next(stream)[1] for _ in range(10)])
    assert all(sorted(part) == list(range(10)) for part in found.reshape(4, 10))
    assert len({tuple(part) for part in found.reshape(4, 10)}) == 4


class Own(keras.Sequential):
    def train_step(self, data):
        return super().train_step(data)


def test_what_is_not_accepted_is_named():
    with pytest.raises(TypeError, match=r"expected a compiled keras.Model"):
        updates.Updates(3, FALL)
    with pytest.raises(ValueError, match=r"not compiled; call model.compile"):
        updates.Updates(keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)]), FALL)
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"has no weights yet; give it a keras.Input"):
        updates.Updates(model, FALL)
    model = Own([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"Own has a train_step of its own"):
        updates.Updates(model, FALL)
    inputs = keras.Input((3,))
    model = keras.Model(inputs, [inputs, keras.layers.Dense(1)(inputs)])
    model.compile("sgd", ["mse", "mse"])
    with pytest.raises(ValueError, match=r"one input and one output"):
        updates.Updates(model, FALL)
    with pytest.raises(ValueError, match=r"gradient_accumulation_steps = 2: every batch"):
        updates.Updates(network(keras.optimizers.SGD(gradient_accumulation_steps=2)), FALL)
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD())
    with pytest.raises(ValueError, match=r"LossScaleOptimizer: its scale"):
        updates.Updates(network(scaled), FALL)
    with pytest.raises(TypeError, match=r"x = generator: expected one array"):
        updates.arrays((i for i in range(3)), Y)
    with pytest.raises(ValueError, match=r"x, y: have 40 and 39 examples"):
        updates.arrays(X, Y[1:])
