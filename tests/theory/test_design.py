"""The best rates against algebra, a numerical optimiser and every other rates."""

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from problems import PROBLEM, positive, schedule_of
from scipy.optimize import approx_fprime, minimize

from lrdecay import Constant, ExponentialDecay, InverseTimeDecay
from lrdecay.theory import (
    best_rates,
    design,
    expected_loss,
    least_loss,
    optimal_inverse_time,
    tuned,
)

VALLEY = {"curvature": [1.0, 0.05], "noise": [1.0, 0.05**0.5], "start": [1.0, 20**0.5]}


def test_r2_the_numbers_of_the_example():
    best = optimal_inverse_time(curvature=0.5, noise=2.0, start=3.0)
    assert best == InverseTimeDecay(0.72, decay_rate=0.36)
    square = expected_loss(best, 1000, 0.5, 2.0, 3.0)[-1] * 2 / 0.5
    assert square == pytest.approx(0.0159716, abs=5e-8)


def test_r2_follows_from_minimising_each_step():
    rate, h, sigma, m, t, t0 = sympy.symbols("rate h sigma m t t0", positive=True)
    after = (1 - rate * h) ** 2 * m + rate**2 * sigma**2
    (best,) = sympy.solve(sympy.diff(after, rate), rate)
    here = sigma**2 / (h**2 * (t + t0))
    assert sympy.simplify(best.subs(m, here) - 1 / (h * (1 + t + t0))) == 0
    next_square = after.subs(rate, best).subs(m, here)
    assert sympy.simplify(next_square - here.subs(t, t + 1)) == 0


def test_r2_is_what_an_optimiser_finds_with_fifty_free_rates():
    curvature, noise, start, n = 0.5, 2.0, 3.0, 50

    def last_square(values):
        squares = [start**2]
        for rate in values:
            squares.append((1 - rate * curvature) ** 2 * squares[-1] + (rate * noise) ** 2)
        slope, later = np.empty(n), 1.0
        for t in reversed(range(n)):
            keep = 1 - values[t] * curvature
            slope[t] = later * 2 * (values[t] * noise**2 - keep * curvature * squares[t])
            later *= keep**2
        return squares[-1], slope

    found = minimize(
        last_square,
        np.full(n, 0.3),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, 4)] * n,
        options={"maxiter": 10_000, "maxfun": 100_000, "ftol": 1e-15, "gtol": 1e-12},
    )
    best = optimal_inverse_time(curvature, noise, start)
    assert abs(found.x - best.curve(n)).max() < 2e-4
    square = expected_loss(best, n, curvature, noise, start)[-1] * 2 / curvature
    assert 0 <= found.fun / square - 1 < 1e-7


@given(data=st.data(), curvature=positive, noise=positive, start=positive)
def test_r2_no_other_rates_are_better_at_any_time(data, curvature, noise, start):
    best = optimal_inverse_time(curvature, noise, start)
    factors = data.draw(st.lists(st.floats(0.2, 1.8), min_size=2, max_size=12))
    n = len(factors)
    other = schedule_of(best.curve(n) * factors)
    ours = expected_loss(best, n, curvature, noise, start)
    assert (ours <= expected_loss(other, n, curvature, noise, start) * (1 + 1e-12)).all()


@given(curvature=positive, noise=st.floats(0, 10), start=positive, steps=st.integers(1, 300))
def test_r2_closed_form(curvature, noise, start, steps):
    best = optimal_inverse_time(curvature, noise, start)
    t0 = noise**2 / (curvature * start) ** 2
    assert best.lr0 == pytest.approx(1 / (curvature * (1 + t0)))
    assert best.decay_rate == pytest.approx(1 / (1 + t0))
    last = expected_loss(best, steps, curvature, noise, start)[-1]
    expected = noise**2 / (2 * curvature * (steps + t0))
    assert last == pytest.approx(expected, rel=1e-8, abs=1e-25)


def test_the_side_of_the_minimum_does_not_matter():
    assert optimal_inverse_time(2, 1, -3) == optimal_inverse_time(2, 1, 3)


@pytest.mark.parametrize(("name", "value", "why"), PROBLEM)
def test_optimal_inverse_time_names_a_bad_problem(name, value, why):
    with pytest.raises(ValueError, match=f"^{name} = .*: ({why})"):
        optimal_inverse_time(**{name: value})


def test_optimal_inverse_time_has_no_answer_at_the_minimum():
    with pytest.raises(ValueError, match=r"^start = 0: must not be 0"):
        optimal_inverse_time(start=0)


# --- several curvatures: rates and families that a search finds ----------------------------------


def loss_of(rates, **problem):
    return expected_loss(schedule_of(rates), len(rates), **problem)[..., -1].sum()


def test_free_rates_for_one_curvature_are_those_of_the_formula():
    found = best_rates(40, curvature=0.5, noise=2.0, start=3.0)
    assert abs(found - optimal_inverse_time(0.5, 2.0, 3.0).curve(40)).max() < 2e-4


def test_without_noise_two_free_rates_are_the_inverse_curvatures():
    found = best_rates(2, curvature=[1.0, 0.1], noise=0.0, start=1.0, highest=20.0)
    assert sorted(found) == pytest.approx([1, 10], rel=1e-3)


