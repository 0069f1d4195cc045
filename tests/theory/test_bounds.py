"""The bound against its double sum, closed forms, real runs and a search for the worst function."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from problems import schedule_of
from scipy.optimize import minimize

from lrdecay import (
    WSD,
    Constant,
    CosineDecay,
    InverseSqrt,
    LinearDecay,
    PolynomialDecay,
)
from lrdecay.theory import bound_constant, last_iterate_bound

MANY = 100_000
rates = st.lists(st.floats(1e-3, 10), min_size=1, max_size=12)
factors = st.floats(1e-3, 1e3)


def double_sum(rates, distance=1.0, gradients=None):
    """Return the theorem as it is written, with each sum written out, to 50 digits."""
    with mpmath.workdps(50):
        eta = [mpmath.mpf(rate) for rate in rates]
        n = len(eta)
        slopes = [mpmath.mpf(g) for g in (gradients if gradients is not None else [1.0] * n)]
        total = mpmath.fsum(eta)
        bound = mpmath.mpf(distance) ** 2 / (2 * total)
        bound += mpmath.fsum(e**2 * g**2 for e, g in zip(eta, slopes, strict=True)) / (2 * total)
        for k in range(n - 1):
            rest, later = mpmath.fsum(eta[k:]), mpmath.fsum(eta[k + 1 :])
            noise = mpmath.fsum(eta[t] ** 2 * slopes[t] ** 2 for t in range(k, n))
            bound += eta[k] / later * noise / rest / 2
        return bound


@given(values=rates, distance=factors, gradient=factors)
def test_the_theorem_with_its_sums_written_out(values, distance, gradient):
    found = last_iterate_bound(values, distance, gradient)
    exact = double_sum(values, distance, [gradient] * len(values))
    assert found == pytest.approx(float(exact), rel=1e-13)


@given(data=st.data(), values=rates)
def test_each_point_may_have_a_longest_slope_of_its_own(data, values):
    lengths = data.draw(st.lists(st.floats(0, 5), min_size=len(values), max_size=len(values)))
    found = last_iterate_bound(values, 2.0, lengths)
    assert found == pytest.approx(float(double_sum(values, 2.0, lengths)), rel=1e-13)


def test_rates_of_zero_within_the_run_change_nothing():
    # Such a point is only met twice: the bound, and the run, are those without it.
    with_pauses = [0, 0.3, 0, 0, 0.2, 0.1]
    assert last_iterate_bound(with_pauses) == pytest.approx(
        last_iterate_bound([0.3, 0.2, 0.1]), rel=1e-14
    )


def test_rates_whose_squares_underflow():
    small = last_iterate_bound(1e-200 * np.array([3.0, 2.0, 1.0]))
    assert small == pytest.approx(float(double_sum([3e-200, 2e-200, 1e-200])), rel=1e-13)


# R4: the constants


def smallest(s, steps):
    """Return K by a search for the best multiple."""
    curve = s.curve(steps)
    found = minimize(
        lambda u: last_iterate_bound(math.exp(u[0]) * curve),
        [-math.log(curve.sum()) + math.log(steps) / 2],
        method="Nelder-Mead",
        options={"xatol": 1e-10, "fatol": 1e-14},
    )
    return math.sqrt(steps) * found.fun


@pytest.mark.parametrize(
    "s", [Constant(0.1), LinearDecay(3.0, 50), CosineDecay(0.1, 80), WSD(0.1, 60, 5, 20)], ids=repr
)
def test_it_is_the_least_over_all_multiples(s):
    assert bound_constant(s, 50) == pytest.approx(smallest(s, 50), rel=1e-9)
    k, total = bound_constant(s, 50), s.curve(50).sum()
    best = 7.0 * math.sqrt(50) / (0.3 * k * total)
    at_best = last_iterate_bound(best * s.curve(50), distance=7.0, gradient=0.3)
    assert at_best == pytest.approx(k * 7.0 * 0.3 / math.sqrt(50), rel=1e-12)


@pytest.mark.parametrize("steps", [1, 2, 28_125, MANY])
def test_a_constant_rate_has_the_root_of_the_harmonic_number(steps):
    exact = mpmath.sqrt(1 + mpmath.harmonic(steps - 1))
    assert bound_constant(Constant(0.1), steps) == pytest.approx(float(exact), rel=1e-12)


def test_r4_a_constant_rate_at_the_books_number_of_updates():
    assert bound_constant(Constant(0.1), 28_125) == pytest.approx(3.438, abs=5e-4)


@pytest.mark.parametrize("power", [0.5, 0.75, 1.0, 1.5, 2.0, 3.0])
def test_r4_polynomial_decay(power):
    k = bound_constant(PolynomialDecay(0.1, MANY, power), MANY)
    assert k == pytest.approx((power + 1) / math.sqrt(power), rel=3e-4)
    assert power == 1 or k > bound_constant(LinearDecay(0.1, MANY), MANY)


@pytest.mark.parametrize(("share", "number"), [(0.1, 2.281), (0.2, 2.160), (0.5, 2.033)])
def test_r4_a_cooldown_of_a_share_of_the_run(share, number):
    k = bound_constant(WSD(0.1, MANY, 0, round(share * MANY)), MANY)
    exact = math.sqrt(2 * (2 + math.log((2 - share) / share)) / (2 - share))
    assert exact == pytest.approx(number, abs=6e-4)
    assert k == pytest.approx(exact, rel=3e-4)


def test_r4_cosine_to_zero():
    assert bound_constant(CosineDecay(0.1, MANY), MANY) == pytest.approx(2.060, abs=5e-4)


def test_r4_the_integral_that_cosine_tends_to():
    # With u, the share of the run that is left: S = int cos-rate, Q = int of its square.
    def rate(u):
        return (1 - mpmath.cos(mpmath.pi * u)) / 2

    def left(u):
        return (u - mpmath.sin(mpmath.pi * u) / mpmath.pi) / 2

    def squares(u):
        wave = mpmath.pi * u
        return (
            3 * u / 2 - 2 * mpmath.sin(wave) / mpmath.pi + mpmath.sin(2 * wave) / (4 * mpmath.pi)
        ) / 4

    inner = mpmath.quad(lambda u: rate(u) * squares(u) / left(u) ** 2, [mpmath.mpf("1e-8"), 1])
    exact = mpmath.sqrt((squares(1) / left(1) + inner) / left(1))
    assert bound_constant(CosineDecay(0.1, MANY), MANY) == pytest.approx(float(exact), rel=3e-4)


@pytest.mark.parametrize(
    ("steps", "root", "cosine"), [(100, 2.25, 2.03), (1000, 2.57, 2.12), (28_125, 3.00, 2.26)]
)
def test_r4_what_does_not_end_at_zero_grows(steps, root, cosine):
    assert bound_constant(InverseSqrt(0.1, 1), steps) == pytest.approx(root, abs=5e-3)
    assert bound_constant(CosineDecay(0.1, steps, 0.01), steps) == pytest.approx(cosine, abs=5e-3)


def test_r4_a_cosine_that_is_stretched_past_the_end():
    stretched = {f: bound_constant(CosineDecay(0.1, f * 2000), 2000) for f in (1.1, 1.5, 2.0)}
    for factor, number in ((1.1, 2.026), (1.5, 2.34), (2.0, 2.63)):
        assert stretched[factor] == pytest.approx(number, abs=5e-3)
    others = [bound_constant(CosineDecay(0.1, f * 2000), 2000) for f in (1.0, 1.05, 1.15, 1.2)]
    assert min(others) > stretched[1.1]


# No run does worse


def run(rates, subgradient, start):
    """Return the point after all rates but the last, which is not used."""
    x = np.array(start, dtype=float)
    for rate in rates[:-1]:
        x = x - rate * subgradient(x)
    return x


@pytest.mark.parametrize("steps", [1, 4, 25, 400])
def test_zamani_and_glineurs_function_meets_its_gap_and_not_the_bound(steps):
    slope, reach = 1.7, 2.3
    gap = slope * reach / math.sqrt(steps + 1)
    h = reach * np.arange(steps, 0, -1) / (slope * (steps + 1) ** 1.5)

    def untouched(x):  # a coordinate that is still largest: none that was ever lowered
        return slope * np.eye(steps + 1)[np.argmax(x)]

    x = run([*h, h[-1]], untouched, np.zeros(steps + 1))
    # B * max(x), stopped at its value at the minimum, which is `reach` away from the start.
    lowest = -gap
    assert max(slope * x.max(), lowest) - lowest == pytest.approx(gap, rel=1e-14)
    bound = last_iterate_bound([*h, h[-1]], reach, slope)
    assert gap < bound < 2.1 * gap


@given(values=st.lists(st.floats(0.01, 2), min_size=1, max_size=30), start=st.floats(-3, 3))
def test_no_run_on_a_corner_does_worse(values, start):
    x = run(values, np.sign, [start])
    assert abs(x[0]) <= last_iterate_bound(values, abs(start), 1.0) * (1 + 1e-12)


@given(values=st.lists(st.floats(0.01, 1), min_size=2, max_size=20), seed=st.integers(0, 999))
def test_no_run_on_a_polyhedron_does_worse(values, seed):
    chance = np.random.default_rng(seed)
    faces = chance.normal(size=(8, 3))
    faces -= faces.mean(axis=0)  # 0 is a minimum: some mean of the slopes there is 0
    start = chance.normal(size=3)
    longest = np.linalg.norm(faces, axis=1).max()
    x = run(values, lambda x: faces[np.argmax(faces @ x)], start)
    bound = last_iterate_bound(values, np.linalg.norm(start), longest)
    assert (faces @ x).max() <= bound * (1 + 1e-12)


def worst_case(rates, seed):
    """Return the largest loss of a last point that a search finds, over all convex functions.

    Free are the slopes g and the losses f at each point, and where the minimum lies. That a convex
    function goes through them is that no point lies below the plane of another.
    """
    n = len(rates)
    first, second = np.array([(i, j) for i in range(n) for j in range(n) if i != j]).T
    moves = -np.tril(np.ones((n, n)), -1) * rates  # the points are moves @ g, the start is 0

    def split(free):
        return free[: n * n].reshape(n, n), free[n * n : -n], free[-n:]

    def slack(free):
        g, f, minimum = split(free)
        x = moves @ g
        planes = f[second] + np.einsum("kd,kd->k", g[second], x[first] - x[second])
        at_minimum = f + np.einsum("kd,kd->k", g, minimum - x)
        lengths = np.einsum("kd,kd->k", g, g)
        return np.concatenate(
            [f[first] - planes, -at_minimum, 1 - lengths, [1 - minimum @ minimum]]
        )

    begin = np.random.default_rng(seed).normal(size=n * n + 2 * n) / 2
    found = minimize(
        lambda free: -split(free)[1][-1],
        begin,
        method="SLSQP",
        constraints={"type": "ineq", "fun": slack},
        options={"maxiter": 100, "ftol": 1e-9},
    )
    return -found.fun if slack(found.x).min() > -1e-7 else 0.0


@pytest.mark.parametrize(("values", "least"), [([0.5] * 4, 0.6), ([0.2, 0.6, 0.3], 0.5)], ids=repr)
def test_no_convex_function_does_worse(values, least):
    values = np.array(values)
    worst = max(worst_case(values, seed) for seed in range(2))
    assert least < worst < last_iterate_bound(values) * (1 + 1e-6)
    # The search is good enough to refute the bound of the best point, used for the last one.
    assert worst > (1 + (values**2).sum()) / (2 * values.sum())


# Invariances


@given(values=rates, distance=factors, gradient=factors, unit=st.floats(0.01, 100))
def test_units_do_not_matter(values, distance, gradient, unit):
    bound = last_iterate_bound(values, distance, gradient)
    scaled = np.array(values)
    of_x = last_iterate_bound(unit**2 * scaled, unit * distance, gradient / unit)
    assert of_x == pytest.approx(bound, rel=1e-12)
    of_loss = last_iterate_bound(scaled / unit, distance, unit * gradient)
    assert of_loss == pytest.approx(unit * bound, rel=1e-12)


@given(values=rates, height=st.floats(1e-3, 1e3))
def test_the_height_of_a_schedule_does_not_count_and_none_is_below_one(values, height):
    values = [values[0], *values]
    s = schedule_of(values)
    k = bound_constant(s, len(values))
    assert bound_constant(height * s, len(values)) == pytest.approx(k, rel=1e-12)
    assert k >= 1 - 1e-12  # Zamani and Glineur's functions


# Bad input


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("rates", [], "one rate or more"),
        ("rates", [[0.1, 0.2]], "one rate or more"),
        ("rates", [0.1, -0.1], "must be 0 or more"),
        ("rates", [0.1, math.nan], "must be finite"),
        ("rates", [0.1, math.inf], "must be finite"),
        ("rates", [0.1, 0.0], "leave the rates of 0 at the end out"),
        ("rates", [0.0], "leave the rates of 0 at the end out"),
        ("rates", "0.1", "expected a number"),
        ("rates", None, "expected a number"),
        ("distance", -1, "must be 0 or more"),
        ("distance", math.nan, "expected a finite number"),
        ("distance", [1.0], "expected a number"),
        ("gradient", -1, "must be 0 or more"),
        ("gradient", math.inf, "must be finite"),
        ("gradient", [1.0, 1.0, 1.0], "one for each of 2"),
        ("gradient", "1", "expected a number"),
    ],
)
def test_a_bad_argument_is_named(name, value, why):
    with pytest.raises(ValueError, match=rf"(?s)^{name} = .*: .*{why}"):
        last_iterate_bound(**{"rates": [0.1, 0.1], name: value})


def test_a_schedule_that_is_over_is_named():
    with pytest.raises(ValueError, match=r"^s = LinearDecay.*its rate at t = 99 is 0.*infinite"):
        bound_constant(LinearDecay(0.1, 50), 100)


@pytest.mark.parametrize("steps", [0, 1.5, True])
def test_steps_must_be_a_count(steps):
    with pytest.raises(ValueError, match=r"^steps = "):
        bound_constant(Constant(0.1), steps)


def test_a_schedule_is_needed():
    with pytest.raises(TypeError, match=r"^s = 0.1: expected a schedule"):
        bound_constant(0.1, 10)
