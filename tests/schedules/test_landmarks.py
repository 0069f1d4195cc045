"""Where in a run a schedule does something."""

import math

import pytest
import strategies as some
from hypothesis import given, settings
from hypothesis import strategies as st

from lrdecay import (
    WSD,
    Constant,
    CosineDecay,
    Cyclic,
    ExponentialDecay,
    InversePower,
    LinearDecay,
    LogLinearDecay,
    OneCycle,
    PiecewiseConstant,
    PiecewiseLinear,
    PolynomialDecay,
    StepDecay,
)

FALL = LinearDecay(1.0, 10)


def seen(s, horizon=100):
    return [(mark.kind, mark.at) for mark in s.landmarks(horizon) if mark.at < mark.until]


@pytest.mark.parametrize(
    ("s", "expected"),
    [
        (Constant(1.0), []),
        (ExponentialDecay(1.0, 0.25), [("scale", 4)]),
        (ExponentialDecay(1.0, 0.0), []),
        (StepDecay(1.0, 0.5, 7), [("milestone", 7)]),
        (StepDecay(1.0, 1.0, 7), []),
        (PiecewiseConstant([3, 5], [3, 2, 1]), [("milestone", 3), ("milestone", 5)]),
        (FALL, [("end", 10)]),
        (LogLinearDecay(1.0, 10, 0.1), [("end", 10)]),
        (InversePower(1.0, 8, 2.0), [("scale", 8)]),
        (PiecewiseLinear([(0, 0), (5, 1), (24, 0)]), [("end", 24)]),
        (OneCycle(1.0, 10, warmup=3), [("warmup", 3), ("end", 10)]),
        (WSD(1.0, 10, 2, 3), [("warmup", 2), ("milestone", 7), ("end", 10)]),
        (WSD(1.0, 10, 2, 0), [("warmup", 2)]),
        (Cyclic(0.0, 1.0, 20), [("restart", 40), ("again", 80), ("again", 120)]),
        (PolynomialDecay(1.0, 60, cycle=True), [("restart", 60), ("again", 120)]),
    ],
)
def test_leaves(s, expected):
    assert seen(s) == expected


@pytest.mark.parametrize(
    ("s", "expected"),
    [
        (FALL.stretch(3), [("end", 30)]),
        (FALL.warmup(5), [("warmup", 5), ("end", 15)]),
        (FALL.warmup(5, over=True), [("warmup", 5), ("end", 10)]),
        (FALL.warmup(15, over=True), [("warmup", 15)]),
        (FALL.hold(5), [("end", 15)]),
        (FALL.hold(5).warmup(4), [("warmup", 4), ("end", 19)]),
        (FALL.cooldown(4, at=3), [("milestone", 3), ("end", 7)]),
        (FALL.cooldown(4, at=20), [("end", 10), ("milestone", 20), ("end", 24)]),
        (FALL.paced([4], [1, 2]), [("end", 7)]),
        (FALL.paced([4, 20], [0.5, 0.25, 4]), [("end", 21)]),
        (FALL.shift(4).paced([2], [1, 4]), [("end", 3)]),
        (FALL.warmup(2).shift(5).paced([1], [1, 2]), [("end", 4)]),
        (FALL.repeat(80).paced([10], [2, 1]), [("end", 5), ("restart", 70), ("again", 150)]),
        (FALL.shift(4), [("end", 6)]),
        (FALL.shift(10), []),
        (FALL.warmup(5).shift(6), [("end", 9)]),
        (FALL.staircase(4), [("end", 12)]),
        (FALL.staircase(5), [("end", 10)]),
        (LinearDecay(1.0, 1.1).staircase(0.1), [("end", pytest.approx(1.1))]),
        (FALL.clip(0.5), [("end", 10)]),
        (2 * FALL + StepDecay(1.0, 0.5, 3), [("milestone", 3), ("end", 10)]),
        (FALL.then(FALL, at=20), [("end", 10), ("join", 20), ("end", 30)]),
        (FALL.then(FALL, at=5), [("join", 5), ("end", 15)]),
        (FALL.then(FALL, at=20).shift(25), [("end", 5)]),
        (FALL.repeat(40), [("end", 10), ("restart", 40), ("again", 80), ("again", 120)]),
        (FALL.repeat(20, stretch=3), [("end", 10), ("restart", 20), ("again", 80), ("again", 260)]),
        (FALL.repeat(60).warmup(5), [("warmup", 5), ("end", 15), ("restart", 65), ("again", 125)]),
    ],
)
def test_compositions(s, expected):
    assert [mark for mark in seen(s) if mark[0] != "clock"] == expected


@pytest.mark.parametrize(
    ("s", "expected"),
    [
        (FALL.hold(5), [5]),
        (FALL.hold(5).warmup(4), [9]),
        (FALL.paced([4, 20], [0.5, 0.25, 4]), [4, 20]),
        (FALL.hold(3).paced([6], [0.5, 1]), [6, 6]),
    ],
)
def test_clocks(s, expected):
    assert [at for kind, at in seen(s) if kind == "clock"] == expected


@pytest.mark.parametrize(
    ("s", "cut_by", "until"),
    [
        (FALL.then(Constant(1.0), at=5), "join", 5),
        (FALL.repeat(5), "restart", 5),
        (FALL.repeat(50).then(Constant(1.0), at=4).warmup(3), "join", 7),
    ],
)
def test_what_is_cut_off_says_by_what(s, cut_by, until):
    end = next(mark for mark in s.landmarks(100) if mark.kind == "end")
    assert (end.cut_by, end.until) == (cut_by, until)
    assert end.at > until


@settings(max_examples=100)
@given(some.schedules(), st.integers(1, 10**6))
def test_every_landmark_has_a_finite_time_and_they_come_in_order(s, horizon):
    times = [mark.at for mark in s.landmarks(horizon)]
    assert all(0 < at < math.inf for at in times)
    assert times == sorted(times)


@given(some.falling(CosineDecay, st.integers(1, 10**4)), st.integers(1, 10**4), st.integers(1, 99))
def test_the_end_is_where_the_rate_is_the_last(s, warmup, every):
    composed = s.warmup(warmup).staircase(every)
    end = next(mark for mark in composed.landmarks(1) if mark.kind == "end")
    assert composed(end.step) == s.lr_end
    assert composed(end.step + 1000) == s.lr_end
