"""Holds, cooldowns, paces, warmups, power laws, knots: each against what it says in words."""

import math
from dataclasses import dataclass, fields, replace

import numpy as np
import pytest
import strategies as some
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from lrdecay import (
    WSD,
    Constant,
    InversePower,
    InverseSqrt,
    InverseTimeDecay,
    LinearDecay,
    LogLinearDecay,
    PiecewiseConstant,
    PiecewiseLinear,
    StepDecay,
    formulas,
    parse,
)
from lrdecay.schedules import LEAVES, Formula, Schedule, classes
from lrdecay.schedules.parameters import FLAG, LR0
from lrdecay.schedules.schedule import Combination, Phased

SEED = StepDecay(0.1, 0.96, 1000)
WHOLE = some.whole_lengths
SHORT = st.integers(1, 60)
NAN, INF = math.nan, math.inf


def bits(schedule, times):
    """Return the rates to the last bit."""
    return [schedule(t).hex() for t in times]


def close(rates, others, ulps=4):
    return np.testing.assert_allclose(rates, others, rtol=ulps * 2.3e-16, atol=1e-300)


# Warmup


@given(some.schedules(WHOLE), WHOLE, some.shares, st.lists(st.integers(0, 2**40), min_size=3))
def test_a_warmup_over_a_schedule_leaves_it_alone_from_its_end_on(s, duration, share, more):
    warm = some.warmed(s, duration, share, "linear", 1, over=True)
    times = [duration, *(duration + t for t in more)]
    assert bits(warm, times) == bits(s, times)
    assert s(np.array(times)).tobytes() == warm(np.array(times)).tobytes()


@given(some.schedules(WHOLE), WHOLE, some.shares, some.shares)
def test_a_warmup_over_a_schedule_goes_straight_to_where_it_meets_it(s, duration, share, risen):
    start = share * s(duration)
    t = int(risen * duration)
    straight = np.interp(t, [0, duration], [start, s(duration)])
    assert s.warmup(duration, start, over=True)(t) == pytest.approx(straight, rel=1e-12, abs=1e-290)


RISES = {
    "linear": lambda x: x,
    "cosine": lambda x: (1 - np.cos(np.pi * x)) / 2,
    "sine": lambda x: np.sin(np.pi * x / 2),
    "power": lambda x: x**2.5,
}


@pytest.mark.parametrize("shape", formulas.RISES)
@pytest.mark.parametrize("over", [False, True])
def test_every_rise_begins_and_ends_exactly_and_has_its_shape(shape, over):
    s, power = LinearDecay(0.3, 1000, 0.1), 2.5 if shape == "power" else 1
    warm = s.warmup(300, 0.01, shape, power, over)
    peak = s(300) if over else s(0)
    assert (warm(0), warm(300)) == (0.01, peak)
    x = np.arange(301) / 300
    if shape == "exponential":
        assert np.diff(np.log(warm.curve(301))) == pytest.approx(math.log(peak / 0.01) / 300)
    else:
        assert warm.curve(301) == pytest.approx(0.01 + (peak - 0.01) * RISES[shape](x), rel=1e-13)
    assert (np.diff(warm.curve(301)) > 0).all()


# Hold


@given(some.schedules(WHOLE), WHOLE, st.integers(0, 2**40), some.shares)
def test_hold_is_the_first_rate_and_then_the_schedule(s, duration, t, share):
    held = s.hold(duration)
    assert bits(held, [0, int(share * (duration - 1)), duration]) == bits(s, [0] * 3)
    assert bits(held, [duration + t]) == bits(s, [t])


@pytest.mark.parametrize("nothing", [0, 0.0, np.int8(0)])
def test_no_length_changes_nothing(nothing):
    assert SEED.hold(nothing) is SEED
    assert SEED.warmup(nothing) is SEED
    assert SEED.warmup(nothing, 0.01, "cosine", over=True) is SEED


def test_a_warmup_of_no_length_is_checked_all_the_same():
    for wrong in (
        lambda: SEED.warmup(0, 0.2),
        lambda: SEED.warmup(0, shape="steep"),
        lambda: SEED.warmup(0, power=2.0),
        lambda: SEED.warmup(0, over=1),
    ):
        with pytest.raises(ValueError, match=r"^(start|shape|power|over) = "):
            wrong()


# Cooldown


@given(
    some.schedules(WHOLE), WHOLE, WHOLE, st.sampled_from([*formulas.FALLS]), some.shares, some.steps
)
def test_a_cooldown_starts_where_the_schedule_is_and_ends_exactly(
    s, duration, at, shape, share, more
):
    cooled = some.cooled(s, duration, at, shape, share)
    assert bits(cooled, [0, at - 1, at]) == bits(s, [0, at - 1, at])
    assert cooled(at + duration) == cooled(at + duration + more) == cooled.lr_end


