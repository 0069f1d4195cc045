"""One schedule of every class, method, shape and mode: what the tests of each library go through.

A class comes with its own example, a shape with the table that holds it: new ones are tested
everywhere without being named here. A new method is: see `test_kinds.py`.
"""

from lrdecay.formulas import FALLS, RISES
from lrdecay.schedules import (
    LEAVES,
    WSD,
    CosineDecay,
    Cyclic,
    InversePower,
    InverseSqrt,
    LinearDecay,
    LogLinearDecay,
    OneCycle,
    PiecewiseConstant,
    PolynomialDecay,
)

FORMULAS = [
    *(leaf._example() for leaf in LEAVES),
    *(WSD(0.1, 50, 10, 20, shape, 0.01) for shape in FALLS),
    WSD(0.1, 50, 0, 0),
    WSD(0.1, 10**6, 10, 20, "log-linear", 0.01),  # 50,000 falls before its own
    OneCycle(0.1, 50, three_phase=True, shape="linear"),
    Cyclic(0.01, 0.1, 10, "triangular2"),
    Cyclic(0.01, 0.1, 10, "exp_range", 0.01),
    PolynomialDecay(0.1, 50, 0.5, 0.001),
    PolynomialDecay(0.1, 20, 2.0, cycle=True),
    PiecewiseConstant.from_ratio(0.1, [10, 20.5, 45], 0.3),
]
COMBINATIONS = [
    *(LinearDecay(0.1, 40).warmup(10, 0.01, shape) for shape in RISES),
    InversePower(0.1, 10, 0.75).warmup(7.5, shape="power", power=0.4),
    *(InverseSqrt(0.1, 10).warmup(10, 0.01, shape, over=True) for shape in RISES),
    *(InverseSqrt(0.1, 30).cooldown(20, 30, shape, 0.001) for shape in FALLS),
    CosineDecay(0.1, 40).cooldown(20.5, at=20.5, shape="1-sqrt"),
    CosineDecay(0.1, 50).hold(10),
    LogLinearDecay(0.1, 80, 1e-5).paced([10, 30], [1, 2, 4]),
    PolynomialDecay(0.1, 80, 1.5).paced([10.5], [0.75, 2.5]),
    CosineDecay(0.1, 10).repeat(10, stretch=2, scale=0.5),
    CosineDecay(0.1, 10).repeat(10, stretch=1.5),
    LogLinearDecay(0.1, 10, 0.01).hold(2).repeat(12),
    PolynomialDecay(0.1, 20, 0.5).then(WSD(0.05, 30, 0, 30, "1-sqrt"), at=20),
    (2 * LinearDecay(0.1, 50).staircase(5) + 0.01).clip(0.02, 0.15).shift(3),
    PiecewiseConstant([10, 30], [0.1, 0.5, 0.01]).hold(5).warmup(4) / 3,
]
EACH = FORMULAS + COMBINATIONS
