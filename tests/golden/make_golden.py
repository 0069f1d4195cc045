"""Write golden.json: rates of many schedules to 25 digits, from the definitions alone.

Nothing here comes from lrdecay. Each formula is written as its source has it (a paper, or the
documentation of the library that made it known), with 60 digits, and numbers are taken as
Python reads them: 0.1 is the float64 nearest to a tenth. The text beside each formula is what
lrdecay is asked for.

    python tests/golden/make_golden.py [FILE]
"""

import json
import sys
from collections.abc import Callable, Iterator
from functools import wraps
from itertools import pairwise
from pathlib import Path
from typing import Any

from mpmath import ceil, cospi, exp, floor, inf, log, mp, mpf, nstr, sinpi, sqrt

mp.dps = 60
Rate = Callable[[Any], Any]
Case = tuple[str, Rate, list[float], Rate]
ULPS = 4
BEYOND_FLOAT32 = 2**24 + 1


def exact(make: Callable[..., Rate]) -> Callable[..., Rate]:
    """Give `make` its numbers as mpf, before anything can be rounded."""

    def lift(value: Any) -> Any:
        if isinstance(value, list):
            return [lift(member) for member in value]
        return mpf(value) if type(value) in (int, float) else value

    @wraps(make)
    def lifted(*values: Any, **named: Any) -> Rate:
        return make(*map(lift, values), **{name: lift(value) for name, value in named.items()})

    return lifted


# The schedules


@exact
def constant(lr0: Any) -> Rate:
    return lambda t: lr0


@exact
def step(lr0: Any, drop_rate: Any, step_size: Any) -> Rate:
    return lambda t: lr0 * drop_rate ** int(floor(t / step_size))


@exact
def exponential(lr0: Any, k: Any) -> Rate:
    return lambda t: lr0 * exp(-k * t)


@exact
def exponential_ratio(lr0: Any, ratio: Any, every: Any) -> Rate:
    return lambda t: lr0 * ratio ** (t / every)


@exact
def inverse_time(lr0: Any, k: Any) -> Rate:
    return lambda t: lr0 / (1 + k * t)


@exact
def polynomial(lr0: Any, duration: Any, power: Any = 1, end: Any = 0, cycle: bool = False) -> Rate:
    """TensorFlow's documentation of PolynomialDecay, cycle included."""

    def rate(t: Any) -> Any:
        total = duration * max(1, ceil(t / duration)) if cycle else duration
        return (lr0 - end) * (1 - min(t, total) / total) ** power + end

    return rate


@exact
def linear(lr0: Any, duration: Any, end: Any = 0) -> Rate:
    return lambda t: lr0 + (end - lr0) * min(t, duration) / duration


@exact
def piecewise(boundaries: list[Any], values: list[Any]) -> Rate:
    return lambda t: values[sum(1 for boundary in boundaries if t >= boundary)]


@exact
def cosine(lr0: Any, duration: Any, end: Any = 0) -> Rate:
    """Loshchilov and Hutter (1608.03983), equation 5, without restarts."""
    return lambda t: end + (lr0 - end) * (1 + cospi(min(t, duration) / duration)) / 2


@exact
def inverse_sqrt(lr0: Any, timescale: Any) -> Rate:
    return lambda t: lr0 * sqrt(timescale / (timescale + t))


@exact
def inverse_power(lr0: Any, timescale: Any, power: Any) -> Rate:
    """Caffe's documentation of the policy "inv", with gamma = 1 / timescale."""
    return lambda t: lr0 * (1 + t / timescale) ** -power


@exact
def log_linear(lr0: Any, duration: Any, end: Any) -> Rate:
    """The interpolation of logarithms in the code of Plenoxels (2112.05131)."""

    def rate(t: Any) -> Any:
        share = min(t / duration, mpf(1))
        return exp(log(lr0) * (1 - share) + log(end) * share)

    return rate


