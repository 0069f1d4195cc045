"""Problems for the tests of the theory, good and bad."""

import math

from hypothesis import strategies as st

from lrdecay import PiecewiseConstant

positive = st.floats(0.01, 10)

PROBLEM = [
    ("curvature", 0, "must be above 0"),
    ("curvature", -1.0, "must be above 0"),
    ("curvature", math.nan, "must be finite|expected a finite number"),
    ("curvature", math.inf, "must be finite|expected a finite number"),
    ("curvature", "1", "expected a number"),
    ("curvature", True, "expected a number"),
    ("curvature", None, "expected a number"),
    ("noise", -0.1, "must be 0 or more"),
    ("noise", math.inf, "must be finite|expected a finite number"),
    ("start", math.nan, "must be finite|expected a finite number"),
    ("start", "here", "expected a number"),
]


def schedule_of(values):
    """Return the schedule that goes through `values`, two or more."""
    return PiecewiseConstant(range(1, len(values)), values)
