"""Averaged iterates against simulation, exact arithmetic and a matrix of all iterates at once."""

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from problems import PROBLEM, positive, schedule_of

from lrdecay import WSD, Constant, ExponentialDecay, InverseTimeDecay, LinearDecay
from lrdecay.theory import averaged_loss, decay_of_average, expected_loss, simulate

SCHEDULES = [Constant(0.3), InverseTimeDecay(0.9, decay_rate=0.3), LinearDecay(0.6, duration=40)]
AVERAGES = [{}, {"begin": 20}, {"begin": 39}, {"ema": 0.9}, {"ema": 0.8, "begin": 10}]
rates = st.lists(st.floats(0, 1.5), min_size=2, max_size=12)


def weights(steps, begin=0, ema=None):
    """Return the weight of each iterate x_0 ... x_steps in the average, from its definition."""
    found = np.zeros(steps + 1)
    if ema is None:
        found[begin + 1 :] = 1 / (steps - begin)
    else:
        found[begin] = ema ** (steps - begin)
        found[begin + 1 :] = (1 - ema) * ema ** np.arange(steps - begin)[::-1]
    return found


def loss_by_matrix(values, average, curvature, noise, start):
    """Return the loss of weighted iterates from one linear system for the whole path."""
    n = len(values)
    system = np.eye(n + 1)
    system[np.arange(1, n + 1), np.arange(n)] = -(1 - np.array(values) * curvature)
    of_start = np.linalg.solve(system, np.eye(n + 1)[0] * start)
    of_noise = np.linalg.solve(system, np.vstack([np.zeros(n), np.diag(values) * noise]))
    return curvature * ((average @ of_start) ** 2 + ((average @ of_noise) ** 2).sum()) / 2


@pytest.mark.parametrize("average", AVERAGES, ids=repr)
@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
def test_the_whole_path_as_one_linear_system(schedule, average):
    problem = {"curvature": 1.3, "noise": 0.8, "start": 2.0}
    loss = averaged_loss(schedule, 40, **problem, **average)
    exact = loss_by_matrix(schedule.curve(40), weights(40, **average), **problem)
    assert loss[-1] == pytest.approx(exact, rel=1e-11)


@given(
    data=st.data(),
    values=rates,
    curvature=positive,
    noise=st.floats(0, 10),
    start=st.floats(-10, 10),
)
def test_the_mean_in_rational_arithmetic(data, values, curvature, noise, start):
    begin = data.draw(st.integers(0, len(values) - 1))
    h, sigma = Fraction(curvature), Fraction(noise)
    x = [Fraction(start)] + [Fraction(0)] * len(values)  # a number, and the factor of each draw
    total = [Fraction(0)] * len(x)
    for t, rate in enumerate(map(Fraction, values)):
        x = [(1 - rate * h) * part for part in x]
        x[t + 1] -= rate * sigma
        if t >= begin:
            total = [a + b for a, b in zip(total, x, strict=True)]
    exact = h * sum(part**2 for part in total) / (len(values) - begin) ** 2 / 2
    loss = averaged_loss(schedule_of(values), len(values), curvature, noise, start, begin=begin)
    largest = max(expected_loss(schedule_of(values), len(values), curvature, noise, start))
    assert loss[-1] == pytest.approx(float(exact), rel=1e-11, abs=largest * 1e-12 + 1e-300)


def test_the_mean_of_three_iterates_by_algebra():
    h, sigma, x0, *eta = sympy.symbols("h sigma x0 eta0:3", positive=True)
    draws = sympy.symbols("xi0:3")
    x, path = x0, []
    for rate, xi in zip(eta, draws, strict=True):
        x = x - rate * (h * x + sigma * xi)
        path.append(x)
    mean = sympy.Poly(sympy.expand(sum(path) / 3), *draws)
    loss = h * sum(part**2 for part in mean.coeffs()) / 2  # the draws are independent, of size 1
    numbers = dict(zip(eta, (0.4, 0.3, 0.1), strict=True)) | {h: 1.7, sigma: 0.6, x0: 2}
    ours = averaged_loss(schedule_of([0.4, 0.3, 0.1]), 3, 1.7, 0.6, 2)[-1]
    assert ours == pytest.approx(float(loss.subs(numbers)), rel=1e-12)


