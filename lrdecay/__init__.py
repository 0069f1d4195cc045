"""Learning-rate schedules: a decay formula written once, as one line of maths."""

from lrdecay.auditing import audit
from lrdecay.interop import from_keras, to_keras, to_optax, to_torch
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

__version__ = "0.1.0"

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
    "__version__",
    "audit",
    "from_config",
    "from_keras",
    "parse",
    "to_keras",
    "to_optax",
    "to_torch",
]
