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
