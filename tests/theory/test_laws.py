"""The laws of annealing: their sums written out, known numbers found again, and units."""

import math
from dataclasses import astuple, replace

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrdecay import WSD, Constant, CosineDecay, StepDecay
from lrdecay.theory import AnnealingLaw, Curve, MultiPowerLaw, misfit

T = 600
AREA = AnnealingLaw(l0=2.5, a=0.6, alpha=0.45, c=0.2, decay=0.99)
POWERS = MultiPowerLaw(l0=2.5, a=0.6, alpha=0.45, b=20.0, c=2.0, beta=0.6, gamma=0.65)
RUNS = [
    s.curve(T)
    for s in (Constant(0.01), CosineDecay(0.01, T, 0.001), WSD(0.01, T, 0, 150, "1-sqrt"))
]
MADE = np.arange(20, T + 1, 20)
some_rates = st.lists(st.floats(0.01, 2), min_size=1, max_size=10)


def curves(law, runs=RUNS):
    return [Curve(rates, law.predict(rates, MADE), MADE) for rates in runs]


def numbers(law):
    return np.array([getattr(law, name) for name in law.__dataclass_fields__])


# The formulas, each sum written out as the papers have it, rates counted from 1


def tissue(law, eta, s):
    """Return L0 + A S1^-alpha - C S2 with S2 as a double sum."""
    with mpmath.workdps(30):
        eta = [None, *map(mpmath.mpf, eta)]
        first = mpmath.fsum(eta[1 : s + 1])
        second = mpmath.fsum(
            (eta[k - 1] - eta[k]) * mpmath.mpf(law.decay) ** (i - k)
            for i in range(1, s + 1)
            for k in range(2, i + 1)
        )
        return law.l0 + law.a * first**-law.alpha - law.c * second


def luo(law, eta, t, warmup=0):
    """Return L0 + A (S1 + SW)^-alpha - LD, of which k runs over the rates after the warmup."""
    with mpmath.workdps(30):
        early, eta = list(map(mpmath.mpf, eta[:warmup])), list(map(mpmath.mpf, eta[warmup:]))
        t -= warmup
        eta = [eta[0], *eta]  # the rate before the first is the peak
        drop = mpmath.fsum(
            (eta[k - 1] - eta[k])
            * (1 - (1 + law.c * eta[k] ** -law.gamma * mpmath.fsum(eta[k : t + 1])) ** -law.beta)
            for k in range(1, t + 1)
        )
        total = mpmath.fsum(eta[1 : t + 1]) + mpmath.fsum(early)
        return law.l0 + law.a * total**-law.alpha - law.b * drop


@given(rates=some_rates, decay=st.floats(0, 0.999))
def test_the_annealing_law_with_its_sums_written_out(rates, decay):
    law = replace(AREA, decay=decay)
    exact = [float(tissue(law, rates, s)) for s in range(1, len(rates) + 1)]
    assert law.predict(rates) == pytest.approx(exact, rel=1e-12)


@given(rates=some_rates)
def test_the_multi_power_law_with_its_sums_written_out(rates):
    exact = [float(luo(POWERS, rates, t)) for t in range(1, len(rates) + 1)]
    assert POWERS.predict(rates) == pytest.approx(exact, rel=1e-11)


def test_during_a_warmup_the_annealing_law_counts_the_peak():
    rates = WSD(0.01, 100, 10, 20).curve(100)
    warmed = [0.01] * 10 + list(rates[10:])
    assert (AREA.predict(rates, warmup=10) == AREA.predict(warmed)).all()


def test_a_warmup_brings_the_multi_power_law_its_own_sum_and_no_step():
    rates = WSD(0.01, 60, 10, 20).curve(60)
    found = POWERS.predict(rates, [11, 45, 60], warmup=10)
    exact = [float(luo(POWERS, rates, t, warmup=10)) for t in (11, 45, 60)]
    assert found == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("law", [AREA, POWERS])
def test_a_constant_rate_is_a_plain_power_law(law):
    made = np.array([1, 50, 300])
    assert law.predict(RUNS[0], made) == pytest.approx(2.5 + 0.6 * (0.01 * made) ** -0.45)


