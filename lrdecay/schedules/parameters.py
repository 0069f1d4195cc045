r"""Parameters: how each is checked, and what formulas and charts call it.

A parameter says all of itself here, once. A class of schedules declares it as a field:
``lr0: float = LR0.field()``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from lrdecay import checks

Check = Callable[[str, Any], Any]


@dataclass(frozen=True)
class Range:
    """Where a slider may go.

    Parameters
    ----------
    most : callable
        From the parameter's value, the highest rate and the number of updates of the chart to
        the highest place of the slider.
    above : float, optional
        What every place is above; without it, 0 is the lowest place.
    """

    most: Callable[[float, float, int], float]
    above: float | None = None


def _with_room(rate: float, highest: float, _: int) -> float:
    return 1.5 * rate or highest


RATES = Range(_with_room)
LENGTHS = Range(lambda value, *_: 2 * value, above=0)
RATIOS = Range(lambda *_: 1.0, above=0)


@dataclass(frozen=True)
class Parameter:
    r"""What is known of a parameter, whatever its value and class.

    Parameters
    ----------
    check : callable
        From the argument's name and value to the value in its one canonical form.
    letter : str
        What LaTeX prints for it; members of lists get their index behind it.
    word : str
        What a slider calls it, beside its name.
    unit : str
        The unit of a slider.
    time : int
        How it scales with the unit of time: 1 for lengths, -1 for rates per unit of time, and 0
        for what has no unit.
    range : Range or None
        Where its slider may go; without one, it has no slider.
    without : float, optional
        The value that leaves a part out of the formula, so that no slider could bring it back.
    members : tuple of Parameter
        What the members of a list are, in turn; by default what the list is.
    first : int
        The index that LaTeX gives to the first member of a list.
    choices : tuple of str
        The words that it may be, where it is one.
    """

    check: Check
    letter: str = ""
    word: str = ""
    unit: str = ""
    time: int = 0
    range: Range | None = RATES
    without: float | None = None
    members: tuple["Parameter", ...] = ()
    first: int = 0
    choices: tuple[str, ...] = ()

    def field(self, argument: str = "", **options: Any) -> Any:
        """Declare a field; `argument` is what ``__init__`` calls it, where a method has its name.

        Examples
        --------
        >>> LR0.field(default=0.1).default
        0.1
        """
        metadata = {"parameter": self, "argument": argument}
        return field(metadata=metadata, **options)

    @property
    def is_rate(self) -> bool:
        """Whether it is a rate that a slider can move."""
        return self.range is not None and self.range.most is _with_room

    def member(self, i: int) -> "Parameter":
        """Return what member `i` of a list is."""
        return self.members[i % len(self.members)] if self.members else self


@dataclass(frozen=True)
class Place:
    """Where a number stands in a schedule: in which argument, and where in a list.

    Examples
    --------
    >>> Place("values", VALUES, (2,)).name
    'values_2'
    """

    argument: str
    parameter: Parameter
    indices: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The argument's name, and the indices behind it."""
        return "_".join([self.argument, *map(str, self.indices)])

    def member(self, i: int) -> "Place":
        """Return the place of member `i` of the list that stands here."""
        return Place(self.argument, self.parameter.member(i), (*self.indices, i))


def is_number(value: Any) -> bool:
    """Return whether a parameter's value is one number: no flag, no word, no list, not missing."""
    return not (value is None or isinstance(value, bool | str | tuple))


@dataclass(frozen=True)
class Bound:
    """What one parameter of a schedule leaves to another.

    Parameters
    ----------
    argument : str
        The parameter that is bounded.
    limit : callable
        From the schedule to the limit: a number, or an expression for a schedule of symbols.
    words : str
        What the limit is.
    fix : str
        Why it must not be passed, and what to do.
    least : bool
        Whether the limit is the least value, not the most.
    strict : bool
        Whether the limit itself is too much.
    leaves_room : bool
        Whether a slider stops before the limit, to leave something to the other sliders.
    """

    argument: str
    limit: Callable[[Any], Any]
    words: str
    fix: str
    least: bool = False
    strict: bool = False
    leaves_room: bool = False

    def check(self, schedule: Any, value: float) -> None:
        """Raise ValueError when `value` is beyond the limit."""
        limit = self.limit(schedule)
        beyond = value < limit if self.least else value > limit
        if beyond or (self.strict and value == limit):
            must = "below" if self.strict else "at least" if self.least else "at most"
            raise ValueError(
                f"{self.argument} = {value!r}: must be {must} {self.words} = {limit!r}; {self.fix}"
            )


