"""Ten thousand calls with good and bad values: a rate, or an error that names the argument."""

import inspect
import math
import operator
import random
from dataclasses import fields
from fractions import Fraction

import numpy as np
import pytest

from lrdecay import Schedule, schedules
from lrdecay.schedules import parameters, parsing

CALLS = 10_000

RATES = [0, 0.0, 5e-324, 1e-300, 1e-7, 0.001, 0.1, 0.5, 1, 3.0, 30, 1e6, np.float64(0.2)]
LENGTHS = [1e-9, 0.1, 0.3, 1, 2, 2.5, 7, 10.0, 999, 10**6, 2**24 + 1, 2**31, 2**53, np.int64(50)]
BAD = [-1, -1e-9, math.nan, math.inf, -math.inf, 1e300, 10**400, 2**53 + 2, 1e-10, 1.0000001]
WRONG = [None, True, "", "0.1", "sine", b"1", 1j, [], [0.1], {}, object(), Fraction(1, 3), len]
STEPS = [0, 1, 2, 3.7, 999, 1000, 10**6 + 0.5, 2**31, 2**53, 0.0, 5e-324, 1e-9]

OPERATORS = {"+": operator.add, "*": operator.mul, "/": operator.truediv}
NUMBERS = RATES + LENGTHS
METHODS = sorted(parsing.METHODS | {"first_below"})
CLASSES = schedules.classes().values()
MAKERS = [
    *schedules.LEAVES,
    *CLASSES,
    *(cls.from_ratio for cls in CLASSES if hasattr(cls, "from_ratio")),
]
DECLARED = {
    field.metadata["argument"] or field.name: field.metadata["parameter"]
    for cls in CLASSES
    for field in fields(cls)
}
WORDS = sorted({word for parameter in DECLARED.values() for word in parameter.choices})


def range_of(parameter):
    """Return values of which many are good for the parameter."""
    if parameter is parameters.FLAG:
        return [False, True]
    return WORDS if parameter.choices else RATES if parameter.is_rate else NUMBERS


RANGES = {name: range_of(parameter) for name, parameter in DECLARED.items()}
RANGES |= {"horizon": [1, 10, 3000], "power": [1, *NUMBERS]}
LISTS = {"boundaries": LENGTHS, "values": RATES, "paces": LENGTHS}


def value_for(name, rng, made):
    """Most often a value that may be good for the argument, else any other."""
    if rng.random() < 0.15:
        # not every length as a horizon: 2**53 updates would take years to search
        more = [] if name == "horizon" else NUMBERS
        return rng.choice([*BAD, *WRONG, *WORDS, *more, *made[-5:]])
    if name in ("schedule", "other", "left", "right"):
        return rng.choice(made)
    if name == "points":
        times = sorted(set(rng.choices([0, *LENGTHS], k=rng.randint(1, 5))))
        return [(t, rng.choice(RATES)) for t in times]
    if name in LISTS:
        # often of lengths that fit each other
        members = rng.choices(LISTS[name], k=rng.choice([1, 2, 3, 3]) - (name == "boundaries"))
        if rng.random() < 0.7:
            members = sorted(set(members), reverse=name == "values")
        return members if rng.random() < 0.8 else np.array(members)
    return rng.choice(RANGES.get(name, NUMBERS))


def arguments(function, rng, made):
    """By position or by name, sometimes one too few or one too many."""
    names = [name for name in inspect.signature(function).parameters if name != "self"]
    given = [n for n in names if rng.random() < 0.95]
    if rng.random() < 0.02:
        given.append("surplus")
    cut = rng.randint(0, len(given)) if given == names else 0
    values = {name: value_for(name, rng, made) for name in given}
    return names, [values[n] for n in given[:cut]], {n: values[n] for n in given[cut:]}


def one_call(rng, made):
    """Return the names that an error may bear, a text for failures, and the call."""
    kind = rng.random()
    if kind < 0.1:
        left, right = rng.choice(made), value_for("right", rng, made)
        sign, combine = rng.choice(list(OPERATORS.items()))
        if rng.random() < 0.3:
            right = rng.choice(RATES)
        if rng.random() < 0.3:
            left, right = right, left
        # Python's own text names the sign and the types, where neither side is a schedule
        names = [
            "factor or term",
            "divisor",
            "unsupported operand",
            "is a schedule and no number",
            "can't multiply",
            "concatenate",
        ]
        return names, f"{left!r} {sign} {right!r}", lambda: combine(left, right)
    if kind < 0.5:
        owner = rng.choice(made)
        function = getattr(owner, rng.choice(METHODS))
    else:
        owner, function = "", rng.choice(MAKERS)
    names, args, kwargs = arguments(function, rng, made)
    return (
        [*names, "surplus"],
        f"{owner!r}.{function.__qualname__}(*{args}, **{kwargs})",
        lambda: function(*args, **kwargs),
    )


def check(schedule, text):
    rates = [schedule(t) for t in STEPS]
    assert all(type(rate) is float and 0 <= rate < math.inf for rate in rates), (text, rates)
    array = schedule(np.array(STEPS))
    assert np.isfinite(array).all(), (text, array)
    assert (array >= 0).all(), (text, array)


@pytest.mark.filterwarnings("error")
def test_every_call_gives_finite_rates_or_an_error_that_names_the_argument(record_property):
    rng = random.Random(3)
    made = [cls._example() for cls in schedules.LEAVES]
    good = refused = 0
    kinds = set()
    for _ in range(CALLS):
        names, text, call = one_call(rng, made)
        try:
            result = call()
        except (ValueError, TypeError) as error:
            message = str(error)
            assert any(name in message for name in names), (text, message)
            refused += 1
            continue
        good += 1
        if isinstance(result, Schedule):
            check(result, text)
            kinds.add(type(result))
            # Not too deep: a product of more than 50 rates of a million is beyond floats.
            if len(repr(result)) < 600:
                made = [*made[-200:], result]
    print(f"{CALLS:,} calls: {good:,} gave rates, all finite and not negative; {refused:,} were ")
    print("refused with an error that names the argument")
    record_property("calls", CALLS)
    assert good + refused == CALLS
    assert min(good, refused) > CALLS / 5
    assert kinds == set(CLASSES)
