"""The plateau rule against Keras' own, and against what is known of a run without noise."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from lrdecay.lab.quiet import quiet
from lrdecay.theory import plateau_rates

with quiet():
    import keras

pytestmark = pytest.mark.tensorflow


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("every", "factor"), [(1, 0.9), (10, 0.5), (25, 0.1)])
def test_it_is_the_rule_of_keras(seed, every, factor):
    curvature, noise, start, steps = 1.5, 0.7, 4.0, 300
    (rates,) = plateau_rates(0.1, steps, every, factor, curvature, noise, start, 1, seed)
    draws = np.random.default_rng(seed)
    x, losses = start, []
    for rate in rates:
        losses.append(curvature * x * x / 2)
        x -= rate * (curvature * x + noise * draws.standard_normal())
    rule = keras.callbacks.ReduceLROnPlateau("loss", factor, patience=1, min_delta=0)
    optimizer = SimpleNamespace(learning_rate=0.1)
    rule.set_model(SimpleNamespace(optimizer=optimizer))
    rule.on_train_begin()
    chosen = []
    for epoch, part in enumerate(np.array(losses).reshape(-1, every)):
        chosen += [float(optimizer.learning_rate)] * every
        rule.on_epoch_end(epoch, {"loss": part.mean()})
    np.testing.assert_allclose(rates, chosen, rtol=1e-12)
    assert len(set(rates)) > 2


def test_without_noise_a_stable_rate_is_never_lowered_and_an_unstable_one_is():
    # Until the loss underflows.
    assert (plateau_rates(0.5, 200, 10, noise=0.0, runs=3) == 0.5).all()
    (rates,) = plateau_rates(2.5, 40, 10, noise=0.0, runs=1)
    # The first epoch has nothing to beat; the second is worse, and the rate is then stable.
    assert set(rates[:20]) == {2.5}
    assert set(rates[20:30]) == {1.25}


def test_shape_and_seed():
    one, same, other = (plateau_rates(0.1, 50, 5, runs=4, seed=seed) for seed in (1, 1, 2))
    assert one.shape == (4, 50)
    assert (one == same).all()
    assert (one != other).any()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("lr0", value) for value in (-0.1, math.nan, "a")],
        *[("steps", value) for value in (0, 1.5)],
        *[("every", value) for value in (0, 2.5)],
        *[("factor", value) for value in (0, 1, -1, math.nan)],
        *[("curvature", value) for value in (0, math.inf, [1.0])],
        *[("noise", value) for value in (-1, [1.0])],
        *[("runs", value) for value in (0, 1.5)],
        *[("seed", value) for value in (-1, 0.5)],
    ],
)
def test_a_bad_argument_is_named(name, value):
    with pytest.raises(ValueError, match=name):
        plateau_rates(**{"lr0": 0.1, "steps": 10, "every": 5, name: value})