@pytest.mark.parametrize("law", [AREA, POWERS])
def test_each_loss_depends_on_what_came_before_it_alone(law):
    whole = law.predict(RUNS[1])
    assert whole.shape == (T,)
    assert whole[99] == pytest.approx(law.predict(RUNS[1][:100])[-1], rel=1e-14)
    assert law.predict(RUNS[1], [100, 7]) == pytest.approx(whole[[99, 6]], rel=1e-14)


@given(unit=st.floats(0.01, 100))
def test_the_unit_of_the_rates_is_in_the_numbers(unit):
    for rates in RUNS:
        area = replace(AREA, a=AREA.a * unit**AREA.alpha, c=AREA.c / unit)
        assert area.predict(unit * rates) == pytest.approx(AREA.predict(rates), rel=1e-9)
        powers = replace(
            POWERS,
            a=POWERS.a * unit**POWERS.alpha,
            b=POWERS.b / unit,
            c=POWERS.c * unit ** (POWERS.gamma - 1),
        )
        made = [1, 300, T]
        assert powers.predict(unit * rates, made) == pytest.approx(
            POWERS.predict(rates, made), rel=1e-9
        )


# Fits


@pytest.mark.parametrize("unit", [1.0, 1e-3, 50.0])
def test_known_numbers_of_the_annealing_law_are_found_again(unit):
    scaled = replace(AREA, a=AREA.a * unit**AREA.alpha, c=AREA.c / unit)
    found = AnnealingLaw.fit(curves(scaled, [unit * rates for rates in RUNS]), decay=0.99)
    assert numbers(found) == pytest.approx(numbers(scaled), rel=1e-6)


@pytest.mark.parametrize(
    "truth",
    [
        POWERS,
        replace(POWERS, alpha=0.8, beta=0.4, gamma=0.4, c=0.5),
        replace(POWERS, b=5.0, alpha=0.2, beta=1.2),
    ],
    ids=repr,
)
def test_known_numbers_of_the_multi_power_law_are_found_again(truth):
    runs = [*RUNS[:2], StepDecay(0.01, 0.3, 250).curve(T)]
    found = MultiPowerLaw.fit(curves(truth, runs))
    assert misfit(found, curves(truth, RUNS)).largest < 1e-7
    assert numbers(found) == pytest.approx(numbers(truth), rel=1e-3)


def test_a_curve_with_a_warmup_is_fitted_with_it():
    rates = [WSD(0.01, T, 50, 150).curve(T), CosineDecay(0.01, T - 50).warmup(50).curve(T)]
    late = MADE[MADE > 50]
    known = [Curve(r, AREA.predict(r, late, warmup=50), late, warmup=50) for r in rates]
    assert numbers(AnnealingLaw.fit(known, 0.99)) == pytest.approx(numbers(AREA), rel=1e-6)


def test_a_few_wild_losses_move_the_fit_little():
    known = curves(AREA)
    for curve in known:
        curve.losses[5] *= 1.5
        curve.losses[17] *= 0.8
    found = AnnealingLaw.fit(known, decay=0.99)
    assert misfit(found, curves(AREA)).largest < 2e-3


def test_noise_moves_the_fit_as_little_as_its_size_says():
    chance = np.random.default_rng(0)
    known = [
        Curve(c.rates, c.losses * np.exp(0.003 * chance.standard_normal(len(MADE))), MADE)
        for c in curves(AREA)
    ]
    found = AnnealingLaw.fit(known, decay=0.99)
    assert 1e-5 < misfit(found, curves(AREA)).mean < 0.003


def test_the_least_robust_loss_is_found_among_all_near_it():
    # The authors' objective, written out: no small step in any number lowers it.
    chance = np.random.default_rng(1)
    known = [Curve(c.rates, c.losses + 0.01 * chance.random(len(MADE)), MADE) for c in curves(AREA)]

    def objective(law):
        total = 0.0
        for c in known:
            apart = np.abs(np.log(c.losses) - np.log(law.predict(c.rates, c.made)))
            total += np.where(apart < 1e-3, apart**2 / 2, 1e-3 * apart - 1e-6 / 2).sum()
        return total

    best = AnnealingLaw.fit(known, decay=0.99)
    for name in ("l0", "a", "alpha", "c"):
        for factor in (0.98, 0.999, 1.001, 1.02):
            other = replace(best, **{name: factor * getattr(best, name)})
            assert objective(best) <= objective(other) * (1 + 1e-9)


