"""How a formula is written in LaTeX: as people write it, in cases, with names for cycles."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import sympy
from sympy.printing.latex import LatexPrinter

from lrdecay.views.symbols import (
    Definitions,
    Letters,
    T,
    digits_of,
    moves,
    naming_library,
    text_of,
    with_letters,
)


def write(schedule: Any) -> str:
    """Return the formula: cases over intervals, and what the clocks of cycles are."""
    digits = not isinstance(schedule, type)
    letters, definitions = Letters(), Definitions()
    symbolic = with_letters(schedule, digits_of if digits else _letter, letters)
    rate = sympy.sympify(symbolic._rate(naming_library(definitions), T))
    writer = _Writer(letters, definitions, digits)
    text = writer.cases(rate, T)
    used, where = set(writer.printed), []
    for definition in reversed(definitions):
        if definition.clock in used:
            used |= definition.meaning.free_symbols
            where.append(f"{definition.clock.name} = {writer.meaning(definition.meaning)}")
    return text + (r" \quad \text{where } " + ", ".join(reversed(where)) if where else "")


def _letter(place: Any, _: Any) -> str:
    r"""Return the book's letter for a parameter: ``\eta_1`` for member 1 of a list of values."""
    letter: str = place.parameter.letter
    if not place.indices:
        return letter
    index = str(place.indices[0] + place.parameter.first)
    return f"{letter}_{index}" if len(index) == 1 else f"{letter}_{{{index}}}"


@dataclass(frozen=True)
class _Writer:
    """What is needed to print a part of a formula; `printed` collects its symbols."""

    letters: Letters
    definitions: Definitions
    digits: bool
    printed: set[sympy.Symbol] = field(default_factory=set)

    def cases(self, rate: sympy.Expr, clock: sympy.Symbol) -> str:
        """Return `rate` as cases over intervals of `clock`, where it has any."""
        switches = _switches(rate, clock)
        ends = {_number(end, self.letters.values): end for end in switches.values()}
        starts = [0.0, *(end for end in sorted(ends) if end > 0)]
        pieces: list[tuple[float, str]] = []
        for start, end in zip(starts, [*starts[1:], math.inf], strict=True):
            middle = min(start + 1, (start + end) / 2)
            piece = _branch(rate, switches, self.letters.values | {clock: middle})
            piece = _tidy(_sums(piece, self.letters) if self.digits else piece)
            piece = _within(piece, clock, start, end, self.letters.values)
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

    def meaning(self, e: sympy.Expr) -> str:
        """Return what a clock is: in cases, where it runs at several paces."""
        return self.cases(e, T) if isinstance(e, sympy.Piecewise) else self.plain(e)

    def plain(self, e: sympy.Expr) -> str:
        """Return `e` as the printer writes it, with cases over the time in a cycle in cases."""
        for definition in self.definitions:
            end = _number(definition.end, self.letters.values)
            e = _within(e, definition.clock, 0, end, self.letters.values)
        self.printed.update(e.free_symbols)
        e = self._nested(e)
        settings = {"mul_symbol": "dot", "ln_notation": True} if self.digits else {}
        printer = _Latex(self.letters.texts, settings)
        return str(printer.doprint(_sums(e, self.letters) if self.digits else e))

    def _nested(self, e: sympy.Expr) -> sympy.Expr:
        """Return `e` with each choice of the time in a cycle as a symbol that is its text."""
        if isinstance(e, sympy.Piecewise):
            for definition in self.definitions:
                clock = definition.clock
                if _switches(e, clock):
                    return self.letters.new(self.cases(e, clock))
        return e.func(*map(self._nested, e.args)) if e.args else e


def _switches(rate: sympy.Expr, clock: sympy.Symbol) -> dict[sympy.Expr, sympy.Expr]:
    """Return the conditions in `rate` that hold until (or from) one time, with that time."""
    found = {}
    for condition in rate.atoms(sympy.core.relational.Relational):
        difference = condition.lts - condition.gts
        slope = difference.coeff(clock, 1)
        if slope in (1, -1) and not moves(difference - slope * clock):
            found[condition] = sympy.expand(clock - slope * difference)
    return found


def _branch(rate: sympy.Expr, switches: Any, at: dict[sympy.Symbol, float]) -> sympy.Expr:
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
    rate: sympy.Expr,
    clock: sympy.Symbol,
    start: float,
    end: float,
    values: dict[sympy.Symbol, float],
) -> sympy.Expr:
    """Return `rate` with each minimum decided that is the same from `start` to `end`."""

    def decided(e: sympy.Expr) -> sympy.Expr:
        if not isinstance(e, sympy.Min) or len(e.args) != 2:
            return e
        a, b = e.args
        slope = (a - b).coeff(clock, 1)
        if slope == 0 or moves(a - b - slope * clock):
            return e
        first = _number((a - b).subs(clock, start), values)
        last = slope * math.inf if end == math.inf else (a - b).subs(clock, end)
        last = _number(last, values)
        return a if max(first, last) <= 0 else b if min(first, last) >= 0 else e

    return _bottom_up(rate, decided)


def _number(expression: sympy.Expr, values: dict[sympy.Symbol, float]) -> float:
    return float(expression.subs(values))


def _sums(rate: sympy.Expr, letters: Letters) -> sympy.Expr:
    """Return `rate` with sums and whole multiples of numbers carried out, as in 30 + 70."""
    values = letters.values
    # One symbol a number, so that equal numbers cancel
    one = {value: letter for letter, value in reversed(values.items())}

    def merged(e: sympy.Expr) -> sympy.Expr:
        if not (e.is_Add or e.is_Mul):
            return e
        fixed = [a for a in e.args if not moves(a) and a.free_symbols <= set(values)]
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
        if e.is_Add and min(abs(a.subs(values)) for a in fixed) < 1e-12 * abs(total):
            return e  # a float would swallow the smaller number
        value = int(total) if total.is_Integer else float(total)
        if abs(value) not in one:
            one[abs(value)] = letters.new(text_of(abs(value)), abs(value))
        letter = one[abs(value)]
        number = value if value in (0, 1, -1) else letter * (1 if value > 0 else -1)
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
        duration = next((a for a in least.args if not moves(a)), None)
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

    def __init__(self, texts: Mapping[sympy.Symbol, str], settings: dict[str, Any]) -> None:
        super().__init__(settings)
        self.texts = texts

    def _as_ordered_terms(self, total: sympy.Expr, order: Any = None) -> list[sympy.Expr]:
        terms = super()._as_ordered_terms(total, order)
        return sorted(terms, key=lambda term: (term.could_extract_minus_sign(), moves(term)))

    def _print_Symbol(self, symbol: sympy.Symbol, style: str = "plain") -> str:  # noqa: N802
        text = self.texts.get(symbol, str(symbol.name))
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
        return self._call(r"\min", least, exp)

    def _print_Max(self, most: sympy.Max, exp: str | None = None) -> str:  # noqa: N802
        return self._call(r"\max", most, exp)

    def _call(self, function: str, call: sympy.Expr, exp: str | None) -> str:
        # What depends on t stands before its limit, as in min(t, T).
        arguments = sorted(call.args, key=lambda a: (not moves(a), str(a)))
        text = rf"{function}\left({', '.join(self.doprint(a) for a in arguments)}\right)"
        return text if exp is None else f"{text}^{{{exp}}}"
