"""Random schedules, for the property tests."""

from hypothesis import strategies as st

from lrdecay import (
    Constant,
    ExponentialDecay,
    InverseTimeDecay,
    LinearDecay,
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
    )


def leaves(length=lengths):
    return st.one_of(monotone(length), piecewise(length))


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
        ),
        max_leaves=4,
    )
