"""Checks of parameters: each returns the value in its one canonical form, or says what is wrong.

Canonical means that equal schedules have equal fields: rates are floats, and lengths that are
whole numbers are ints, so that staircases can count in integers.
"""

import sys
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from lrdecay.arrays import LAST_STEP, WholeAsFloat, is_letter, traced


def plain(name: str, value: Any) -> Any:
    """Return the Python number in a scalar of an array library; else `value` itself."""
    if type(value) is float or type(value) is int:
        return value
    if not hasattr(value, "dtype") or len(getattr(value, "shape", ())):
        return value
    if getattr(value, "requires_grad", False):
        raise ValueError(
            f"{name} = {value!r}: gradients by a parameter are carried in JAX alone; give "
            f"{value.item()!r}, or leave it out and multiply the rates by the tensor"
        )
    if not hasattr(value, "item") and not hasattr(value, "numpy"):
        raise ValueError(
            f"{name} = {value!r}: has no value yet; make the schedule outside of what is compiled"
        )
    return value.item() if hasattr(value, "item") else value.numpy().item()


def number(name: str, value: Any) -> float:
    """Return `value` as an int or float, or say that it is no number."""
    value = plain(name, value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} = {value!r}: expected a number, not {type(value).__name__}")
    if not -sys.float_info.max <= value <= sys.float_info.max:
        raise ValueError(f"{name} = {value!r}: expected a finite number")
    return value


def _traceable(check: Callable[[str, Any], float]) -> Callable[[str, Any], float]:
    """Return `check` for what may stand for a number: traced by JAX, or a letter, it stays."""

    @wraps(check)
    def checked(name: str, value: Any) -> Any:
        if is_letter(value) or type(value) is WholeAsFloat:
            return value
        if not traced(value):
            return check(name, value)
        if value.ndim:
            raise ValueError(f"{name} = {value!r}: expected a number, not an array")
        try:
            known = value.item()
        except TypeError:  # compiled or mapped, it has no value yet
            return value
        check(name, known)
        return value

    return checked


HIGHEST_RATE = 1e6
"""Far above any rate that trains, and low enough that products of rates stay finite."""


@_traceable
def rate(name: str, value: Any) -> float:
    """Return a learning rate, or a factor of one: from 0 to 1e6."""
    checked = number(name, value)
    if checked < 0:
        raise ValueError(f"{name} = {checked!r}: a learning rate must be 0 or more")
    if checked > HIGHEST_RATE:
        raise ValueError(f"{name} = {checked!r}: a learning rate must be at most a million (1e6)")
    return float(checked)


@_traceable
def positive_rate(name: str, value: Any) -> float:
    """Return a learning rate that has a logarithm: above 0, from 1e-300."""
    if 0 <= number(name, value) < 1e-300:
        raise ValueError(
            f"{name} = {value!r}: a line on a logarithmic axis never gets to 0; give a rate above "
            "0 (from 1e-300)"
        )
    return rate(name, value)


@_traceable
def ratio(name: str, value: Any) -> float:
    """Return a multiplier of the rate: above 0 and at most 1."""
    checked = number(name, value)
    if not 0 < checked <= 1:
        raise ValueError(
            f"{name} = {checked!r}: the rate is multiplied by it, so it must be above 0 and at "
            "most 1; to lose 4 % at a time, give 0.96"
        )
    return float(checked)


@_traceable
def divisor(name: str, value: Any) -> float:
    """Return what rates are divided by: a number above 0, from 1e-6."""
    checked = number(name, value)
    if checked < 1 / HIGHEST_RATE:
        raise ValueError(
            f"{name} = {value!r}: a schedule is divided by a number above 0 (from 1e-6)"
        )
    return checked


@_traceable
def decay_rate(name: str, value: Any) -> float:
    """Return a decay rate per unit of time: from 0 to 1e12."""
    checked = number(name, value)
    if not 0 <= checked <= 1e12:
        raise ValueError(
            f"{name} = {checked!r}: must be 0 or more (up to 1e12); a positive value decays"
        )
    return float(checked)


@_traceable
def power(name: str, value: Any) -> float:
    """Return an exponent: above 0, from 0.001 to 1000."""
    checked = number(name, value)
    if not 1e-3 <= checked <= 1e3:
        raise ValueError(
            f"{name} = {checked!r}: must be above 0 (from 0.001 to 1000); 1 gives a straight line"
        )
    return float(checked)


_NO_SIZE = {-1: "of a data set that has no end", -2: "of a data set whose size is not known"}


def _and_if_it_is_a_cardinality(value: Any) -> str:
    """Return what TensorFlow means by a size that is none."""
    meaning = _NO_SIZE.get(value)
    if meaning is None:
        return ""
    return f"; {value:.0f} is the cardinality {meaning}: give the number of updates yourself"


