"""The page on the published runs explains every column, and its example is a run of the tables."""

import csv
import re

import project_files
import pytest

from lrdecay.lab.sweep import Published

PAGE = project_files.ROOT / "book/reference/runs.md"
RESULTS = project_files.ROOT / "book/results"


@pytest.mark.parametrize("folder", ["comparison", "language"])
@pytest.mark.parametrize("name", ["runs.csv", "epochs.csv", "provenance.csv"])
def test_every_column_is_explained(name, folder):
    cells = re.findall(r"^\| (`.*?) \|", PAGE.read_text(), flags=re.MULTILINE)
    explained = {column for cell in cells for column in re.findall(r"`(\w+)…?`", cell)}
    with (RESULTS / folder / name).open(newline="") as file:
        columns = next(csv.reader(file))
    prefixes = tuple(column for column in explained if column.endswith("_"))
    missing = [
        column
        for column in columns
        if column.removeprefix(next((p for p in prefixes if column.startswith(p)), ""))
        not in explained
    ]
    assert missing == []
    assert len(columns) >= 3


def test_the_run_that_it_repeats_is_published():
    (key,) = re.findall(r"--rerun (\w+)", PAGE.read_text())
    assert Published.read(RESULTS / "comparison").record(key).run.epochs == 1
