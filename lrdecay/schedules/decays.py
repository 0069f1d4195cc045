"""Decays: schedules whose rate only falls, one formula each."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Self

from lrdecay import checks, formulas
from lrdecay.arrays import Library, log
from lrdecay.schedules.landmarks import Landmark, Part, when
from lrdecay.schedules.parameters import (
    BOUNDARIES,
    DECAY_RATE,
    DROP_RATE,
    DURATION,
    FLAG,
    LR0,
    LR_END,
    POINTS,
    POSITIVE_LR0,
    POSITIVE_LR_END,
    POWER,
    STEP_SIZE,
    TIMESCALE,
    VALUES,
    Bound,
)
from lrdecay.schedules.schedule import Formula, Phased, check_boundaries

__all__ = [
    "REX",
    "CosineDecay",
    "ExponentialDecay",
    "InversePower",
    "InverseSqrt",
    "InverseTimeDecay",
    "LinearDecay",
    "LogLinearDecay",
    "PiecewiseConstant",
    "PiecewiseLinear",
    "PolynomialDecay",
    "StepDecay",
]

FALLS = Bound("lr_end", lambda s: s.lr0, "lr0", "or the rate would rise; swap them or lower lr_end")


@dataclass(frozen=True, repr=False)
class StepDecay(Formula):
    """Multiply the rate by `drop_rate` after every `step_size`.

    ``lr0 * drop_rate ** floor(t / step_size)``

    Parameters
    ----------
    lr0 : float
        The first rate.
    drop_rate : float
        What the rate is multiplied by at each drop, above 0 and at most 1.
    step_size : float
        The length between drops, in the unit of t.

    Raises
    ------
    ValueError
        When a parameter is outside its range.

    Notes
    -----
    Without its floor, as it is often printed, the formula is that of exponential decay.

    Examples
    --------
    >>> StepDecay(0.1, drop_rate=0.96, step_size=1000)(1999)
    0.096
    """

    lr0: float = LR0.field()
    drop_rate: float = DROP_RATE.field()
    step_size: float = STEP_SIZE.field()

    @classmethod
    def _example(cls) -> Self:
        return cls(0.1, 0.5, 10)

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.step_decay(xp, t, self.lr0, self.drop_rate, self.step_size)

    def _landmarks(self, part: Part) -> Iterator[Landmark]:
        if self.drop_rate < 1:
            text = f"the first drop, step_size = {when(self.step_size)}"
            yield from part.mark("milestone", self.step_size, text)

    def _span(self) -> float:
        return 10 * self.step_size


@dataclass(frozen=True, repr=False)
class ExponentialDecay(Formula):
    """Lose the same share of the rate in every unit of time.

    ``lr0 * exp(-decay_rate * t)``

    Parameters
    ----------
    lr0 : float
        The first rate.
    decay_rate : float
        The relative loss per unit of t as it starts, 0 or more: after one unit
        ``exp(-decay_rate)`` of the rate is left.

    Raises
    ------
    ValueError
        When a parameter is outside its range.

    Examples
    --------
    >>> round(ExponentialDecay(0.1, decay_rate=0.5)(2), 6)
    0.036788
    """

    lr0: float = LR0.field()
    decay_rate: float = DECAY_RATE.field()

    @classmethod
    def from_ratio(cls, lr0: float, ratio: float, every: float) -> Self:
        """Return the decay that multiplies the rate by `ratio` in each length `every`.

        ``lr0 * ratio ** (t / every)``, that is, ``decay_rate = -log(ratio) / every``: the
        convention of Keras, Optax and PyTorch.

        Raises
        ------
        ValueError
            When `ratio` is not above 0 and at most 1, or `every` is no length.

        Examples
        --------
        >>> round(ExponentialDecay.from_ratio(0.1, ratio=0.96, every=1000)(1000), 9)
        0.096
        """
        shrink = -log(checks.ratio("ratio", ratio))
        return cls(lr0, abs(shrink) / checks.length("every", every))  # abs: -log(1) is -0.0

    @classmethod
    def _example(cls) -> Self:
        return cls(0.1, 0.01)

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.exponential_decay(xp, t, self.lr0, self.decay_rate)

    def _landmarks(self, part: Part) -> Iterator[Landmark]:
        if self.decay_rate:
            text = f"1 / decay_rate = {when(1 / self.decay_rate)}"
            yield from part.mark("scale", 1 / self.decay_rate, text)

    def _span(self) -> float:
        return 4 / self.decay_rate if self.decay_rate else 0


@dataclass(frozen=True, repr=False)
class InverseTimeDecay(Formula):
    """Divide the rate by a number that grows in step with time.

    ``lr0 / (1 + decay_rate * t)``

    Parameters
    ----------
    lr0 : float
        The first rate.
    decay_rate : float
        The growth of the divisor per unit of t, 0 or more: at ``t = 1 / decay_rate`` the
        rate has halved.

    Raises
    ------
    ValueError
        When a parameter is outside its range.

    Notes
    -----
    Robbins and Monro (1951) proved that SGD converges with rates like it.

    Examples
    --------
    >>> InverseTimeDecay(0.1, decay_rate=0.5)(2)
    0.05
    """

    lr0: float = LR0.field()
    decay_rate: float = DECAY_RATE.field()

    @classmethod
    def _example(cls) -> Self:
        return cls(0.1, 0.01)

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.inverse_time_decay(xp, t, self.lr0, self.decay_rate)

    def _landmarks(self, part: Part) -> Iterator[Landmark]:
        if self.decay_rate:
            text = f"1 / decay_rate = {when(1 / self.decay_rate)}"
            yield from part.mark("scale", 1 / self.decay_rate, text)

    def _span(self) -> float:
        return 4 / self.decay_rate if self.decay_rate else 0


@dataclass(frozen=True, repr=False)
class PolynomialDecay(Formula):
    """Fall from `lr0` to `lr_end` along a power of the time that is left.

    ``lr_end + (lr0 - lr_end) * (1 - min(t, duration) / duration) ** power``

    Parameters
    ----------
    lr0 : float
        The first rate.
    duration : float
        The length of the fall, in the unit of t; without `cycle`, the rate is `lr_end` from then
        on.
    power : float
        Above 0: 1 is a straight line, more falls early, less falls late.
    lr_end : float
        The last rate, at most `lr0`.
    cycle : bool
        Whether to go on after the end, with twice the duration, then three times, ..., as
        Keras does: the rate jumps up at each multiple of `duration`.

    Raises
    ------
    ValueError
        When a parameter is outside its range, or `lr_end` is above `lr0`.

    Notes
    -----
    Without its ``min``, as it is often printed, the rate is negative or rises after `duration`.

    Examples
    --------
    >>> PolynomialDecay(0.1, duration=100, power=2.0)(50)
    0.025
    """

    lr0: float = LR0.field()
    duration: float = DURATION.field()
    power: float = POWER.field(default=1.0)
    lr_end: float = LR_END.field(default=0.0)
    cycle: bool = FLAG.field(default=False)

    bounds = (FALLS,)

    @classmethod
    def _example(cls) -> Self:
        return cls(0.1, 100, 2.0, 0.01)

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.polynomial_decay(
            xp, t, self.lr0, self.duration, self.power, self.lr_end, self.cycle
        )

    def _lowest(self, a: float, b: float) -> float:
        restarts = self.cycle and a // self.duration != b // self.duration
        return self.lr_end if restarts else super()._lowest(a, b)

    def _landmarks(self, part: Part) -> Iterator[Landmark]:
        if self.cycle:
            yield from part.cycles(self.duration)
        else:
            yield from part.end(self.duration)

    def _span(self) -> float:
        return 1.25 * self.duration


@dataclass(frozen=True, repr=False)
class _Fall(Formula):
    """A fall from `lr0` to `lr_end` in `duration`, whatever its shape."""

    lr0: float = LR0.field()
    duration: float = DURATION.field()
    lr_end: float = LR_END.field(default=0.0)

    bounds = (FALLS,)

    def _landmarks(self, part: Part) -> Iterator[Landmark]:
        return part.end(self.duration)

    def _span(self) -> float:
        return 1.25 * self.duration


@dataclass(frozen=True, repr=False)
class LinearDecay(_Fall):
    """Fall from `lr0` to `lr_end` in a straight line.

    ``lr_end + (lr0 - lr_end) * (1 - min(t, duration) / duration)``

    Parameters
    ----------
    lr0 : float
        The first rate.
    duration : float
        The length of the fall, in the unit of t; the rate is `lr_end` from then on.
    lr_end : float
        The last rate, at most `lr0`.

    Raises
    ------
    ValueError
        When a parameter is outside its range, or `lr_end` is above `lr0`.

    Notes
    -----
    `PolynomialDecay` with power 1. The worst-case optimal shape for the last iterate of SGD
    on convex problems (Defazio et al. 2023).

    Examples
    --------
    >>> LinearDecay(0.1, duration=100)(75)
    0.025
    """

    @classmethod
    def _example(cls) -> Self:
        return cls(0.1, 100, 0.01)

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.linear_decay(xp, t, self.lr0, self.duration, self.lr_end)


@dataclass(frozen=True, repr=False)
class PiecewiseConstant(Formula):
    """Go through a list of rates, one after the other.

    ``values[i]``, where i is the number of boundaries with ``boundary <= t``

    Parameters
    ----------
    boundaries : sequence of float
        When the rate changes, rising, in the unit of t. A boundary belongs to the new rate.
    values : sequence of float
        The rates: one more than there are boundaries.

    Raises
    ------
    ValueError
        When a parameter is outside its range, the boundaries do not rise, or the numbers of
        boundaries and values do not fit.

    Notes
    -----
    Keras changes one step later: its boundaries belong to the old rate.

    Examples
    --------
    >>> PiecewiseConstant([10, 20], [0.1, 0.01, 0.001]).curve(21)[[9, 10, 19, 20]]
    array([0.1  , 0.01 , 0.01 , 0.001])
    """

    boundaries: Sequence[float] = BOUNDARIES.field()
    values: Sequence[float] = VALUES.field()

    def _check_together(self) -> None:
        instead = "Constant is for one rate"
        check_boundaries(self.boundaries, "values", self.values, instead)

    @classmethod
    def from_ratio(cls, lr0: float, boundaries: Sequence[float], ratio: float) -> Self:
        """Return the steps that multiply the rate by `ratio` at each boundary.

        ``lr0 * ratio ** i``, where i is the number of boundaries with ``boundary <= t``: what
        other libraries call milestones with a factor.

        Raises
        ------
        ValueError
            When `ratio` is not above 0 and at most 1, or the rest does not make steps.

        Examples
        --------
        >>> PiecewiseConstant.from_ratio(1.0, [30, 60], ratio=0.5)
        PiecewiseConstant(boundaries=(30, 60), values=(1.0, 0.5, 0.25))
        """
        lr0, ratio = checks.rate("lr0", lr0), checks.ratio("ratio", ratio)
        boundaries = checks.each(checks.length)("boundaries", boundaries)
        return cls(boundaries, [lr0 * ratio**i for i in range(len(boundaries) + 1)])

    @classmethod
    def _example(cls) -> Self:
        return cls([10, 20], [0.3, 0.2, 0.1])

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.piecewise_constant(xp, t, self.boundaries, self.values)

    def _lowest(self, a: float, b: float) -> float:
        first, last = bisect_right(self.boundaries, a), bisect_right(self.boundaries, b)
        return min(self.values[first : last + 1])

    def _landmarks(self, part: Part) -> Iterator[Landmark]:
        for i, boundary in enumerate(self.boundaries):
            yield from part.mark("milestone", boundary, f"boundaries[{i}] = {when(boundary)}")

    def _span(self) -> float:
        return 1.25 * self.boundaries[-1]


@dataclass(frozen=True, repr=False)
class CosineDecay(_Fall):
    """Fall from `lr0` to `lr_end` along half a wave of the cosine.

    ``lr_end + (lr0 - lr_end) * (1 + cos(pi * min(t, duration) / duration)) / 2``

    Parameters
    ----------
    lr0 : float
        The first rate.
    duration : float
        The length of the fall, in the unit of t; the rate is `lr_end` from then on.
    lr_end : float
        The last rate, at most `lr0`: a rate, not a fraction of `lr0`.

    Raises
    ------
    ValueError
        When a parameter is outside its range, or `lr_end` is above `lr0`.

    Notes
    -----
    Loshchilov and Hutter, SGDR (1608.03983), without restarts; with them, see
    `Schedule.repeat`. Computed as a squared sine, which keeps every digit near the end.

    Examples
    --------
    >>> round(CosineDecay(0.1, duration=100)(50), 12)
    0.05
    """

    @classmethod
    def _example(cls) -> Self:
        return cls(0.1, 100, 0.01)

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.cosine_decay(xp, t, self.lr0, self.duration, self.lr_end)


@dataclass(frozen=True, repr=False)
class InverseSqrt(Formula):
    """Fall like one over the square root of time.

    ``lr0 / sqrt(1 + t / timescale)``

    Parameters
    ----------
    lr0 : float
        The first rate.
    timescale : float
        At ``t = 3 * timescale`` the rate has halved; in the unit of t.

    Raises
    ------
    ValueError
        When a parameter is outside its range.

    Notes
    -----
    Noam (Vaswani et al., 1706.03762) is ``InverseSqrt(peak, w).warmup(w)``.

    Examples
    --------
    >>> InverseSqrt(0.1, timescale=4000)(12_000)
    0.05
    """

    lr0: float = LR0.field()
    timescale: float = TIMESCALE.field()

    @classmethod
    def _example(cls) -> Self:
        return cls(0.1, 10)

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.inverse_sqrt(xp, t, self.lr0, self.timescale)

    def _landmarks(self, part: Part) -> Iterator[Landmark]:
        text = f"timescale = {when(self.timescale)}"
        yield from part.mark("scale", self.timescale, text)

    def _span(self) -> float:
        return 10 * self.timescale


@dataclass(frozen=True, repr=False)
class InversePower(Formula):
    """Fall like one over a power of time.

    ``lr0 / (1 + t / timescale) ** power``

    Parameters
    ----------
    lr0 : float
        The first rate.
    timescale : float
        At ``t = timescale`` the rate has been divided by ``2 ** power``; in the unit of t.
    power : float
        Above 0: 1 is `InverseTimeDecay`, 1/2 is `InverseSqrt`.

    Raises
    ------
    ValueError
        When a parameter is outside its range.

    Notes
    -----
    Caffe's "inv" with ``gamma = 1 / timescale``; scikit-learn's "invscaling" is
    ``InversePower(eta0, 1, power_t)``, and Vowpal Wabbit's power law is of this kind too.

    Examples
    --------
    >>> InversePower(0.1, timescale=10_000, power=2.0)(10_000)
    0.025
    """

    lr0: float = LR0.field()
    timescale: float = TIMESCALE.field()
    power: float = POWER.field()

    @classmethod
    def _example(cls) -> Self:
        return cls(0.1, 10, 0.75)

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.inverse_power(xp, t, self.lr0, self.timescale, self.power)

    def _landmarks(self, part: Part) -> Iterator[Landmark]:
        text = f"timescale = {when(self.timescale)}"
        yield from part.mark("scale", self.timescale, text)

    def _span(self) -> float:
        return 10 * self.timescale


@dataclass(frozen=True, repr=False)
class LogLinearDecay(_Fall):
    """Fall from `lr0` to `lr_end` in a straight line on a logarithmic axis.

    ``lr0 * (lr_end / lr0) ** (min(t, duration) / duration)``

    Parameters
    ----------
    lr0 : float
        The first rate, above 0.
    duration : float
        The length of the fall, in the unit of t; the rate is `lr_end` from then on.
    lr_end : float
        The last rate, above 0 and at most `lr0`.

    Raises
    ------
    ValueError
        When a parameter is outside its range, or `lr_end` is above `lr0`.

    Notes
    -----
    `ExponentialDecay` that knows its end. Plenoxels and 3D Gaussian splatting (2308.04079)
    train by it.

    Examples
    --------
    >>> round(LogLinearDecay(0.01, duration=100, lr_end=0.0001)(50), 12)
    0.001
    """

    lr0: float = POSITIVE_LR0.field()
    lr_end: float = POSITIVE_LR_END.field()

    @classmethod
    def _example(cls) -> Self:
        return cls(0.1, 100, 0.01)

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.log_linear_decay(xp, t, self.lr0, self.duration, self.lr_end)


@dataclass(frozen=True, repr=False)
class REX(_Fall):
    """Stay high for long, then fall fast: the reflected exponential.

    ``lr_end + (lr0 - lr_end) * 2 * z / (1 + z)`` with ``z = 1 - min(t, duration) / duration``

    Parameters
    ----------
    lr0 : float
        The first rate.
    duration : float
        The length of the fall, in the unit of t; the rate is `lr_end` from then on.
    lr_end : float
        The last rate, at most `lr0`.

    Raises
    ------
    ValueError
        When a parameter is outside its range, or `lr_end` is above `lr0`.

    Notes
    -----
    Chen, Wolfe and Kyrillidis, REX (2107.04197).

    Examples
    --------
    >>> round(REX(0.3, duration=100)(50), 12)
    0.2
    """

    @classmethod
    def _example(cls) -> Self:
        return cls(0.1, 100, 0.01)

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.rex(xp, t, self.lr0, self.duration, self.lr_end)


@dataclass(frozen=True, repr=False)
class PiecewiseLinear(Phased):
    """Go in straight lines from one knot to the next.

    Level before the first knot and after the last.

    Parameters
    ----------
    points : sequence of (float, float)
        The knots: a time, rising, in the unit of t, and the rate then.

    Raises
    ------
    ValueError
        When there are fewer than two knots, a time or rate is outside its range, or the times do
        not rise.

    Notes
    -----
    For schedules whose authors write knots, and for those read from a drawing or a log.

    Examples
    --------
    >>> PiecewiseLinear([(0, 0.0), (2, 1.0), (6, 0.0)]).curve(7)
    array([0.  , 0.5 , 1.  , 0.75, 0.5 , 0.25, 0.  ])
    """

    points: Sequence[tuple[float, float]] = POINTS.field()

    def _check_together(self) -> None:
        if len(self.points) < 2:
            raise ValueError(
                f"points = {self.points!r}: give two knots or more; Constant is for one rate"
            )
        times = [t for t, _ in self.points]
        if any(a >= b for a, b in pairwise(times)):
            raise ValueError(f"points = {self.points!r}: the times must rise; sort them")

    @classmethod
    def _example(cls) -> Self:
        return cls([(5, 0.1), (10, 0.3), (20, 0.2)])

    @cached_property
    def _pieces(self) -> formulas.Pieces:
        return formulas.points(self.points)

    def _lowest(self, a: float, b: float) -> float:
        knots = [rate for t, rate in self.points if a < t < b]
        return min(super()._lowest(a, b), *knots) if knots else super()._lowest(a, b)

    def _landmarks(self, part: Part) -> Iterator[Landmark]:
        end = self.points[-1][0]
        yield from part.mark("end", end, f"the last knot, t = {when(end)}")

    def _span(self) -> float:
        return 1.25 * self.points[-1][0]