def test_the_derivative_of_the_free_rates_against_finite_differences():
    rates = np.linspace(1.5, 0.1, 12)
    h, sigma, x = (np.array(part) for part in VALLEY.values())
    loss, slopes = design._loss_and_slopes(rates, h, sigma, x)
    assert loss == pytest.approx(loss_of(rates, **VALLEY), rel=1e-13)
    numeric = approx_fprime(rates, lambda at: loss_of(at, **VALLEY), 1e-7)
    np.testing.assert_allclose(slopes, numeric, rtol=1e-5, atol=1e-6)


def test_no_rates_nearby_are_better_than_the_free_ones():
    found = best_rates(60, **VALLEY)
    least, draws = loss_of(found, **VALLEY), np.random.default_rng(0)
    assert found.max() <= 2  # 2 / curvature of the steep direction
    for size in (1e-3, 1e-2, 0.1, 0.5):
        factors = np.exp(size * draws.standard_normal((20, 60)))
        for other in np.minimum(found * factors, 2):
            assert loss_of(other, **VALLEY) >= least * (1 - 1e-9)
    for family, guess in ((ExponentialDecay, [1, 0.05]), (InverseTimeDecay, [1, 0.1])):
        rival = tuned(family, guess, 60, **VALLEY, highest=2.0)
        assert expected_loss(rival, 60, **VALLEY)[:, -1].sum() > 1.02 * least


@given(start=st.floats(0.1, 10), noise=st.floats(0.1, 10))
def test_one_update_of_a_tuned_constant_rate_by_hand(start, noise):
    best = tuned(Constant, [0.3], 1, noise=noise, start=start)
    assert best.lr0 == pytest.approx(start**2 / (start**2 + noise**2), rel=1e-3)


def test_tuned_inverse_time_is_the_optimal_one():
    best = tuned(InverseTimeDecay, [0.3, 0.1], 200, 0.5, 2.0, 3.0)
    exact = expected_loss(optimal_inverse_time(0.5, 2.0, 3.0), 200, 0.5, 2.0, 3.0)[-1]
    assert expected_loss(best, 200, 0.5, 2.0, 3.0)[-1] == pytest.approx(exact, rel=1e-6)


def test_no_point_of_a_grid_is_below_what_was_tuned():
    best = tuned(ExponentialDecay, [1.0, 0.05], 60, **VALLEY, highest=2.0)
    least = expected_loss(best, 60, **VALLEY)[:, -1].sum()
    for lr0 in np.geomspace(0.1, 2, 15):
        for k in np.geomspace(0.005, 0.5, 15):
            other = expected_loss(ExponentialDecay(lr0, k), 60, **VALLEY)[:, -1].sum()
            assert other >= least * (1 - 1e-9)


def test_the_highest_rate_is_kept():
    free = tuned(InverseTimeDecay, [1.0, 0.1], 60, **VALLEY)
    bound = tuned(InverseTimeDecay, [0.5, 0.1], 60, **VALLEY, highest=1.0)
    assert bound(0) <= 1.0 < free(0)
    assert best_rates(20, **VALLEY, highest=0.25).max() == 0.25


@pytest.mark.parametrize(
    ("guess", "more", "message"),
    [
        ([0.0], {}, "guess = \\[0.0\\]: must be above 0"),
        ([3.0], {"highest": 2.0}, "guess = \\[3.0\\]: gives rates above `highest`"),
        ([3.0], {"steps": 2000}, "guess = .*: gives rates above `highest` or no finite loss"),
        (["a"], {}, "guess = .*: expected a number or an array of numbers"),
        ([0.1], {"noise": -1}, "noise = .*: must be 0 or more"),
    ],
)
def test_a_search_that_cannot_begin_says_why(guess, more, message):
    with pytest.raises(ValueError, match=message):
        tuned(Constant, guess, **{"steps": 10} | more)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"steps": 0}, "steps = 0"),
        ({"curvature": 0}, "curvature = .*: must be above 0"),
        ({"noise": [-1, 1]}, "noise = .*: must be 0 or more"),
        ({"highest": -1.0}, "highest = -1.0: must be above 0"),
    ],
)
def test_free_rates_name_a_bad_argument(arguments, message):
    with pytest.raises(ValueError, match=message):
        best_rates(**{"steps": 5} | arguments)


def test_the_least_loss_has_a_best_rate_for_each_start():
    def two(lr, start):  # losses of shape (starts, curvatures, updates + 1)
        ends = (lr - np.array([1.0, 2.0])) ** 2 + np.asarray(start)
        return np.stack([np.full_like(ends, 9.0), ends], axis=-1)

    # (lr - 1)^2 + (lr - 2)^2 + 2 start is 1 + 2 start at rates 1 and 2, and more at 0
    assert least_loss(two, [0.0, 1.0, 2.0], start=[[0.0], [5.0]]).tolist() == [1.0, 11.0]
    with pytest.raises(ValueError, match="rates = "):
        least_loss(two, [], start=1.0)


def test_the_least_loss_is_near_what_a_search_finds():
    def last_point(lr, **problem):
        return expected_loss(Constant(lr), 100, **problem)

    found = least_loss(last_point, np.geomspace(0.01, 1, 2000), **VALLEY)
    best = tuned(Constant, [0.1], 100, **VALLEY)
    assert found == pytest.approx(last_point(best.lr0, **VALLEY)[..., -1].sum(), rel=1e-4)
