"""Schedule-free SGD against the paper's equations in symbols."""

import numpy as np
import pytest
import sympy

from lrdecay.lab import schedule_free, twin


def same(one, other):
    """Tell whether two polynomials have the same coefficients, up to rounding."""
    rest = sympy.expand(one - other).as_coefficients_dict()
    return all(abs(coefficient) < 1e-12 for coefficient in rest.values())


def test_it_is_the_papers_equations_for_any_gradients():
    """x is the mean of the z, y lies between, whatever the gradients are: in symbols."""
    lr, first = sympy.symbols("lr first")
    slopes = sympy.symbols("g:4")
    state = schedule_free.begin([first])
    z = [first - lr * sum(slopes[: t + 1]) for t in range(len(slopes))]
    for t, slope in enumerate(slopes):
        mean = sympy.Add(*z[:t]) / t if t else first
        before = z[t - 1] if t else first
        (y,) = schedule_free.gradient_point(state, 0.75)
        assert same(y, before / 4 + 3 * mean / 4)
        state = schedule_free.update(state, [slope], lr)
        assert same(state.z[0], z[t])
    assert same(state.x[0], sympy.Add(*z) / len(z))


def test_a_state_is_never_changed():
    weights = [np.ones(3), np.zeros((2, 2))]
    state = schedule_free.begin(weights)
    after = schedule_free.update(state, weights, 0.5)
    assert np.array_equal(state.z[0], np.ones(3))
    assert state.updates == 0
    assert after.updates == 1
    assert [array.shape for array in after.x] == [(3,), (2, 2)]


def test_float32_stays_float32():
    state = schedule_free.begin([np.ones(3, np.float32)])
    for _ in range(3):
        state = schedule_free.update(state, schedule_free.gradient_point(state), 0.1)
    assert state.x[0].dtype == state.z[0].dtype == np.float32


@pytest.mark.parametrize("beta", [-0.1, 1.1, float("nan"), "0.9"])
def test_a_bad_beta_is_named(beta):
    with pytest.raises(ValueError, match="beta = "):
        schedule_free.gradient_point(schedule_free.begin([1.0]), beta)


def test_a_gradient_that_is_missing_is_told():
    with pytest.raises(ValueError, match="gradient: 1 arrays for 2 of weights"):
        schedule_free.update(schedule_free.begin([1.0, 2.0]), [1.0], 0.1)


def test_the_twin_trains_by_it():
    weights = [np.full((4, 2), 0.1), np.zeros(2), np.ones((2, 3)), np.zeros(3)]
    x, y = np.full((4, 2, 2), 255), np.array([0, 0, 0, 1])
    orders = [np.arange(4)] * 2
    run = twin.train(schedule_free.begin(weights), x, y, schedule_free.sgd(0.5, 0.7), orders, 2)
    *_, last = run
    state = schedule_free.begin(weights)
    for batch in (slice(0, 2), slice(2, 4)) * 2:
        _, slope = twin.loss_and_gradients(
            schedule_free.gradient_point(state, 0.7), x[batch], y[batch]
        )
        state = schedule_free.update(state, slope, 0.5)
    assert last.updates == 4
    for found, right in zip(last.x, state.x, strict=True):
        assert found == pytest.approx(right)
