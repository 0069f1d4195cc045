"""The best rates against algebra, a numerical optimiser and every other rates."""

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from problems import PROBLEM, positive, schedule_of
from scipy.optimize import minimize

from lrdecay import InverseTimeDecay
from lrdecay.theory import expected_loss, optimal_inverse_time


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
