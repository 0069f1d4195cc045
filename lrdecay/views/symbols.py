"""Copies of schedules with SymPy symbols in place of their numbers.

What such a copy gives for the symbol ``t`` is the schedule's formula.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from itertools import count
from typing import Any

import sympy

from lrdecay import formulas, schedules
from lrdecay.arrays import Library
from lrdecay.schedules import Schedule

T = sympy.Symbol("t", nonnegative=True)

Name = Callable[[str, Any], str | None]
"""Gives the symbol of a parameter its name, from the parameter's name and its value."""

Values = dict[sympy.Symbol, float]
"""What each symbol stands for."""

EXAMPLES: tuple[Schedule, ...] = (
    schedules.Constant(0.1),
    schedules.StepDecay(0.1, 0.5, 10),
    schedules.ExponentialDecay(0.1, 0.01),
    schedules.InverseTimeDecay(0.1, 0.01),
    schedules.PolynomialDecay(0.1, 100, 2.0, 0.01),
    schedules.LinearDecay(0.1, 100, 0.01),
    schedules.PiecewiseConstant([10, 20], [0.3, 0.2, 0.1]),
    schedules.CosineDecay(0.1, 100, 0.01),
    schedules.InverseSqrt(0.1, 10),
    schedules.OneCycle(0.1, 100, 30, 0.01, 0.001),
    schedules.Cyclic(0.1, 0.2, 10),
    schedules.REX(0.1, 100, 0.01),
    schedules.WSD(0.1, 100, 10, 20, lr_end=0.01),
)
"""One schedule of each class that is one formula: their letters stand for these numbers."""


def _general(cls: type[Schedule]) -> Schedule:
    """Return the example of `cls`, for its general formula."""
    for example in EXAMPLES:
        if type(example) is cls:
            return example
    raise ValueError(
        f"schedule = {cls.__name__}: only a class that is one formula has a general form; "
        f"give an instance, or one of {', '.join(type(e).__name__ for e in EXAMPLES)}"
    )


class Clock(sympy.Symbol):  # type: ignore[misc]
    """The number of a cycle, or the time in it; sorted as any other symbol."""

    @classmethod
    def class_key(cls) -> Any:
        """Return what SymPy sorts by first."""
        return sympy.Symbol.class_key()


@dataclass(frozen=True)
class Definition:
    """What a clock is, and where it ends."""

    clock: Clock
    meaning: sympy.Expr
    end: sympy.Expr


Definitions = list[Definition]
"""The clocks of a formula, each defined by those before it."""


class NamedRepeat(schedules.Repeat):
    """A repetition that gives names to its cycle and to the time in it, as people do."""

    def _rate(self, xp: Library, t: Any) -> Any:
        if not moves(sympy.sympify(t)):  # the first rate of a schedule, for its warmup
            return super()._rate(xp, t)
        cycle, since = formulas.repeat(xp, t, self.every, self.stretch_by)
        definitions: Definitions = self._definitions  # type: ignore[attr-defined]
        number = len(definitions) // 2 + 1
        index = f"_{{{number}}}" if number > 1 else ""
        n = Clock(f"n{index}", integer=True, nonnegative=True)
        u = Clock(f"u{index}", nonnegative=True)
        definitions.append(Definition(n, cycle, sympy.oo))
        definitions.append(Definition(u, since.subs(cycle, n), sympy.sympify(self.every)))
        rate = self.schedule._rate(xp, u)
        return rate if self.scale == 1 else rate * self.scale**n


def with_symbols(
    schedule: Schedule | type[Schedule],
    name: Name,
    values: Values,
    definitions: Definitions | None = None,
) -> Schedule:
    """Return a copy of `schedule` with a symbol for every number; no checks, no rounding.

    The values of the symbols are noted; with a list for `definitions`, the clocks too.
    """
    if isinstance(schedule, type):
        schedule = _general(schedule)

    def symbol(parameter: str, value: Any) -> Any:
        if isinstance(value, Schedule):
            return with_symbols(value, name, values, definitions)
        if isinstance(value, tuple):
            return tuple(symbol(f"{parameter}_{i}", member) for i, member in enumerate(value))
        if value is None or isinstance(value, bool | str):
            return value
        named = name(parameter, value)
        if named is None:
            return int(value)
        letter = sympy.Symbol(named, positive=True)
        values[letter] = value
        return letter

    named_repeat = isinstance(schedule, schedules.Repeat) and definitions is not None
    copy = object.__new__(NamedRepeat if named_repeat else type(schedule))
    for item in fields(schedule):
        parameter = item.metadata["name"] or item.name
        object.__setattr__(copy, item.name, symbol(parameter, getattr(schedule, item.name)))
    if named_repeat:
        object.__setattr__(copy, "_definitions", definitions)
    return copy


def moves(e: sympy.Expr) -> bool:
    """Return whether `e` changes with time."""
    return any(symbol == T or isinstance(symbol, Clock) for symbol in e.free_symbols)


def ordered(text: Name) -> Name:
    """Return names that SymPy sorts in the order of the parameters; printers show the text."""
    order = count()

    def name(parameter: str, value: Any) -> str | None:
        shown = text(parameter, value)
        return None if shown is None else f"{next(order):03d}|{shown}"

    return name


def own_name(parameter: str, _: Any) -> str:
    """Return the parameter's name."""
    return parameter


def digits_of(_: str, value: Any) -> str | None:
    """Return the shortest digits that give exactly `value` back; none for 0 and 1.

    "+ 0" and "1 *" are noise in a formula: left as numbers, SymPy drops them, exactly.
    """
    return None if value in (0, 1) else text_of(value)


def text_of(value: float) -> str:
    """Return the shortest digits that give `value` back, without ``.0``."""
    return repr(value).removesuffix(".0")


def shown(symbol: sympy.Symbol) -> str:
    """Return the text of a symbol: without the number that orders it."""
    return str(symbol.name).partition("|")[2] or str(symbol.name)
