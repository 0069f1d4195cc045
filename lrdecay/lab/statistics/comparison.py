"""Means, differences and equivalence of arms whose runs come in pairs.

Outcomes are given one a seed, the seeds in the same order in each arm. A diverged run (NaN or
infinite) is an outcome: it is refused unless ``diverged=value`` says what it counts as.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import stats

from lrdecay import checks
from lrdecay.lab.statistics.outcomes import Floats, outcomes, require_spread, share
from lrdecay.lab.statistics.results import Difference, Equivalence, Mean


def mean_of(values: Sequence[float], diverged: float | None = None) -> Mean:
    """Return the mean of one arm and the half width of its 95 % interval.

    ``mean ± t s / sqrt(n)``, with Student's t for 97.5 % and n - 1 degrees of freedom

    Raises
    ------
    ValueError
        For fewer than two values, equal values, or diverged runs without `diverged`.

    Examples
    --------
    >>> print(mean_of([97.9, 98.1, 98.0, 98.0]))
    98.00 ± 0.13 (n = 4)
    """
    sample, lost = outcomes("values", values, diverged)
    require_spread("values", sample, scale=abs(sample).max(initial=0))
    low, high = stats.ttest_1samp(sample, 0.0).confidence_interval(0.95)
    mean, half_width = float(sample.mean()), float(high - low) / 2
    return Mean(n=len(sample), mean=mean, diverged=lost, half_width=half_width)


def difference(
    arm: Sequence[float],
    baseline: Sequence[float],
    level: float = 0.95,
    method: str = "t",
    diverged: float | None = None,
) -> Difference:
    """Return the mean of "arm - baseline", with its interval.

    Parameters
    ----------
    arm, baseline : sequence of float
        One outcome a seed.
    level : float
        The share of such intervals that hold the true mean.
    method : str
        "t", or "bootstrap": bias-corrected and accelerated (Efron, 1987), from a fixed seed. Of ten
        seeds it is too narrow, so it is a second look at skewed outcomes and not the first.
    diverged : float, optional
        What a diverged run counts as.

    Raises
    ------
    ValueError
        For unequal lengths, fewer than two pairs, differences that are all the same, or diverged
        runs without `diverged`.

    Examples
    --------
    >>> print(difference([97.9, 98.1, 98.3, 98.5], [97.8, 97.9, 98.2, 98.2]))
    0.17 higher, 95 % interval 0.02 to 0.33, n = 4
    """
    arms = {"arm": arm, "baseline": baseline}
    return _difference(arms, "arm", "baseline", level, method, diverged)


def compare(
    arms: Mapping[str, Sequence[float]],
    baseline: str,
    level: float = 0.95,
    method: str = "t",
    diverged: float | None = None,
) -> dict[str, Difference]:
    """Return the `difference` of each arm from one of them, with p by Holm's correction too.

    To call the arms with ``p_holm < 0.05`` different is wrong about any of them in 5 % of
    experiments at most (Holm, 1979). Each interval is for its arm alone.

    Examples
    --------
    >>> arms = {"constant": [1, 2, 3, 4], "linear": [2, 4, 5, 5], "step": [1, 3, 2, 4]}
    >>> {name: round(found.p_holm, 3) for name, found in compare(arms, "constant").items()}
    {'linear': 0.028, 'step': 1.0}
    """
    if baseline not in arms or len(arms) < 2:
        raise ValueError(f"baseline = {baseline!r}: expected one of 2 or more arms: {list(arms)}")
    found = {
        name: _difference(arms, name, baseline, level, method, diverged)
        for name in arms
        if name != baseline
    }
    # Brings pandas, and takes a second.
    from statsmodels.stats.multitest import multipletests  # noqa: PLC0415

    corrected = multipletests([one.p for one in found.values()], method="holm")[1]
    pairs = zip(found.items(), corrected, strict=True)
    return {name: replace(one, p_holm=float(p)) for (name, one), p in pairs}


def equivalence(
    arm: Sequence[float],
    baseline: Sequence[float],
    margin: float,
    alpha: float = 0.05,
    diverged: float | None = None,
) -> Equivalence:
    """Test whether a difference as large as `margin` is ruled out, by two one-sided tests.

    Both "arm - baseline <= -margin" and ">= margin" must fall (Schuirmann, 1987): the interval of
    level ``1 - 2 alpha`` lies within the margin. Fix the margin before you see the runs; for k
    tests that shall hold together give ``alpha / k``.

    Raises
    ------
    ValueError
        As `difference`, and for a margin that is not above 0.

    Examples
    --------
    >>> print(equivalence([1.00, 1.02, 0.99, 1.01], [1.01, 1.01, 1.00, 1.00], margin=0.05))
    no difference larger than 0.05 (two one-sided tests: p = 0.0016, n = 4)
    """
    alpha = share("alpha", alpha)
    if not checks.number("margin", margin) > 0:
        raise ValueError(f"margin = {margin!r}: expected a number above 0")
    a, b, lost = _paired({"arm": arm, "baseline": baseline}, "arm", "baseline", diverged)
    above = stats.ttest_1samp(a - b, -margin, alternative="greater").pvalue
    below = stats.ttest_1samp(a - b, margin, alternative="less").pvalue
    mean, p = float((a - b).mean()), float(max(above, below))
    return Equivalence(n=len(a), mean=mean, diverged=lost, margin=margin, alpha=alpha, p=p)


def _difference(
    arms: Mapping[str, Any],
    name: str,
    baseline: str,
    level: float,
    method: str,
    diverged: float | None,
) -> Difference:
    """Return the difference of two arms, which errors call by their names."""
    level, method = share("level", level), checks.one_of("t", "bootstrap")("method", method)
    a, b, lost = _paired(arms, name, baseline, diverged)
    test: Any = stats.ttest_rel(a, b)
    interval = test.confidence_interval(level)
    if method == "bootstrap":
        interval = stats.bootstrap(
            (a - b,),
            np.mean,
            confidence_level=level,
            rng=np.random.default_rng(0),
            batch=1 + 10**7 // len(a),  # numbers in memory at once
        ).confidence_interval
    return Difference(
        n=len(a),
        mean=float((a - b).mean()),
        diverged=lost,
        low=float(interval.low),
        high=float(interval.high),
        level=level,
        method=method,
        p=float(test.pvalue),
    )


def _paired(
    arms: Mapping[str, Any], name: str, baseline: str, diverged: float | None
) -> tuple[Floats, Floats, int]:
    """Return two arms, checked, and the number of their diverged runs."""
    (a, lost_a), (b, lost_b) = (outcomes(arm, arms[arm], diverged) for arm in (name, baseline))
    if len(a) != len(b):
        raise ValueError(
            f"{name}: {len(a)} outcomes, but {baseline} has {len(b)}; give one of each for every "
            "seed, in the same order"
        )
    with np.errstate(over="ignore"):
        apart = a - b
    require_spread(f"{name} - {baseline}", apart, scale=abs(np.append(a, b)).max(initial=0))
    return a, b, lost_a + lost_b
