"""The exact theory against simulation and exact arithmetic."""

import math
import subprocess
import sys
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from problems import PROBLEM, positive, schedule_of

from lrdecay import (
    Constant,
    ExponentialDecay,
    InverseTimeDecay,
    LinearDecay,
    PiecewiseConstant,
    StepDecay,
)
from lrdecay.theory import distance, expected_loss, noise_floor, simulate

SCHEDULES = [
    Constant(0.3),
    StepDecay(0.4, drop_rate=0.5, step_size=8),
    ExponentialDecay(0.5, decay_rate=0.1),
    InverseTimeDecay(0.9, decay_rate=0.3),
    LinearDecay(0.6, duration=40),
]
rates = st.lists(st.floats(0, 1.5), min_size=2, max_size=12)


def exact_losses(values, curvature, noise, start):
    """Return the expected losses in rational arithmetic, without any rounding."""
    h, sigma, x = Fraction(curvature), Fraction(noise), Fraction(start)
    squares = [x * x]
    for rate in map(Fraction, values):
        squares.append((1 - rate * h) ** 2 * squares[-1] + (rate * sigma) ** 2)
    return [float(h * m / 2) for m in squares]


# expected_loss


@given(values=rates, curvature=positive, noise=st.floats(0, 10), start=st.floats(-10, 10))
def test_expected_loss_is_the_recursion_to_the_last_digits(values, curvature, noise, start):
    loss = expected_loss(schedule_of(values), len(values), curvature, noise, start)
    exact = exact_losses(values, curvature, noise, start)
    # Where the rate hits 1 / curvature, 1 - rate * curvature has few right digits left.
    size = max(exact) * 1e-12 + 1e-300
    assert loss == pytest.approx(exact, rel=1e-11, abs=size)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
def test_expected_loss_holds_for_coin_flips_as_noise(schedule):
    # An own simulation, with noise of plus or minus 1: only mean and variance may matter.
    draws, runs, steps, curvature, noise, start = np.random.default_rng(7), 40_000, 40, 1.3, 0.8, 2
    x, losses = np.full(runs, float(start)), []
    for t in range(steps + 1):
        losses.append(curvature * x**2 / 2)
        x = x - schedule(t) * (curvature * x + noise * draws.choice([-1.0, 1.0], runs))
    losses = np.array(losses)
    exact = expected_loss(schedule, steps, curvature, noise, start)
    assert losses[0].mean() == pytest.approx(exact[0])
    error = losses[1:].std(axis=1, ddof=1) / math.sqrt(runs)
    # 4.5 standard errors at 40 times: a right formula fails in less than 3 of 10,000 seeds.
    assert np.all(abs(losses[1:].mean(axis=1) - exact[1:]) < 4.5 * error)


def test_a_constant_rate_has_the_closed_form_of_a_geometric_series():
    t, rate, h, sigma, x = sympy.symbols("t rate h sigma x", positive=True)
    m = sympy.Function("m")
    recursion = m(t + 1) - (1 - rate * h) ** 2 * m(t) - rate**2 * sigma**2
    closed = sympy.rsolve(recursion, m(t), {m(0): x**2})
    numbers = {rate: 0.07, h: 1.7, sigma: 0.9, x: 3}
    losses = expected_loss(Constant(0.07), 200, curvature=1.7, noise=0.9, start=3)
    for step in (0, 1, 10, 200):
        assert losses[step] == pytest.approx(float((h * closed / 2).subs(numbers | {t: step})))


def test_axes_of_a_quadratic_in_three_dimensions_add_up():
    draws = np.random.default_rng(3)
    root, mix = draws.normal(size=(2, 3, 3))
    hessian, covariance, x = root @ root.T / 3, mix @ mix.T, draws.normal(size=3)
    schedule, steps = InverseTimeDecay(0.3, 0.05), 60
    second, losses = np.outer(x, x), []
    for t in range(steps + 1):
        losses.append(np.trace(hessian @ second) / 2)
        keep = np.eye(3) - schedule(t) * hessian
        second = keep @ second @ keep + schedule(t) ** 2 * covariance
    curvatures, axes = np.linalg.eigh(hessian)
    noise = np.sqrt(np.diag(axes.T @ covariance @ axes))
    by_axis = expected_loss(schedule, steps, curvatures, noise, axes.T @ x)
    assert by_axis.shape == (3, steps + 1)
    assert by_axis.sum(axis=0) == pytest.approx(losses, rel=1e-9)


def test_arrays_broadcast_and_equal_their_members():
    curvature, noise = np.array([[0.5], [1.0], [2.0]]), np.array([0.1, 3.0])
    together = expected_loss(LinearDecay(0.4, 9), 10, curvature, noise, start=2)
    assert together.shape == (3, 2, 11)
    for i, j in np.ndindex(3, 2):
        alone = expected_loss(LinearDecay(0.4, 9), 10, curvature[i, 0], noise[j], start=2)
        assert alone.shape == (11,)
        assert (together[i, j] == alone).all()


