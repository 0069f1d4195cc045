"""Read a schedule from text, such as a command line's, without evaluating it as Python."""

import ast
import operator
from collections.abc import Callable
from typing import Any

from lrdecay.schedules.config import classes
from lrdecay.schedules.schedule import Combination, Formula, Schedule

CLASSES = dict(sorted(classes(Formula).items()))  # type: ignore[type-abstract]
"""The schedules that are written as ``Class(...)``."""

_COMBINATIONS = classes(Combination).values()  # type: ignore[type-abstract]

METHODS = {cls.method for cls in _COMBINATIONS if cls.method} | {"stretch"}
"""The methods of `Schedule` that return a schedule, and so may stand in the text."""


def parse(text: str) -> Schedule:
    """Return the schedule that `text` writes down in the grammar of its own repr.

    The grammar: ``Class(number, name=number, ...)``, lists of numbers, the methods that
    return schedules, ``+ - * /`` and parentheses. Nothing else is looked up or called.

    Parameters
    ----------
    text : str
        For example ``"StepDecay(0.1, 0.5, 5).stretch(1875)"``.

    Returns
    -------
    Schedule

    Raises
    ------
    ValueError
        When `text` is outside the grammar, or a parameter is outside its range.

    Examples
    --------
    >>> parse("LinearDecay(0.1, duration=15).staircase(1)")
    LinearDecay(lr0=0.1, duration=15, lr_end=0.0).staircase(every=1)
    >>> parse("__import__('os')")
    Traceback (most recent call last):
        ...
    ValueError: schedule "__import__('os')": unknown name '__import__'; expected one of ...
    """
    try:
        result = _value(ast.parse(text.strip(), mode="eval").body)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise ValueError(f'schedule "{text}": {reason}') from error
    if not isinstance(result, Schedule):
        raise ValueError(f'schedule "{text}": a schedule is expected, such as LinearDecay(0.1, 15)')
    return result


OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
"""What may stand between two numbers; of schedules, what `Schedule` has."""


def _combined(combine: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    for value in (left, right):
        if isinstance(value, bool) or not isinstance(value, int | float | Schedule):
            raise ValueError(f"{value!r}: expected a number or a schedule")
    try:
        return combine(left, right)
    except (ZeroDivisionError, OverflowError) as error:
        raise ValueError(f"{left!r} and {right!r}: {error}") from error


def _value(node: ast.expr) -> Any:
    """Return what `node` stands for: a schedule, a number, a word, None, or a list of them."""
    match node:
        case ast.Constant(value=int() | float() | str() | None):
            return node.value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.List(elts=members) | ast.Tuple(elts=members):
            return [_value(member) for member in members]
        case ast.BinOp(op=op, left=left, right=right) if type(op) in OPERATORS:
            return _combined(OPERATORS[type(op)], _value(left), _value(right))
        case ast.Call(func=function, args=args, keywords=keywords) if all(k.arg for k in keywords):
            named = {str(keyword.arg): _value(keyword.value) for keyword in keywords}
            return _function(function)(*map(_value, args), **named)
    raise ValueError(f"{ast.unparse(node)} is not part of a schedule")


def _function(node: ast.expr) -> Any:
    """Return the class or method that `node` names."""
    match node:
        case ast.Name(id=name):
            if name in CLASSES:
                return CLASSES[name]
            raise ValueError(f"unknown name '{name}'; expected one of {', '.join(CLASSES)}")
        case ast.Attribute(value=ast.Name(id=name), attr="from_ratio") if hasattr(
            CLASSES.get(name), "from_ratio"
        ):
            return CLASSES[name].from_ratio  # type: ignore[attr-defined]
        case ast.Attribute(value=owner, attr=name):
            schedule = _value(owner)
            if name in METHODS and isinstance(schedule, Schedule):
                return getattr(schedule, name)
            raise ValueError(f"unknown method '{name}'; expected one of {sorted(METHODS)}")
    raise ValueError(f"{ast.unparse(node)} cannot be called in a schedule")
