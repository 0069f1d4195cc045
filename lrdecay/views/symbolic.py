"""The formula of a schedule as LaTeX, JavaScript and Vega expressions.

Nothing is written twice: the schedule is copied with SymPy symbols in place of its numbers,
the copy is called with the symbol ``t``, and SymPy prints what comes back.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import count, pairwise
from typing import Any

import sympy
from sympy.printing.jscode import JavascriptCodePrinter
from sympy.printing.latex import LatexPrinter

from lrdecay import formulas, schedules
from lrdecay.arrays import Library, sympy_library
from lrdecay.schedules import Schedule

NAMES = {
    "lr0": r"\eta_0",
    "lr_end": r"\eta_{\mathrm{end}}",
    "drop_rate": "r",
    "step_size": "s",
    "decay_rate": "k",
    "duration": "T",
    "timescale": r"\tau",
    "peak": r"\eta_{\mathrm{peak}}",
    "start": r"\eta_{\mathrm{start}}",
    "warmup": "w",
    "cooldown": "c",
    "half_cycle": "h",
    "power": "p",
    "every": "e",
    "low": r"\eta_{\mathrm{low}}",
    "high": r"\eta_{\mathrm{high}}",
    "values": r"\eta_",
    "boundaries": "b_",
}
"""The letter that the book uses for each parameter; members of lists get their index."""

T = sympy.Symbol("t", nonnegative=True)

Name = Callable[[str, Any], str | None]
"""Gives the symbol of a parameter its name, from the parameter's name and its value."""

Values = dict[sympy.Symbol, float]
"""What each symbol stands for."""


def expression(schedule: Schedule | type[Schedule]) -> sympy.Expr:
    """Return the rate as a SymPy expression in ``t`` and one positive symbol a parameter.

    Parameters
    ----------
    schedule : Schedule or class of schedules
        An instance; or a class, for its general formula.

    Returns
    -------
    sympy.Expr
        Its symbols bear the parameters' names; members of a list end in their index.

    Examples
    --------
    >>> from lrdecay import ExponentialDecay
    >>> print(expression(ExponentialDecay))
    lr0*exp(-decay_rate*t)
    """
    return _evaluate(schedule, _own_name, sympy_library(exact=False))


def latex(schedule: Schedule | type[Schedule]) -> str:
    r"""Return the formula in LaTeX: with its numbers for an instance, in letters for a class.

    Parameters
    ----------
    schedule : Schedule or class of schedules

    Returns
    -------
    str
        Without dollar signs.

    Examples
    --------
    >>> from lrdecay import StepDecay
    >>> latex(StepDecay)
    '\\eta_{0} r^{\\left\\lfloor{\\frac{t}{s}}\\right\\rfloor}'
    >>> latex(StepDecay(0.1, 0.96, 1000))
    '0.1 \\cdot 0.96^{\\left\\lfloor{\\frac{t}{1000}}\\right\\rfloor}'
    """
    if isinstance(schedule, type):
        return _write(schedule, _ordered(_letter), _Latex())
    return _write(schedule, _ordered(_digits), _Latex({"mul_symbol": "dot", "ln_notation": True}))


def javascript(schedule: Schedule) -> str:
    """Return the formula as one JavaScript expression in ``t``, its numbers exact.

    Parameters
    ----------
    schedule : Schedule

    Returns
    -------
    str

    Examples
    --------
    >>> from lrdecay import StepDecay
    >>> javascript(StepDecay(0.1, 0.96, 1000))
    '0.1*Math.pow(0.96, Math.floor(t/1000))'
    """
    return _one_line(_JavaScript().doprint(_evaluate(schedule, _ordered(_digits), _code_library())))


def vega(schedule: Schedule | type[Schedule], name: Name | None = None) -> str:
    """Return the formula as an expression of Vega, the language of the book's sliders.

    Parameters
    ----------
    schedule : Schedule or class of schedules
    name : callable, optional
        Gives the text to print for a parameter, from its name (``"values_1"`` for a member of
        a list) and value: a slider's name, or a whole Vega expression in parentheses. By
        default an instance's parameters are printed as numbers and a class's as their names.

    Returns
    -------
    str
        An expression in ``t``.

    Examples
    --------
    >>> from lrdecay import StepDecay
    >>> vega(StepDecay)
    'lr0*pow(drop_rate, floor(t/step_size))'
    """
    chosen = name or (_own_name if isinstance(schedule, type) else _digits)
    code = _JavaScript().doprint(_evaluate(schedule, _ordered(chosen), _code_library()))
    return _one_line(code).replace("Math.", "")


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