@given(values=rates, curvature=positive, noise=positive, start=positive)
def test_units_of_x_and_of_the_loss_do_not_matter(values, curvature, noise, start):
    schedule, n = schedule_of(values), len(values)
    loss = expected_loss(schedule, n, curvature, noise, start)
    # x measured in a unit half as long: slopes halve, curvatures are a quarter, rates grow.
    other_x = expected_loss(4 * schedule, n, curvature / 4, noise / 2, 2 * start)
    assert other_x == pytest.approx(loss, rel=1e-9)
    other_loss = expected_loss(0.5 * schedule, n, 2 * curvature, 2 * noise, start)
    assert other_loss == pytest.approx(2 * loss, rel=1e-9)


def test_a_diverging_run_ends_at_infinity_without_a_warning():
    losses = expected_loss(PiecewiseConstant([2000], [3.0, 1.0]), 3000, curvature=1)
    assert np.isfinite(losses[:100]).all()
    assert np.isposinf(losses[2000:]).all()  # also after the rate that would forget it all
    assert not np.isnan(losses).any()


# noise_floor


def test_noise_floor_is_the_fixed_point():
    rate, h, sigma, m = sympy.symbols("rate h sigma m", positive=True)
    (fixed,) = sympy.solve((1 - rate * h) ** 2 * m + rate**2 * sigma**2 - m, m)
    loss = (h * fixed / 2).subs({rate: 0.5, h: 2, sigma: 0.7})
    assert noise_floor(0.5, curvature=2, noise=0.7) == pytest.approx(float(loss), rel=1e-14)


def test_r1_the_floor_and_its_simulation():
    assert round(noise_floor(0.5, curvature=2, noise=0.7), 4) == 0.1225
    # lr * curvature = 1: the next x has forgotten this one, so all losses are independent.
    x = simulate(Constant(0.5), 200, curvature=2, noise=0.7, runs=500, seed=1)[:, 1:]
    losses = x**2
    error = losses.std(ddof=1) / math.sqrt(losses.size)
    assert error < 0.001
    assert abs(losses.mean() - 0.1225) < 4 * error


@given(load=st.floats(0.01, 1.99), curvature=positive, noise=positive, start=st.floats(0, 10))
def test_expected_loss_settles_at_the_floor(load, curvature, noise, start):
    lr = load / curvature
    losses = expected_loss(Constant(lr), 2000, curvature, noise, start)
    assert losses[-1] == pytest.approx(noise_floor(lr, curvature, noise), rel=1e-6)


@given(st.floats(0.01, 1.9), st.floats(1.01, 1.05), positive, positive)
def test_a_lower_rate_has_a_lower_floor(load, factor, curvature, noise):
    lower, higher = noise_floor(np.array([load, load * factor]) / curvature, curvature, noise)
    assert 0 < lower < higher


def test_noise_floor_gives_floats_for_numbers_and_arrays_for_arrays():
    assert type(noise_floor(1, 1, 1)) is float
    floors = noise_floor([0.1, 0.5], 2.0, 0.7)
    assert floors.tolist() == [noise_floor(lr, 2.0, 0.7) for lr in (0.1, 0.5)]


@pytest.mark.parametrize("lr", [2.0, 2.5, [0.1, 2.0]])
def test_noise_floor_says_where_it_does_not_exist(lr):
    with pytest.raises(ValueError, match=r"lr = .*: SGD diverges, so lr must be below 2 / curv"):
        noise_floor(lr, curvature=1.0)
    assert expected_loss(Constant(2.0), 1000)[-1] > 1000  # and indeed it diverges


# R3 and R11: what the chapters say of other schedules


@pytest.mark.parametrize(("c", "limit"), [(1.0, 1.0), (2.0, 4 / 3)])
def test_r3_the_price_of_a_wrong_constant(c, limit):
    curvature, noise, steps = 0.5, 2.0, 100_000
    # c / (curvature * (t + 1)): the first of the updates is number 1.
    losses = expected_loss(InverseTimeDecay(c / curvature, 1), steps, curvature, noise)
    square = losses[-1] * 2 / curvature
    assert steps * square / (noise / curvature) ** 2 == pytest.approx(limit, rel=2e-5)


def test_r3_too_small_a_constant_is_slower_than_1_over_t():
    losses = expected_loss(InverseTimeDecay(0.25, 1), 1_000_000)
    slope = math.log10(losses[1_000_000] / losses[100_000])
    assert round(slope, 4) == -0.4999


def test_r11_freezing():
    losses = expected_loss(ExponentialDecay(0.001, decay_rate=0.01), 5000, noise=0)
    left = math.sqrt(2 * losses[-1])
    assert round(left, 4) == 0.9044
    assert round(math.exp(-0.001 / 0.01), 4) == 0.9048
    assert losses[-1] == losses[-2]  # it has stopped


# simulate


