"""The published table of a comparison: read, checked, and asked for an arm's outcomes."""

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrdecay.lab.sweep.grid import Arm, Grid
from lrdecay.lab.sweep.manifest import seal, sealed
from lrdecay.lab.sweep.record import (
    AVERAGE_COLUMNS,
    END_COLUMNS,
    EPOCH_COLUMNS,
    Number,
    Record,
    finite,
    numbered,
    table,
    write,
    write_tables,
)
from lrdecay.lab.sweep.run import Run
from lrdecay.schedules import parse

PROVENANCE = "provenance.csv"


@dataclass(frozen=True)
class Published:
    """A folder with the tables of many runs, and the grids that they came from.

    ``runs.csv`` has a row a run, ``epochs.csv`` a row an epoch; both are the same bytes whenever
    and in whichever order the runs are made. ``provenance.csv`` tells of each run how long it
    took, and which of the makers in ``manifest.json`` made it: which code, by which versions.

    Parameters
    ----------
    folder : path
    manifest : mapping
        What ``manifest.json`` says: the SHA-256 of the tables, the number of runs, those that
        diverged, the data of each task, and the makers: commits and versions.
    rows : mapping of str to mapping of str to str
        The rows of ``runs.csv``, by the hash of the run.

    Examples
    --------
    In a chapter::

        published = Published.read("../results/comparison")
        linear = published.arm("final-15-epochs", "linear")
        published.values(linear, "test_loss")  # one number a seed
    """

    folder: Path
    manifest: Mapping[str, Any]
    rows: Mapping[str, Mapping[str, str]]

    @classmethod
    def read(cls, folder: str | Path) -> "Published":
        """Read a folder.

        Raises
        ------
        FileNotFoundError
            When a table or the manifest is missing.
        ValueError
            When a table was cut short or changed after it was published; the message names it.
        """
        place = Path(folder)
        return cls(place, sealed(place), {row["hash"]: row for row in _rows(place / "runs.csv")})

    @cached_property
    def _provenance(self) -> Mapping[str, Mapping[str, str]]:
        """The rows of ``provenance.csv``, by the number of the run."""
        return {row["run"]: row for row in _rows(self.folder / PROVENANCE)}

    @cached_property
    def _epochs(self) -> Mapping[str, list[Mapping[str, str]]]:
        """The rows of ``epochs.csv``, by the number of the run: read once they are asked for."""
        found: dict[str, list[Mapping[str, str]]] = {}
        for row in _rows(self.folder / "epochs.csv"):
            found.setdefault(row["run"], []).append(row)
        return found

    def arms(self, grid: str) -> dict[str, Arm]:
        """Return the arms of a grid of this folder, by name: ``"final-15-epochs"``.

        Raises
        ------
        FileNotFoundError
            When there is no such grid.
        """
        path = self.folder / f"{grid}.toml"
        if not path.exists():
            known = ", ".join(sorted(other.stem for other in self.folder.glob("*.toml")))
            raise FileNotFoundError(f"{path}: there is no such grid; expected one of {known}")
        return {arm.name: arm for arm in Grid.read_file(path).arms}

    def arm(self, grid: str, name: str) -> Arm:
        """Return one arm of a grid.

        Raises
        ------
        ValueError
            When the grid has no such arm.
        """
        arms = self.arms(grid)
        if name not in arms:
            raise ValueError(f"name = {name!r}: expected an arm of {grid}: {', '.join(arms)}")
        return arms[name]

    def values(self, arm: Arm, measure: str) -> NDArray[np.float64]:
        """Return how the runs of an arm ended, one number a run, by seed.

        Parameters
        ----------
        arm : Arm
            Where its `weights` are averaged, the measures are those of the averaged weights.
        measure : str
            A column of ``runs.csv``: ``test_loss``, ``test_accuracy``, ``test_calibration``, ...

        Returns
        -------
        float64 array
            NaN for a run that diverged.

        Raises
        ------
        ValueError
            When a run is not published, or there is no such column.
        """
        name = arm.column(measure)
        values = [self._cell(run, name) for run in sorted(arm.runs, key=lambda run: run.seed)]
        return np.array(values)

    def curves(self, arm: Arm, measure: str) -> NDArray[np.float64]:
        """Return a measure after each epoch, of the weights as they are.

        Returns
        -------
        float64 array of shape (seeds, epochs)
            NaN after a run diverged.

        Raises
        ------
        ValueError
            As `values`, and when the runs do not all have as many epochs.
        """
        runs = sorted(arm.runs, key=lambda run: run.seed)
        if len({run.epochs for run in runs}) != 1:
            raise ValueError(f"arm {arm.name!r}: its runs differ in their number of epochs")
        table = np.full((len(runs), runs[0].epochs), np.nan)
        for place, run in enumerate(runs):
            for epoch, row in enumerate(self._epochs[self._row(run)["run"]]):
                table[place, epoch] = _number(row, measure)
        return table

    def record(self, key: str) -> Record:
        """Return the record of a published run, by its hash.

        Raises
        ------
        ValueError
            When there is no such run, or its row does not describe the run of that hash.
        """
        if key not in self.rows:
            raise ValueError(f"run {key!r}: is not in {self.folder / 'runs.csv'}")
        row = self.rows[key]
        provenance = self._provenance[row["run"]]
        try:
            run = _run(row)
        except ValueError as error:
            raise ValueError(f"{self.folder / 'runs.csv'}: run {key}: {error}") from error
        if run.hash != key:
            raise ValueError(f"{self.folder / 'runs.csv'}: row {key} is that of {run.hash}")
        averages: dict[str, dict[str, float | None]] = {}
        for column in AVERAGE_COLUMNS:
            kind, name = column.split("_", 1)
            averages.setdefault(kind, {})[name] = _finite(row, column)
        diverged = int(row["diverged"]) if row["diverged"] else None
        return Record(
            run=run,
            epochs={name: self._each_epoch(row, name) for name in EPOCH_COLUMNS[2:]},
            ends={} if diverged else {name: _finite(row, name) for name in END_COLUMNS},
            averages={} if diverged else averages,
            diverged=diverged,
            updates=int(row["updates"]),
            seconds=float(provenance["seconds"]),
            data=self.manifest["data"][run.task],
            **self.manifest["makers"][int(provenance["maker"])],
        )

    def _each_epoch(self, row: Mapping[str, str], name: str) -> tuple[Number, ...]:
        """Return a column of ``epochs.csv``, the last with the digits that ``runs.csv`` has."""
        values = [_finite(one, name) for one in self._epochs[row["run"]]]
        return (*values[:-1], _finite(row, name) if name in row else values[-1])

    def _row(self, run: Run) -> Mapping[str, str]:
        if run.hash not in self.rows:
            raise ValueError(f"run {run.hash}: is not in {self.folder / 'runs.csv'}: {run}")
        return self.rows[run.hash]

    def _cell(self, run: Run, name: str) -> float:
        row = self._row(run)
        return math.nan if row["diverged"] else _number(row, name)


