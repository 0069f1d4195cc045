"""Intervals, tests and numbers of seeds: against hand, other libraries, and simulation.

With 3 pairs, 2 degrees of freedom are left, and the two-sided p of t is 1 - t / sqrt(t**2 + 2).
"""

import itertools
import math
import re

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower
from statsmodels.stats.weightstats import DescrStatsW, ttost_paired

from lrdecay.lab.statistics import compare, difference, equivalence, mean_of, seeds_needed

NAN, INF = math.nan, math.inf


def shifted(by, spread=1.0):
    """Three outcomes whose differences from zeros have the mean `by` and deviation `spread`."""
    return [by - spread, by, by + spread]


def test_a_difference_by_hand():
    found = difference([11, 22, 33], [10, 20, 30])  # 1, 2, 3: mean 2, deviation 1
    # The table of t: 4.302653 for 97.5 % and 2 degrees; through the root of 3, 2.484138.
    assert (found.n, found.mean, found.diverged) == (3, 2.0, 0)
    assert (found.low, found.high) == pytest.approx((-0.484138, 4.484138), abs=1e-6)
    assert found.p == pytest.approx(0.074180, abs=1e-6)  # 1 - sqrt(12 / 14)
    assert (found.level, found.method, found.p_holm) == (0.95, "t", None)


def test_a_mean_by_hand():
    found = mean_of([4, 6])  # deviation sqrt(2), standard error 1; t of 97.5 %, 1 degree: 12.7062
    assert (found.n, found.mean) == (2, 5.0)
    assert found.half_width == pytest.approx(12.7062, abs=1e-4)


def test_holm_by_hand():
    arms = {"zero": [0, 0, 0], "a": shifted(5), "b": shifted(2), "c": shifted(10), "d": shifted(-2)}
    found = compare(arms, "zero")
    # t is 5, 2, 10 and -2 times sqrt(3); the smallest p counts 4 times, the next 3 times, the
    # third twice, and the fourth, though it counts once, not less than the third.
    assert [row.p for row in found.values()] == pytest.approx(
        [0.013072, 0.074180, 0.003317, 0.074180], abs=1e-6
    )
    assert [(name, row.p_holm) for name, row in found.items()] == [
        ("a", pytest.approx(3 * 0.013072, abs=3e-6)),
        ("b", pytest.approx(2 * 0.074180, abs=3e-6)),
        ("c", pytest.approx(4 * 0.003317, abs=3e-6)),
        ("d", pytest.approx(2 * 0.074180, abs=3e-6)),
    ]


def test_holm_is_the_closure_of_bonferroni():
    """An arm differs when every set of arms that it is in holds one that differs (Bonferroni)."""
    draws = np.random.default_rng(3)
    arms = {name: draws.normal(i / 4, 1, 8) for i, name in enumerate("zabcde")}
    found = compare(arms, "z")
    for name, row in found.items():
        sets = (s for k in range(1, 6) for s in itertools.combinations(found, k) if name in s)
        least = max(len(s) * min(found[other].p for other in s) for s in sets)
        assert row.p_holm == pytest.approx(min(1, least), rel=1e-12)


@pytest.mark.parametrize(
    ("mean", "p"),
    # One side of t with 2 degrees. At 0: t = 10 sqrt(3), both sides alike. At 0.02 the upper margin
    # is nearer, t = 8 sqrt(3). Beyond the margin p is above one half: t = -2 sqrt(3).
    [(0.0, 0.0016584), (0.02, 0.0025840), (-0.02, 0.0025840), (0.12, 0.962910)],
)
def test_equivalence_by_hand(mean, p):
    found = equivalence(shifted(mean, 0.01), [0, 0, 0], margin=0.1)
    assert found.p == pytest.approx(p, abs=1e-6)
    assert found.shown == (p < 0.05)
    assert found.mean == pytest.approx(mean)


