"""The published table of curvature along runs with and without warmup."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lrdecay.lab.sweep.manifest import sealed

Floats = NDArray[np.float64]
Key = tuple[str, float, int]
"""The task, the peak of the rate, and the updates of warmup."""

MEASURES = ("updates", "rate", "loss", "sharpness", "edge", "step")


@dataclass(frozen=True, eq=False)
class Measured:
    """Where each run stood after some numbers of updates: see `lrdecay.lab.curvature.along`.

    Parameters
    ----------
    runs : mapping of (str, float, int) to mapping of int to mapping of str to array
        By task, peak and warmup, then by seed, then by measure: ``updates``, ``rate``, ``loss``,
        ``sharpness``, ``edge`` and ``step``, one number a point.
    ends : mapping of (float, int) to array
        By peak and warmup: the last loss of gradient descent on images, one number a seed.
    frequencies : mapping of int to float
        By seed: the loss on the measured text of what knows how often each character occurs, and
        nothing else.
    """

    runs: Mapping[Key, Mapping[int, Mapping[str, Floats]]]
    ends: Mapping[tuple[float, int], Floats]
    frequencies: Mapping[int, float]

    @classmethod
    def read(cls, folder: str | Path) -> "Measured":
        """Read the folder that ``tools/curvature.py`` wrote.

        Raises
        ------
        FileNotFoundError
            When its table or its manifest is missing.
        ValueError
            When the table was changed after it was published.
        """
        facts = sealed(Path(folder))
        found: dict[Key, dict[int, dict[str, list[float]]]] = {}
        for row in _rows(Path(folder) / "runs.csv"):
            key = row["task"], float(row["peak"]), int(row["warmup"])
            columns = found.setdefault(key, {}).setdefault(int(row["seed"]), {})
            for name in MEASURES:
                columns.setdefault(name, []).append(float(row[name]))
        runs = {
            key: {
                seed: {name: np.array(values) for name, values in columns.items()}
                for seed, columns in seeds.items()
            }
            for key, seeds in found.items()
        }
        ends: dict[tuple[float, int], list[float]] = {}
        for row in _rows(Path(folder) / "ends.csv"):
            ends.setdefault((float(row["peak"]), int(row["warmup"])), []).append(float(row["loss"]))
        return cls(
            runs,
            {key: np.array(values) for key, values in ends.items()},
            {int(seed): loss for seed, loss in facts["frequencies"].items()},
        )

    def seeds(self, task: str, peak: float, warmup: int) -> Mapping[int, Mapping[str, Floats]]:
        """Return the runs of a setting, by seed.

        Raises
        ------
        ValueError
            When none is published.
        """
        if (task, peak, warmup) not in self.runs:
            known = "; ".join(f"{t} {p:g} {w}" for t, p, w in self.runs)
            raise ValueError(f"{task} {peak:g} {warmup}: no such runs; expected one of {known}")
        return self.runs[task, peak, warmup]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
