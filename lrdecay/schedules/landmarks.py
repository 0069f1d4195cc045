"""When a schedule does something: its milestones, joins, restarts and ends, in the run's time."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal[
    "milestone",
    "join",
    "warmup",
    "clock",
    "restart",
    "again",
    "rise",
    "end",
    "refusal",
    "scale",
]

MOST_CYCLES = 1000
"""How many restarts of one schedule are listed."""


@dataclass(frozen=True)
class Landmark:
    """Something that a schedule does at a known time.

    Parameters
    ----------
    kind : str
        "milestone": a value changes; "join": another schedule takes over; "warmup": a warmup
        is over; "clock": the time of a part begins, or changes its pace; "restart": the second
        cycle begins, "again": a later one; "rise": a rate that had fallen begins to rise, and
        nothing says that it should; "end": the last value is reached; "refusal": no later step
        is answered; "scale": the time by which a decay that has no end has lost about half.
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
class Part:
    """Where a part of a schedule lies in the run: `clock` turns its time into the run's."""

    clock: Callable[[float], float]
    horizon: float
    since: float = 0.0
    until: float = math.inf
    cut_by: Literal["", "join", "restart"] = ""

    def mark(self, kind: Kind, u: float, what: str) -> Iterator[Landmark]:
        """Yield the landmark at time `u` of the part, if the run sees it."""
        at = self.clock(u) if u < math.inf else u
        if u > 0 and 0 < at < math.inf and self.since <= at and self.since < self.until:
            yield Landmark(kind, at, what, self.until, self.cut_by)

    def end(self, duration: float) -> Iterator[Landmark]:
        """Yield the end of a fall."""
        yield from self.mark("end", duration, f"the end, duration = {when(duration)}")

    def cycles(self, every: float, stretch: float = 1) -> Iterator[Landmark]:
        """Yield the starts of all cycles but the first, up to one after the run."""
        start, length = every, every
        for n in range(MOST_CYCLES):
            yield from self.mark("again" if n else "restart", start, f"the start of cycle {n + 2}")
            if self.clock(start) >= min(self.horizon, self.until):
                return
            length *= stretch
            start += length

    def delayed(self, by: float) -> "Part":
        """Return the part whose time 0 is `by` later."""
        return replace(self, clock=lambda u: self.clock(u + by))

    def held(self, every: float) -> "Part":
        """Return the part whose time goes in stairs."""
        # A hair less than u: dividing must not push a whole number of stairs over the next.
        return replace(self, clock=lambda u: self.clock(math.ceil(u / every - 1e-9) * every))

    def paced(self, clock: Callable[[float], float]) -> "Part":
        """Return the part whose time `clock` turns into that of this one."""
        return replace(self, clock=lambda u: self.clock(clock(u)))

    def unseen_before(self, u: float) -> "Part":
        """Return the part of which nothing is seen before `u`."""
        return replace(self, since=max(self.since, self.clock(u)))

    def before(self, u: float, cut_by: Literal["join", "restart"]) -> "Part":
        """Return what is left of the part when something cuts it off at `u`."""
        end = self.clock(u)
        return replace(self, until=end, cut_by=cut_by) if end < self.until else self

    def after(self, u: float) -> "Part":
        """Return the part whose time 0 is at `u`, and which is not seen before."""
        return self.unseen_before(u).delayed(u)


def when(t: float) -> str:
    """Return a time for people: ``31,250``."""
    return f"{int(t):,}" if t == int(t) else f"{t:,.2f}"
