"""Random schedules, for the property tests."""

from hypothesis import strategies as st

from lrdecay import (
    REX,
    WSD,
    Constant,
    CosineDecay,
    Cyclic,
    ExponentialDecay,
    InverseSqrt,
    InverseTimeDecay,
    LinearDecay,
    OneCycle,
    PiecewiseConstant,
    PolynomialDecay,
    StepDecay,
)


def floats(low, high):
    return st.floats(low, high, allow_subnormal=False)


rates = floats(0, 10)
ratios = floats(0.01, 1)
whole_lengths = st.integers(1, 10**7)
lengths = st.one_of(whole_lengths, floats(0.01, 1e6))
decay_rates = floats(0, 1)
powers = floats(0.1, 10)
steps = st.one_of(st.integers(0, 2**40), floats(0, 1e7))


def falling(cls, *middle, end=None):
    """Schedules with two rates, of which the last is not above the first."""
    pair = st.tuples(rates, rates).map(lambda ab: (max(ab), min(ab)))
    return st.tuples(pair, *middle).map(lambda v: cls(v[0][0], *v[1:], lr_end=v[0][1]))


def piecewise(length):
    boundaries = st.lists(length, min_size=1, max_size=5, unique=True).map(sorted)
    return boundaries.flatmap(
        lambda b: st.builds(
            PiecewiseConstant,
            st.just(b),
            st.lists(rates, min_size=len(b) + 1, max_size=len(b) + 1),
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
        falling(CosineDecay, length),
        falling(REX, length),
        st.builds(InverseSqrt, rates, length),
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
    pair = st.tuples(rates, rates).map(sorted)
    shapes = st.sampled_from(["linear", "1-sqrt", "cosine"])
    return st.builds(
        lambda pair, tenth, up, down, shape: WSD(
            pair[1], 10 * tenth, up * tenth, down * tenth, shape, pair[0]
        ),
        pair,
        length,
        st.integers(0, 4),
        st.integers(0, 5),
        shapes,
    )


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


def leaves(length=lengths):
    return st.one_of(
        monotone(length), piecewise(length), one_cycle(length), wsd(length), cyclic(length)
    )


def schedules(length=lengths):
    """Any schedule: leaves, and compositions of them."""
    limits = st.tuples(rates, rates).map(sorted)
    return st.recursive(
        leaves(length),
        lambda inner: st.one_of(
            st.builds(lambda s, e: s.staircase(e), inner, length),
            st.builds(lambda s, pair: s.clip(*pair), inner, limits),
            st.builds(lambda s, low: s.clip(low), inner, rates),
            st.builds(lambda a, b: a * b, inner, inner),
            st.builds(lambda a, b: a + b, inner, inner),
            st.builds(lambda s, d, share: s.warmup(d, share * s(0)), inner, length, floats(0, 1)),
            st.builds(lambda a, b, at: a.then(b, at), inner, inner, length),
            st.builds(lambda s, by: s.shift(by), inner, length),
            st.builds(
                lambda s, every, stretch, scale: s.repeat(every, stretch, scale),
                inner,
                length,
                st.sampled_from([1, 1, 2, 3, 1.5]),
                ratios,
            ),
        ),
        max_leaves=4,
    )
