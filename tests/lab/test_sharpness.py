"""The Hessian against finite differences in NumPy, and what a change of scale does."""

import numpy as np
import pytest
from scipy.sparse.linalg import aslinearoperator

from lrdecay.lab import sharpness, twin
from lrdecay.lab.quiet import quiet

with quiet():
    import keras


@pytest.fixture
def network():
    """A tiny network like the book's, eight images and their labels."""
    draw = np.random.default_rng(3)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((3, 3)),
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            layers.Dense(4, activation="relu"),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.set_weights([draw.normal(0, 1, w.shape) for w in model.get_weights()])
    return model, draw.integers(0, 256, (8, 3, 3)).astype(np.uint8), draw.integers(0, 3, 8)


def explicit(weights, x, y, step=1e-5):
    """The whole Hessian, a column a weight: differences of the gradients in NumPy, in float64."""
    weights = [weight.astype(np.float64) for weight in weights]
    columns = []
    for place, weight in enumerate(weights):
        for index in np.ndindex(weight.shape):
            sides = []
            for sign in (1, -1):
                moved = [other.copy() for other in weights]
                moved[place][index] += sign * step
                _, gradients = twin.loss_and_gradients(moved, x, y)
                sides.append(np.concatenate([gradient.ravel() for gradient in gradients]))
            columns.append((sides[0] - sides[1]) / (2 * step))
    return np.column_stack(columns)


def test_the_product_is_that_of_the_explicit_hessian(network):
    model, x, y = network
    whole = explicit(model.get_weights(), x, y)
    assert np.abs(whole).max() > 0.1
    np.testing.assert_allclose(whole, whole.T, atol=1e-6)  # no ReLU had its kink in the way
    found = sharpness.hessian(model, x, y) @ np.eye(len(whole), dtype=np.float32)
    np.testing.assert_allclose(found, whole, atol=2e-5)


def test_the_product_in_numpy_is_that_of_the_hessian_in_tensorflow(network):
    model, x, y = network
    second = sharpness.twin_hessian(model.get_weights(), x, y)
    every = np.eye(second.shape[0])
    exact = sharpness.hessian(model, x, y) @ every.astype(np.float32)
    np.testing.assert_allclose(second @ every, exact, atol=5e-5)
    np.testing.assert_allclose(second @ (3 * every[0]), 3 * exact[:, 0], atol=2e-4)
    assert not (second @ (0 * every[0])).any()


def test_the_sharpness_is_the_largest_eigenvalue(network):
    model, x, y = network
    largest = np.linalg.eigvalsh(explicit(model.get_weights(), x, y))[-1]
    assert sharpness.sharpness(sharpness.hessian(model, x, y)) == pytest.approx(largest, rel=1e-3)


def test_power_iteration_agrees(network):
    model, x, y = network
    second = sharpness.hessian(model, x, y)
    vector = np.random.default_rng(1).standard_normal(second.shape[0])
    for _ in range(300):
        vector = second @ (vector / np.linalg.norm(vector))
    assert sharpness.sharpness(second) == pytest.approx(np.linalg.norm(vector), rel=1e-3)


def test_a_downward_curvature_is_not_taken_for_the_largest():
    assert sharpness.sharpness(aslinearoperator(np.diag([-9.0, 1.0, 2.0, 0.5]))) == pytest.approx(
        2, rel=1e-3
    )


def test_the_hessian_goes_with_the_model(network):
    model, x, y = network
    second = sharpness.hessian(model, x, y)
    before = sharpness.sharpness(second)
    model.set_weights([0.5 * weight for weight in model.get_weights()])
    largest = np.linalg.eigvalsh(explicit(model.get_weights(), x, y))[-1]
    assert abs(largest - before) > 0.01 * before
    assert sharpness.sharpness(second) == pytest.approx(largest, rel=1e-3)


def test_it_changes_nothing(network):
    model, x, y = network
    weights = [weight.copy() for weight in model.get_weights()]
    sharpness.sharpness(sharpness.hessian(model, x, y))
    for before, after in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_a_rescaled_network_computes_the_same_and_is_sharper(network):
    model, x, y = network
    second = sharpness.hessian(model, x, y)
    weights = model.get_weights()
    shares = model.predict(x, verbose=0)
    plain = sharpness.sharpness(second)
    adaptive = sharpness.sharpness(sharpness.scaled(second, weights))
    sharper = []
    for factor in (0.25, 4.0):
        model.set_weights(sharpness.rescaled(weights, factor))
        np.testing.assert_allclose(model.predict(x, verbose=0), shares, atol=1e-6)
        sharper.append(sharpness.sharpness(second) / plain)
        again = sharpness.sharpness(sharpness.scaled(second, model.get_weights()))
        assert again == pytest.approx(adaptive, rel=2e-3)
    assert max(sharper) > 3


