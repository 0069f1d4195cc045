"""The published table of curvature: every row is that of a run that its tool makes."""

import csv
import math
import sys
from pathlib import Path

import pytest

from lrdecay.schedules import parse

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "book/results/curvature"
sys.path.append(str(ROOT / "tools"))

pytestmark = pytest.mark.tensorflow


def rows(name):
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def setting(row):
    return float(row["peak"]), int(row["warmup"]), int(row["seed"])


def test_the_rows_are_those_of_runs_of_the_tool():
    import curvature as tool  # noqa: PLC0415  # it loads Keras

    known = {(run.task, run.peak, run.warmup, run.seed): run for run in tool.runs()}
    found = rows("runs.csv")
    for row in found:
        run = known[(row["task"], *setting(row))]
        schedule = parse(row["schedule"])
        assert schedule == run.schedule
        rate = schedule(int(row["updates"]))
        assert float(row["rate"]) == pytest.approx(rate, rel=1e-6)
        edge = (38 if row["task"] == "text" else 2) / rate
        assert float(row["edge"]) == pytest.approx(edge, rel=1e-6)
        assert float(row["sharpness"]) > 0
    assert len({(row["task"], *setting(row)) for row in found}) >= 5


def test_the_ends_are_all_there():
    import curvature as tool  # noqa: PLC0415

    found = rows("ends.csv")
    wanted = [(run.peak, run.warmup, run.seed) for run in tool.ends()]
    assert [setting(row) for row in found] == wanted
    assert all(not math.isinf(float(row["loss"])) for row in found)