@given(some.wsd(SHORT), st.integers(0, 700))
def test_wsd_is_a_constant_with_a_warmup_and_a_cooldown(s, t):
    s = replace(s, warmup=max(s.warmup_length, 1), cooldown=max(s.cooldown_length, 1))
    same = Constant(s.peak).warmup(s.warmup_length)
    same = same.cooldown(s.cooldown_length, s.duration - s.cooldown_length, s.shape, s.lr_end)
    assert same(t) == s(t)


# Paces


@given(some.schedules(WHOLE), some.with_one_more(SHORT, st.integers(1, 1000)), st.integers(1, 200))
def test_a_clock_that_adds_pace_after_pace(s, both, n):
    boundaries, paces = both
    clock, times = 0, []
    for t in range(n):
        times.append(clock)
        clock += paces[sum(t >= boundary for boundary in boundaries)]
    paced = s.paced(*both)
    assert bits(paced, range(n)) == bits(s, times)
    assert paced.curve(n).tobytes() == s(np.array(times)).tobytes()


@pytest.mark.parametrize("pace", [1, 3, 512, 513, 524_288, 2**28])
@pytest.mark.parametrize("boundary", [2**24 + 1, 2**24 + 2])
def test_whole_paces_are_exact_beyond_float32(pace, boundary):
    s = StepDecay(1.0, 0.5, pace * (boundary + 4) + 1).paced([boundary - 3], [pace, pace])
    around = [boundary + 4, boundary + 5]
    assert [s(t) for t in around] == [1.0, 0.5]
    assert s(np.array(around)).tolist() == [1.0, 0.5]


def test_paces_as_large_as_they_may_be():
    s = LinearDecay(0.1, 1000).paced([2**52], [2**53, 2**53])
    assert s(np.array([0, 1, 2**52, 2**53])).tolist() == [s(t) for t in (0, 1, 2**52, 2**53)]


def test_a_growing_batch():
    """Examples seen: 32 an update for 1,000 updates, then 64."""
    s = LinearDecay(0.1, 96_000).paced([1000], [32, 64])
    assert s(1000) == pytest.approx(0.1 * 64 / 96)
    assert (s(1999) > 0, s(2000)) == (True, 0.0)


# Knots


@given(some.knots(some.lengths), st.lists(some.steps, min_size=1))
def test_knots_are_joined_as_numpy_joins_them(s, times):
    times = np.array(times, float)
    interpolated = np.interp(times, *zip(*s.points, strict=True))
    highest = max(rate for _, rate in s.points)
    np.testing.assert_allclose(s(times), interpolated, rtol=1e-9, atol=1e-9 * highest)
    assert all(s(t) == rate for t, rate in s.points)


# Decays


@given(some.positive_rates, some.positive_rates, some.lengths, some.steps)
def test_log_linear_is_exact_at_both_ends(a, b, duration, more):
    low, high = sorted((a, b))
    s = LogLinearDecay(high, duration, low)
    assert s(0) == high
    assert s(duration) == s(duration + more) == low
    assert s(duration / 2) == pytest.approx(math.sqrt(low * high))


@given(some.rates, some.lengths, st.lists(some.steps, min_size=1))
def test_powers_with_a_name_of_their_own(lr0, timescale, times):
    times = np.array(times, float)
    close(InversePower(lr0, timescale, 0.5)(times), InverseSqrt(lr0, timescale)(times))
    inverse_time = InverseTimeDecay(lr0, 1 / timescale)(times)
    close(InversePower(lr0, timescale, 1)(times), inverse_time)


