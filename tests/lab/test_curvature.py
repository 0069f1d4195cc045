"""Curvature along a run: against explicit Hessians, and the edges against what really grows."""

import numpy as np
import pytest
from scipy.sparse.linalg import aslinearoperator

from lrdecay import Constant
from lrdecay.lab import curvature, sharpness
from lrdecay.lab.quiet import quiet

with quiet():
    import keras

pytestmark = pytest.mark.tensorflow

OPTIMIZERS = {
    "plain": keras.optimizers.SGD,
    "momentum": lambda rate: keras.optimizers.SGD(rate, momentum=0.8),
    "nesterov": lambda rate: keras.optimizers.SGD(rate, momentum=0.8, nesterov=True),
}


def after(optimizer, lam, updates):
    """How far from 0 the optimizer ends on ``lam / 2 * w**2`` from 1, the worst of late places."""
    weight = keras.Variable([1.0])
    far = []
    for _ in range(updates):
        optimizer.apply([lam * weight.value], [weight])
        far.append(abs(float(weight.value[0])))
    return max(far[-10:])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_edge_is_where_keras_own_optimizer_begins_to_grow(name):
    make = OPTIMIZERS[name]
    most = curvature.edge(make(0.1), 0.1)
    assert after(make(0.1), 0.97 * most, 200) < 0.2
    assert after(make(0.1), 1.03 * most, 200) > 5


def test_adams_edge_is_where_it_begins_to_grow_with_its_second_moments_held():
    """Cohen et al.'s frozen Adam: the companion matrix of its average and its weight."""
    adam = keras.optimizers.Adam(beta_1=0.9)
    assert curvature.edge(adam, 0.01) == pytest.approx(38 / 0.01)
    for beta, rate in ((0.9, 0.01), (0.5, 0.3)):
        most = curvature.edge(keras.optimizers.Adam(beta_1=beta), rate)
        for share, grows in ((0.999, False), (1.001, True)):
            lam = share * most
            # m' = beta m + (1 - beta) lam w;  w' = w - rate m'
            step = [[beta, (1 - beta) * lam], [-rate * beta, 1 - rate * (1 - beta) * lam]]
            assert (max(abs(np.linalg.eigvals(step))) > 1) == grows


def test_the_preconditioner_is_what_keras_divides_by():
    """Found from Keras' own step: P = rate * m / (w before - w after)."""
    draw = np.random.default_rng(0)
    adam = keras.optimizers.AdamW(0.01, beta_1=0.8, beta_2=0.95, epsilon=1e-3, weight_decay=0.0)
    weights = [keras.Variable(draw.normal(size=shape)) for shape in ((2, 3), (3,))]
    slopes = [draw.normal(size=(4, *w.shape)).astype(np.float32) for w in weights]
    for step in range(4):
        before = [w.numpy() for w in weights]
        adam.apply([keras.ops.array(part[step]) for part in slopes], weights)
    divided = []
    for old, new, part in zip(before, weights, slopes, strict=True):
        average = sum(0.2 * 0.8 ** (3 - step) * part[step] for step in range(4))
        divided.append((0.01 * average / (old - new.numpy())).ravel())
    sizes = np.concatenate(divided)
    root = draw.normal(size=(9, 9))
    second = root @ root.T
    found = sharpness.sharpness(curvature.preconditioned(aslinearoperator(second), adam))
    largest = max(np.linalg.eigvals(second / sizes[:, None]).real)
    assert found == pytest.approx(largest, rel=2e-3)


def test_a_run_reports_the_loss_the_rate_and_the_curvature_of_a_known_problem():
    """A plane through 0: the curvature is 2 x**2 = 8 along one axis, and 0 along the other."""
    x, y = np.tile([2.0, 0.0], (16, 1)), np.zeros((16, 1))
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])
    model.set_weights([np.ones((2, 1))])
    model.compile("sgd", "mse")
    schedule = Constant(0.1).warmup(4)
    wanted = {"batch_size": 8, "loss": keras.losses.mean_squared_error}
    found = curvature.along(model, schedule, x, y, [0, 2, 6], **wanted)
    weight, losses, steps = 1.0, [], []
    for rate in schedule.curve(6):
        losses.append(4 * weight**2)
        steps.append(8 * weight / np.sqrt(2))  # of two weights one stays
        weight -= rate * 8 * weight
    np.testing.assert_allclose(found.batch_losses, losses, rtol=1e-5)
    np.testing.assert_allclose(found.losses, [*losses[:3:2], 4 * weight**2], rtol=1e-5)
    np.testing.assert_allclose(found.sharpness, 8, rtol=1e-3)
    np.testing.assert_allclose(found.rates, [0, 0.05, 0.1])
    np.testing.assert_allclose(found.edges, [np.inf, 40, 20])
    np.testing.assert_allclose(found.steps, [np.nan, steps[1], steps[5]], rtol=1e-5)
    assert model.get_weights()[0].ravel().tolist() == pytest.approx([weight, 1.0])


def test_bad_input_is_named():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2, "softmax")])
    model.compile("rmsprop", "sparse_categorical_crossentropy")
    x, y = np.ones((4, 1)), np.zeros(4, int)
    for at in ([], [3, 1], [1, 1]):
        with pytest.raises(ValueError, match=r"at = .*expected numbers of updates, rising"):
            curvature.along(model, Constant(0.1), x, y, at, batch_size=2)
    with pytest.raises(ValueError, match=r"optimizer = RMSprop: expected SGD, Adam or AdamW"):
        curvature.along(model, Constant(0.1), x, y, [1], batch_size=2)
    model.compile("adam", "sparse_categorical_crossentropy")
    with pytest.raises(ValueError, match=r"no second moments before its first update"):
        curvature.along(model, Constant(0.1), x, y, [0], batch_size=2)
    with pytest.raises(ValueError, match=r"and no amsgrad"):
        curvature.edge(keras.optimizers.Adam(amsgrad=True), 0.1)
