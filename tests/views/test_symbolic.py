"""The printed formulas give the same numbers as the schedules."""

import re

import mpmath
import pytest
import strategies as some
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st
from py_mini_racer import MiniRacer

from lrdecay import WSD, Constant, CosineDecay, LinearDecay, PolynomialDecay, StepDecay
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
    assume(
        not isinstance(s, WSD) or (s.warmup_length and s.cooldown_length)
    )  # sliders stay above 0
    values = {place.name: value for place, value in s._numbers()}
    names, numbers = ", ".join(["t", *values]), ", ".join(map(repr, [t, *values.values()]))
    functions = "const {min, max, pow, exp, floor, sin, sqrt, log, PI} = Math; "
    formula = symbolic.vega(s, name=lambda place, _: place.name)
    rate = float(engine.eval(f"(({names}) => {{ {functions} return {formula} }})({numbers})"))
    assert rate == pytest.approx(s(t), rel=1e-12, abs=1e-290)


# LaTeX is read by a small translator of its own, and computed with 50 digits.


INNERMOST = re.compile(r"\\begin\{cases\}((?:(?!\\begin\{cases\}).)*?)\\end\{cases\}")


def read_latex(text):
    """Translate what SymPy prints, numbers multiplied by dots, into Python."""
    choices = []

    def read_cases(found):
        python = ""
        for row in found[1].split(r" \\ "):
            value, condition = row.split(" & ")
            python += f"({read_plain(value)})"
            if condition != r"\text{otherwise}":
                condition = condition.removeprefix(r"\text{for } ")
                python += f" if {read_plain(condition)} else "
        choices.append(f"({python})" if "otherwise" in found[1] else f"({python} None)")
        return f"CHOICE{len(choices) - 1}"

    text = re.sub(r"(?<=[nu])_\{(\d)\}", r"_\1", text)
    while (shorter := INNERMOST.sub(read_cases, text)) != text:
        text = shorter
    text = read_plain(text)
    while "CHOICE" in text:
        text = re.sub(r"CHOICE(\d+)", lambda found: choices[int(found[1])], text)
    return text


def read_plain(text):
    """Translate a formula without cases."""
    text = (
        text.replace(r"\cdot", "*").replace(r"\left\lfloor", "floor").replace(r"\right\rfloor", "")
    )
    text = text.replace(r"\left(", "(").replace(r"\right)", ")").replace(r"\min", "min")
    text = text.replace(r"\max", "max").replace(r"\pi", "pi")
    text = text.replace(r"\leq", "<=").replace(r"\geq", ">=").replace(r"\vee", "or")
    text = text.replace(r"\wedge", "and")
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


def evaluate(latex, t):
    names = {name: getattr(mpmath, name) for name in ["mpf", "e", "pi", "sin", "cos", "ln", "sqrt"]}
    names |= {"t": mpmath.mpf(t), "min": min, "max": max}
    names["square_of_sin"] = lambda x: mpmath.sin(x) ** 2
    names["square_of_cos"] = lambda x: mpmath.cos(x) ** 2
    # a logarithm may be rounded to below a whole number
    names["floor"] = lambda x: mpmath.floor(x + mpmath.mpf("1e-300"))

    def number(text):
        source = re.sub(r"(?<![\w.])(\d+(?:\.\d+)?)", r"mpf('\1')", read_latex(text))
        return eval(source, names)

    formula, _, where = latex.partition(r" \quad \text{where } ")
    with mpmath.workdps(350):  # more digits than a float's smallest number has zeros
        for definition in re.split(r", (?=[nu](?:_\{\d\})? = )", where) if where else []:
            name, _, meaning = definition.partition(" = ")
            names[re.sub(r"_\{(\d)\}", r"_\1", name)] = number(meaning)
        return number(formula)


@given(s=some.schedules(some.whole_lengths), t=st.integers(0, 10**8))
def test_latex_gives_the_same_numbers(s, t):
    value = evaluate(s.latex(), t)
    # exp(-k t) turns the rounding of k t into relative error; far tails are not compared
    assume(value > 1e-12 or value == 0)
    assert s(t) == pytest.approx(float(value), rel=1e-9, abs=1e-290)


@pytest.mark.parametrize(
    ("schedule", "latex"),
    [
        (
            CosineDecay(0.1, 100).repeat(100, stretch=2, scale=0.5),
            r"0.1 \cdot 0.5^{n} \cdot \left(\frac{1}{2} + \frac{\cos{\left(\frac{\pi \cdot u}{100} "
            r"\right)}}{2}\right) \quad \text{where } n = \left\lfloor{\frac{\ln{\left(1 + "
            r"\frac{t}{100} \right)}}{\ln{\left(2 \right)}}}\right\rfloor, "
            r"u = 2^{- n} \cdot \left(t - 100 \cdot \left(2^{n} - 1\right)\right)",
        ),
        (
            WSD(0.1, 100, 10, 20).repeat(100).warmup(5),
            r"\begin{cases}0 & \text{for } t < 5 \\ "
            r"\begin{cases}\frac{0.1 \cdot u}{10} & \text{for } u < 10 \\ "
            r"0.1 & \text{for } 10 \leq u < 80 \\ "
            r"0.1 \cdot \left(1 - \frac{u - 80}{20}\right) & \text{for } u \geq 80\end{cases} "
            r"& \text{for } t \geq 5\end{cases} \quad \text{where } "
            r"n = \left\lfloor{\frac{t - 5}{100}}\right\rfloor, u = t - 5 - 100 \cdot n",
        ),
        (
            StepDecay(0.1, 0.5, 100).paced([100], [1, 2]).hold(5),
            r"\begin{cases}0.1 & \text{for } t < 5 \\ "
            r"0.1 \cdot 0.5^{\left\lfloor{\frac{u}{100}}\right\rfloor} & \text{for } t \geq 5"
            r"\end{cases} \quad \text{where } u = \begin{cases}t - 5 & \text{for } t < 105 \\ "
            r"100 + 2 \cdot \left(t - 105\right) & \text{for } t \geq 105\end{cases}",
        ),
    ],
)
def test_clocks_have_names(schedule, latex):
    assert schedule.latex() == latex


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
