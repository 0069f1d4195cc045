"""Ends and joins: they are exact, and what promises to be continuous has no jump."""

import pytest
import strategies as some
from hypothesis import given
from hypothesis import strategies as st

from lrdecay import (
    REX,
    WSD,
    CosineDecay,
    ExponentialDecay,
    InversePower,
    InverseSqrt,
    InverseTimeDecay,
    LinearDecay,
    LogLinearDecay,
    PolynomialDecay,
    StepDecay,
)
from lrdecay.formulas import FALLS, RISES

LENGTHS = st.integers(1, 30)  # short, so that random times meet the joins
TIMES = st.integers(0, 100)
MORE = st.integers(0, 10**9)


@given(
    st.one_of(some.falling(CosineDecay, some.lengths), some.falling(REX, some.lengths)),
    MORE,
)
def test_a_fall_ends_exactly_and_stays(s, more):
    assert s(s.duration) == s(s.duration + more) == s.lr_end


@given(some.one_cycle(some.whole_lengths), MORE)
def test_one_cycle_meets_its_three_rates(s, more):
    assert (s(0), s(s.warmup_length)) == (s.start, s.peak)
    assert s(s.duration) == s(s.duration + more) == s.lr_end
    if s.three_phase:
        assert s(2 * s.warmup_length) == s.start


@given(some.wsd(some.whole_lengths), MORE)
def test_wsd_meets_its_rates(s, more):
    assert s(0) == (0 if s.warmup_length else s(s.warmup_length))
    plateau = {s(s.warmup_length), s(s.duration - s.cooldown_length)}
    assert plateau == {s.peak}
    assert s(s.duration) == s(s.duration + more) == (s.lr_end if s.cooldown_length else s.peak)


@given(some.cyclic(some.whole_lengths), st.integers(0, 1000))
def test_cycles_meet_their_feet_and_their_first_peak(s, n):
    assert s(2 * n * s.half_cycle) == s.low
    if s.mode != "exp_range":
        assert s(s.half_cycle) == s.high


@given(some.monotone(some.whole_lengths), some.whole_lengths, some.floats(0, 1))
def test_a_warmup_ends_exactly_where_the_schedule_begins(s, length, share):
    warm = s.warmup(length, start=share * s(0))
    assert warm(0) == share * s(0)
    assert warm(length) == s(0)


@given(some.monotone(some.whole_lengths), some.whole_lengths, st.integers(0, 20), some.ratios)
def test_a_restart_is_exact(s, every, n, scale):
    assert s.repeat(every, scale=scale)(n * every) == s(0) * scale**n
    assert s.repeat(every, stretch=2, scale=scale)((2**n - 1) * every) == s(0) * scale**n


# Each with the highest rate that it may have


def bounded(strategy):
    return strategy.map(lambda s: (s, 10.0))


CONTINUOUS = st.recursive(
    st.one_of(
        bounded(st.builds(ExponentialDecay, some.rates, some.decay_rates)),
        bounded(st.builds(InverseTimeDecay, some.rates, some.decay_rates)),
        bounded(st.builds(InverseSqrt, some.rates, LENGTHS)),
        bounded(some.falling(PolynomialDecay, LENGTHS, some.floats(0.5, 10))),
        bounded(some.falling(LinearDecay, LENGTHS)),
        bounded(some.falling(CosineDecay, LENGTHS)),
        bounded(some.falling(REX, LENGTHS)),
        bounded(some.one_cycle(LENGTHS)),
        bounded(some.wsd(LENGTHS)),
        bounded(some.cyclic(LENGTHS)),
        bounded(some.falling(LogLinearDecay, LENGTHS)),
        bounded(some.knots(LENGTHS)),
        bounded(st.builds(InversePower, some.rates, LENGTHS, some.powers)),
    ),
    lambda inner: st.one_of(
        st.builds(lambda a, length: (a[0].warmup(length), a[1]), inner, LENGTHS),
        st.builds(
            lambda a, *how: (some.warmed(a[0], *how), a[1]),
            inner,
            LENGTHS,
            some.shares,
            st.sampled_from([*RISES]),
            some.floats(0.5, 10),
            st.booleans(),
        ),
        st.builds(lambda a, length: (a[0].hold(length), a[1]), inner, LENGTHS),
        st.builds(
            lambda a, *how: (some.cooled(a[0], *how), a[1]),
            inner,
            LENGTHS,
            LENGTHS,
            st.sampled_from([*FALLS]),
            some.shares,
        ),
        st.builds(
            lambda a, how: (a[0].paced(*how), a[1]),
            inner,
            some.with_one_more(LENGTHS, some.paces),
        ),
        st.builds(lambda a, by: (a[0].shift(by), a[1]), inner, LENGTHS),
        st.builds(lambda a, low: (a[0].clip(low), max(a[1], low)), inner, some.rates),
        st.builds(lambda a, b: (a[0] + b[0], a[1] + b[1]), inner, inner),
        st.builds(lambda a, b: (a[0] * b[0], a[1] * b[1]), inner, inner),
        st.builds(lambda a, length: (a[0].stretch(length), a[1]), inner, LENGTHS),
    ),
    max_leaves=4,
)


def jump(s, t):
    """Return how much the rate changes around `t`, from one side of it or the other."""
    return max(abs(s(t) - s(t + 1e-7)), abs(s(t) - s(max(t - 1e-7, 0))))


@given(CONTINUOUS, TIMES)
def test_what_promises_it_is_continuous(schedule, t):
    s, highest = schedule
    assert jump(s, t) <= 4e-3 * highest  # a square root rises by 3e-4 of its height in 1e-7


@pytest.mark.parametrize(
    ("s", "t"),
    [
        (StepDecay(1.0, 0.5, 10), 10),
        (LinearDecay(1.0, 10).repeat(10), 10),
        (LinearDecay(1.0, 10).then(WSD(1.0, 10, 0, 5), at=4), 4),
        (ExponentialDecay(1.0, 0.1).staircase(5), 5),
        (LinearDecay(1.0, 10).repeat(10).paced([5], [1, 2.5]), 7),
    ],
    ids=repr,
)
def test_a_jump_is_seen(s, t):
    assert jump(s, t) > 0.1
