"""Learning-rate schedules: a decay formula written once, as one line of maths."""

from lrdecay.interop import from_keras, to_keras
from lrdecay.parsing import parse
from lrdecay.schedules import (
    REX,
    WSD,
    Constant,
    CosineDecay,
    Cyclic,
    ExponentialDecay,
    InverseSqrt,
    InverseTimeDecay,
    LinearDecay,
    OneCycle,
    PiecewiseConstant,
    PolynomialDecay,
    Schedule,
    StepDecay,
    from_config,
)

__all__ = [
    "REX",
    "WSD",
    "Constant",
    "CosineDecay",
    "Cyclic",
    "ExponentialDecay",
    "InverseSqrt",
    "InverseTimeDecay",
    "LinearDecay",
    "OneCycle",
    "PiecewiseConstant",
    "PolynomialDecay",
    "Schedule",
    "StepDecay",
    "from_config",
    "from_keras",
    "parse",
    "to_keras",
]