@pytest.mark.parametrize(
    ("effect", "power", "seeds"),
    # As G*Power gives them for a two-sided paired t test at 5 %.
    [(0.2, 0.8, 199), (0.5, 0.8, 34), (0.8, 0.8, 15), (0.5, 0.9, 44), (0.5, 0.95, 54)],
)
def test_numbers_of_seeds_that_are_in_print(effect, power, seeds):
    assert seeds_needed(effect, 1.0, power=power) == seeds
    assert seeds_needed(-3 * effect, 3.0, power=power) == seeds


@pytest.mark.parametrize("comparisons", [1, 6])
@pytest.mark.parametrize("effect", [0.05, 0.3, 0.694, 1.5])
def test_numbers_of_seeds_as_statsmodels_has_them(effect, comparisons):
    need = TTestPower().solve_power(effect, alpha=0.01 / comparisons, power=0.9)
    assert seeds_needed(effect, 1.0, 0.01, 0.9, comparisons) == math.ceil(need)


@pytest.mark.parametrize("effect", [1e3, 1e9, 1e300])
def test_what_cannot_be_missed_takes_two_seeds(effect):
    assert seeds_needed(effect, 1.0) == 2


def test_statsmodels_finds_the_same():
    draws = np.random.default_rng(1)
    for n, level in itertools.product((2, 3, 10, 31), (0.5, 0.95, 0.999)):
        arm, baseline = draws.normal(size=(2, n))
        found = difference(arm, baseline, level)
        theirs = DescrStatsW(arm - baseline)
        assert (found.low, found.high) == pytest.approx(theirs.tconfint_mean(1 - level), rel=1e-9)
        assert found.p == pytest.approx(theirs.ttest_mean(0)[1], rel=1e-9)
        low, high = DescrStatsW(arm).tconfint_mean(0.05)
        assert mean_of(arm).half_width == pytest.approx((high - low) / 2, rel=1e-9)
        tost = ttost_paired(arm, baseline, -0.7, 0.7)[0]
        assert equivalence(arm, baseline, 0.7).p == pytest.approx(tost, rel=1e-9)


def test_equivalence_is_an_interval_inside_the_margin():
    arm, baseline = np.random.default_rng(2).normal(size=(2, 12))
    wide = difference(arm, baseline, level=0.9)
    edge = max(abs(wide.low), abs(wide.high))
    assert equivalence(arm, baseline, 1.001 * edge).shown
    assert not equivalence(arm, baseline, 0.999 * edge).shown


def measured(draw, n, method, runs):
    """Return the share of intervals, of a mean difference of 1, that hold it."""
    draws = np.random.default_rng(20)
    hits = 0
    for _ in range(runs):
        baseline = draws.normal(size=n)
        found = difference(baseline + draw(draws, n), baseline, method=method)
        hits += found.low <= 1 <= found.high
    return hits / runs


DRAWS = {
    "normal": lambda draws, n: draws.normal(1, 1, n),
    "skewed (exponential)": lambda draws, n: draws.exponential(1, n),
}


@pytest.mark.parametrize("n", [10, 30])
@pytest.mark.parametrize("kind", DRAWS)
def test_coverage_of_the_intervals(kind, n, record_property):
    runs = {"t": 2000, "bootstrap": 200}
    found = {method: measured(DRAWS[kind], n, method, runs[method]) for method in runs}
    for method, share in found.items():
        error = math.sqrt(share * (1 - share) / runs[method])
        record_property(
            "measured",
            f"95 % {method} intervals, {kind} differences, n = {n}: hold the truth in "
            f"{100 * share:.1f} % of {runs[method]} cases (standard error {100 * error:.1f})",
        )
    if kind == "normal":
        assert found["t"] == pytest.approx(0.95, abs=3 * math.sqrt(0.95 * 0.05 / runs["t"]))
    assert all(0.8 < share < 0.97 for share in found.values())
    if n == 10:
        assert found["bootstrap"] < 0.94  # as the docstring says


