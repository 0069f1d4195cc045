"""Tables of differences against scipy and statsmodels, cell by cell."""

import re

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from lrdecay.lab.tables import differences_table

DRAWS = np.random.default_rng(3).normal(size=(3, 2, 12))
ARMS = {
    name: {"loss (nats)": 0.07 + 0.001 * loss + shift, "accuracy (%)": 98 + 0.1 * accuracy}
    for (name, shift), (loss, accuracy) in zip(
        {"linear": 0.0, "averaged": 0.004, "batch": 0.0}.items(), DRAWS, strict=True
    )
}
DIGITS = {"loss (nats)": ".4f", "accuracy (%)": ".2f"}


def test_each_cell_is_scipys():
    text, found = differences_table(ARMS, "linear", DIGITS)
    heading, _, *rows = [line.strip("|").split("|") for line in text.splitlines()]
    assert [h.strip() for h in heading] == [
        "way to train", "loss (nats)", "minus linear", "accuracy (%)", "minus linear"
    ]  # fmt: skip
    ps = []
    for name, row in zip(ARMS, rows, strict=True):
        assert row[0].strip() == name
        for place, (measure, form) in enumerate(DIGITS.items()):
            values, base = ARMS[name][measure], ARMS["linear"][measure]
            mean, half = map(float, row[1 + 2 * place].split("±"))
            tolerance = 0.51 * 10.0 ** -int(form[1])
            assert mean == pytest.approx(values.mean(), abs=tolerance)
            interval = stats.ttest_1samp(values, 0).confidence_interval()
            assert half == pytest.approx((interval.high - interval.low) / 2, abs=tolerance)
            if name == "linear":
                assert row[2 + 2 * place].strip() == ""
                continue
            test = stats.ttest_rel(values, base)
            low, high = test.confidence_interval()
            shown = [float(x) for x in re.findall(r"[-+][\d.]+", row[2 + 2 * place])]
            assert shown == pytest.approx([np.mean(values - base), low, high], abs=tolerance)
            ps.append((measure, name, test.pvalue))
    corrected = multipletests([p for *_, p in ps], method="holm")[1]
    for (measure, name, _), p in zip(ps, corrected, strict=True):
        assert found[measure][name].p_holm == pytest.approx(p)
        row = next(row for row in rows if row[0].strip() == name)
        assert ("*" in row[2 + 2 * list(DIGITS).index(measure)]) == (p < 0.05)
    assert any("*" in cell for row in rows for cell in row)


def test_a_diverged_run_counts_as_told():
    arms = {"a": {"loss": [1.0, 2.0, np.nan]}, "b": {"loss": [1.0, 2.5, 3.0]}}
    with pytest.raises(ValueError, match="diverged"):
        differences_table(arms, "b", {"loss": ".1f"})
    text, _ = differences_table(arms, "b", {"loss": ".1f"}, {"loss": 9.0})
    assert "| a | 4.0 ±" in text


def test_an_unknown_baseline_is_named():
    with pytest.raises(ValueError, match="baseline = 'c': expected one of a"):
        differences_table({"a": {"loss": [1.0, 2.0]}}, "c", {"loss": ".1f"})
