"""Reading schedules from text."""

import pytest
import strategies as some
from hypothesis import given
from hypothesis import strategies as st

from lrdecay import ExponentialDecay, LinearDecay, PiecewiseConstant, StepDecay, parse


@given(some.schedules())
def test_reads_back_every_repr(s):
    assert parse(repr(s)) == s


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("StepDecay(0.1, 0.96, 1000)", StepDecay(0.1, 0.96, 1000)),
        (" StepDecay(0.1, .5, step_size=5).stretch(1875)\n", StepDecay(0.1, 0.5, 9375)),
        (
            "ExponentialDecay.from_ratio(0.1, 0.96, 1000)",
            ExponentialDecay.from_ratio(0.1, 0.96, 1000),
        ),
        ("2 * LinearDecay(0.1, 10) + 1e-3", 2 * LinearDecay(0.1, 10) + 1e-3),
        ("PiecewiseConstant([1, 2], (3, 2, 1))", PiecewiseConstant([1, 2], [3, 2, 1])),
    ],
)
def test_grammar(text, schedule):
    assert parse(text) == schedule


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "invalid syntax"),
        ("StepDecay(0.1, 0.96, 1000", "never closed"),
        ("0.1", "a schedule is expected"),
        ("StepDecay", "not part of a schedule"),
        ("Stepdecay(0.1, 0.96, 1000)", "unknown name 'Stepdecay'; expected one of Constant"),
        ("StepDecay(0.1, 0.96)", "step_size"),
        ("StepDecay(0.1, 0.96, steps=1000)", "steps"),
        ("StepDecay(0.1, 1.96, 1000)", "drop_rate = 1.96"),
        ("Constant(-1)", "lr0 = -1"),
        ("Constant(True)", "lr0 = True"),
        ("Constant('1')", "lr0 = '1'"),
        ("Constant(10 ** 10)", "not part of a schedule"),
        ("Constant(1).__class__", "not part of a schedule"),
        ("Constant(1).to_config()", "unknown method 'to_config'"),
        ("Constant(1).curve(10)", "unknown method 'curve'"),
        ("__import__('os').system('true')", "unknown name '__import__'"),
        ("(lambda: 1)()", "cannot be called"),
        ("[Constant(1) for _ in range(3)]", "not part of a schedule"),
        ("Constant(1) * [1]", "expected a number"),
        ("Constant(**{'lr0': 1})", "not part of a schedule"),
        ("3 * 4", "a schedule is expected"),
        ("(" * 500 + ")" * 500, "nested"),
    ],
)
def test_refuses_with_a_reason(text, reason):
    with pytest.raises(ValueError, match=r"^schedule ") as error:
        parse(text)
    assert reason in str(error.value)


@given(st.text(max_size=30))
def test_no_text_is_a_schedule_by_chance(text):
    with pytest.raises(ValueError, match=r"^schedule "):
        parse(text)