@pytest.mark.parametrize("average", AVERAGES, ids=repr)
@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
def test_simulated_runs_agree(schedule, average):
    problem = {"curvature": 1.3, "noise": 0.8, "start": 2.0}
    paths = simulate(schedule, 40, runs=20_000, seed=5, **problem)
    losses = 1.3 * (paths @ weights(40, **average)) ** 2 / 2
    exact = averaged_loss(schedule, 40, **problem, **average)[-1]
    error = losses.std(ddof=1) / math.sqrt(20_000)
    assert abs(losses.mean() - exact) < 4.5 * error


def test_each_entry_is_the_loss_of_a_run_that_ends_there():
    problem = {"curvature": 0.7, "noise": 1.1, "start": 3.0}
    for average in ({}, {"begin": 3}, {"ema": 0.5}):
        whole = averaged_loss(Constant(0.4), 9, **problem, **average)
        for end in range(4, 10):
            assert whole[end] == averaged_loss(Constant(0.4), end, **problem, **average)[-1]


def test_before_the_average_begins_it_is_the_iterate():
    alone = expected_loss(LinearDecay(0.5, 30), 30, start=2)
    tail = averaged_loss(LinearDecay(0.5, 30), 30, start=2, begin=20)
    assert tail[:22] == pytest.approx(alone[:22], rel=1e-14)  # and of one iterate, it is that one
    nothing_kept = averaged_loss(LinearDecay(0.5, 30), 30, start=2, ema=0.0)
    assert nothing_kept == pytest.approx(alone, rel=1e-14)


def test_start_and_noise_add_up():
    both, start, noise = (
        averaged_loss(Constant(0.2), 50, noise=n, start=s) for n, s in ((1, 3), (0, 3), (1, 0))
    )
    assert both == pytest.approx(start + noise, rel=1e-13)


def test_independent_iterates_average_like_independent_numbers():
    # lr * curvature = 1: each iterate is fresh noise.
    loss = averaged_loss(Constant(0.5), 1000, curvature=2.0, noise=0.7, start=9.0)[-1]
    assert loss == pytest.approx(0.7**2 / (2 * 2.0 * 1000), rel=1e-12)


@pytest.mark.parametrize("lr", [0.1, 0.5, 1.5])
def test_polyak_and_juditsky_at_many_updates(lr):
    loss = averaged_loss(Constant(lr), 200_000, curvature=0.8, noise=1.2)[-1]
    assert loss * 2 * 0.8 * 200_000 / 1.2**2 == pytest.approx(1, rel=3e-4)


def test_an_exponential_average_settles_where_its_moments_stand_still():
    a, eta, sigma, beta, m, c, q = sympy.symbols("a eta sigma beta m c q")
    after = a**2 * m + eta**2 * sigma**2
    moments = sympy.solve(
        [
            after - m,
            beta * a * c + (1 - beta) * after - c,
            beta**2 * q + 2 * beta * (1 - beta) * a * c + (1 - beta) ** 2 * after - q,
        ],
        [m, c, q],
        dict=True,
    )[0]
    numbers = {a: 1 - 0.1 * 1.5, eta: 0.1, sigma: 2, beta: 0.95}
    loss = averaged_loss(Constant(0.1), 3000, curvature=1.5, noise=2.0, ema=0.95)[-1]
    assert loss == pytest.approx(float((1.5 * moments[q] / 2).subs(numbers)), rel=1e-9)


def test_several_curvatures_equal_their_members():
    problem = {"noise": np.array([0.1, 3.0]), "start": 2}
    together = averaged_loss(
        LinearDecay(0.4, 9), 10, curvature=[[0.5], [1.0], [2.0]], **problem, begin=4
    )
    assert together.shape == (3, 2, 11)
    for i, j in np.ndindex(3, 2):
        h, sigma = (0.5, 1.0, 2.0)[i], problem["noise"][j]
        alone = averaged_loss(LinearDecay(0.4, 9), 10, h, sigma, start=2, begin=4)
        assert together[i, j] == pytest.approx(alone, rel=1e-14)


