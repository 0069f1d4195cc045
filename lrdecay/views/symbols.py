"""Copies of schedules with letters in place of their numbers.

What such a copy gives for the symbol ``t`` is the schedule's formula.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import sympy

from lrdecay.arrays import Library, sympy_library

T = sympy.Symbol("t", nonnegative=True)

Name = Callable[[Any, Any], str | None]
"""Gives a number its text, from its place in the schedule and its value; None leaves it."""


class _Sorted(sympy.Symbol):  # type: ignore[misc]  # SymPy has no types
    """A symbol that is sorted as any other."""

    @classmethod
    def class_key(cls) -> Any:
        """Return what SymPy sorts by first."""
        return sympy.Symbol.class_key()


class Letter(_Sorted):
    """What stands for a number in a formula; the checks of parameters let it pass."""

    is_letter = True


class Clock(_Sorted):
    """The number of a cycle, or the time in it."""


@dataclass(frozen=True)
class Letters:
    """The letters of a formula: what each stands for, and what is printed for it.

    SymPy sorts symbols by their names, so these are numbers, in the order of the parameters.
    """

    values: dict[sympy.Symbol, float] = field(default_factory=dict)
    texts: dict[sympy.Symbol, str] = field(default_factory=dict)

    def new(self, text: str, value: float | None = None) -> Letter:
        """Return a new letter that is printed as `text`."""
        letter = Letter(f"{len(self.texts):03d}", positive=True)
        self.texts[letter] = text
        if value is not None:
            self.values[letter] = value
        return letter


def with_letters(schedule: Any, name: Name, letters: Letters) -> Any:
    """Return `schedule`, or the example of a class, with a letter for every number.

    The letters are noted in `letters`.
    """
    if isinstance(schedule, type):
        schedule = _general(schedule)

    def letter(place: Any, value: float) -> Any:
        text = name(place, value)
        return value if text is None else letters.new(text, value)

    return schedule.mapped(letter)


def _general(cls: Any) -> Any:
    """Return the example of `cls`, for its general formula."""
    if not hasattr(cls, "_example"):
        raise ValueError(
            f"schedule = {cls.__name__}: only a class that is one formula has a general form; "
            "give an instance"
        )
    return cls._example()


@dataclass(frozen=True)
class Definition:
    """What a clock is, and where it ends."""

    clock: Clock
    meaning: sympy.Expr
    end: sympy.Expr


Definitions = list[Definition]
"""The clocks of a formula, each defined by those before it."""


def naming_library(definitions: Definitions) -> Library:
    """Return SymPy's functions, which name the cycles of a repetition as people do."""

    def clocks(cycle: Any, since: Any, every: Any) -> tuple[Any, Any]:
        if not moves(sympy.sympify(since)):  # the first rate of a schedule, for its warmup
            return cycle, since
        n = new("n", cycle, integer=True)
        return n, new("u", since.subs(cycle, n), sympy.sympify(every))

    def clock(time: Any) -> Any:
        return new("u", time) if moves(sympy.sympify(time)) else time

    def new(name: str, meaning: Any, end: Any = sympy.oo, **known: bool) -> Clock:
        number = sum(definition.clock.name[0] == "u" for definition in definitions) + 1
        index = f"_{{{number}}}" if number > 1 else ""
        named = Clock(name + index, nonnegative=True, **known)
        definitions.append(Definition(named, meaning, end))
        return named

    return replace(sympy_library(exact=True), clocks=clocks, clock=clock)


def moves(e: sympy.Expr) -> bool:
    """Return whether `e` changes with time."""
    return any(symbol == T or isinstance(symbol, Clock) for symbol in e.free_symbols)


def own_name(place: Any, _: Any) -> str:
    """Return the parameter's name."""
    return str(place.name)


def digits_of(_: Any, value: Any) -> str | None:
    """Return the shortest digits that give exactly `value` back; none for 0 and 1.

    "+ 0" and "1 *" are noise in a formula: left as numbers, SymPy drops them, exactly.
    """
    return None if value in (0, 1) else text_of(value)


def text_of(value: float) -> str:
    """Return the shortest digits that give `value` back, without ``.0``."""
    return repr(value).removesuffix(".0")
