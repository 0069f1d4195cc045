"""The classic decays in four ways: lrdecay, plain Python, NumPy, Keras."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from lrdecay import (
    Constant,
    ExponentialDecay,
    InverseTimeDecay,
    LinearDecay,
    PiecewiseConstant,
    PolynomialDecay,
    Schedule,
    StepDecay,
)
from lrdecay.lab.quiet import quiet

RATE = -math.log(0.96) / 1000
CALLS = 1000
STEPS = [28_125 * i // CALLS for i in range(CALLS)]


def call_all(rate: Callable[[int], Any], steps: list[int]) -> None:
    for t in steps:
        rate(t)


@dataclass(frozen=True)
class Case:
    """One formula, as each library would have it."""

    schedule: Schedule
    plain: Callable[[int], float]
    numpy: Callable[[Any], Any]
    keras: Callable[[Any], Any] | None = None


@cache
def keras_schedules() -> Any:
    with quiet():
        import keras  # noqa: PLC0415 (heavy: only for the runs with Keras)

    return keras.optimizers.schedules


CASES = {
    "constant": Case(
        Constant(0.1),
        plain=lambda t: 0.1,
        numpy=lambda t: np.full(np.shape(t), 0.1),
    ),
    "step decay": Case(
        StepDecay(0.1, 0.96, 1000),
        plain=lambda t: 0.1 * 0.96 ** (t // 1000),
        numpy=lambda t: 0.1 * np.power(0.96, t // 1000),
        keras=lambda: keras_schedules().ExponentialDecay(0.1, 1000, 0.96, staircase=True),
    ),
    "exponential decay": Case(
        ExponentialDecay(0.1, RATE),
        plain=lambda t: 0.1 * math.exp(-RATE * t),
        numpy=lambda t: 0.1 * np.exp(-RATE * t),
        keras=lambda: keras_schedules().ExponentialDecay(0.1, 1000, 0.96),
    ),
    "inverse time decay": Case(
        InverseTimeDecay(0.1, 0.001),
        plain=lambda t: 0.1 / (1 + 0.001 * t),
        numpy=lambda t: 0.1 / (1 + 0.001 * t),
        keras=lambda: keras_schedules().InverseTimeDecay(0.1, 1000, 1.0),
    ),
    "polynomial decay": Case(
        PolynomialDecay(0.1, 28_125, power=2.0),
        plain=lambda t: 0.1 * (1 - min(t, 28_125) / 28_125) ** 2.0,
        numpy=lambda t: 0.1 * (1 - np.minimum(t, 28_125) / 28_125) ** 2.0,
        keras=lambda: keras_schedules().PolynomialDecay(0.1, 28_125, 0.0, power=2.0),
    ),
    "linear decay": Case(
        LinearDecay(0.1, 28_125),
        plain=lambda t: 0.1 * (1 - min(t, 28_125) / 28_125),
        numpy=lambda t: 0.1 * (1 - np.minimum(t, 28_125) / 28_125),
        keras=lambda: keras_schedules().PolynomialDecay(0.1, 28_125, 0.0),
    ),
    "piecewise constant": Case(
        PiecewiseConstant([10_000, 20_000], [0.1, 0.01, 0.001]),
        plain=lambda t: 0.1 if t < 10_000 else 0.01 if t < 20_000 else 0.001,
        numpy=lambda t: np.where(t < 10_000, 0.1, np.where(t < 20_000, 0.01, 0.001)),
        keras=lambda: keras_schedules().PiecewiseConstantDecay([9999, 19_999], [0.1, 0.01, 0.001]),
    ),
}