@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
def test_simulate_agrees_with_the_exact_loss(schedule):
    paths = simulate(schedule, 40, curvature=1.3, noise=0.8, start=2, runs=20_000, seed=5)
    losses = 1.3 * paths**2 / 2
    exact = expected_loss(schedule, 40, curvature=1.3, noise=0.8, start=2)
    error = losses[:, 1:].std(axis=0, ddof=1) / math.sqrt(20_000)
    assert np.all(abs(losses[:, 1:].mean(axis=0) - exact[1:]) < 4.5 * error)


def test_simulate_repeats_with_its_seed_and_only_with_it():
    first, again, other = (simulate(Constant(0.1), 5, runs=3, seed=seed) for seed in (1, 1, 2))
    assert first.shape == (3, 6)
    assert (first[:, 0] == 1).all()
    assert (first == again).all()
    assert (first[:, 1:] != other[:, 1:]).all()


def test_simulate_draws_anew_for_each_run_and_update():
    steps = np.diff(simulate(Constant(1.0), 30, curvature=1e-9, runs=400, seed=0))
    correlations = np.corrcoef(steps.T)[~np.eye(30, dtype=bool)]
    assert abs(correlations).max() < 5 / math.sqrt(400)


def test_without_noise_every_run_is_gradient_descent():
    paths = simulate(Constant(0.25), 3, curvature=2, noise=0, start=-8, runs=2)
    assert paths.tolist() == [[-8, -4, -2, -1]] * 2


# Bad input


@pytest.mark.parametrize("function", [expected_loss, simulate])
@pytest.mark.parametrize(("name", "value", "why"), PROBLEM)
def test_a_bad_problem_is_named(function, name, value, why):
    with pytest.raises(ValueError, match=f"^{name} = .*: ({why})"):
        function(Constant(0.1), 3, **{name: value})


@pytest.mark.parametrize(("name", "value", "why"), [case for case in PROBLEM if case[0] != "start"])
def test_noise_floor_names_a_bad_problem(name, value, why):
    with pytest.raises(ValueError, match=f"^{name} = .*: ({why})"):
        noise_floor(0.1, **{name: value})


@pytest.mark.parametrize("lr", [0, -1, math.nan, "0.1", [0.1, 0.0], False])
def test_noise_floor_names_a_bad_rate(lr):
    with pytest.raises(ValueError, match=r"^lr = "):
        noise_floor(lr)


@pytest.mark.parametrize("function", [expected_loss, simulate])
@pytest.mark.parametrize("steps", [0, -1, 2.5, True, "3", math.nan])
def test_steps_must_be_a_count(function, steps):
    with pytest.raises(ValueError, match=r"^steps = "):
        function(Constant(0.1), steps)


@pytest.mark.parametrize("function", [expected_loss, simulate])
def test_a_schedule_is_needed(function):
    with pytest.raises(TypeError, match=r"^s = 0.1: expected a schedule"):
        function(0.1, 3)


@pytest.mark.parametrize("problem", [{"runs": 0}, {"runs": 1.5}, {"seed": -1}, {"seed": None}])
def test_simulate_names_bad_runs_and_seeds(problem):
    with pytest.raises(ValueError, match=f"^{next(iter(problem))} = "):
        simulate(Constant(0.1), 3, **problem)


@pytest.mark.parametrize("name", ["curvature", "noise", "start"])
def test_simulate_takes_one_problem_only(name):
    with pytest.raises(ValueError, match=f"^{name} = "):
        simulate(Constant(0.1), 3, **{name: [1.0, 2.0]})


def test_theory_loads_numpy_alone():
    code = "import sys, lrdecay.theory; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {module.partition(".")[0] for module in run.stdout.split()}
    assert not loaded & {"tensorflow", "keras", "sympy", "matplotlib", "altair", "scipy", "jax"}


def test_the_losses_of_ever_lower_constant_rates_fall():
    floors = [expected_loss(Constant(lr), 20_000)[-1] for lr in (0.3, 0.1, 0.03, 0.01)]
    assert all(later < earlier for earlier, later in pairwise(floors))


# distance


@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
def test_distance_without_noise_is_the_product_of_what_each_update_leaves(schedule):
    curvature = np.array([0.3, 1.7])
    left = np.cumprod(1 - schedule.curve(40)[:, None] * curvature, axis=0).T
    got = distance(schedule, 40, curvature, noise=0.0, start=-3.0)
    assert got.shape == (2, 41)
    np.testing.assert_allclose(got[:, 1:], 3 * abs(left), rtol=1e-10)


def test_distance_is_the_root_mean_square_of_many_runs():
    paths = simulate(LinearDecay(0.6, 40), 40, curvature=1.3, noise=0.8, start=2.0, runs=40_000)
    exact = distance(LinearDecay(0.6, 40), 40, curvature=1.3, noise=0.8, start=2.0)
    np.testing.assert_allclose(np.sqrt((paths**2).mean(axis=0)), exact, rtol=0.02)
    grid = distance(Constant(0.1), 5, curvature=[1.0, 2.0], noise=[[0.0], [1.0], [2.0]])
    assert grid.shape == (3, 2, 6)
    np.testing.assert_array_equal(grid[2, 1], distance(Constant(0.1), 5, 2.0, 2.0))
