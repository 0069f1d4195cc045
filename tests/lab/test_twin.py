"""The network in NumPy against finite differences, and against Keras' `fit`."""

import numpy as np
import pytest

from lrdecay import StepDecay, to_keras
from lrdecay.lab import twin


def some(sizes, examples, seed=0, dtype=np.float64):
    """Weights of a network of these sizes, images and labels."""
    draw = np.random.default_rng(seed)
    a, b, c = sizes
    shapes = [(a, b), (b,), (b, c), (c,)]
    weights = [(draw.normal(0, 0.5, shape)).astype(dtype) for shape in shapes]
    side = round(a**0.5)
    images = draw.integers(0, 256, (examples, side, side)).astype(np.uint8)
    return weights, images, draw.integers(0, c, examples)


def test_the_gradients_are_those_of_finite_differences():
    weights, x, y = some((9, 5, 4), 7)
    _, gradients = twin.loss_and_gradients(weights, x, y)
    step = 1e-6
    for place, weight in enumerate(weights):
        for index in np.ndindex(weight.shape):
            losses = []
            for sign in (1, -1):
                moved = [other.copy() for other in weights]
                moved[place][index] += sign * step
                losses.append(twin.loss_and_gradients(moved, x, y)[0])
            slope = (losses[0] - losses[1]) / (2 * step)
            assert gradients[place][index] == pytest.approx(slope, abs=1e-8)


def test_nothing_that_it_is_given_is_changed():
    weights, x, y = some((9, 5, 4), 7)
    copies = [array.copy() for array in (*weights, x, y)]
    *_, last = twin.train(weights, x, y, twin.sgd(StepDecay(0.5, 0.5, 2)), [np.arange(7)], 3)
    for array, copy in zip((*weights, x, y), copies, strict=True):
        np.testing.assert_array_equal(array, copy)
    assert not np.array_equal(last[0], weights[0])


def test_large_scores_do_not_overflow():
    weights, x, _ = some((9, 5, 4), 7)
    logs = twin.forward([weight * 1e3 for weight in weights], x)[2]
    assert np.isfinite(logs).all()
    np.testing.assert_allclose(np.exp(logs).sum(axis=1), 1)


def test_an_update_may_look_where_it_likes():
    """Nesterov's momentum in its first form: the gradient where the momentum leads."""
    weights, x, y = some((9, 5, 4), 6)

    def nesterov(state, t, measure):
        at, speed = state
        _, gradients = measure([w + 0.9 * v for w, v in zip(at, speed, strict=True)])
        speed = [0.9 * v - 0.1 * g for v, g in zip(speed, gradients, strict=True)]
        return [w + v for w, v in zip(at, speed, strict=True)], speed

    start = weights, [np.zeros_like(w) for w in weights]
    orders = [np.array([5, 0, 1, 2, 4, 3]), np.arange(6)]
    states = list(twin.train(start, x, y, nesterov, orders, 4))
    assert len(states) == 2
    want = start
    for batch in ([5, 0, 1, 2], [4, 3], [0, 1, 2, 3], [4, 5]):
        want = nesterov(want, 0, lambda w, i=batch: twin.loss_and_gradients(w, x[i], y[i]))
    for got, expected in zip(states[-1][0], want[0], strict=True):
        np.testing.assert_array_equal(got, expected)


@pytest.mark.tensorflow
def test_it_trains_the_articles_network_as_keras_does(made_digits):
    from lrdecay.lab.quiet import quiet  # noqa: PLC0415

    with quiet():
        import keras  # noqa: PLC0415

    from lrdecay.lab.sweep import engine  # noqa: PLC0415
    from lrdecay.lab.tasks.images import build_model  # noqa: PLC0415

    x, y = made_digits["x_train"][:1000], made_digits["y_train"][:1000]
    schedule = StepDecay(0.2, 0.5, 40)
    orders = [engine.order(3, epoch, len(x)) for epoch in range(3)]  # 31 updates of 32, one of 8
    model = build_model(3)
    first = model.get_weights()
    loss = "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.SGD(to_keras(schedule)), loss, metrics=["accuracy"])
    states = twin.train(first, x, y, twin.sgd(schedule), orders)
    for order, weights in zip(orders, states, strict=True):
        model.fit(x[order], y[order], 32, shuffle=False, verbose=0)
        for got, want in zip(weights, model.get_weights(), strict=True):
            assert got.dtype == np.float32
            np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)
        want = model.evaluate(x, y, verbose=0)
        assert twin.evaluate(weights, x, y) == pytest.approx(want, rel=1e-4)
    assert not np.allclose(weights[0], first[0], atol=1e-2)
    assert twin.evaluate(weights, x, y)[1] > 0.75