def publish(records: Iterable[Record], folder: str | Path) -> None:
    """Write the tables of records, and the manifest that tells whether they are as published.

    Raises
    ------
    OSError
        When they cannot be written.
    """
    records = list(records)
    place = Path(folder)
    makers: list[dict[str, Any]] = []
    rows = []
    for run, record in numbered(records):
        maker = {"commit": record.commit, "versions": dict(record.versions)}
        if maker not in makers:
            makers.append(maker)
        number = makers.index(maker)
        rows.append({"run": run, "seconds": record.seconds, "maker": number})
    write(place / PROVENANCE, table(["run", "seconds", "maker"], rows))
    paths = [*write_tables(records, place), place / PROVENANCE]
    seal(
        place,
        [path.name for path in paths],
        runs=len(records),
        diverged=sum(record.diverged is not None for record in records),
        data={record.run.task: dict(record.data) for record in records},
        makers=makers,
    )


def _run(row: Mapping[str, str]) -> Run:
    """Return the run that a row of ``runs.csv`` describes."""
    batch: Any = row["batch"]
    if "x" in batch:
        batch = [tuple(map(int, pair.split("x"))) for pair in batch.split(" ")]
    return Run(
        parse(row["schedule"]),
        seed=int(row["seed"]),
        epochs=int(row["epochs"]),
        batch=batch if isinstance(batch, list) else int(batch),
        task=row["task"],
        optimizer=row["optimizer"],
        momentum=float(row["momentum"]),
        weight_decay=float(row["weight_decay"]),
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _finite(row: Mapping[str, str], name: str) -> Number:
    return finite(_number(row, name))


def _number(row: Mapping[str, str], name: str) -> float:
    if name not in row:
        raise ValueError(f"measure = {name!r}: expected one of {', '.join(row)}")
    return float(row[name]) if row[name] else math.nan
