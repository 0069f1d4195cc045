"""What a schedule would do to a run, before the run is paid for."""

from lrdecay.auditing.audit import audit, codes
from lrdecay.auditing.finding import SEVERITIES, Finding

__all__ = ["SEVERITIES", "Finding", "audit", "codes"]
