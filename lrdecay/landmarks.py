"""When a schedule does something: its milestones, joins, restarts and ends, in the run's time."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from lrdecay.schedules import (
    REX,
    WSD,
    Clip,
    CosineDecay,
    Cyclic,
    ExponentialDecay,
    InverseTimeDecay,
    LinearDecay,
    OneCycle,
    PiecewiseConstant,
    PolynomialDecay,
    Product,
    Repeat,
    Schedule,
    Shift,
    Staircase,
    StepDecay,
    Sum,
    Then,
    Warmup,
)

Kind = Literal["milestone", "join", "warmup", "restart", "again", "rise", "end", "refusal", "scale"]

MOST_CYCLES = 1000
"""How many restarts of one schedule are listed."""


@dataclass(frozen=True)
class Landmark:
    """Something that a schedule does at a known time.

    Parameters
    ----------
    kind : str
        "milestone": a value changes; "join": another schedule takes over; "warmup": a warmup
        is over; "restart": the second cycle begins, "again": a later one; "rise": a rate that
        had fallen begins to rise, and nothing says that it should; "end": the last value is
        reached; "refusal": no later step is answered; "scale": the time by which a decay that has
        no end has lost about half.
    at : float
        When, in the time of the run.
    what : str
        What it is, for people.
    until : float
        When the part of the schedule that it belongs to is over.
    cut_by : {"", "join", "restart"}
        What ends that part.
    """

    kind: Kind
    at: float
    what: str
    until: float = math.inf
    cut_by: Literal["", "join", "restart"] = ""

    @property
    def step(self) -> int:
        """The first whole update that sees it."""
        return math.ceil(self.at)


@dataclass(frozen=True)
class _Part:
    """Where a part of a schedule lies in the run: `clock` turns its time into the run's."""

    clock: Callable[[float], float]
    horizon: float
    since: float = 0.0
    until: float = math.inf
    cut_by: Literal["", "join", "restart"] = ""

    def mark(self, kind: Kind, u: float, what: str) -> Iterator[Landmark]:
        at = self.clock(u) if u < math.inf else u
        if u > 0 and 0 < at < math.inf and self.since <= at and self.since < self.until:
            yield Landmark(kind, at, what, self.until, self.cut_by)

    def cycles(self, every: float, stretch: float = 1) -> Iterator[Landmark]:
        start, length = every, every
        for n in range(MOST_CYCLES):
            yield from self.mark("again" if n else "restart", start, f"the start of cycle {n + 2}")
            if self.clock(start) >= min(self.horizon, self.until):
                return
            length *= stretch
            start += length

    def delayed(self, by: float) -> "_Part":
        return replace(self, clock=lambda u: self.clock(u + by))

    def held(self, every: float) -> "_Part":
        # A hair less than u: dividing must not push a whole number of stairs over the next.
        return replace(self, clock=lambda u: self.clock(math.ceil(u / every - 1e-9) * every))

    def before(self, u: float, cut_by: Literal["join", "restart"]) -> "_Part":
        end = self.clock(u)
        return replace(self, until=end, cut_by=cut_by) if end < self.until else self

    def after(self, u: float) -> "_Part":
        start = self.clock(u)
        return replace(self.delayed(u), since=max(self.since, start))


def when(t: float) -> str:
    """Return a time for people: ``31,250``."""
    return f"{int(t):,}" if t == int(t) else f"{t:,.2f}"


def landmarks(s: Schedule, horizon: float) -> list[Landmark]:
    """Return what `s` does and when, in order of time; restarts up to the first from `horizon` on.

    Examples
    --------
    >>> from lrdecay import PiecewiseConstant
    >>> s = PiecewiseConstant([30, 60], [0.1, 0.01, 0.001]).stretch(100).warmup(500)
    >>> [(mark.kind, mark.at) for mark in landmarks(s, horizon=9000)]
    [('warmup', 500), ('milestone', 3500), ('milestone', 6500)]
    """
    return sorted(_walk(s, _Part(lambda u: u, horizon)), key=lambda mark: mark.at)


def _walk(s: Schedule, part: _Part) -> Iterator[Landmark]:
    match s:
        case Staircase(schedule=inner, every=every):
            yield from _walk(inner, part.held(every))
        case Clip(schedule=inner):
            yield from _walk(inner, part)
        case Shift(schedule=inner, by=by):
            yield from _walk(inner, part.delayed(-by))
        case Warmup(schedule=inner, duration=length):
            yield from part.mark("warmup", length, f"the end of the warmup of {when(length)}")
            yield from _walk(inner, part.after(length))
        case Then(schedule=first, other=other, at=at):
            yield from _walk(first, part.before(at, "join"))
            yield from part.mark("join", at, f"the join with {type(other).__name__}")
            yield from _walk(other, part.after(at))
        case Repeat(schedule=inner, every=every, stretch_by=stretch):
            yield from _walk(inner, part.before(every, "restart"))
            yield from part.cycles(every, stretch)
        case Product(left=left, right=right) | Sum(left=left, right=right):
            yield from _walk(left, part)
            yield from _walk(right, part)
        case _:
            yield from _leaf(s, part)


def _leaf(s: Schedule, part: _Part) -> Iterator[Landmark]:
    match s:
        case StepDecay(step_size=size) if s.drop_rate < 1:
            yield from part.mark("milestone", size, f"the first drop, step_size = {when(size)}")
        case PiecewiseConstant(boundaries=boundaries):
            for i, boundary in enumerate(boundaries):
                yield from part.mark("milestone", boundary, f"boundaries[{i}] = {when(boundary)}")
        case PolynomialDecay(duration=length, cycle=True):
            yield from part.cycles(length)
        case Cyclic(half_cycle=half):
            yield from part.cycles(2 * half)
        case OneCycle(duration=length, warmup_length=warmup):
            yield from part.mark("warmup", warmup, f"the peak, warmup = {when(warmup)}")
            yield from part.mark("end", length, f"the end, duration = {when(length)}")
        case WSD(duration=length, warmup_length=warmup, cooldown=cooldown):
            yield from part.mark("warmup", warmup, f"the end of the warmup of {when(warmup)}")
            if cooldown:
                yield from part.mark(
                    "milestone", length - cooldown, f"the start of the cooldown of {when(cooldown)}"
                )
                yield from part.mark("end", length, f"the end, duration = {when(length)}")
        case PolynomialDecay() | LinearDecay() | CosineDecay() | REX():
            yield from part.mark("end", s.duration, f"the end, duration = {when(s.duration)}")
        case ExponentialDecay(decay_rate=rate) | InverseTimeDecay(decay_rate=rate) if rate:
            yield from part.mark("scale", 1 / rate, f"1 / decay_rate = {when(1 / rate)}")
