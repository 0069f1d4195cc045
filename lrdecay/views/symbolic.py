"""The formula of a schedule as LaTeX, JavaScript and Vega expressions.

Nothing is written twice: the schedule is copied with SymPy symbols in place of its numbers,
the copy is called with the symbol ``t``, and SymPy prints what comes back.
"""

import re
from collections.abc import Callable
from dataclasses import fields
from itertools import count, pairwise
from typing import Any

import sympy
from sympy.printing.jscode import JavascriptCodePrinter
from sympy.printing.latex import LatexPrinter

from lrdecay.arrays import prepare
from lrdecay.schedules import LEAVES, PiecewiseConstant, Schedule

NAMES = {
    "lr0": r"\eta_0",
    "lr_end": r"\eta_{\mathrm{end}}",
    "drop_rate": "r",
    "step_size": "s",
    "decay_rate": "k",
    "duration": "T",
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
    return _evaluate(schedule, _own_name)


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
        return str(_Latex().doprint(_tidy(_evaluate(schedule, _ordered(_letter)))))
    return str(_Latex({"mul_symbol": "dot"}).doprint(_tidy(_evaluate(schedule, _ordered(_digits)))))


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
    return _one_line(_JavaScript().doprint(_evaluate(schedule, _ordered(_digits))))


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
    code = _JavaScript().doprint(_evaluate(schedule, _ordered(chosen)))
    return _one_line(code).replace("Math.", "")


def _general(cls: type[Schedule]) -> Schedule:
    """Return an instance of `cls` whose parameters are only place-holders for symbols."""
    if cls not in LEAVES:
        raise ValueError(
            f"schedule = {cls.__name__}: only a class that is one formula has a general form; "
            f"give an instance, or one of {', '.join(leaf.__name__ for leaf in LEAVES)}"
        )
    many = {"boundaries": (0, 0), "values": (0, 0, 0)} if cls is PiecewiseConstant else {}
    blank = object.__new__(cls)
    for item in fields(cls):
        object.__setattr__(blank, item.name, many.get(item.name, 0))
    return blank


def _evaluate(schedule: Schedule | type[Schedule], name: Name) -> sympy.Expr:
    if isinstance(schedule, type):
        schedule = _general(schedule)
    return sympy.sympify(_with_symbols(schedule, name)._rate(*prepare(T)))


def _with_symbols(schedule: Schedule, name: Name) -> Schedule:
    """Return a copy of `schedule` with a symbol for every number; no checks, no rounding."""

    def symbol(parameter: str, value: Any) -> Any:
        if isinstance(value, Schedule):
            return _with_symbols(value, name)
        if isinstance(value, tuple):
            return tuple(symbol(f"{parameter}_{i}", member) for i, member in enumerate(value))
        if value is None:
            return None
        named = name(parameter, value)
        return int(value) if named is None else sympy.Symbol(named, positive=True)

    copy = object.__new__(type(schedule))
    for item in fields(schedule):
        object.__setattr__(copy, item.name, symbol(item.name, getattr(schedule, item.name)))
    return copy


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
    return None if value in (0, 1) else repr(value).removesuffix(".0")


def _tidy(rate: sympy.Expr) -> sympy.Expr:
    """Return `rate` in the form that people write; equal in exact arithmetic, not in floats."""
    for i, least in enumerate(sorted(rate.atoms(sympy.Min), key=str)):
        duration = next((a for a in least.args if not a.has(T)), None)
        share = sympy.Symbol(f"share_{i}", positive=True)
        with_share = rate.subs(duration - least, duration * share) if duration else rate
        # start * w + end * (1 - w) becomes end + (start - end) * w
        merged = with_share.replace(
            lambda e, share=share: e.is_Add and e.has(share),
            lambda e, share=share: sympy.collect(
                sympy.expand(e), [*(p for p in e.atoms(sympy.Pow) if p.base == share), share]
            ),
        )
        rate = merged.subs(share, 1 - least / duration) if merged.has(share) else rate
    return rate


class _Latex(LatexPrinter):  # type: ignore[misc]  # SymPy has no types
    """SymPy's printer, with constants first in sums, t first in min and max, powers of ten."""

    def _as_ordered_terms(self, total: sympy.Expr, order: Any = None) -> list[sympy.Expr]:
        terms = super()._as_ordered_terms(total, order)
        return sorted(terms, key=lambda term: (term.could_extract_minus_sign(), term.has(T)))

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

    def _print_Min(self, least: sympy.Min) -> str:  # noqa: N802
        return self._ordered(r"\min", least)

    def _print_Max(self, most: sympy.Max) -> str:  # noqa: N802
        return self._ordered(r"\max", most)

    def _ordered(self, function: str, call: sympy.Expr) -> str:
        # What depends on t stands before its limit, as in min(t, T).
        arguments = sorted(call.args, key=lambda a: (T not in a.free_symbols, str(a)))
        return rf"{function}\left({', '.join(self.doprint(a) for a in arguments)}\right)"

    def _print_Piecewise(self, cases: sympy.Piecewise) -> str:  # noqa: N802
        ends = [self.doprint(until.gts) for _, until in cases.args[:-1]]
        between = [rf"{start} \leq t < {end}" for start, end in pairwise(ends)]
        spans = [f"t < {ends[0]}", *between, rf"t \geq {ends[-1]}"]
        rows = (
            rf"{self.doprint(value)} & \text{{for }} {span}"
            for (value, _), span in zip(cases.args, spans, strict=True)
        )
        return r"\begin{cases}" + r" \\ ".join(rows) + r"\end{cases}"


class _JavaScript(JavascriptCodePrinter):  # type: ignore[misc]
    """SymPy's printer, with parameters printed by name or as their digits."""

    def _print_Symbol(self, symbol: sympy.Symbol) -> str:  # noqa: N802
        return _shown(symbol)


def _shown(symbol: sympy.Symbol) -> str:
    return str(symbol.name).partition("|")[2] or str(symbol.name)


def _one_line(code: str) -> str:
    return re.sub(r"\s*\n\s*", "", code)