def test_a_wrong_law_shows_in_its_misfit():
    # What one law says, the other does not: the cooldown that it has not seen is missed.
    fitted = AnnealingLaw.fit(curves(POWERS, RUNS[:2]), decay=0.99)
    seen, held_back = misfit(fitted, curves(POWERS, RUNS[:2])), misfit(fitted, curves(POWERS)[2:])
    assert held_back.largest > 2 * seen.largest
    assert held_back.mean > 2 * seen.mean


def test_a_constant_rate_alone_says_nothing_of_the_cooldown():
    found = AnnealingLaw.fit(curves(AREA, RUNS[:1]), decay=0.99)
    assert misfit(found, curves(AREA, RUNS[:1])).largest < 1e-7
    assert found.c == pytest.approx(0, abs=1e-6)


def test_misfit_is_by_hand():
    law = AnnealingLaw(l0=2.0, a=0.0, alpha=0.5, c=0.0)
    one = Curve([0.1, 0.1, 0.1], [2.0, 2.5, 1.6])
    other = Curve([0.1, 0.1], [4.0], made=[2])
    assert astuple(misfit(law, [one])) == pytest.approx((0.15, 0.25, 0.25))
    assert astuple(misfit(law, [one, other])) == pytest.approx((0.95 / 4, 0.5, 0.5))


# Bad input


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("rates", [], "one rate or more"),
        ("rates", [0.1, -1.0, 0.1], r"\[1\] = -1.0: a learning rate must be 0 or more"),
        ("rates", [0.1, math.nan, 0.1], "must be finite"),
        ("losses", [1.0, 1.0], "expected 3, one for each"),
        ("losses", [1.0, 0.0, 1.0], r"\[1\] = 0.0: must be above 0"),
        ("losses", [1.0, math.nan, 1.0], "must be finite"),
        ("made", [0, 1, 2], r"\[0\] = 0: must be from 1 to 3"),
        ("made", [1, 2, 4], r"\[2\] = 4: must be from 1 to 3"),
        ("made", [1.0, 2.0, 3.0], "whole numbers"),
        ("warmup", -1, "from 0 to 3"),
        ("warmup", 4, "from 0 to 3"),
    ],
)
def test_a_bad_curve_is_named(name, value, why):
    with pytest.raises(ValueError, match=rf"(?s)^{name}.*{why}"):
        Curve(**{"rates": [0.1, 0.1, 0.05], "losses": [3.0, 2.0, 1.0], name: value})


@pytest.mark.parametrize("law", [AREA, POWERS])
def test_bad_numbers_of_a_law_are_named(law):
    for name in law.__dataclass_fields__:
        for value in (-0.1, math.nan, "1"):
            with pytest.raises(ValueError, match=f"^{name} = "):
                replace(law, **{name: value})


def test_the_memory_of_the_annealing_law_ends():
    with pytest.raises(ValueError, match=r"^decay = 1.0: must be below 1"):
        AnnealingLaw.fit(curves(AREA), decay=1.0)


@pytest.mark.parametrize("law", [AnnealingLaw, MultiPowerLaw])
def test_what_cannot_be_fitted_is_said(law):
    with pytest.raises(ValueError, match=r"^curves = .*expected one or more"):
        law.fit([])
    with pytest.raises(ValueError, match=r"^curves = .*losses or more"):
        law.fit([Curve([0.1, 0.1, 0.05], [3.0, 2.0, 1.5])])
    with pytest.raises(ValueError, match=r"^curves = .*expected Curve"):
        law.fit([([0.1], [1.0])])


def test_a_first_rate_of_zero_is_a_warmup_without_its_length():
    with pytest.raises(ValueError, match=r"^rates\[0\] = 0.0: must be above 0: give the length"):
        AREA.predict([0.0, 0.1])
    assert len(AREA.predict([0.0, 0.1], warmup=1)) == 2


def test_the_multi_power_law_divides_by_the_rates():
    with pytest.raises(ValueError, match=r"^rates\[2\] = 0.0: must be above 0 after the warmup"):
        POWERS.predict([0.0, 0.1, 0.0], warmup=1)