@_traceable
def length(name: str, value: Any) -> float:
    """Return a length of time: an int where it is whole, from 1e-9 to 2**53."""
    checked = number(name, value)
    if not 1e-9 <= checked <= LAST_STEP:
        raise ValueError(
            f"{name} = {checked!r}: a length must be above 0 (from 1e-9 to 2**53), in the unit of t"
            f"{_and_if_it_is_a_cardinality(checked)}"
        )
    return int(checked) if checked == int(checked) else float(checked)


@_traceable
def span(name: str, value: Any) -> float:
    """Return a length of time that may be 0."""
    return 0 if number(name, value) == 0 else length(name, value)


@_traceable
def growth(name: str, value: Any) -> float:
    """Return a factor by which a length grows: 1, or from 1.001; an int where it is whole."""
    checked = number(name, value)
    if checked != 1 and not 1.001 <= checked <= LAST_STEP:
        raise ValueError(
            f"{name} = {checked!r}: must be 1 for no growth, or more (from 1.001 to 2**53)"
        )
    return int(checked) if checked == int(checked) else float(checked)


@_traceable
def pace(name: str, value: Any) -> float:
    """Return how many times as fast time runs: an int where it is whole, from 1e-9 to 2**53."""
    checked = number(name, value)
    if not 1e-9 <= checked <= LAST_STEP:
        raise ValueError(
            f"{name} = {checked!r}: a pace must be above 0 (from 1e-9 to 2**53); 1 leaves time as "
            "it is"
        )
    return int(checked) if checked == int(checked) else float(checked)


def flag(name: str, value: Any) -> bool:
    """Return True or False."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} = {value!r}: expected True or False")
    return value


def one_of(*choices: str) -> Callable[[str, Any], str]:
    """Return the check of a word that must be one of `choices`."""

    def check_word(name: str, value: Any) -> str:
        if value not in choices:
            raise ValueError(f"{name} = {value!r}: expected one of {', '.join(map(repr, choices))}")
        return str(value)

    return check_word


def optional(check: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    """Return `check` for a parameter that may be None."""
    return lambda name, value: None if value is None else check(name, value)


def _whole(name: str, value: Any) -> Any:
    """Return `value` as an int if it is a whole number, else as it is."""
    known = plain(name, value)
    # An array of one number has an __index__, too.
    if isinstance(known, bool) or not hasattr(known, "__index__") or hasattr(known, "dtype"):
        return known
    return int(known.__index__())


def whole(name: str, value: Any, low: int, high: int | None = None) -> int:
    """Return `value` as an int from `low` to `high`, or say what is allowed."""
    known = _whole(name, value)
    if type(known) is int and known >= low and (high is None or known <= high):
        return known
    limit = f"{low} or more" if high is None else f"from {low} to {high}"
    raise ValueError(f"{name} = {known!r}: expected a whole number, {limit}")


def count(name: str, value: Any) -> int:
    """Return a whole number of updates: an int of 1 or more."""
    known = _whole(name, value)
    if type(known) is int and 1 <= known <= LAST_STEP:
        return known
    hint = _and_if_it_is_a_cardinality(known) if type(known) is int else ""
    raise ValueError(
        f"{name} = {known!r}: expected a whole number of updates, from 1 to 2**53{hint}"
    )


def each(check: Callable[[str, Any], float]) -> Callable[[str, Any], tuple[float, ...]]:
    """Return the check of a sequence in which `check` holds for every member."""

    def check_all(name: str, values: Any) -> tuple[float, ...]:
        members = listed(name, values)
        return tuple(check(f"{name}[{i}]", value) for i, value in enumerate(members))

    return check_all


def pairs(
    first: Callable[[str, Any], float], second: Callable[[str, Any], float]
) -> Callable[[str, Any], tuple[tuple[float, float], ...]]:
    """Return the check of a sequence of pairs, each of two kinds of number."""

    def check_pairs(name: str, values: Any) -> tuple[tuple[float, float], ...]:
        checked = []
        for i, pair in enumerate(listed(name, values)):
            members = listed(f"{name}[{i}]", pair)
            if len(members) != 2:
                raise ValueError(f"{name}[{i}] = {pair!r}: expected two numbers, (t, rate)")
            a, b = members
            checked.append((first(f"{name}[{i}][0]", a), second(f"{name}[{i}][1]", b)))
        return tuple(checked)

    return check_pairs


def listed(name: str, values: Any) -> Sequence[Any]:
    """Return the members of a list, tuple, array or tensor."""
    if traced(values):
        return list(values)
    if hasattr(values, "tolist"):
        values = values.tolist()  # of NumPy, JAX or PyTorch
    elif hasattr(values, "numpy"):
        values = values.numpy().tolist()  # of TensorFlow
    if isinstance(values, str | bytes) or not isinstance(values, Sequence):
        raise ValueError(f"{name} = {values!r}: expected a list of numbers")
    return values