def test_the_number_of_seeds_gives_the_power():
    need = seeds_needed(0.05, spread=0.1, power=0.8)
    draws, shares = np.random.default_rng(21), []
    for n in (need - 1, need):
        sample = draws.normal(0.05, 0.1, size=(200_000, n))
        test = stats.ttest_1samp(sample, 0, axis=1)
        shares.append(((test.pvalue < 0.05) & (test.statistic > 0)).mean())
    assert shares[0] < 0.8 < shares[1] < 0.82


def test_the_bootstrap_leans_to_the_side_of_the_tail_and_repeats():
    d = [0.0, 0.1, 0.2, 0.1, 0.0, 0.2, 0.1, 3.0]
    found = difference(d, np.zeros(8), method="bootstrap")
    assert found == difference(d, np.zeros(8), method="bootstrap")
    assert found.high - found.mean > 1.5 * (found.mean - found.low) > 0
    assert found.p == difference(d, np.zeros(8)).p


def test_the_bootstrap_of_many_normal_outcomes_is_the_t_interval():
    arm, baseline = np.random.default_rng(6).normal(size=(2, 400))
    for level in (0.5, 0.99):
        t, again = (difference(arm, baseline, level, method) for method in ("t", "bootstrap"))
        assert again.high - again.low == pytest.approx(t.high - t.low, rel=0.05)
        assert (again.low, again.high) == pytest.approx((t.low, t.high), abs=0.02)


def test_the_bootstrap_of_few_coarse_outcomes_is_finite():
    draws = np.random.default_rng(5)
    for n in (2, 3, 4, 5) * 5:
        d = draws.integers(0, 3, n)
        if np.ptp(d):
            found = difference(d, np.zeros(n), method="bootstrap")
            assert d.min() <= found.low < found.mean < found.high <= d.max()


@pytest.mark.parametrize(
    ("d", "digits", "said"),
    [
        (
            [-0.08, -0.05, -0.02],
            ".2f",
            "0.05 lower, 95 % interval 0.12 lower to 0.02 higher, n = 3",
        ),
        ([-0.06, -0.05, -0.04], ".2f", "0.05 lower, 95 % interval 0.03 to 0.07, n = 3"),
        ([0.04, 0.05, 0.06], "", "0.050 higher, 95 % interval 0.025 to 0.075, n = 3"),
        ([-1.0, 0.0, 1.0], ".1f", "0.0, 95 % interval 2.5 lower to 2.5 higher, n = 3"),
        ([0.04, 0.05, 0.06], ".0%", "5% higher, 95 % interval 3% to 7%, n = 3"),
        ([400, 500, 600], "", "500 higher, 95 % interval 252 to 748, n = 3"),
    ],
)
def test_a_difference_as_a_sentence(d, digits, said):
    assert format(difference(d, [0, 0, 0]), digits) == said


def test_other_sentences():
    assert str(difference(shifted(5), [0, 0, 0], 0.99375)).startswith(
        "5.0 higher, 99.38 % interval"
    )
    assert str(mean_of(shifted(97.98, 0.01))) == "97.980 ± 0.025 (n = 3)"
    assert f"{mean_of(shifted(97.98, 0.01)):.2f}" == "97.98 ± 0.02 (n = 3)"
    assert str(equivalence(shifted(0.12), [0, 0, 0], 0.05)) == (
        "one larger than 0.05 is open (two one-sided tests: p = 0.54, n = 3)"
    )


@pytest.mark.parametrize("bad", [NAN, INF, -INF])
def test_a_diverged_run_is_counted_and_never_left_out(bad):
    arm = [0.1, bad, 0.3, bad]
    for ask in (
        lambda **more: difference(arm, [0, 0, 0, 0], **more),
        lambda **more: difference([0, 0, 0, 0], arm, **more),
        lambda **more: equivalence(arm, [0, 0, 0, 0], 1.0, **more),
        lambda **more: mean_of(arm, **more),
        lambda **more: compare({"a": arm, "b": [0, 0, 0, 0]}, "b", **more)["a"],
    ):
        with pytest.raises(ValueError, match=r"2 of 4 runs diverged .*say with diverged=value"):
            ask()
        found = ask(diverged=2.3)
        assert (found.n, found.diverged) == (4, 2)
        assert abs(found.mean) == pytest.approx((0.1 + 2.3 + 0.3 + 2.3) / 4)
        assert "n = 4, 2 diverged" in str(found)
        with pytest.raises(ValueError, match="diverged = nan"):
            ask(diverged=NAN)