@pytest.mark.parametrize("power", [0.001, 1, 1000])
@pytest.mark.parametrize("timescale", [1e-9, 1, 2**53])
@pytest.mark.filterwarnings("error")
def test_no_power_overflows(power, timescale):
    s = InversePower(1e6, timescale, power)
    rates = [s(t) for t in (0, 1, 2**24, 2**53)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == 1e6
    assert all(math.isfinite(rate) and rate >= 0 for rate in rates)
    close(s(np.array([0, 1, 2**24, 2**53])), rates)


@given(some.rates, some.rising(SHORT, 1, 4), some.ratios, st.integers(0, 100))
def test_steps_by_a_ratio(lr0, boundaries, ratio, t):
    s = PiecewiseConstant.from_ratio(lr0, boundaries, ratio)
    assert s(t) == lr0 * ratio ** len([b for b in boundaries if b <= t])


@given(some.schedules(), some.floats(1e-3, 1e3), some.steps)
@example(Constant(0.3), 3, 0)
def test_a_schedule_divided(s, divisor, t):
    assert (s / divisor)(t) == pytest.approx(s(t) / divisor, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("LinearDecay(1e-3 * 256 / 1024, 90 - 5)", LinearDecay(0.00025, 85)),
        ("LinearDecay(0.1, 10) / (2 + 2)", LinearDecay(0.1, 10) / 4),
        ("Constant(1).hold(2).cooldown(3, at=-1 + 5)", Constant(1).hold(2).cooldown(3, at=4)),
        (
            "PiecewiseLinear([(0, 0), (5, .4), [24, 0]])",
            PiecewiseLinear([(0, 0), (5, 0.4), (24, 0)]),
        ),
        (
            "PiecewiseConstant.from_ratio(.1, [3, 4], ratio=.1)",
            PiecewiseConstant.from_ratio(0.1, [3, 4], 0.1),
        ),
        ("Constant(1).paced([9], paces=[1, 2 / 4])", Constant(1).paced([9], [1, 0.5])),
    ],
)
def test_text(text, schedule):
    assert parse(text) == schedule


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Constant(1 / 0)", "1 and 0: division by zero"),
        ("Constant(1) / 0", "divisor = 0: "),
        ("Constant(1) / Constant(2)", "divisor = Constant"),
        ("2 / Constant(2)", "Constant is a schedule and no number"),
        ("Constant(1) - 0.5", "unsupported operand"),
        ("Constant(1e308 * 10)", "lr0 = inf"),
    ],
)
def test_arithmetic_that_gives_no_schedule(text, reason):
    with pytest.raises(ValueError, match=r"^schedule ") as error:
        parse(text)
    assert reason in str(error.value)


# Bad input