@given(values=rates, curvature=positive, noise=positive, start=positive)
def test_units_of_x_and_of_the_loss_do_not_matter(values, curvature, noise, start):
    schedule, n = schedule_of(values), len(values)
    loss = averaged_loss(schedule, n, curvature, noise, start)
    other_x = averaged_loss(4 * schedule, n, curvature / 4, noise / 2, 2 * start)
    small = 1e-12 * max(expected_loss(schedule, n, curvature, noise, start))
    assert other_x == pytest.approx(loss, rel=1e-9, abs=small)


def test_a_diverging_run_has_no_finite_average():
    losses = averaged_loss(Constant(3.0), 3000)
    assert np.isposinf(losses[2000:]).all()
    assert not np.isnan(losses).any()
    assert not (losses < 0).any()


def test_steps_that_cancel_leave_no_negative_loss():
    losses = averaged_loss(Constant(2.0), 50, noise=0.0)  # x is 1, -1, 1, ...
    assert (losses >= 0).all()
    assert losses[2::2] == pytest.approx(0, abs=1e-16)


# R6: averages as decays


@pytest.mark.parametrize("average", AVERAGES, ids=repr)
@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
def test_r6_the_average_is_the_last_iterate_of_a_decay(schedule, average):
    gradients = np.random.default_rng(0).normal(size=(40, 3))
    path = np.vstack([np.ones(3), 1 - np.cumsum(schedule.curve(40)[:, None] * gradients, axis=0)])
    last = 1 - decay_of_average(schedule, 40, **average) @ gradients
    assert last == pytest.approx(weights(40, **average) @ path, rel=1e-12)


@pytest.mark.parametrize(
    ("average", "decay"),
    [
        ({}, LinearDecay(0.3, 40)),
        ({"begin": 30}, Constant(0.3).cooldown(10, at=30)),
        ({"begin": 30}, WSD(0.3, 40, warmup=0, cooldown=10)),
    ],
)
def test_r6_known_schedules(average, decay):
    assert decay_of_average(Constant(0.3), 40, **average) == pytest.approx(
        decay.curve(40), rel=1e-12
    )


def test_r6_an_exponential_average_is_a_late_exponential_end():
    found = decay_of_average(Constant(0.3), 40, ema=0.8)
    end = ExponentialDecay.from_ratio(0.3, 0.8, 1).curve(41)
    assert 0.3 - found == pytest.approx(end[:0:-1], rel=1e-9)


def test_r6_holds_for_fixed_gradients_alone():
    # On a quadratic the gradients follow the iterate, and the two runs end apart.
    averaged = averaged_loss(Constant(0.5), 1000, start=10.0)[-1]
    decayed = expected_loss(LinearDecay(0.5, 1000), 1000, start=10.0)[-1]
    assert averaged < 0.2 * decayed


# Bad input


@pytest.mark.parametrize(("name", "value", "why"), PROBLEM)
def test_a_bad_problem_is_named(name, value, why):
    with pytest.raises(ValueError, match=f"^{name} = .*: ({why})"):
        averaged_loss(Constant(0.1), 3, **{name: value})


@pytest.mark.parametrize("function", [averaged_loss, decay_of_average])
@pytest.mark.parametrize("begin", [-1, 3, 1.0, True, None, "0"])
def test_begin_must_leave_something_to_average(function, begin):
    with pytest.raises(ValueError, match=r"^begin = .*: must be a whole number"):
        function(Constant(0.1), 3, begin=begin)


@pytest.mark.parametrize("function", [averaged_loss, decay_of_average])
@pytest.mark.parametrize("ema", [1.0, -0.1, math.nan, "0.9", True])
def test_ema_must_be_a_share(function, ema):
    with pytest.raises(ValueError, match=r"^ema = "):
        function(Constant(0.1), 3, ema=ema)


@pytest.mark.parametrize("function", [averaged_loss, decay_of_average])
@pytest.mark.parametrize("steps", [0, 2.5, True])
def test_steps_must_be_a_count(function, steps):
    with pytest.raises(ValueError, match=r"^steps = "):
        function(Constant(0.1), steps)


@pytest.mark.parametrize("function", [averaged_loss, decay_of_average])
def test_a_schedule_is_needed(function):
    with pytest.raises(TypeError, match=r"^s = 0.1: expected a schedule"):
        function(0.1, 3)