# Rates

LR0 = Parameter(checks.rate, r"\eta_0", "first rate")
PEAK = Parameter(checks.rate, r"\eta_{\mathrm{peak}}", "highest rate")
START = Parameter(checks.rate, r"\eta_{\mathrm{start}}", "rate at the start")
LR_END = Parameter(checks.rate, r"\eta_{\mathrm{end}}", "last rate")
LOW = Parameter(checks.rate, r"\eta_{\mathrm{low}}", "lowest rate")
HIGH = Parameter(checks.rate, r"\eta_{\mathrm{high}}", "highest rate")
HIGH_OR_NONE = Parameter(checks.optional(checks.rate), r"\eta_{\mathrm{high}}", "highest rate")
POSITIVE_LR0 = replace(LR0, check=checks.positive_rate, range=replace(RATES, above=0))
POSITIVE_START = replace(START, check=checks.positive_rate, range=replace(RATES, above=0))
POSITIVE_LR_END = replace(LR_END, check=checks.positive_rate, range=replace(RATES, above=0))
VALUES = Parameter(checks.each(checks.rate), r"\eta", "rate")

# Lengths


def _length(letter: str, word: str, **more: Any) -> Parameter:
    length = Parameter(checks.length, letter, word, "updates", time=1, range=LENGTHS)
    return replace(length, **more)


DURATION = _length("T", "updates")
STEP_SIZE = _length("s", "updates between drops")
TIMESCALE = _length(r"\tau", "updates")
HALF_CYCLE = _length("h", "updates up, and down again")
WARMUP = _length("w", "updates up", check=checks.span, without=0)
COOLDOWN = _length("c", "updates down", check=checks.span, without=0)
EVERY = _length("e", "updates")
AT = _length("b", "update")
BOUNDARIES = _length("b", "update", check=checks.each(checks.length), first=1)
PACE_BOUNDARIES = replace(BOUNDARIES, range=None)  # sliders would not keep them in order
BY = _length(
    "d",
    "updates left out",
    check=checks.span,
    unit="",
    range=Range(lambda value, _, n: max(2 * value, n // 2)),
)

# Knots: a list of pairs

KNOT = Parameter(
    checks.span, members=(_length("t", "update", check=checks.span, range=None), VALUES)
)
POINTS = Parameter(checks.pairs(checks.span, checks.rate), members=(KNOT,))

# What else shapes a schedule

DROP_RATE = Parameter(checks.ratio, "r", "factor at each drop", range=RATIOS)
SCALE = Parameter(checks.ratio, word="factor of each cycle's rates", range=RATIOS)
STRETCH = Parameter(
    checks.growth,
    word="factor of each cycle's length",
    range=Range(lambda value, *_: 2 * value, above=1),
    without=1,
)
DECAY_RATE = Parameter(
    checks.decay_rate,
    "k",
    "per update",
    unit="per update",
    time=-1,
    range=Range(lambda value, _, n: 3 * value or 10 / n),
)
PACES = Parameter(
    checks.each(checks.pace),
    word="times as fast",
    range=Range(lambda value, *_: 2 * value, above=0),
)
POWER = Parameter(
    checks.power, "p", "exponent", range=Range(lambda value, *_: max(4.0, 2 * value), above=0)
)
FLAG = Parameter(checks.flag)


def word(*choices: str) -> Parameter:
    """Return the parameter that is one of these words."""
    return Parameter(checks.one_of(*choices), choices=choices)
