"""The printed formulas give the same numbers as the schedules."""

import re

import mpmath
import pytest
import strategies as some
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st
from py_mini_racer import MiniRacer

from lrdecay import WSD, Constant, LinearDecay, PolynomialDecay, StepDecay
from lrdecay.schedules import LEAVES, Product
from lrdecay.views import symbolic

STEPS = st.one_of(st.integers(0, 10**8), some.floats(0, 1e7))


@pytest.fixture(scope="module")
def engine():
    """V8, the JavaScript engine of Chromium and node."""
    return MiniRacer()


@given(s=some.monotone(), t=STEPS)
def test_javascript_gives_the_same_numbers(engine, s, t):
    rate = float(engine.eval(f"(t => {s.javascript()})({t!r})"))
    assert rate == pytest.approx(s(t), rel=1e-12, abs=1e-290)


# Within a cycle a step's rounding counts as many times as cycles are over.
@given(s=some.schedules(some.whole_lengths), t=st.integers(0, 10**6))
def test_javascript_of_compositions(engine, s, t):
    rate = float(engine.eval(f"(t => {s.javascript()})({t!r})"))
    assert rate == pytest.approx(s(t), rel=1e-12, abs=1e-290)


@given(s=some.schedules(some.whole_lengths), t=st.integers(0, 10**6))
def test_vega_expression_is_javascript_without_math(engine, s, t):
    functions = "const {min, max, pow, exp, floor, sin, sqrt, log, PI} = Math; "
    rate = float(engine.eval(f"(t => {{ {functions} return {symbolic.vega(s)} }})({t!r})"))
    assert rate == pytest.approx(s(t), rel=1e-12, abs=1e-290)


@pytest.mark.parametrize("step_size", [49, 98, 103, 107, 161])  # n * (1 / n) is below 1
def test_javascript_divides_and_does_not_multiply_by_the_inverse(engine, step_size):
    s = StepDecay(1.0, 0.5, step_size)
    assert engine.eval(f"(t => {s.javascript()})({step_size})") == 0.5


@given(s=some.leaves(some.whole_lengths), t=st.integers(0, 10**6))
def test_free_parameters_take_the_schedules_values(engine, s, t):
    assume(not isinstance(s, WSD) or (s.warmup_length and s.cooldown))  # sliders stay above 0
    values = {
        f"{name}_{i}" if isinstance(value, tuple) else name: member
        for name, (value, _) in s._arguments().items()
        for i, member in enumerate(value if isinstance(value, tuple) else [value])
        if type(member) in (int, float)
    }
    names, numbers = ", ".join(["t", *values]), ", ".join(map(repr, [t, *values.values()]))
    functions = "const {min, max, pow, exp, floor, sin, sqrt, log, PI} = Math; "
    formula = symbolic.vega(s, name=lambda name, _: name)
    rate = float(engine.eval(f"(({names}) => {{ {functions} return {formula} }})({numbers})"))
    assert rate == pytest.approx(s(t), rel=1e-12, abs=1e-290)


# LaTeX is read by a small translator of its own, and computed with 50 digits.


def read_latex(text):
    """Translate what SymPy prints, numbers multiplied by dots, into Python."""
    if text.startswith(r"\begin{cases}"):
        rows = text.removeprefix(r"\begin{cases}").removesuffix(r"\end{cases}").split(r" \\ ")
        pairs = [row.split(r" & \text{for } ") for row in rows]
        conditions = [c.replace(r"\leq", "<=").replace(r"\geq", ">=") for _, c in pairs]
        chosen = [
            f"({read_latex(v)}) if {c} else" for (v, _), c in zip(pairs, conditions, strict=True)
        ]
        return " ".join(chosen) + " None"
    text = (
        text.replace(r"\cdot", "*").replace(r"\left\lfloor", "floor").replace(r"\right\rfloor", "")
    )
    text = text.replace(r"\left(", "(").replace(r"\right)", ")").replace(r"\min", "min")
    text = text.replace(r"\max", "max").replace(r"\pi", "pi")
    text = re.sub(r"\\(sin|cos)\^\{2\}", r"square_of_\1", text)
    text = re.sub(r"\\(sin|cos|ln|sqrt)", r"\1", text)
    before = None
    text = re.sub(r"\{([\d.]+)\}\^", r"\1^", text)  # {0.5}^{n}
    while before != text:  # innermost braces first
        before = text
        text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))", text)
        text = re.sub(r"\^\{([^{}]*)\}", r"**(\1)", text)
        text = re.sub(r"(floor|sin|cos|ln|sqrt)\{([^{}]*)\}", r"\1(\2)", text)
    assert "\\" not in text, text
    return text