@exact
def knots(points: list[list[Any]]) -> Rate:
    """Two-point form of the straight line, in each interval."""

    def rate(t: Any) -> Any:
        if t <= points[0][0]:
            return points[0][1]
        for (x0, y0), (x1, y1) in pairwise(points):
            if t <= x1:
                return y0 + (y1 - y0) * (t - x0) / (x1 - x0)
        return points[-1][1]

    return rate


@exact
def milestones(lr0: Any, boundaries: list[Any], ratio: Any) -> Rate:
    return lambda t: lr0 * ratio ** sum(1 for boundary in boundaries if t >= boundary)


@exact
def one_cycle(
    peak: Any, duration: Any, warmup: Any, start: Any, end: Any, shape: str, phases: int
) -> Rate:
    """Smith (1803.09820), in the two phases of fastai or the three of the paper."""

    def move(first: Any, last: Any, share: Any) -> Any:
        if shape == "cosine":
            return last + (first - last) / 2 * (1 + cospi(share))
        return first + (last - first) * share

    def rate(t: Any) -> Any:
        t = min(t, duration)
        if t < warmup:
            return move(start, peak, t / warmup)
        if phases == 2:
            return move(peak, end, (t - warmup) / (duration - warmup))
        if t < 2 * warmup:
            return move(peak, start, (t - warmup) / warmup)
        return move(start, end, (t - 2 * warmup) / (duration - 2 * warmup))

    return rate


@exact
def cyclic(low: Any, high: Any, half: Any, mode: str, k: Any = 0) -> Rate:
    """Smith (1506.01186), section 3.2, with its cycles counted from 1."""

    def rate(t: Any) -> Any:
        cycle = floor(1 + t / (2 * half))
        x = abs(t / half - 2 * cycle + 1)
        height = {"triangular": 1, "triangular2": mpf(2) ** (1 - cycle), "exp_range": exp(-k * t)}
        return low + (high - low) * max(0, 1 - x) * height[mode]

    return rate


@exact
def rex(lr0: Any, duration: Any, end: Any = 0) -> Rate:
    """Chen, Wolfe and Kyrillidis (2107.04197), from a floor."""

    def rate(t: Any) -> Any:
        z = 1 - min(t, duration) / duration
        return end + (lr0 - end) * z / (mpf(1) / 2 + z / 2)

    return rate


def fallen(first: Any, last: Any, x: Any, shape: str) -> Any:
    """Return the rate when a share `x` of a fall is over."""
    if shape == "log-linear":
        return first * exp(x * log(last / first))
    shares = {"linear": 1 - x, "1-sqrt": 1 - sqrt(x), "cosine": (1 + cospi(x)) / 2}
    return last + (first - last) * shares[shape]


@exact
def wsd(peak: Any, duration: Any, warmup: Any, cooldown: Any, shape: str, end: Any = 0) -> Rate:
    """Hu et al. (2404.06395); the cooldowns of Haegele et al. (2405.18392)."""

    def rate(t: Any) -> Any:
        t = min(t, duration)
        if t < warmup:
            return peak * t / warmup
        if t <= duration - cooldown:
            return peak
        return fallen(peak, end, (t - (duration - cooldown)) / cooldown, shape)

    return rate


# The compositions


@exact
def warm(
    rate: Rate, length: Any, start: Any = 0, shape: str = "linear", power: Any = 1, over: Any = 0
) -> Rate:
    peak = rate(length if over else mpf(0))

    def risen(x: Any) -> Any:
        if shape == "exponential":
            return start * (peak / start) ** x
        share = {"linear": x, "cosine": (1 - cospi(x)) / 2, "sine": sinpi(x / 2), "power": x**power}
        return start + (peak - start) * share[shape]

    return lambda t: risen(t / length) if t < length else rate(t if over else t - length)


@exact
def held(rate: Rate, length: Any) -> Rate:
    return lambda t: rate(max(t - length, mpf(0)))


