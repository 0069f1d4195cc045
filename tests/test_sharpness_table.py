"""The published table of sharpness: every row is that of a run of its grid."""

import csv
from pathlib import Path

from lrdecay.lab.sweep import Grid
from lrdecay.schedules import parse

FOLDER = Path(__file__).parents[1] / "book/results/sharpness"


def test_the_published_rows_are_those_of_the_grid():
    grid = Grid.read_file(FOLDER / "grid.toml")
    runs = {run.hash: (arm.name, run) for arm in grid.arms for run in arm.runs}
    with (FOLDER / "runs.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    seeds = {row["seed"] for row in rows}
    assert len(seeds) >= 5
    assert len(rows) == len(seeds) * len(grid.arms) * 4  # all arms of a seed, or none
    for row in rows:
        arm, run = runs[row["hash"]]
        assert (arm, run.seed) == (row["arm"], int(row["seed"]))
        assert parse(row["schedule"]) == run.schedule
        assert float(row["sharpness"]) > 0
