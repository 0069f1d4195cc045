"""Random schedules, for the property tests."""

from dataclasses import replace

from hypothesis import strategies as st

from lrdecay import (
    REX,
    WSD,
    Constant,
    CosineDecay,
    Cyclic,
    ExponentialDecay,
    InversePower,
    InverseSqrt,
    InverseTimeDecay,
    LinearDecay,
    LogLinearDecay,
    OneCycle,
    PiecewiseConstant,
    PiecewiseLinear,
    PolynomialDecay,
    StepDecay,
)
from lrdecay.formulas import FALLS, RISES


def floats(low, high):
    return st.floats(low, high, allow_subnormal=False)


rates = floats(0, 10)
positive_rates = floats(1e-6, 10)
ratios = floats(0.01, 1)
whole_lengths = st.integers(1, 10**7)
lengths = st.one_of(whole_lengths, floats(0.01, 1e6))
decay_rates = floats(0, 1)
powers = floats(0.1, 10)
shares = floats(0, 1)
steps = st.one_of(st.integers(0, 2**40), floats(0, 1e7))


def falling(cls, *middle):
    """Schedules with two rates, of which the last is not above the first."""
    one = positive_rates if cls is LogLinearDecay else rates
    pair = st.tuples(one, one).map(lambda ab: (max(ab), min(ab)))
    return st.tuples(pair, *middle).map(lambda v: cls(v[0][0], *v[1:], lr_end=v[0][1]))


def rising(length, least, most):
    """Lists of times that rise."""
    return st.lists(length, min_size=least, max_size=most, unique=True).map(sorted)


def with_one_more(length, value):
    """Boundaries, and the values between them."""
    return rising(length, 1, 5).flatmap(
        lambda b: st.tuples(st.just(b), st.lists(value, min_size=len(b) + 1, max_size=len(b) + 1))
    )


def piecewise(length):
    return st.one_of(
        with_one_more(length, rates).map(lambda both: PiecewiseConstant(*both)),
        st.builds(PiecewiseConstant.from_ratio, rates, rising(length, 1, 5), ratios),
    )


def knots(length):
    """Straight lines from knot to knot, the first of which may stand at 0."""
    times = rising(st.one_of(st.just(0), length), 2, 6)
    return times.flatmap(
        lambda times: st.lists(rates, min_size=len(times), max_size=len(times)).map(
            lambda rates: PiecewiseLinear(list(zip(times, rates, strict=True)))
        )
    )


def monotone(length=lengths):
    """Schedules that promise never to rise."""
    return st.one_of(
        st.builds(Constant, rates),
        st.builds(StepDecay, rates, ratios, length),
        st.builds(ExponentialDecay, rates, decay_rates),
        st.builds(InverseTimeDecay, rates, decay_rates),
        falling(PolynomialDecay, length, powers),
        falling(LinearDecay, length),
        falling(LogLinearDecay, length),
        falling(CosineDecay, length),
        falling(REX, length),
        st.builds(InverseSqrt, rates, length),
        st.builds(InversePower, rates, length, powers),
    )


def one_cycle(length):
    """One-cycle schedules whose rise takes a whole tenth of the duration."""
    three_rates = st.lists(rates, min_size=3, max_size=3).map(sorted)
    return st.builds(
        lambda rates, tenth, warmup, shape, three_phase: OneCycle(
            rates[2], 10 * tenth, warmup * tenth, rates[1], rates[0], shape, three_phase
        ),
        three_rates,
        length,
        st.integers(1, 4),
        st.sampled_from(["cosine", "linear"]),
        st.booleans(),
    )


def wsd(length):
    return st.builds(
        lambda pair, tenth, up, down, shape: WSD(
            pair[1], 10 * tenth, up * tenth, down * tenth, *_ending(shape, "linear", pair[0])
        ),
        st.tuples(rates, rates).map(sorted),
        length,
        st.integers(0, 4),
        st.integers(0, 5),
        st.sampled_from([*FALLS]),
    )


def _ending(shape, otherwise, rate):
    """Return `shape` and its other end, or `otherwise` where that must be above 0 and is not."""
    return (otherwise if rate < 1e-300 and shape in ("log-linear", "exponential") else shape, rate)


def cyclic(length):
    pair = st.tuples(rates, rates).map(sorted)
    modes = st.sampled_from(["triangular", "triangular2", "exp_range"])
    return st.builds(
        lambda pair, half, mode, k: Cyclic(*pair, half, mode, k if mode == "exp_range" else 0),
        pair,
        length,
        modes,
        decay_rates,
    )


def polynomial_cycles(length):
    return falling(PolynomialDecay, length, powers).map(lambda s: replace(s, cycle=True))


def leaves(length=lengths):
    return st.one_of(
        monotone(length),
        piecewise(length),
        knots(length),
        one_cycle(length),
        wsd(length),
        cyclic(length),
        polynomial_cycles(length),
    )


def warmed(s, duration, share, shape, power, over):
    """Return `s` after a rise of any shape from a share of what it leads to."""
    shape, start = _ending(shape, "linear", share * s(duration if over else 0))
    return s.warmup(duration, start, shape, power if shape == "power" else 1, over)


def cooled(s, duration, at, shape, share):
    """Return `s` with a fall of any shape to a share of the rate that it starts from."""
    return s.cooldown(duration, at, *_ending(shape, "linear", share * s(at)))


# Halves and whole numbers: a sum of them is exact
paces = st.sampled_from([0.25, 0.5, 1, 1.5, 2, 3, 8])


def compositions(inner, length):
    """Each way to make another schedule of one or two."""
    limits = st.tuples(rates, rates).map(sorted)
    rises, falls = st.sampled_from([*RISES]), st.sampled_from([*FALLS])
    stretches = st.sampled_from([1, 1, 2, 3, 1.5])
    return st.one_of(
        st.builds(lambda s, e: s.staircase(e), inner, length),
        st.builds(lambda s, pair: s.clip(*pair), inner, limits),
        st.builds(lambda s, low: s.clip(low), inner, rates),
        st.builds(lambda a, b: a * b, inner, inner),
        st.builds(lambda a, b: a + b, inner, inner),
        st.builds(lambda s, divisor: s / divisor, inner, floats(0.1, 100)),
        st.builds(warmed, inner, length, shares, rises, powers, st.booleans()),
        st.builds(lambda s, d: s.hold(d), inner, length),
        st.builds(cooled, inner, length, length, falls, shares),
        st.builds(lambda s, both: s.paced(*both), inner, with_one_more(length, paces)),
        st.builds(lambda a, b, at: a.then(b, at), inner, inner, length),
        st.builds(lambda s, by: s.shift(by), inner, length),
        st.builds(
            lambda s, every, stretch, scale: s.repeat(every, stretch, scale),
            inner,
            length,
            stretches,
            ratios,
        ),
    )


def schedules(length=lengths):
    """Any schedule: leaves, and compositions of them."""
    return st.recursive(leaves(length), lambda inner: compositions(inner, length), max_leaves=4)
