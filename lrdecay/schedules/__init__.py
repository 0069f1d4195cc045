"""Schedules: a formula with its parameters, and the ways to combine schedules."""

from lrdecay.schedules import cycles, decays
from lrdecay.schedules.config import classes, from_config
from lrdecay.schedules.cycles import *  # noqa: F403  # a new class is named in its own file alone
from lrdecay.schedules.decays import *  # noqa: F403
from lrdecay.schedules.parsing import parse
from lrdecay.schedules.schedule import (
    Clip,
    Constant,
    Cooldown,
    Formula,
    Hold,
    Paced,
    Product,
    Repeat,
    Schedule,
    Shift,
    Staircase,
    Sum,
    Then,
    Warmup,
)

_FOUND = classes(Formula).values()  # type: ignore[type-abstract]

LEAVES = tuple(sorted(_FOUND, key=lambda cls: cls.__module__, reverse=True))  # decays, then cycles
"""The schedules that are one formula each; all others are made of them."""

__all__ = [  # noqa: PLE0604
    "LEAVES",
    "Clip",
    "Constant",
    "Cooldown",
    "Formula",
    "Hold",
    "Paced",
    "Product",
    "Repeat",
    "Schedule",
    "Shift",
    "Staircase",
    "Sum",
    "Then",
    "Warmup",
    "classes",
    "from_config",
    "parse",
    *cycles.__all__,
    *decays.__all__,
]