@pytest.mark.parametrize(
    ("make", "argument"),
    [
        (lambda v: InversePower(v, 10, 2.0), "lr0"),
        (lambda v: InversePower(0.1, v, 2.0), "timescale"),
        (lambda v: InversePower(0.1, 10, v), "power"),
        (lambda v: LogLinearDecay(v, 10, 0.01), "lr0"),
        (lambda v: LogLinearDecay(0.1, v, 0.01), "duration"),
        (lambda v: LogLinearDecay(0.1, 10, v), "lr_end"),
        (lambda v: PiecewiseLinear([(0, 1), (v, 2)]), r"points\[1\]\[0\]"),
        (lambda v: PiecewiseLinear([(0, 1), (1, v)]), r"points\[1\]\[1\]"),
        (lambda v: PiecewiseLinear([(0, 1), v]), r"points\[1\]"),
        (PiecewiseLinear, "points"),
        (lambda v: PiecewiseConstant.from_ratio(v, [1], 0.5), "lr0"),
        (lambda v: PiecewiseConstant.from_ratio(0.1, [v], 0.5), r"boundaries\[0\]"),
        (lambda v: PiecewiseConstant.from_ratio(0.1, [1], v), "ratio"),
        (SEED.hold, "duration"),
        (lambda v: SEED.cooldown(v, 10), "duration"),
        (lambda v: SEED.cooldown(10, v), "at"),
        (lambda v: SEED.cooldown(10, 10, v), "shape"),
        (lambda v: SEED.cooldown(10, 10, lr_end=v), "lr_end"),
        (lambda v: SEED.paced([v], [1, 2]), r"boundaries\[0\]"),
        (lambda v: SEED.paced([1], [1, v]), r"paces\[1\]"),
        (SEED.warmup, "duration"),
        (lambda v: SEED.warmup(10, v), "start"),
        (lambda v: SEED.warmup(10, 0, v), "shape"),
        (lambda v: SEED.warmup(10, 0, "power", v), "power"),
        (lambda v: SEED.warmup(10, over=1 if v is True else v), "over"),
        (lambda v: SEED / v, "divisor"),
    ],
)
@pytest.mark.parametrize(
    "value",
    [-1, NAN, INF, -INF, "0.1", True, None, 10**400, [0.1], 1j, SEED],
    ids=lambda v: str(v)[:8],
)
def test_bad_values_name_themselves(make, argument, value):
    with pytest.raises(ValueError, match=rf"^{argument}.* = .*: "):
        make(value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LogLinearDecay(0.1, 10, 0), r"lr_end = 0: .*above 0"),
        (lambda: LogLinearDecay(0, 10, 0), r"lr0 = 0: .*above 0"),
        (lambda: LogLinearDecay(0.1, 10, 5e-324), r"lr_end = 5e-324: .*above 0"),
        (lambda: LogLinearDecay(0.1, 10, 0.2), r"lr_end = 0\.2: .*lr0 = 0\.1.*rise"),
        (lambda: WSD(0.1, 10, 1, 1, "log-linear"), r"lr_end = 0\.0: .*above 0"),
        (lambda: SEED.cooldown(10, 10, "log-linear"), r"lr_end = 0\.0: .*above 0"),
        (lambda: SEED.cooldown(10, 10, "sine"), r"shape = 'sine': .*'1-sqrt'"),
        (lambda: SEED.cooldown(10, 2000, lr_end=0.1), r"lr_end = 0\.1: .*0\.09.*lower it"),
        (lambda: SEED.warmup(10, 0.2), r"start = 0\.2: .*= 0\.1; lower it"),
        (lambda: SEED.warmup(2000, 0.1, over=True), r"start = 0\.1: .*= 0\.09.*; lower it"),
        (lambda: SEED.warmup(10, shape="exponential"), r"start = 0\.0: .*above 0"),
        (lambda: SEED.warmup(10, shape="quick"), r"shape = 'quick': .*'sine'"),
        (lambda: SEED.warmup(10, power=2.0), r"power = 2\.0: .*'linear'; leave"),
        (lambda: SEED.warmup(10, shape="cosine", power=2.0), r"power = 2\.0: .*'cosine'; leave"),
        (lambda: SEED.paced([], [1]), r"boundaries = \(\): .*stretch"),
        (lambda: SEED.paced([2, 1], [1, 2, 3]), r"boundaries = \(2, 1\): .*sort"),
        (lambda: SEED.paced([1, 1], [1, 2, 3]), r"boundaries = \(1, 1\): .*rise"),
        (lambda: SEED.paced([1], [1]), r"paces = \(1,\): .*2 and not 1"),
        (lambda: SEED.paced([1], [1, 0]), r"paces\[1\] = 0: .*above 0"),
        (lambda: PiecewiseLinear([]), r"points = \(\): .*two"),
        (lambda: PiecewiseLinear([(0, 1)]), r"points = \(\(0, 1\.0\),\): .*Constant"),
        (lambda: PiecewiseLinear([(0, 1), (5, 1), (5, 2)]), r"points = .*: the times must rise"),
        (lambda: PiecewiseLinear([(5, 1), (0, 2)]), r"points = .*: .*sort"),
        (lambda: PiecewiseLinear([(0, 1, 2), (5, 2)]), r"points\[0\] = \(0, 1, 2\): .*\(t, rate\)"),
        (lambda: PiecewiseConstant.from_ratio(0.1, [], 0.1), r"boundaries = \(\): .*Constant"),
        (lambda: PiecewiseConstant.from_ratio(0.1, [2, 1], 0.1), r"boundaries = \(2, 1\): .*sort"),
        (lambda: PiecewiseConstant.from_ratio(0.1, [1], 10), r"ratio = 10: .*at most 1"),
        (lambda: SEED / 0, r"divisor = 0: .*above 0"),
        (lambda: SEED / -2, r"divisor = -2: .*above 0"),
        (lambda: SEED / 1e-300, r"divisor = 1e-300: .*1e-6"),
    ],
)
def test_what_does_not_fit_says_the_remedy(make, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        make()


# What every class has


def facts(s):
    """Yield its class, and each word and flag that it was made with; the same of its parts."""
    yield type(s).__name__, "", ""
    for place, value in s._values():
        if isinstance(value, str | bool):
            yield type(s).__name__, place.argument, value
    for part in s.parts():
        yield from facts(part)


def test_every_class_every_word_and_every_flag_is_drawn():
    """What the random schedules leave out, no property holds to account."""
    wanted, seen = set(), set()
    for name, cls in classes().items():
        wanted.add((name, "", ""))
        for field in fields(cls):
            parameter, argument = field.metadata["parameter"], field.metadata["argument"]
            choices = (False, True) if parameter is FLAG else parameter.choices
            wanted |= {(name, argument or field.name, choice) for choice in choices}

    @settings(max_examples=5000, phases=[Phase.generate], derandomize=True, database=None)
    @given(some.compositions(some.leaves(), some.lengths))
    def draw(s):
        seen.update(facts(s))

    draw()
    assert wanted - seen == set()


COMBINED = (
    LinearDecay(0.1, 10).staircase(2),
    LinearDecay(0.1, 10).clip(0.01, 0.05),
    LinearDecay(0.1, 10).shift(3),
    LinearDecay(0.1, 10).warmup(5, 0.01, "power", 2.0, over=True),
    LinearDecay(0.1, 10).hold(5),
    LinearDecay(0.1, 10).cooldown(5, at=5, shape="log-linear", lr_end=0.01),
    LinearDecay(0.1, 10).paced([3, 5], [1, 2, 3]),
    LinearDecay(0.1, 10).then(Constant(0.1), at=5),
    LinearDecay(0.1, 10).repeat(10, stretch=2, scale=0.5),
    LinearDecay(0.1, 10) * Constant(0.1),
    LinearDecay(0.1, 10) + Constant(0.1),
)
ONE_EACH = (*(cls._example() for cls in LEAVES), *COMBINED)


def test_there_is_one_of_each_class():
    assert {type(s).__name__ for s in ONE_EACH} == set(classes())


@pytest.mark.parametrize("s", ONE_EACH, ids=lambda s: type(s).__name__)
def test_every_field_can_be_replaced(s):
    assert replace(s) == s
    for field, (place, value) in zip(fields(s), s._values(), strict=True):
        other = replace(value, lr0=0.02) if isinstance(value, LinearDecay | Constant) else value
        other = {int: lambda x: x + 1, float: lambda x: x / 2}.get(type(value), lambda x: x)(other)
        for name in {field.name, place.argument}:
            assert getattr(replace(s, **{name: other}), field.name) == other


@pytest.mark.parametrize("base", [Schedule, Formula, Combination, Phased])
def test_a_class_that_forgets_a_fact_cannot_be_made(base):
    known = base.__abstractmethods__
    assert {"_rate", "_landmarks", "_span"} - known <= {"_rate"}  # phases have their rate
    for fact in known:
        said = dict.fromkeys(known - {fact}, lambda *_: None)
        body = {"__annotations__": {"lr0": float}, "lr0": LR0.field(), **said}
        forgetful = dataclass(frozen=True)(type("Forgetful", (base,), body))
        with pytest.raises(TypeError, match=f"abstract .*{fact}"):
            forgetful(0.1)


# What is said of a schedule, against its rates


TIGHT = st.one_of(
    some.knots(SHORT),
    st.builds(lambda s, d: s.hold(d), some.monotone(SHORT), SHORT),
    st.builds(
        some.cooled,
        some.monotone(SHORT),
        SHORT,
        SHORT,
        st.sampled_from([*formulas.FALLS]),
        some.shares,
    ),
    st.builds(
        some.warmed,
        some.monotone(SHORT),
        SHORT,
        some.shares,
        st.sampled_from([*formulas.RISES]),
        some.powers,
        st.booleans(),
    ),
    st.builds(
        lambda s, both: s.paced(*both), some.monotone(SHORT), some.with_one_more(SHORT, some.paces)
    ),
)


@given(TIGHT, st.integers(0, 100), st.integers(0, 100))
def test_the_lowest_rate_of_a_stretch_is_one_of_its_rates(s, a, n):
    rates = s(np.arange(a, a + n + 1))
    assert s._lowest(a, a + n) == pytest.approx(rates.min(), rel=1e-12, abs=1e-300)


@given(some.monotone(SHORT), some.with_one_more(SHORT, some.paces))
def test_a_landmark_at_several_paces_is_where_the_clock_gets_there(s, both):
    paced = s.paced(*both)
    marks = [mark for mark in paced.landmarks(10**9) if mark.kind != "clock"]
    for inside, outside in zip(s.landmarks(10**9), marks, strict=True):
        if outside.at < 2000:
            clock = [paced._inside(t) for t in range(2001)]
            assert outside.step == next(t for t, u in enumerate(clock) if u >= inside.at - 1e-9)


@given(some.schedules(SHORT), SHORT, SHORT)
def test_nothing_happens_after_the_end_of_a_cooldown(s, duration, at):
    cooled = s.cooldown(duration, at)
    assert max(mark.at for mark in cooled.landmarks(1000) if mark.at < mark.until) == at + duration
    assert len(set(cooled(np.arange(at + duration, at + duration + 100)))) == 1


@given(some.schedules(SHORT), st.integers(1, 300))
def test_no_rate_is_above_the_ceiling(s, n):
    highest = float(s.curve(n).max())
    assert s._ceiling(highest, n) >= highest * (1 - 1e-12)


@pytest.mark.parametrize("s", ONE_EACH, ids=lambda s: type(s).__name__)
def test_a_span_shows_all_that_happens_once(s):
    seen = [mark for mark in s.landmarks(1000) if mark.at < mark.until and mark.kind != "again"]
    assert all(mark.at < s._span() for mark in seen)
    assert 0 <= s._span() < 1000