def test_the_adaptive_sharpness_is_that_of_the_explicit_matrix(network):
    model, x, y = network
    weights = model.get_weights()
    sizes = np.abs(np.concatenate([weight.ravel() for weight in weights]))
    whole = sizes[:, None] * explicit(weights, x, y) * sizes
    found = sharpness.sharpness(sharpness.scaled(sharpness.hessian(model, x, y), weights))
    assert found == pytest.approx(np.linalg.eigvalsh(whole)[-1], rel=1e-3)


class Attention(keras.layers.Layer):
    """Each place looks at itself and those before it."""

    def build(self, shape):
        self.mix = self.add_weight(shape=(shape[-1], shape[-1]), name="mix")

    def call(self, x):
        scores = keras.ops.matmul(keras.ops.matmul(x, self.mix), keras.ops.transpose(x, (0, 2, 1)))
        later = keras.ops.cast(np.triu(np.full(scores.shape[1:], -1e9), 1), scores.dtype)
        return x + keras.ops.matmul(keras.ops.softmax(scores + later), x)


def language_model(dtype):
    """Of 6 tokens and windows of 5."""
    inputs = keras.Input((5,), dtype="int32")
    x = Attention(dtype=dtype)(keras.layers.Embedding(6, 3, dtype=dtype)(inputs))
    x = keras.layers.LayerNormalization(dtype=dtype)(x)
    return keras.Model(inputs, keras.layers.Dense(6, "softmax", dtype=dtype)(x))


def test_labels_that_are_sequences_and_an_embedding():
    """The mean is over all places; held against differences of the loss, found in float64."""
    model, exact = language_model("float32"), language_model("float64")
    draw = np.random.default_rng(0)
    start = [draw.normal(0, 0.7, weight.shape) for weight in model.get_weights()]
    model.set_weights(start)
    tokens = draw.integers(0, 5, (4, 6))  # token 5 is never met: its row has no slope
    x, y = tokens[:, :-1], tokens[:, 1:]

    def loss(moved):
        exact.set_weights([weight + part for weight, part in zip(start, moved, strict=True)])
        return -np.log(np.take_along_axis(exact(x).numpy(), y[..., None], -1)).mean()

    step = 1e-4
    second = sharpness.hessian(model, x, y)
    for _ in range(5):
        a, b = ([draw.normal(size=weight.shape) for weight in start] for _ in range(2))
        corners = sum(
            i * j * loss([step * (i * u + j * v) for u, v in zip(a, b, strict=True)])
            for i in (1, -1)
            for j in (1, -1)
        )
        one, other = (np.concatenate([part.ravel() for part in side]) for side in (a, b))
        assert one @ (second @ other) == pytest.approx(corners / (4 * step**2), rel=1e-3, abs=1e-3)
    still = [np.zeros(weight.shape) for weight in start]
    assert sharpness.mean_loss(model, x, y) == pytest.approx(loss(still), rel=1e-5)


def test_another_loss_in_its_place():
    """A line's mean square: its Hessian is 2 X^T X / n."""
    x = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, use_bias=False)])
    y = np.zeros((7, 1), np.float32)
    second = sharpness.hessian(model, x, y, keras.losses.mean_squared_error)
    np.testing.assert_allclose(second @ np.eye(3), 2 * x.T @ x / 7, rtol=1e-4)
    mean = sharpness.mean_loss(model, x, y, keras.losses.mean_squared_error)
    assert mean == pytest.approx(float(np.mean((x @ model.get_weights()[0]) ** 2)), rel=1e-5)


def test_bad_arguments_are_named(network):
    model, x, y = network
    with pytest.raises(ValueError, match=r"x, y: have 8 and 7 examples"):
        sharpness.hessian(model, x, y[:7])
    second = aslinearoperator(np.eye(5))
    with pytest.raises(ValueError, match=r"weights: 4 of them, but the Hessian has 5"):
        sharpness.scaled(second, [np.ones((2, 2))])
    with pytest.raises(ValueError, match=r"weights: 2 arrays; expected four"):
        sharpness.rescaled([np.ones((2, 2)), np.ones(2)], 2)
    with pytest.raises(ValueError, match=r"factor = 0: expected a number above 0"):
        sharpness.rescaled([np.ones(1)] * 4, 0)