FUNCTIONS = ("mpf", "floor", "e", "pi", "sin", "cos", "ln", "sqrt")


def evaluate(latex, t):
    source = re.sub(r"(?<![\w.])(\d+(?:\.\d+)?)", r"mpf('\1')", read_latex(latex))
    names = {
        name: getattr(mpmath, name)
        for name in ["mpf", "floor", "e", "pi", "sin", "cos", "ln", "sqrt"]
    }
    names["square_of_sin"] = lambda x: mpmath.sin(x) ** 2
    names["square_of_cos"] = lambda x: mpmath.cos(x) ** 2
    with mpmath.workdps(350):  # more digits than a float's smallest number has zeros
        return eval(source, names | {"t": mpmath.mpf(t), "min": min, "max": max})


@given(s=some.schedules(some.whole_lengths), t=st.integers(0, 10**8))
def test_latex_gives_the_same_numbers(s, t):
    latex = s.latex()
    # No cases inside a larger formula: SymPy prints those in its own way.
    assume(r"\begin{cases}" not in latex[1:] and "otherwise" not in latex)
    value = evaluate(latex, t)
    # exp(-k t) turns the rounding of k t into relative error; far tails are not compared
    assume(value > 1e-12 or value == 0)
    assert s(t) == pytest.approx(float(value), rel=1e-9, abs=1e-290)


def test_translator_can_fail():
    assert evaluate(
        r"0.1 \cdot 0.5^{\left\lfloor{\frac{t}{10}}\right\rfloor}", 25
    ) == pytest.approx(0.025)
    assert evaluate(r"0.1 \cdot 0.5^{\frac{t}{10}}", 25) != pytest.approx(0.025)


@pytest.mark.parametrize(
    ("cls", "latex"),
    [
        ("Constant", r"\eta_{0}"),
        ("StepDecay", r"\eta_{0} r^{\left\lfloor{\frac{t}{s}}\right\rfloor}"),
        ("ExponentialDecay", r"\eta_{0} e^{- k t}"),
        ("InverseTimeDecay", r"\frac{\eta_{0}}{1 + k t}"),
        (
            "LinearDecay",
            r"\eta_{\mathrm{end}} + \left(1 - \frac{\min\left(t, T\right)}{T}\right) "
            r"\left(\eta_{0} - \eta_{\mathrm{end}}\right)",
        ),
        (
            "PolynomialDecay",
            r"\eta_{\mathrm{end}} + \left(1 - \frac{\min\left(t, T\right)}{T}\right)^{p} "
            r"\left(\eta_{0} - \eta_{\mathrm{end}}\right)",
        ),
        (
            "PiecewiseConstant",
            r"\begin{cases}\eta_{0} & \text{for } t < b_{1} \\ "
            r"\eta_{1} & \text{for } b_{1} \leq t < b_{2} \\ "
            r"\eta_{2} & \text{for } t \geq b_{2}\end{cases}",
        ),
    ],
)
def test_general_formulas_read_as_people_write_them(cls, latex):
    assert symbolic.latex(next(leaf for leaf in LEAVES if leaf.__name__ == cls)) == latex


def test_a_composition_has_no_general_formula():
    with pytest.raises(ValueError, match="schedule = Product"):
        symbolic.latex(Product)


def test_small_numbers_are_powers_of_ten():
    assert Constant(2.5e-07).latex() == r"2.5 \cdot 10^{-7}"
    assert StepDecay(1e-05, 0.5, 1).latex() == r"10^{-5} \cdot 0.5^{\left\lfloor{t}\right\rfloor}"


def test_notebooks_show_the_formula():
    assert LinearDecay(0.1, 10)._repr_latex_() == (
        r"$\displaystyle 0.1 \cdot \left(1 - \frac{\min\left(t, 10\right)}{10}\right)$"
    )


def test_expression_is_sympy_to_calculate_with():
    t, T, p, lr0, lr_end = sympy.symbols("t duration power lr0 lr_end", positive=True)  # noqa: N806
    formula = symbolic.expression(PolynomialDecay).subs(lr_end, 0)
    article = lr0 * (1 - t / T) ** p
    inside = formula.subs(symbolic.T, t).subs(sympy.Min(T, t), t)
    assert sympy.simplify(inside - article) == 0
