"""One thing that an audit found, and how severe it is."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """One thing that `audit` found.

    Parameters
    ----------
    code : str
        Its name, which stays the same; see `codes`.
    severity : {"error", "warning", "note"}
        Whether the run cannot do what the schedule says, probably does not do what you want,
        or does something that you may want to know.
    step : int
        The update that it happens at, counted from 0; it may lie after the run.
    message : str
        The reason.
    fix : str
        What to change.
    """

    code: str
    severity: Severity
    step: int
    message: str
    fix: str

    @property
    def rank(self) -> int:
        """The place of its severity: 0 for an error."""
        return SEVERITIES.index(self.severity)
