"""The formula of a schedule as LaTeX, JavaScript and Vega expressions.

Nothing is written twice: the schedule is copied with SymPy symbols in place of its numbers,
the copy is called with the symbol ``t``, and SymPy prints what comes back.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sympy
from sympy.printing.jscode import JavascriptCodePrinter

from lrdecay.arrays import Library, sympy_library
from lrdecay.views.latex import write
from lrdecay.views.symbols import Letters, Name, T, digits_of, own_name, with_letters


def expression(schedule: Any) -> sympy.Expr:
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
    rate, letters = _evaluate(schedule, own_name, sympy_library(exact=False))
    named = {letter: sympy.Symbol(text, positive=True) for letter, text in letters.texts.items()}
    return rate.xreplace(named)


def latex(schedule: Any) -> str:
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
    return write(schedule)


def javascript(schedule: Any) -> str:
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
    return _code(schedule, digits_of)


def vega(schedule: Any, name: Name | None = None) -> str:
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
    chosen = name or (own_name if isinstance(schedule, type) else digits_of)
    return _code(schedule, chosen).replace("Math.", "")


def vega_text(rate: Any, letters: Letters) -> str:
    """Return an expression of letters as Vega's: what their texts stand for."""
    return _printed(rate, letters).replace("Math.", "")


def _evaluate(schedule: Any, name: Name, xp: Library) -> tuple[sympy.Expr, Letters]:
    """Return the rate as an expression, and its letters."""
    letters = Letters()
    return sympy.sympify(with_letters(schedule, name, letters)._rate(xp, T)), letters


def _code(schedule: Any, name: Name) -> str:
    """Return the rate as JavaScript."""
    return _printed(*_evaluate(schedule, name, code_library()))


def _printed(rate: Any, letters: Letters) -> str:
    code = _JavaScript(letters.texts).doprint(sympy.sympify(rate))
    return re.sub(r"\s*\n\s*", "", code)


class Choice(sympy.Function):  # type: ignore[misc]  # SymPy has no types
    """``Choice(condition, a, b)``, for code: a `Piecewise` that SymPy does not try to simplify."""

    nargs = 3
    is_real = True


def code_library() -> Library:
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
        switch=lambda t, at, before, after, shift=True: where(
            t < at, before(t), after(t - at if shift else t)
        ),
    )


class _JavaScript(JavascriptCodePrinter):  # type: ignore[misc]
    """SymPy's printer, with parameters printed by name or as their digits."""

    def __init__(self, texts: Mapping[sympy.Symbol, str]) -> None:
        super().__init__()
        self.texts = texts

    def _print_Symbol(self, symbol: sympy.Symbol) -> str:  # noqa: N802
        return self.texts.get(symbol, str(symbol.name))

    def _print_Choice(self, choice: sympy.Expr) -> str:  # noqa: N802
        condition, a, b = map(self.doprint, choice.args)
        return f"(({condition}) ? ({a}) : ({b}))"