@exact
def cooled(rate: Rate, length: Any, at: Any, shape: str = "linear", end: Any = 0) -> Rate:
    return lambda t: rate(t) if t < at else fallen(rate(at), end, min((t - at) / length, 1), shape)


@exact
def paced(rate: Rate, boundaries: list[Any], paces: list[Any]) -> Rate:
    """The time at each pace, taken that many times."""
    intervals = list(zip([mpf(0), *boundaries], [*boundaries, inf], paces, strict=True))

    def inside(t: Any) -> Any:
        return sum(pace * (min(t, end) - start) for start, end, pace in intervals if t > start)

    return lambda t: rate(mpf(inside(t)))


@exact
def then(rate: Rate, other: Rate, at: Any) -> Rate:
    return lambda t: rate(t) if t < at else other(t - at)


@exact
def restarted(rate: Rate, every: Any, stretch: Any = 1, scale: Any = 1) -> Rate:
    """Cycle after cycle taken off t; those of equal length all at once."""

    def restart(t: Any) -> Any:
        n, slower = 0, mpf(1)
        if stretch == 1:
            n = int(floor(t / every))
            t -= n * every
        else:
            while t >= every * slower:
                t, n, slower = t - every * slower, n + 1, slower * stretch
        return rate(t / slower) * scale**n

    return restart


@exact
def sgdr(high: Any, first: Any, growth: Any, low: Any = 0) -> Rate:
    """Loshchilov and Hutter (1608.03983), equation 5, with T_cur and T_i."""

    def rate(t: Any) -> Any:
        t_cur, t_i = t, first
        while t_cur >= t_i:
            t_cur, t_i = t_cur - t_i, t_i * growth
        return low + (high - low) * (1 + cospi(t_cur / t_i)) / 2

    return rate


@exact
def noam(peak: Any, w: Any) -> Rate:
    """Vaswani et al. (1706.03762), equation 3, with its factor written as the peak."""
    return lambda t: peak * sqrt(w) * min(1 / sqrt(t), t / sqrt(w) ** 3) if t else mpf(0)


@exact
def shifted(rate: Rate, by: Any) -> Rate:
    return lambda t: rate(t + by)


@exact
def clipped(rate: Rate, low: Any, high: Any) -> Rate:
    return lambda t: min(max(rate(t), low), high)


@exact
def stairs(rate: Rate, every: Any) -> Rate:
    return lambda t: rate(floor(t / every) * every)


@exact
def stretched(rate: Rate, factor: Any) -> Rate:
    return lambda t: rate(t / factor)


def product(a: Rate, b: Rate) -> Rate:
    return lambda t: a(t) * b(t)


def total(a: Rate, b: Rate) -> Rate:
    return lambda t: a(t) + b(t)


# The vectors


