"""The table of curvature along runs, read from rows written by hand."""

import numpy as np
import pytest

from lrdecay.lab.measured import Measured
from lrdecay.lab.sweep.manifest import seal

RUNS = """task,peak,warmup,seed,schedule,updates,rate,loss,sharpness,edge,step
text,0.016,25,100,x,1,0.1,4,10,20,nan
text,0.016,25,100,x,5,0.2,3,8,10,0.5
text,0.016,25,101,x,1,0.1,5,11,20,nan
"""
ENDS = """peak,warmup,seed,loss
2,0,0,2.3
2,0,1,nan
2,150,0,0.002
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "runs.csv").write_text(RUNS)
    (tmp_path / "ends.csv").write_text(ENDS)
    seal(tmp_path, ["runs.csv", "ends.csv"], frequencies={"100": 3.5})
    return tmp_path


def test_runs_are_found_by_setting_and_seed_and_ends_by_setting(folder):
    found = Measured.read(folder)
    runs = found.seeds("text", 0.016, 25)
    assert list(runs) == [100, 101]
    assert runs[100]["updates"].tolist() == [1, 5]
    assert runs[100]["sharpness"].tolist() == [10, 8]
    np.testing.assert_array_equal(runs[100]["step"], [np.nan, 0.5])
    assert runs[101]["loss"].tolist() == [5]
    np.testing.assert_array_equal(found.ends[2.0, 0], [2.3, np.nan])
    assert found.ends[2.0, 150].tolist() == [0.002]
    assert found.frequencies == {100: 3.5}


def test_a_setting_that_is_not_there_is_named_with_those_that_are(folder):
    with pytest.raises(ValueError, match=r"text 0.5 0: no such runs; expected .* text 0.016 25"):
        Measured.read(folder).seeds("text", 0.5, 0)


def test_a_table_that_was_changed_is_refused(folder):
    (folder / "ends.csv").write_text(ENDS.replace("0.002", "0.001"))
    with pytest.raises(ValueError, match=r"ends.csv: was cut short or changed"):
        Measured.read(folder)
