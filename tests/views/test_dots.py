"""Differences in pairs are drawn where they are."""

import math

import pytest

from lrdecay.views import dots, plots

DATA = {"linear": ([-2.0, math.nan, 0.5], -0.75, -2.5, 1.0), "step": ([1, 2, 3], 2, 0.5, 3.5)}


def test_each_arm_has_its_dots_its_interval_and_its_mean():
    (ax,) = dots.differences(DATA, xlabel="loss (nats)").axes
    baseline, *lines = ax.lines
    assert baseline.get_xdata() == [0, 0]
    for place, (values, mean, low, high) in enumerate(DATA.values()):
        pairs, interval, middle = lines[3 * place : 3 * place + 3]
        assert pairs.get_xdata() == pytest.approx(values, nan_ok=True)
        assert abs(pairs.get_ydata() - place).max() < 0.2
        assert list(interval.get_xdata()) == [low, high]
        assert list(middle.get_xdata()) == [mean]
        assert set(interval.get_ydata()) == set(middle.get_ydata()) == {place}
    assert [label.get_text() for label in ax.get_yticklabels()] == ["linear", "step"]
    assert ax.get_xlabel() == "loss (nats)"


def test_the_first_arm_is_at_the_top():
    (ax,) = dots.differences(DATA, xlabel="loss (nats)").axes
    bottom, top = ax.get_ylim()
    assert bottom > top


def test_it_draws_on_a_panel_that_is_there():
    drawing = plots.figure(rows=2)
    assert dots.differences(DATA, xlabel="loss (nats)", ax=drawing.axes[1]) is drawing
    assert not drawing.axes[0].lines


def test_nothing_is_no_figure():
    with pytest.raises(ValueError, match="nothing to draw"):
        dots.differences({}, xlabel="loss (nats)")
