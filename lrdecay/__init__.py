"""Learning-rate schedules: a decay formula written once, as one line of maths."""

from lrdecay.interop import from_keras, to_keras
from lrdecay.parsing import parse
from lrdecay.schedules import (
    Constant,
    ExponentialDecay,
    InverseTimeDecay,
    LinearDecay,
    PiecewiseConstant,
    PolynomialDecay,
    Schedule,
    StepDecay,
    from_config,
)

__all__ = [
    "Constant",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LinearDecay",
    "PiecewiseConstant",
    "PolynomialDecay",
    "Schedule",
    "StepDecay",
    "from_config",
    "from_keras",
    "parse",
    "to_keras",
]
