"""What is compared computes the same: a race between different formulas would say nothing."""

import numpy as np
import pytest
from cases import CASES


@pytest.mark.parametrize("name", CASES)
def test_the_four_agree(name):
    case = CASES[name]
    steps = np.arange(0, 28_125, 7)
    rates = case.schedule(steps)
    assert [case.plain(int(t)) for t in steps] == pytest.approx(rates, rel=1e-12)
    assert case.numpy(steps) == pytest.approx(rates, rel=1e-12)
    if case.keras:
        schedule = case.keras()
        eager = [float(schedule(int(t))) for t in steps[::500]]
        assert eager == pytest.approx(rates[::500], rel=1e-4, abs=1e-8)