def _evaluate(schedule: Schedule | type[Schedule], name: Name, xp: Library) -> sympy.Expr:
    """Return the rate as an expression."""
    return sympy.sympify(_with_symbols(schedule, name, {})._rate(xp, T))


class Choice(sympy.Function):  # type: ignore[misc]  # SymPy has no types
    """``Choice(condition, a, b)``, for code: a `Piecewise` that SymPy does not try to simplify."""

    nargs = 3
    is_real = True


def _code_library() -> Library:
    """Return SymPy's functions, the choices unevaluated: as long as they are, they only print."""

    def where(condition: Any, a: Any, b: Any) -> Any:
        if condition in (True, False):  # the first rate of a schedule, for its warmup
            return a if condition else b
        return Choice(condition, a, b)

    def piecewise(t: Any, boundaries: Sequence[Any], values: Sequence[Any]) -> Any:
        *earlier, chosen = values
        for boundary, value in zip(reversed(boundaries), reversed(earlier), strict=True):
            chosen = where(t < boundary, value, chosen)
        return chosen

    return replace(
        sympy_library(exact=False),
        minimum=lambda a, b: sympy.Min(a, b, evaluate=False),
        maximum=lambda a, b: sympy.Max(a, b, evaluate=False),
        where=where,
        piecewise=piecewise,
        switch=lambda t, at, before, after: where(t < at, before(t), after(t - at)),
    )


class _Clock(sympy.Symbol):  # type: ignore[misc]
    """The number of a cycle, or the time in it."""


@dataclass(frozen=True)
class _Definition:
    """What a clock is, and where it ends."""

    clock: _Clock
    meaning: sympy.Expr
    end: sympy.Expr


Definitions = list[_Definition]
"""The clocks of a formula, each defined by those before it."""


class _NamedRepeat(schedules.Repeat):
    """A repetition that gives names to its cycle and to the time in it, as people do."""

    def _rate(self, xp: Library, t: Any) -> Any:
        if not _moves(sympy.sympify(t)):  # the first rate of a schedule, for its warmup
            return super()._rate(xp, t)
        cycle, since = formulas.repeat(xp, t, self.every, self.stretch_by)
        definitions: Definitions = self._definitions  # type: ignore[attr-defined]
        number = len(definitions) // 2 + 1
        index = f"_{{{number}}}" if number > 1 else ""
        n = _Clock(f"n{index}", integer=True, nonnegative=True)
        u = _Clock(f"u{index}", nonnegative=True)
        definitions.append(_Definition(n, cycle, sympy.oo))
        definitions.append(_Definition(u, since.subs(cycle, n), sympy.sympify(self.every)))
        rate = self.schedule._rate(xp, u)
        return rate if self.scale == 1 else rate * self.scale**n


