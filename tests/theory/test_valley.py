"""The river valley against simulation, algebra and the numbers that it is known by."""

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from problems import PROBLEM, positive, schedule_of

from lrdecay import WSD, Constant, CosineDecay, LinearDecay
from lrdecay.theory import noise_floor, river_valley

SCHEDULES = [Constant(0.3), WSD(0.3, 40, warmup=4, cooldown=8), CosineDecay(0.5, 60)]


def walked(s, steps, curvature, noise, slope, start, runs, seed):
    """Return x and y of many runs after the last update, by the slopes of the loss alone."""
    x, y = sympy.symbols("x y")
    loss = curvature * y**2 / 2 - slope * x
    along, across = (sympy.lambdify((x, y), loss.diff(by), "numpy") for by in (x, y))
    draws = np.random.default_rng(seed)
    places = np.zeros(runs), np.full(runs, float(start))
    for rate in s.curve(steps):
        noisy = across(*places) + noise * draws.standard_normal(runs)
        places = places[0] - rate * along(*places), places[1] - rate * noisy
    return places


@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
def test_simulated_runs_agree(schedule):
    problem = {"curvature": 1.3, "noise": 0.8, "slope": 0.2, "start": 2.0}
    runs = 20_000
    x, y = walked(schedule, 40, **problem, runs=runs, seed=3)
    end = river_valley(schedule, 40, **problem)
    assert x == pytest.approx(np.full(runs, end.x[-1]), rel=1e-12)
    assert abs(y.mean() - end.mean[-1]) < 4.5 * end.spread[-1] / math.sqrt(runs)
    losses = 1.3 * y**2 / 2
    assert abs(losses.mean() - end.hill[-1]) < 4.5 * losses.std(ddof=1) / math.sqrt(runs)
    assert y.std() == pytest.approx(end.spread[-1], rel=4.5 / math.sqrt(2 * runs))


@given(
    values=st.lists(st.floats(0, 1.5), min_size=2, max_size=10),
    curvature=positive,
    noise=st.floats(0, 10),
    slope=st.floats(0, 10),
    start=st.floats(-10, 10),
)
def test_rational_arithmetic(values, curvature, noise, slope, start):
    h, sigma, g = Fraction(curvature), Fraction(noise), Fraction(slope)
    x, y = Fraction(0), [Fraction(start)] + [Fraction(0)] * len(values)  # and of each draw
    for t, rate in enumerate(map(Fraction, values)):
        x += rate * g
        y = [(1 - rate * h) * part for part in y]
        y[t + 1] -= rate * sigma
    spread = sum(part**2 for part in y[1:])
    end = river_valley(schedule_of(values), len(values), curvature, noise, slope, start)
    assert end.x[-1] == pytest.approx(float(x), rel=1e-12, abs=1e-300)
    assert end.mean[-1] == pytest.approx(float(y[0]), rel=1e-9, abs=1e-12)
    assert end.spread[-1] == pytest.approx(math.sqrt(spread), rel=1e-9, abs=1e-12)
    assert end.river[-1] == pytest.approx(float(-g * x), rel=1e-12, abs=1e-300)
    assert end.hill[-1] == pytest.approx(float(h * (y[0] ** 2 + spread) / 2), rel=1e-9, abs=1e-12)


def test_three_updates_by_algebra():
    h, sigma, g, y0, *eta = sympy.symbols("h sigma g y0 eta0:3", positive=True)
    draws = sympy.symbols("xi0:3")
    y = y0
    for rate, xi in zip(eta, draws, strict=True):
        y = y - rate * (h * y + sigma * xi)
    parts = sympy.Poly(sympy.expand(y), *draws)
    hill = h * sum(part**2 for part in parts.coeffs()) / 2  # the draws are independent, of size 1
    loss = hill - g**2 * sum(eta)
    numbers = dict(zip(eta, (0.4, 0.3, 0.1), strict=True)) | {h: 1.7, sigma: 0.6, g: 0.2, y0: 2}
    end = river_valley(schedule_of([0.4, 0.3, 0.1]), 3, 1.7, 0.6, 0.2, 2.0)
    assert end.loss[-1] == pytest.approx(float(loss.subs(numbers)), rel=1e-12)


