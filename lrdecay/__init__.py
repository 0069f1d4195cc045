"""Learning-rate schedules: a decay formula written once, as one line of maths."""

from typing import TYPE_CHECKING, Any

from lrdecay.interop import from_keras, to_keras, to_optax, to_torch
from lrdecay.interop.registration import register
from lrdecay.schedules import Constant, Schedule, cycles, decays, from_config, parse
from lrdecay.schedules.cycles import *  # noqa: F403
from lrdecay.schedules.decays import *  # noqa: F403

if TYPE_CHECKING:
    from lrdecay.auditing import audit

register()

__version__ = "0.1.0"

__all__ = [  # noqa: PLE0604
    "Constant",
    "Schedule",
    "__version__",
    "audit",
    "from_config",
    "from_keras",
    "parse",
    "to_keras",
    "to_optax",
    "to_torch",
    *cycles.__all__,
    *decays.__all__,
]


def __getattr__(name: str) -> Any:
    """Load `audit` when it is asked for, not with the schedules."""
    if name != "audit":
        raise AttributeError(f"module 'lrdecay' has no attribute {name!r}")
    from lrdecay.auditing import audit  # noqa: PLC0415

    globals()["audit"] = audit
    return audit