def _with_symbols(
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
            return _with_symbols(value, name, values, definitions)
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
    copy = object.__new__(_NamedRepeat if named_repeat else type(schedule))
    for item in fields(schedule):
        parameter = item.metadata["name"] or item.name
        object.__setattr__(copy, item.name, symbol(parameter, getattr(schedule, item.name)))
    if named_repeat:
        object.__setattr__(copy, "_definitions", definitions)
    return copy


def _moves(e: sympy.Expr) -> bool:
    """Return whether `e` changes with time."""
    return any(symbol == T or isinstance(symbol, _Clock) for symbol in e.free_symbols)


def _ordered(text: Name) -> Name:
    """Return names that SymPy sorts in the order of the parameters; printers show the text."""
    order = count()

    def name(parameter: str, value: Any) -> str | None:
        shown = text(parameter, value)
        return None if shown is None else f"{next(order):03d}|{shown}"

    return name


def _own_name(parameter: str, _: Any) -> str:
    return parameter


def _letter(parameter: str, _: Any) -> str:
    r"""Return the book's letter for a parameter: ``\eta_1`` for ``"values_1"``."""
    if parameter in NAMES:
        return NAMES[parameter]
    stem, _, index = parameter.rpartition("_")
    # Boundary 0 is where value 1 begins, so the book numbers boundaries from 1.
    return f"{NAMES[stem]}{int(index) + (stem == 'boundaries')}"


def _digits(_: str, value: Any) -> str | None:
    """Return the shortest digits that give exactly `value` back; none for 0 and 1.

    "+ 0" and "1 *" are noise in a formula: left as numbers, SymPy drops them, exactly.
    """
    return None if value in (0, 1) else _text(value)


def _write(schedule: Schedule | type[Schedule], name: Name, printer: "_Latex") -> str:
    """Return the formula in LaTeX: cases over intervals, and what the clocks of cycles are."""
    values: Values = {}
    definitions: Definitions = []
    symbolic = _with_symbols(schedule, name, values, definitions)
    rate = sympy.sympify(symbolic._rate(sympy_library(exact=True), T))
    digits = not isinstance(schedule, type)
    writer = _Writer(values, definitions, printer, digits)
    text = writer.cases(rate, T)
    shown, where = set(writer.shown), []
    for definition in reversed(definitions):
        if definition.clock in shown:
            shown |= definition.meaning.free_symbols
            where.append(f"{definition.clock.name} = {writer.plain(definition.meaning)}")
    return text + (r" \quad \text{where } " + ", ".join(reversed(where)) if where else "")


@dataclass(frozen=True)
class _Writer:
    """What is needed to print a part of a formula; `shown` collects the symbols printed."""

    values: Values
    definitions: Definitions
    printer: "_Latex"
    digits: bool
    shown: set[sympy.Symbol] = field(default_factory=set)

    def cases(self, rate: sympy.Expr, clock: sympy.Symbol) -> str:
        """Return `rate` as cases over intervals of `clock`, where it has any."""
        switches = _switches(rate, clock)
        ends = {_number(end, self.values): end for end in switches.values()}
        starts = [0.0, *(end for end in sorted(ends) if end > 0)]
        pieces: list[tuple[float, str]] = []
        for start, end in zip(starts, [*starts[1:], math.inf], strict=True):
            middle = min(start + 1, (start + end) / 2)
            piece = _branch(rate, switches, self.values | {clock: middle})
            piece = _tidy(_sums(piece, self.values) if self.digits else piece)
            piece = _within(piece, clock, start, end, self.values)
            text = self.plain(piece)
            if not pieces or pieces[-1][1] != text:
                pieces.append((start, text))
        if len(pieces) == 1:
            return pieces[0][1]
        edges = [self.plain(ends[start]) for start, _ in pieces[1:]]
        t = clock.name
        between = [rf"{start} \leq {t} < {end}" for start, end in pairwise(edges)]
        spans = [f"{t} < {edges[0]}", *between, rf"{t} \geq {edges[-1]}"]
        rows = (
            rf"{text} & \text{{for }} {span}" for (_, text), span in zip(pieces, spans, strict=True)
        )
        return r"\begin{cases}" + r" \\ ".join(rows) + r"\end{cases}"

    def plain(self, e: sympy.Expr) -> str:
        """Return `e` as the printer writes it, with cases over the time in a cycle in cases."""
        for definition in self.definitions:
            end = _number(definition.end, self.values)
            e = _within(e, definition.clock, 0, end, self.values)
        self.shown.update(e.free_symbols)
        e = self._nested(e)
        return str(self.printer.doprint(_sums(e, self.values) if self.digits else e))

    def _nested(self, e: sympy.Expr) -> sympy.Expr:
        """Return `e` with each choice of the time in a cycle as a symbol that is its text."""
        if isinstance(e, sympy.Piecewise):
            for definition in self.definitions:
                clock = definition.clock
                if _switches(e, clock):
                    return sympy.Symbol(f"{len(self.shown)}|{self.cases(e, clock)}", positive=True)
        return e.func(*map(self._nested, e.args)) if e.args else e


def _switches(rate: sympy.Expr, clock: sympy.Symbol) -> dict[sympy.Expr, sympy.Expr]:
    """Return the conditions in `rate` that hold until (or from) one time, with that time."""
    found = {}
    for condition in rate.atoms(sympy.core.relational.Relational):
        difference = condition.lts - condition.gts
        slope = difference.coeff(clock, 1)
        if slope in (1, -1) and not _moves(difference - slope * clock):
            found[condition] = sympy.expand(clock - slope * difference)
    return found


def _branch(rate: sympy.Expr, switches: Any, at: Values) -> sympy.Expr:
    """Return `rate` with each choice between intervals made as it is at a time in `at`."""

    def chosen(e: sympy.Expr) -> sympy.Expr:
        if not isinstance(e, sympy.Piecewise):
            return e
        pairs = []
        for value, condition in e.args:
            parts = condition.atoms(sympy.core.relational.Relational)
            here = condition.subs(at) if parts <= switches.keys() else condition
            if here == sympy.true:
                pairs.append((value, True))
                break
            if here != sympy.false:
                pairs.append((value, here))
        return sympy.Piecewise(*pairs, evaluate=False) if len(pairs) > 1 else pairs[0][0]

    return _bottom_up(rate, chosen)


def _within(
    rate: sympy.Expr, clock: sympy.Symbol, start: float, end: float, values: Values
) -> sympy.Expr:
    """Return `rate` with each minimum decided that is the same from `start` to `end`."""

    def decided(e: sympy.Expr) -> sympy.Expr:
        if not isinstance(e, sympy.Min) or len(e.args) != 2:
            return e
        a, b = e.args
        slope = (a - b).coeff(clock, 1)
        if slope == 0 or _moves(a - b - slope * clock):
            return e
        first = _number((a - b).subs(clock, start), values)
        last = slope * math.inf if end == math.inf else (a - b).subs(clock, end)
        last = _number(last, values)
        return a if max(first, last) <= 0 else b if min(first, last) >= 0 else e

    return _bottom_up(rate, decided)


def _number(expression: sympy.Expr, values: Values) -> float:
    return float(expression.subs(values))


def _sums(rate: sympy.Expr, values: Values) -> sympy.Expr:
    """Return `rate` with sums and whole multiples of numbers carried out, as in 30 + 70."""
    # One symbol a number, so that equal numbers cancel
    one = {value: letter for letter, value in reversed(values.items())}

    def merged(e: sympy.Expr) -> sympy.Expr:
        if not (e.is_Add or e.is_Mul):
            return e
        fixed = [a for a in e.args if not _moves(a) and a.free_symbols <= set(values)]
        inverse = e.is_Mul and any(a.is_Pow and a.exp == -1 for a in fixed)
        if inverse:  # 1 / 2 * 1 / 4 becomes 1 / 8
            fixed = [1 / a for a in fixed]
        if e.is_Mul and not (len(fixed) == 2 and fixed[0].is_Integer and fixed[1].is_Symbol):
            return e
        if len(fixed) < 2:
            return e
        total = e.func(*fixed).subs({a: sympy.Rational(str(v)) for a, v in values.items()})
        if not total.is_real:  # in a branch that is not taken, a root of a negative number
            return e
        value = int(total) if total.is_Integer else float(total)
        new = sympy.Symbol(f"{len(values):03d}|{_text(abs(value))}", positive=True)
        shown = one.setdefault(abs(value), new)
        values[shown] = abs(value)
        number = value if value in (0, 1, -1) else shown * (1 if value > 0 else -1)
        kept = [a for a in e.args if (1 / a if inverse else a) not in fixed]
        return e.func(*kept, 1 / number if inverse else number)

    return _bottom_up(rate.subs({a: one[v] for a, v in values.items()}), merged)


def _bottom_up(e: sympy.Expr, change: Callable[[sympy.Expr], sympy.Expr]) -> sympy.Expr:
    """Return `e` with `change` made to each part, the innermost first."""
    return change(e.func(*(_bottom_up(a, change) for a in e.args)) if e.args else e)


def _tidy(rate: sympy.Expr) -> sympy.Expr:
    """Return `rate` in the form that people write; equal in exact arithmetic, not in floats."""
    share, weight = sympy.symbols("share weight", positive=True)
    for least in sorted(rate.atoms(sympy.Min), key=str):
        duration = next((a for a in least.args if not _moves(a)), None)
        with_share = rate.subs(duration - least, duration * share) if duration else rate
        if not with_share.has(share):
            continue
        powers = {p: p for p in with_share.atoms(sympy.Pow) if p.base == share and p.exp != -1}
        # What weighs the first rate against the last, as computed, and as people write it
        weights = powers | {
            sympy.sin(sympy.pi * share / 2) ** 2: (1 + sympy.cos(sympy.pi * (1 - share))) / 2,
            share / (1 + sympy.sqrt(1 - share)): 1 - sympy.sqrt(1 - share),
            2 * share / (1 + share): 2 * share / (1 + share),
            share: share,
        }
        computed = next(w for w in weights if with_share.subs(w, weight).has(weight))
        with_weight = with_share.subs(computed, weight)
        if not with_weight.has(share):
            # start * w + end * (1 - w) becomes end + (start - end) * w
            with_weight = _bottom_up(
                with_weight,
                lambda e: (
                    sympy.collect(sympy.expand(e), weight) if e.is_Add and e.has(weight) else e
                ),
            )
        rate = with_weight.subs(weight, weights[computed]).subs(share, 1 - least / duration)
    return rate


class _Latex(LatexPrinter):  # type: ignore[misc]  # SymPy has no types
    """SymPy's printer, with constants first in sums, t first in min and max, powers of ten."""

    def _as_ordered_terms(self, total: sympy.Expr, order: Any = None) -> list[sympy.Expr]:
        terms = super()._as_ordered_terms(total, order)
        return sorted(terms, key=lambda term: (term.could_extract_minus_sign(), _moves(term)))

    def _print_Symbol(self, symbol: sympy.Symbol, style: str = "plain") -> str:  # noqa: N802
        text = _shown(symbol)
        number = re.fullmatch(r"([\d.]+)(?:e([+-]\d+))?", text)
        if not number:
            return str(super()._print_Symbol(sympy.Symbol(text), style))
        mantissa, exponent = number.groups()
        if exponent is None:
            return mantissa
        power_of_ten = f"10^{{{int(exponent)}}}"
        return power_of_ten if mantissa == "1" else rf"{mantissa} \cdot {power_of_ten}"

    def _print_Piecewise(self, choice: sympy.Piecewise) -> str:  # noqa: N802
        rows = (
            rf"{self.doprint(value)} & \text{{for }} {self.doprint(condition)}"
            if condition != sympy.true
            else rf"{self.doprint(value)} & \text{{otherwise}}"
            for value, condition in choice.args
        )
        return r"\begin{cases}" + r" \\ ".join(rows) + r"\end{cases}"

    def _print_StrictGreaterThan(self, relation: sympy.Rel) -> str:  # noqa: N802
        return f"{self.doprint(relation.rhs)} < {self.doprint(relation.lhs)}"

    def _print_Min(self, least: sympy.Min, exp: str | None = None) -> str:  # noqa: N802
        return self._ordered(r"\min", least, exp)

    def _print_Max(self, most: sympy.Max, exp: str | None = None) -> str:  # noqa: N802
        return self._ordered(r"\max", most, exp)

    def _ordered(self, function: str, call: sympy.Expr, exp: str | None) -> str:
        # What depends on t stands before its limit, as in min(t, T).
        arguments = sorted(call.args, key=lambda a: (not _moves(a), str(a)))
        text = rf"{function}\left({', '.join(self.doprint(a) for a in arguments)}\right)"
        return text if exp is None else f"{text}^{{{exp}}}"


class _JavaScript(JavascriptCodePrinter):  # type: ignore[misc]
    """SymPy's printer, with parameters printed by name or as their digits."""

    def _print_Symbol(self, symbol: sympy.Symbol) -> str:  # noqa: N802
        return _shown(symbol)

    def _print_Choice(self, choice: sympy.Expr) -> str:  # noqa: N802
        condition, a, b = map(self.doprint, choice.args)
        return f"(({condition}) ? ({a}) : ({b}))"


def _text(value: float) -> str:
    return repr(value).removesuffix(".0")


def _shown(symbol: sympy.Symbol) -> str:
    return str(symbol.name).partition("|")[2] or str(symbol.name)


def _one_line(code: str) -> str:
    return re.sub(r"\s*\n\s*", "", code)
