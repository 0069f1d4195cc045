"""Softmax regression against the same in NumPy, and its minimum against another optimizer."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize

from lrdecay import Constant, LinearDecay
from lrdecay.lab import softmax

pytestmark = pytest.mark.tensorflow


def loss_and_gradient(weights, penalty, rows=slice(None)):
    (images, labels), _ = softmax.examples()
    x, y, w = images[rows], np.eye(10)[labels[rows]], weights.reshape(65, 10)
    scores = np.exp(x @ w)
    shares = scores / scores.sum(axis=1, keepdims=True)
    loss = -np.log((shares * y).sum(axis=1)).mean() + penalty / 2 * (w**2).sum()
    return loss, (x.T @ (shares - y) / len(x) + penalty * w).ravel()


@pytest.mark.parametrize("penalty", [0.003, 0.01, 0.1])
def test_the_lowest_loss_is_where_the_gradient_is_0(penalty):
    options = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 10_000, "maxfun": 20_000}
    start = np.zeros(650)
    found = minimize(
        loss_and_gradient, start, penalty, jac=True, method="L-BFGS-B", options=options
    )
    assert abs(found.jac).max() < 1e-6
    # A gradient g is at most |g|^2 / (2 penalty) above the minimum of such a loss.
    assert softmax.lowest_loss(penalty) == pytest.approx(found.fun, abs=1e-9)


@pytest.mark.parametrize(
    ("penalty", "schedule"), [(0.0, Constant(0.5)), (0.01, LinearDecay(1.0, 30))], ids=repr
)
def test_an_update_is_that_of_numpy(schedule, penalty):
    runs = softmax.train(schedule, penalty, [3, 4], batch_size=8, updates=30, every=10)
    assert runs.updates.tolist() == [0, 10, 20, 30]
    for i, seed in enumerate([3, 4]):
        weights = np.zeros(650)
        losses = [loss_and_gradient(weights, penalty)[0]]
        for block in range(3):
            drawn = np.random.PCG64(np.random.SeedSequence((seed, block))).random_raw(80) % 400
            for j, rows in enumerate(drawn.astype(int).reshape(10, 8)):
                gradient = loss_and_gradient(weights, penalty, rows)[1]
                weights = weights - schedule(10 * block + j) * gradient
            losses.append(loss_and_gradient(weights, penalty)[0])
        np.testing.assert_allclose(runs.losses[i], losses, rtol=2e-5)
        images, labels = softmax.examples()[1]
        scores = images @ weights.reshape(65, 10)
        right = (scores.argmax(axis=1) == labels).mean()
        assert runs.test_accuracy[i] == pytest.approx(right, abs=1.5 / len(labels))
        misfit = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(labels)), labels]
        assert runs.test_loss[i] == pytest.approx(misfit.mean(), rel=1e-4)


def test_no_run_gets_below_the_minimum():
    runs = softmax.train(LinearDecay(0.5, 1000), 0.1, [0], updates=1000, every=100)
    above = runs.losses[0] - softmax.lowest_loss(0.1)
    assert above.min() > -1e-6
    assert above[-1] < 0.01


def test_learned_and_test_digits_are_all_of_them_and_differ():
    (x, y), (x_test, y_test) = softmax.examples()
    assert len(x) + len(x_test) == len(y) + len(y_test) == 1797
    assert x.min() == 0
    assert (x[:, -1] == 1).all()
    assert (x_test[:, -1] == 1).all()


@pytest.mark.parametrize("penalty", [0, -1, math.nan, "a"])
def test_there_is_no_least_loss_without_a_penalty(penalty):
    with pytest.raises(ValueError, match="penalty"):
        softmax.lowest_loss(penalty)


@pytest.mark.parametrize(
    ("name", "value"),
    [("penalty", -0.1), ("batch_size", 0), ("updates", 0), ("every", 7), ("every", 0)],
)
def test_a_bad_argument_is_named(name, value):
    with pytest.raises(ValueError, match=name):
        softmax.train(Constant(0.1), **{"penalty": 0.0, "seeds": [0], "updates": 10, name: value})
