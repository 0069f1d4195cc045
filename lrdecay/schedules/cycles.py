"""Schedules that rise and fall: one formula each, or one for each phase."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

from lrdecay import checks, formulas
from lrdecay.arrays import Library
from lrdecay.schedules.landmarks import Landmark, Part, when
from lrdecay.schedules.parameters import (
    COOLDOWN,
    DECAY_RATE,
    DURATION,
    FLAG,
    HALF_CYCLE,
    HIGH,
    LOW,
    LR_END,
    PEAK,
    POSITIVE_LR_END,
    START,
    WARMUP,
    Bound,
    Place,
    word,
)
from lrdecay.schedules.schedule import Formula, Phased, positive, takes_fields

__all__ = ["WSD", "Cyclic", "OneCycle"]

PEAK_AT = replace(WARMUP, check=checks.length, without=None)


@dataclass(frozen=True, repr=False, init=False)
class OneCycle(Phased):
    """Rise to a peak and fall far below the start, once.

    From `start` to `peak` in `warmup`, then to `lr_end` at `duration`; in three phases the
    fall to `start` takes `warmup` too, and the rest goes on to `lr_end`.

    Parameters
    ----------
    peak : float
        The highest rate.
    duration : float
        The length of it all, in the unit of t; the rate is `lr_end` from then on.
    warmup : float, optional
        The length of the rise, below `duration` (below half of it in three phases); by
        default ``0.3 * duration``.
    start : float, optional
        The first rate, at most `peak`; by default ``peak / 25``.
    lr_end : float, optional
        The last rate, at most `start`; by default ``start / 10_000``.
    shape : {"cosine", "linear"}
        The shape of each phase.
    three_phase : bool
        Whether the fall has two parts.

    Raises
    ------
    ValueError
        When a parameter is outside its range or the rates or lengths do not fit.

    Notes
    -----
    Smith, 1803.09820, with the defaults of fastai and PyTorch. PyTorch counts to the last
    update instead of one past it: its ``total_steps=N, pct_start=p`` is ``duration=N - 1,
    warmup=p * N - 1`` here.

    Examples
    --------
    >>> OneCycle(1.0, duration=100, start=0.1)(30)
    1.0
    """

    peak: float = PEAK.field()
    duration: float = DURATION.field()
    warmup_length: float = PEAK_AT.field(argument="warmup")
    start: float = START.field()
    lr_end: float = LR_END.field()
    shape: str = word("cosine", "linear").field()
    three_phase: bool = FLAG.field()

    @takes_fields
    def __init__(
        self,
        peak: float,
        duration: float,
        warmup: float | None = None,
        start: float | None = None,
        lr_end: float | None = None,
        shape: str = "cosine",
        three_phase: bool = False,
    ) -> None:
        start = checks.rate("peak", peak) / 25 if start is None else checks.rate("start", start)
        self._set(
            peak=peak,
            duration=duration,
            warmup_length=0.3 * checks.length("duration", duration) if warmup is None else warmup,
            start=start,
            lr_end=start / 10_000 if lr_end is None else lr_end,
            shape=shape,
            three_phase=three_phase,
        )

    bounds = (
        Bound("start", lambda s: s.peak, "peak", "lower start"),
        Bound("lr_end", lambda s: s.start, "start", "or the rate would rise; lower lr_end"),
        Bound(
            "warmup",
            lambda s: s.duration / 2 if s.three_phase else s.duration,
            "what leaves time for a fall",
            "shorten it: it is a length, part of the duration",
            strict=True,
        ),
    )

    @classmethod
    def _example(cls) -> Self:
        return cls(0.1, 100, 30, 0.01, 0.001)

    @cached_property
    def _pieces(self) -> formulas.Pieces:
        return formulas.one_cycle(
            self.peak,
            self.duration,
            self.warmup_length,
            self.start,
            self.lr_end,
            self.shape,
            self.three_phase,
        )

    def _landmarks(self, part: Part) -> Iterator[Landmark]:
        yield from part.mark(
            "warmup", self.warmup_length, f"the peak, warmup = {when(self.warmup_length)}"
        )
        yield from part.end(self.duration)

    def _span(self) -> float:
        return 1.25 * self.duration


@dataclass(frozen=True, repr=False)
class Cyclic(Formula):
    """Rise and fall between two rates, again and again.

    ``low + (high - low) * w * a``, where w rises from 0 to 1 in `half_cycle` and falls again,
    and a is 1 ("triangular"), ``0.5 ** cycle`` ("triangular2") or ``exp(-decay_rate * t)``
    ("exp_range").

    Parameters
    ----------
    low, high : float
        The rates at the feet and at the first peak.
    half_cycle : float
        The length of a rise, and of a fall, in the unit of t.
    mode : {"triangular", "triangular2", "exp_range"}
        How the peaks shrink.
    decay_rate : float
        For "exp_range" alone: the relative loss of height per unit of t. PyTorch's ``gamma``
        is ``exp(-decay_rate)``.

    Raises
    ------
    ValueError
        When a parameter is outside its range, `low` is above `high`, or a `decay_rate` is
        given for another mode.

    Notes
    -----
    Smith, Cyclical Learning Rates (1506.01186).

    Examples
    --------
    >>> Cyclic(0.0, 1.0, half_cycle=4).curve(9)
    array([0.  , 0.25, 0.5 , 0.75, 1.  , 0.75, 0.5 , 0.25, 0.  ])
    """

    low: float = LOW.field()
    high: float = HIGH.field()
    half_cycle: float = HALF_CYCLE.field()
    mode: str = word("triangular", "triangular2", "exp_range").field(default="triangular")
    decay_rate: float = DECAY_RATE.field(default=0.0)

    bounds = (Bound("high", lambda s: s.low, "low", "swap them", least=True),)

    def _check_together(self) -> None:
        super()._check_together()
        if self.decay_rate and self.mode != "exp_range":
            raise ValueError(
                f"decay_rate = {self.decay_rate!r}: is for mode 'exp_range' only, not "
                f"{self.mode!r}; leave it out or change the mode"
            )

    @classmethod
    def _example(cls) -> Self:
        return cls(0.1, 0.2, 10)

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.cyclic(
            xp, t, self.low, self.high, self.half_cycle, self.mode, self.decay_rate
        )

    def _lowest(self, a: float, b: float) -> float:
        period = 2 * self.half_cycle
        return self.low if a // period != b // period else super()._lowest(a, b)

    def _landmarks(self, part: Part) -> Iterator[Landmark]:
        yield from part.cycles(2 * self.half_cycle)

    def _span(self) -> float:
        return 6 * self.half_cycle


@dataclass(frozen=True, repr=False, init=False)
class WSD(Phased):
    """Warm up, stay, decay: a constant rate between a rise and a fall.

    From 0 to `peak` in `warmup`, `peak` until ``duration - cooldown``, then to `lr_end`.

    Parameters
    ----------
    peak : float
        The rate between warmup and cooldown.
    duration : float
        The length of it all, in the unit of t; the rate is `lr_end` from then on.
    warmup, cooldown : float
        The lengths of the rise and the fall, parts of `duration`; 0 leaves one out.
    shape : {"linear", "cosine", "1-sqrt", "log-linear"}
        The shape of the cooldown; "log-linear", straight on a logarithmic axis, needs an `lr_end`
        above 0.
    lr_end : float
        The last rate, at most `peak`.

    Raises
    ------
    ValueError
        When a parameter is outside its range, or warmup and cooldown are longer than
        `duration`.

    Notes
    -----
    Hu et al., MiniCPM (2404.06395); the shapes of Haegele et al. (2405.18392). The first
    update is made at rate 0 when there is a warmup: see `Schedule.warmup` for another start.

    Examples
    --------
    >>> WSD(1.0, duration=10, warmup=2, cooldown=4).curve(11)
    array([0.  , 0.5 , 1.  , 1.  , 1.  , 1.  , 1.  , 0.75, 0.5 , 0.25, 0.  ])
    """

    peak: float = PEAK.field()
    duration: float = DURATION.field()
    warmup_length: float = WARMUP.field(argument="warmup")
    cooldown_length: float = COOLDOWN.field(argument="cooldown")
    shape: str = word(*formulas.FALLS).field()
    lr_end: float = LR_END.field()

    @takes_fields
    def __init__(
        self,
        peak: float,
        duration: float,
        warmup: float,
        cooldown: float,
        shape: str = "linear",
        lr_end: float = 0.0,
    ) -> None:
        self._set(
            peak=peak,
            duration=duration,
            warmup_length=warmup,
            cooldown_length=cooldown,
            shape=shape,
            lr_end=lr_end,
        )

    bounds = (
        Bound("lr_end", lambda s: s.peak, "peak", "or the rate would rise; lower lr_end"),
        Bound(
            "warmup",
            lambda s: s.duration,
            "duration",
            "it is a part of it; shorten it",
            leaves_room=True,
        ),
        Bound(
            "cooldown",
            lambda s: s.duration - s.warmup_length,
            "duration - warmup",
            "warmup and cooldown are parts of the duration; shorten one",
        ),
    )

    def _values(self) -> Iterator[tuple[Place, Any]]:
        return positive(super()._values(), "lr_end", POSITIVE_LR_END, self.shape == "log-linear")

    @classmethod
    def _example(cls) -> Self:
        return cls(0.1, 100, 10, 20, lr_end=0.01)

    @cached_property
    def _pieces(self) -> formulas.Pieces:
        return formulas.wsd(
            self.peak,
            self.duration,
            self.warmup_length,
            self.cooldown_length,
            self.shape,
            self.lr_end,
        )

    def _landmarks(self, part: Part) -> Iterator[Landmark]:
        up, down = self.warmup_length, self.cooldown_length
        yield from part.mark("warmup", up, f"the end of the warmup of {when(up)}")
        if down:
            text = f"the start of the cooldown of {when(down)}"
            yield from part.mark("milestone", self.duration - down, text)
            yield from part.end(self.duration)

    def _span(self) -> float:
        return 1.25 * self.duration