# R8: curvature 1, noise 1, slope 0.01, 2,000 updates


def test_r8_a_constant_rate_rests_on_its_floor_and_goes_down_the_river():
    end = river_valley(Constant(0.3), 2000)
    assert end.hill[-1] == pytest.approx(noise_floor(0.3), rel=1e-12)
    assert end.hill[-1] == pytest.approx(0.0884, abs=3e-4)  # the number is a simulation's
    assert end.river[-1] == pytest.approx(-0.060, abs=5e-5)


def test_r8_a_cooldown_gives_up_a_tenth_of_the_river_and_most_of_the_hill():
    end = river_valley(WSD(0.3, 2000, warmup=0, cooldown=400), 2000)
    assert end.hill[-1] == pytest.approx(0.0061, abs=5e-5)
    assert end.river[-1] == pytest.approx(-0.054, abs=5e-5)


def test_r8_a_tenth_of_the_rate_makes_a_tenth_of_the_way():
    low, high = river_valley(Constant(0.03), 2000), river_valley(Constant(0.3), 2000)
    assert low.river[-1] == pytest.approx(high.river[-1] / 10, rel=1e-12)
    # Early, before the cooldown, the low rate looks better; at the end it is far behind.
    cooled = river_valley(WSD(0.3, 2000, warmup=0, cooldown=400), 2000)
    assert low.loss[1600] < cooled.loss[1600]
    assert cooled.loss[-1] < low.loss[-1] - 0.045


def test_each_entry_is_that_of_a_run_that_ends_there():
    whole = river_valley(LinearDecay(0.4, 9), 9, start=3.0)
    assert len(whole.x) == len(whole.mean) == len(whole.spread) == 10
    for end in range(1, 10):
        part = river_valley(LinearDecay(0.4, 9), end, start=3.0)
        for name in ("x", "mean", "spread", "hill", "river", "loss"):
            assert getattr(whole, name)[end] == getattr(part, name)[-1]


def test_the_hill_is_its_mean_and_its_spread():
    path = river_valley(CosineDecay(0.5, 30), 30, curvature=1.5, start=2.0)
    assert path.hill == pytest.approx(1.5 * (path.mean**2 + path.spread**2) / 2, rel=1e-12)
    assert path.loss == pytest.approx(path.hill + path.river, rel=1e-15)


@given(slope=st.floats(0.01, 1), unit=st.floats(0.1, 10))
def test_hill_and_river_do_not_mix(slope, unit):
    s = LinearDecay(0.5, 30)
    steep, other = river_valley(s, 30, slope=slope), river_valley(s, 30, slope=unit * slope)
    assert other.river == pytest.approx(unit**2 * steep.river, rel=1e-12)
    assert (other.hill == steep.hill).all()
    assert (river_valley(s, 30, slope=slope, noise=2.0).river == steep.river).all()


def test_where_it_diverges_the_hill_is_infinite_and_the_river_is_not():
    end = river_valley(Constant(3.0), 3000, start=1.0)
    assert np.isposinf(end.hill[-1])
    assert np.isposinf(end.spread[-1])
    assert end.river[-1] == pytest.approx(-0.9, rel=1e-9)


# Bad input


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [*PROBLEM, ("slope", -1, "must be 0 or more"), ("slope", math.nan, "expected a finite number")],
)
def test_a_bad_problem_is_named(name, value, why):
    with pytest.raises(ValueError, match=f"^{name} = .*: ({why})"):
        river_valley(Constant(0.1), 3, **{name: value})


@pytest.mark.parametrize("name", ["curvature", "noise", "slope", "start"])
def test_it_is_one_valley(name):
    with pytest.raises(ValueError, match=f"^{name} = .*: expected a number"):
        river_valley(Constant(0.1), 3, **{name: [1.0, 2.0]})


def test_a_schedule_and_a_count_are_needed():
    with pytest.raises(TypeError, match=r"^s = 0.1: expected a schedule"):
        river_valley(0.1, 3)
    with pytest.raises(ValueError, match=r"^steps = "):
        river_valley(Constant(0.1), 0)
