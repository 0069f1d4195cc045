"""Adam on the quadratic against Keras' Adam and AdamW on the same slopes."""

import math

import numpy as np
import pytest
from problems import PROBLEM

from lrdecay import Constant, LinearDecay
from lrdecay.theory import simulate_adam


@pytest.mark.tensorflow
@pytest.mark.parametrize("weight_decay", [0.0, 0.03])
@pytest.mark.parametrize("schedule", [Constant(0.1), LinearDecay(0.3, 40)], ids=repr)
def test_keras_goes_the_same_way(schedule, weight_decay):
    import keras  # noqa: PLC0415

    ours = simulate_adam(schedule, 30, 1.3, 0.8, 2.0, weight_decay, runs=50, seed=4)
    kind = keras.optimizers.AdamW if weight_decay else keras.optimizers.Adam
    more = {"weight_decay": weight_decay} if weight_decay else {}
    optimizer = kind(learning_rate=0.0, epsilon=1e-8, **more)
    x = keras.Variable(np.full(50, 2.0), dtype="float64")
    draws = np.random.default_rng(4)
    for t in range(30):
        assert x.numpy() == pytest.approx(ours[:, t], abs=1e-4)  # Keras counts in float32
        slope = 1.3 * x.numpy() + 0.8 * draws.standard_normal(50)
        optimizer.learning_rate = schedule(t)
        optimizer.apply([slope], [x])
    assert x.numpy() == pytest.approx(ours[:, 30], abs=1e-4)  # Keras counts in float32


def test_without_memory_each_step_is_as_long_as_the_rate():
    paths = simulate_adam(Constant(0.1), 20, start=7.0, runs=30, beta1=0.0, beta2=0.0)
    assert abs(np.diff(paths)) == pytest.approx(0.1, abs=1e-6)


def test_the_pull_alone_is_a_product_of_factors():
    # At the minimum and without noise the slope of a flat direction is nothing beside epsilon.
    paths = simulate_adam(
        LinearDecay(0.1, 50), 50, 1e-12, 0.0, 3.0, weight_decay=0.2, runs=1, epsilon=1e6
    )
    shares = 1 - 0.2 * LinearDecay(0.1, 50).curve(50)
    assert paths[0, -1] == pytest.approx(3 * math.prod(shares), rel=1e-9)


def test_a_constant_rate_has_a_noise_floor_that_rises_with_it():
    low, high = (
        (simulate_adam(Constant(lr), 600, runs=300)[:, 300:] ** 2).mean() for lr in (0.03, 0.1)
    )
    assert high > 2 * low


@pytest.mark.parametrize(("name", "value", "why"), PROBLEM)
def test_a_bad_problem_is_named(name, value, why):
    with pytest.raises(ValueError, match=f"^{name} = .*: ({why})"):
        simulate_adam(Constant(0.1), 3, **{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("beta1", 1.0),
        ("beta2", -0.1),
        ("epsilon", 0.0),
        ("weight_decay", -1.0),
        ("weight_decay", "a"),
        ("runs", 0),
        ("seed", -1),
        ("steps", 0),
    ],
)
def test_a_bad_setting_is_named(name, value):
    arguments = {"steps": 3, name: value}
    with pytest.raises(ValueError, match=f"^{name} = "):
        simulate_adam(Constant(0.1), **arguments)