def steps(*joins: float, last: float = BEYOND_FLOAT32) -> list[float]:
    """About 25 steps: 0, every join, one before and after it, between them, and beyond.

    One is no whole number.
    """
    found: set[float] = {0, 1, last, joins[0] / 2 + 0.375}
    for join in (*joins, 2 * joins[-1]):
        found |= {max(join - 1, 0), join, join + 1}
    gaps = list(zip((0, *joins), (*joins, 2 * joins[-1]), strict=True))
    each = max((25 - len(found)) // len(gaps), 1)
    for start, end in gaps:
        found |= {int(start + (end - start) * (i + 1) / (each + 1)) for i in range(each)}
    return sorted(found)


# What is allowed


def none(t: Any) -> Any:
    """Nothing more: parameters and steps are exact, and a few roundings are what is left."""
    return 0


def exponent(k: float, until: float = inf) -> Rate:
    """Return the extra units for a factor ``exp(-k * t)``.

    The product k * t is rounded by a share of up to 2**-53, which changes the exponential by a
    share of up to ``k * t * 2**-53``: up to k * t units in its last place. After `until` it is
    too small to matter, below a floor or the least float.
    """
    return lambda t: mpf(k) * t if t <= until else 0


def clock(every: int, stretch: int) -> Rate:
    """Return the extra units for a cosine whose cycles are stretched by no power of two.

    The time in a cycle is divided by ``stretch ** n`` and so rounded by a share of up to 2**-53.
    Near the end of a cycle, where the rate is as small as the square of what is left, that
    changes the rate by ``2 * since / left`` times as much.
    """

    def extra(t: Any) -> Any:
        length = mpf(every)
        while t >= length:
            t, length = t - length, length * stretch
        return 2 * t / (length - t)

    return extra


def logarithms(*rates: float) -> Rate:
    """Return the extra units for powers of rates.

    An exponent is rounded by a share of up to 2**-53, which changes the power by up to the
    logarithm of its base in units of the last place.
    """
    return lambda t: sum(abs(log(mpf(rate))) for rate in rates) + 1


def schedules() -> Iterator[Case]:
    """Yield lrdecay's text, the formula, the steps, and the extra units allowed at each."""
    yield "Constant(0.1)", constant(0.1), steps(10), none
    yield "StepDecay(0.1, 0.5, 10)", step(0.1, 0.5, 10), steps(10, 20, 30, 1000), none
    yield "StepDecay(0.1, 0.96, 1000)", step(0.1, 0.96, 1000), steps(1000, 2000, 17000), none
    yield "StepDecay(3.0, 0.1, 2.5)", step(3.0, 0.1, 2.5), steps(2.5, 5, 7.5, last=100), none
    yield (
        "StepDecay(0.1, 0.99999, 1024)",
        step(0.1, 0.99999, 1024),
        steps(1024, 2**20, 2**24, last=2**40 + 1),
        none,
    )
    yield (
        "ExponentialDecay(0.1, 0.1)",
        exponential(0.1, 0.1),
        steps(10, 100, 1000),
        exponent(0.1, until=7500),
    )
    yield "ExponentialDecay(0.3, 1e-06)", exponential(0.3, 1e-6), steps(1000, 10**6), exponent(1e-6)
    yield "ExponentialDecay(0.3, 0.0)", exponential(0.3, 0.0), steps(100), none
    yield (
        "ExponentialDecay.from_ratio(0.1, 0.96, 1000)",
        exponential_ratio(0.1, 0.96, 1000),
        steps(1000, 10000),
        exponent(3 * 4.1e-5),  # the rate, -log(0.96) / 1000, has two roundings of its own
    )
    yield "InverseTimeDecay(0.1, 0.5)", inverse_time(0.1, 0.5), steps(2, 100, 1000), none
    yield "InverseTimeDecay(0.01, 0.0001)", inverse_time(0.01, 1e-4), steps(10000, 10**6), none
    yield "PolynomialDecay(0.1, 100)", polynomial(0.1, 100), steps(100), none
    yield (
        "PolynomialDecay(0.1, 1000, power=2.0, lr_end=0.001)",
        polynomial(0.1, 1000, 2.0, 0.001),
        steps(1000),
        none,
    )
    yield "PolynomialDecay(0.1, 28125, power=0.5)", polynomial(0.1, 28125, 0.5), steps(28125), none
    yield (
        "PolynomialDecay(0.2, 16777217, power=0.9, lr_end=1e-06)",
        polynomial(0.2, 2**24 + 1, 0.9, 1e-6),
        steps(2**24 + 1, last=2**30),
        none,
    )
    yield (
        "PolynomialDecay(0.1, 100, power=1.0, lr_end=0.01, cycle=True)",
        polynomial(0.1, 100, 1.0, 0.01, True),
        steps(100, 200, 300),
        none,
    )
    yield (
        "PolynomialDecay(0.1, 64, power=2.0, cycle=True)",
        polynomial(0.1, 64, 2.0, 0, True),
        steps(64, 128, 192),
        none,
    )
    yield "LinearDecay(0.1, 15)", linear(0.1, 15), steps(15), none
    yield (
        "LinearDecay(0.3, 1000000, lr_end=0.003)",
        linear(0.3, 10**6, 0.003),
        steps(10**6),
        none,
    )
    yield (
        "PiecewiseConstant([10, 20.5, 16777217], [0.1, 0.03, 0.2, 0.001])",
        piecewise([10, 20.5, 2**24 + 1], [0.1, 0.03, 0.2, 0.001]),
        steps(10, 20.5, 2**24 + 1),
        none,
    )
    yield "CosineDecay(0.1, 100)", cosine(0.1, 100), steps(100), none
    yield "CosineDecay(0.1, 1000000)", cosine(0.1, 10**6), steps(10**6), none
    yield (
        "CosineDecay(0.5, 28125, lr_end=0.005)",
        cosine(0.5, 28125, 0.005),
        steps(28125),
        none,
    )
    yield "InverseSqrt(0.1, 4000)", inverse_sqrt(0.1, 4000), steps(4000, 12000), none
    yield "InverseSqrt(1.0, 0.5)", inverse_sqrt(1.0, 0.5), steps(10, 1000), none
    for shape in "cosine", "linear":
        for phases in 2, 3:
            yield (
                f"OneCycle(1.0, 100, warmup=30, start=0.04, lr_end=4e-06, shape='{shape}', "
                f"three_phase={phases == 3})",
                one_cycle(1.0, 100, 30, 0.04, 4e-6, shape, phases),
                steps(30, 60, 100),
                none,
            )
    # Its defaults: warmup over 0.3 of it, from a 25th, to a 10,000th of that.
    yield (
        "OneCycle(0.5, 1000)",
        one_cycle(0.5, 1000, 300, mpf(0.5) / 25, mpf(0.5) / 250000, "cosine", 2),
        steps(300, 1000),
        none,
    )
    yield (
        "Cyclic(0.001, 0.006, 2000, 'triangular')",
        cyclic(0.001, 0.006, 2000, "triangular"),
        steps(2000, 4000, 6000, 8000),
        none,
    )
    yield (
        "Cyclic(0.0, 1.0, 2000, mode='triangular2')",
        cyclic(0.0, 1.0, 2000, "triangular2"),
        steps(2000, 4000, 6000, 8000),
        none,
    )
    yield (
        "Cyclic(0.001, 0.006, 2.5, mode='exp_range', decay_rate=0.01)",
        cyclic(0.001, 0.006, 2.5, "exp_range", 0.01),
        steps(2.5, 5, 7.5, 10),
        exponent(0.01, until=4000),
    )
    yield "REX(0.1, 100)", rex(0.1, 100), steps(100), none
    yield "REX(0.3, 1000000, lr_end=0.001)", rex(0.3, 10**6, 0.001), steps(10**6), none
    for shape in "linear", "1-sqrt", "cosine":
        yield (
            f"WSD(0.1, 1000, warmup=50, cooldown=200, shape='{shape}')",
            wsd(0.1, 1000, 50, 200, shape),
            steps(50, 800, 1000),
            none,
        )
    yield (
        "WSD(0.1, 100000, warmup=0, cooldown=20000, shape='1-sqrt', lr_end=0.001)",
        wsd(0.1, 100000, 0, 20000, "1-sqrt", 0.001),
        steps(80000, 100000),
        none,
    )

    yield (
        "WSD(0.1, 10000019, warmup=1000003, cooldown=1000003, shape='1-sqrt')",
        wsd(0.1, 10000019, 1000003, 1000003, "1-sqrt"),
        steps(1000003, 9000016, 10000019, last=2**24 + 1),
        none,
    )

    yield (
        "WSD(0.1, 1000, warmup=50, cooldown=200, shape='log-linear', lr_end=0.0001)",
        wsd(0.1, 1000, 50, 200, "log-linear", 0.0001),
        steps(50, 800, 1000),
        logarithms(0.1, 0.0001),
    )
    yield (
        "InversePower(0.1, 10000, power=0.75)",
        inverse_power(0.1, 10000, 0.75),
        steps(10000),
        none,
    )
    yield "InversePower(0.01, 2.5, power=2)", inverse_power(0.01, 2.5, 2), steps(2.5, 100), none
    yield (
        "InversePower(1.0, 1000000, power=10.0)",
        inverse_power(1.0, 10**6, 10.0),
        steps(10**6),
        lambda t: 20,  # two roundings, 10 times
    )
    yield (
        "LogLinearDecay(0.01, 100, lr_end=0.0001)",
        log_linear(0.01, 100, 0.0001),
        steps(100),
        logarithms(0.01, 0.0001),
    )
    yield (
        "LogLinearDecay(0.00016, 30000, lr_end=1.6e-06)",
        log_linear(0.00016, 30000, 1.6e-6),
        steps(30000),
        logarithms(0.00016, 1.6e-6),
    )
    yield (
        "LogLinearDecay(1.0, 16777217, lr_end=1e-08)",
        log_linear(1.0, 2**24 + 1, 1e-8),
        steps(2**24 + 1, last=2**30),
        logarithms(1e-8),
    )
    yield (
        "PiecewiseLinear([(0, 0.0), (5, 0.4), (24, 0.0)])",
        knots([[0, 0.0], [5, 0.4], [24, 0.0]]),
        steps(5, 24),
        none,
    )
    yield (
        "PiecewiseLinear([(2.5, 0.1), (10, 0.3), (30, 0.3), (1000, 0.001), (16777217, 0.0)])",
        knots([[2.5, 0.1], [10, 0.3], [30, 0.3], [1000, 0.001], [2**24 + 1, 0.0]]),
        steps(2.5, 10, 30, 1000, 2**24 + 1),
        none,
    )
    yield (
        "PiecewiseConstant.from_ratio(0.1, [30, 60, 80], 0.1)",
        milestones(0.1, [30, 60, 80], 0.1),
        steps(30, 60, 80),
        none,
    )


def compositions() -> Iterator[Case]:
    """Yield the same of schedules that are changed and combined."""
    yield (
        "CosineDecay(0.1, 900).warmup(100)",
        warm(cosine(0.1, 900), 100),
        steps(100, 1000),
        none,
    )
    yield (
        "StepDecay(0.1, 0.1, 300).warmup(50, start=0.01)",
        warm(step(0.1, 0.1, 300), 50, 0.01),
        steps(50, 350, 650),
        none,
    )
    yield (
        "Constant(0.1).then(LinearDecay(0.1, 20), at=80)",
        then(constant(0.1), linear(0.1, 20), 80),
        steps(80, 100),
        none,
    )
    yield (
        "LinearDecay(0.1, 25).repeat(25, scale=0.9)",
        restarted(linear(0.1, 25), 25, 1, 0.9),
        steps(25, 50, 75),
        none,
    )
    # SGDR; 81910 is where Keras 3.15 gives 0 in place of the peak.
    yield (
        "CosineDecay(0.1, 10).repeat(10, stretch=2)",
        sgdr(0.1, 10, 2),
        steps(10, 30, 70, 81910),
        none,
    )
    yield (
        "CosineDecay(0.05, 100, lr_end=0.001).repeat(100, stretch=1)",
        sgdr(0.05, 100, 1, 0.001),
        steps(100, 200, 300, last=100001),
        none,
    )
    # 363 is where torch 2.13 gives 0 in place of the peak.
    yield (
        "CosineDecay(1.0, 3).repeat(3, stretch=3, scale=0.5)",
        restarted(cosine(1.0, 3), 3, 3, 0.5),
        steps(3, 12, 39, 363),
        clock(3, 3),
    )
    yield (
        "LinearDecay(0.1, 64, lr_end=0.01).repeat(64, stretch=1.5, scale=0.75)",
        restarted(linear(0.1, 64, 0.01), 64, 1.5, 0.75),
        steps(64, 160, 304, 520),
        none,
    )
    yield "InverseSqrt(0.001, 4000).warmup(4000)", noam(0.001, 4000), steps(4000, 16000), none
    yield (
        "CosineDecay(0.1, 1000).shift(400)",
        shifted(cosine(0.1, 1000), 400),
        steps(600),
        none,
    )
    yield (
        "ExponentialDecay(0.1, 0.01).clip(low=0.001, high=0.05)",
        clipped(exponential(0.1, 0.01), 0.001, 0.05),
        steps(69, 70, 460, 461),
        exponent(0.01, until=461),
    )
    yield (
        "InverseTimeDecay(0.1, 0.01) * PiecewiseConstant([50, 80], [1.0, 0.5, 0.25])",
        product(inverse_time(0.1, 0.01), piecewise([50, 80], [1.0, 0.5, 0.25])),
        steps(50, 80),
        none,
    )
    yield (
        "LinearDecay(0.1, 60) + CosineDecay(0.02, 100, lr_end=0.001)",
        total(linear(0.1, 60), cosine(0.02, 100, 0.001)),
        steps(60, 100),
        none,
    )
    yield (
        "LinearDecay(0.1, 15).staircase(1).stretch(1875)",
        stretched(stairs(linear(0.1, 15), 1), 1875),
        steps(1875, 3750, 26250, 28125),
        none,
    )
    yield (
        "InverseTimeDecay(0.1, 0.5).stretch(1875)",
        stretched(inverse_time(0.1, 0.5), 1875),
        steps(1875, 28125),
        none,
    )
    yield (
        "ExponentialDecay(0.1, 0.1).stretch(1875)",
        stretched(exponential(0.1, 0.1), 1875),
        steps(1875, 28125),
        exponent(2 * 0.1 / 1875),  # the rate is divided by 1875, a rounding more
    )
    for shape in "linear", "cosine", "sine", "exponential":
        yield (
            f"LinearDecay(0.1, 900).warmup(100, 0.001, '{shape}')",
            warm(linear(0.1, 900), 100, 0.001, shape),
            steps(100, 1000),
            logarithms(0.1, 0.001) if shape == "exponential" else none,
        )
    yield (
        "Constant(0.3).warmup(2000, shape='power', power=2.0)",
        warm(constant(0.3), 2000, 0, "power", 2.0),
        steps(2000),
        none,
    )
    yield (
        "CosineDecay(0.1, 1000).warmup(100, over=True)",
        warm(cosine(0.1, 1000), 100, over=1),
        steps(100, 1000),
        none,
    )
    yield (
        "CosineDecay(0.1, 1000).warmup(100, 0.0001, 'exponential', over=True)",
        warm(cosine(0.1, 1000), 100, 0.0001, "exponential", over=1),
        steps(100, 1000),
        logarithms(0.1, 0.0001),
    )
    yield (
        "LinearDecay(0.1, 100).hold(50)",
        held(linear(0.1, 100), 50),
        steps(50, 150),
        none,
    )
    yield (
        "LinearDecay(1.0, 8).hold(1).warmup(4, start=0.2)",
        warm(held(linear(1.0, 8), 1), 4, 0.2),
        steps(4, 5, 13),
        none,
    )
    for shape in "linear", "cosine", "1-sqrt", "log-linear":
        yield (
            f"InverseSqrt(0.1, 100).cooldown(400, at=1000, shape='{shape}', lr_end=0.0001)",
            cooled(inverse_sqrt(0.1, 100), 400, 1000, shape, 0.0001),
            steps(1000, 1400),
            logarithms(0.03, 0.0001) if shape == "log-linear" else none,
        )
    yield (
        "Constant(0.1).cooldown(16777217, at=16777217, shape='1-sqrt')",
        cooled(constant(0.1), 2**24 + 1, 2**24 + 1, "1-sqrt"),
        steps(2**24 + 1, 2**25 + 2, last=2**30),
        none,
    )
    yield (
        "CosineDecay(0.1, 1000).paced([100, 200], [1, 2, 4])",
        paced(cosine(0.1, 1000), [100, 200], [1, 2, 4]),
        steps(100, 200, 375),
        none,
    )
    yield (
        "StepDecay(0.1, 0.9, 1000).paced([2.5, 16777217], [0.5, 3, 256])",
        paced(step(0.1, 0.9, 1000), [2.5, 2**24 + 1], [0.5, 3, 256]),
        steps(2.5, 2000, 2**24 + 1),
        none,
    )
    yield (
        "CosineDecay(0.0003, 2000000000000).paced([2000], [524288, 1048576])",
        paced(cosine(0.0003, 2 * 10**12), [2000], [524288, 1048576]),
        steps(2000, 1908348),
        none,
    )
    yield (
        "CosineDecay(0.1, 100) / 8",
        product(constant(0.125), cosine(0.1, 100)),
        steps(100),
        none,
    )
    # Nested three deep, and deeper
    yield (
        "PiecewiseLinear([(0, 0.1), (20, 1.0), (90, 0.0)]).paced([10], [1, 2]).hold(5)"
        ".cooldown(10, at=30, shape='cosine')",
        cooled(
            held(paced(knots([[0, 0.1], [20, 1.0], [90, 0.0]]), [10], [1, 2]), 5), 10, 30, "cosine"
        ),
        steps(5, 15, 20, 30, 40),
        none,
    )
    yield (
        "(0.5 * CosineDecay(0.2, 40).repeat(40, stretch=2, scale=0.5)).warmup(10).clip(low=0.002)",
        clipped(warm(product(constant(0.5), restarted(cosine(0.2, 40), 40, 2, 0.5)), 10), 0.002, 1),
        steps(10, 50, 130, 290),
        none,
    )
    yield (
        "PolynomialDecay(0.1, 30, power=2.0).then(Constant(0.01).then(REX(0.01, 20), at=50), at=20)"
        ".staircase(2).shift(4)",
        shifted(
            stairs(
                then(polynomial(0.1, 30, 2.0), then(constant(0.01), rex(0.01, 20), 50), 20),
                2,
            ),
            4,
        ),
        steps(16, 66, 86),
        none,
    )
    yield (
        "((WSD(0.1, 100, warmup=10, cooldown=30, shape='1-sqrt') + LinearDecay(0.01, 50)) "
        "* StepDecay(1.0, 0.5, 200)).repeat(100, scale=0.5).stretch(4)",
        stretched(
            restarted(
                product(
                    total(wsd(0.1, 100, 10, 30, "1-sqrt"), linear(0.01, 50)), step(1.0, 0.5, 200)
                ),
                100,
                1,
                0.5,
            ),
            4,
        ),
        steps(40, 200, 280, 400),
        none,
    )


def golden() -> str:
    """Return the vectors as JSON, one schedule a line.

    "ulps" are the units in the last place of a float64 by which each rate may be off.
    """
    lines = []
    for text, rate, at, extra in (*schedules(), *compositions()):
        rates = [nstr(rate(mpf(t)), 25) for t in at]
        ulps = [int(ceil(ULPS + extra(mpf(t)))) for t in at]
        vector = {"schedule": text, "steps": at, "rates": rates, "ulps": ulps}
        lines.append(json.dumps(vector))
    return "[\n" + ",\n".join(lines) + "\n]\n"


if __name__ == "__main__":
    target = Path(sys.argv[1] if sys.argv[1:] else Path(__file__).with_name("golden.json"))
    target.write_text(golden(), encoding="utf-8", newline="\n")