PAIRS = ([1, 2, 4], [0, 0, 0])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: difference([1, 2, 3], [1, 2]), "arm: 3 outcomes, but baseline has 2"),
        (lambda: difference([1], [2]), "of 1 seeds; an interval needs 2 or more"),
        (lambda: difference([], []), "of 0 seeds"),
        (lambda: mean_of([]), "values: of 0 seeds"),
        (lambda: difference([1, 2, 3], [1, 2, 3]), "arm - baseline: 0 for each of 3 seeds"),
        (lambda: difference([1.1, 2.1, 3.1], [1, 2, 3]), "0.1 for each of 3 seeds"),
        (lambda: equivalence([1.1, 2.1], [1, 2], 1), "0.1 for each of 2 seeds"),
        (lambda: mean_of([0.98] * 5), "values: 0.98 for each of 5 seeds"),
        (lambda: mean_of([1e200, 2e200]), "too large for a variance"),
        (lambda: difference([1e308, 0], [-1e308, 0]), "too large for a variance"),
        (lambda: mean_of([1e-200, 2e-200]), "without a spread"),
        (lambda: mean_of([[1, 2], [3, 4]]), "expected a list of numbers, one for each seed"),
        (lambda: mean_of(3.0), "values = 3.0: expected a list"),
        (lambda: mean_of(["1", "2"]), "expected a list of numbers"),
        (lambda: mean_of([1.0, None]), "expected a list of numbers"),
        (lambda: mean_of([True, False]), "expected a list of numbers"),
        (lambda: mean_of(np.ma.array([1.0, 2, 3], mask=[0, 0, 1])), "expected a list of numbers"),
        (lambda: difference(*PAIRS, level=95), "level = 95: expected a share"),
        (lambda: difference(*PAIRS, level=NAN), "level = nan"),
        (lambda: difference(*PAIRS, method="BCa"), "method = 'BCa': expected one of 't', 'boot"),
        (lambda: equivalence(*PAIRS, margin=0), "margin = 0: expected a number above 0"),
        (lambda: equivalence(*PAIRS, margin=-1), "margin = -1"),
        (lambda: equivalence(*PAIRS, margin=1, alpha=5), "alpha = 5: expected a share"),
        (lambda: compare({"a": [1, 2]}, "a"), "expected one of 2 or more arms: ['a']"),
        (lambda: compare({"a": [1, 2], "b": [1, 3]}, "c"), "baseline = 'c'"),
        (lambda: compare({"a": [1, 2], "b": [2, 3]}, "b"), "a - b: -1 for each of 2 seeds"),
        (lambda: compare({"a": [1, NAN], "b": [2, 3]}, "b"), "a: 1 of 2 runs diverged"),
        (lambda: seeds_needed(0, 1), "difference = 0: too small"),
        (lambda: seeds_needed(1e-5, 1), "10,000,000 seeds do not show it"),
        (lambda: seeds_needed(NAN, 1), "difference = nan"),
        (lambda: seeds_needed(1, 0), "spread = 0: expected a standard deviation above 0"),
        (lambda: seeds_needed(1, 1, alpha=5), "alpha = 5: expected a share"),
        (lambda: seeds_needed(1, 1, power=80), "power = 80: expected a share"),
        (lambda: seeds_needed(1, 1, power=0.04), "power = 0.04: expected more than alpha"),
        (lambda: seeds_needed(1, 1, comparisons=0), "comparisons = 0"),
    ],
)
def test_bad_input_is_named(call, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        call()
