"""The published table of sharpness: which minima the runs of a grid found, and how they did."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from lrdecay.lab.sweep.manifest import sealed

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Minima:
    """What was measured of each run after some of its epochs.

    Parameters
    ----------
    arms : tuple of str
    seeds, epochs : tuple of int
        The epochs are counted from 1; the last is the end of the runs.
    values : mapping of str to array of shape (arms, seeds, epochs)
        By measure: ``train_loss`` and ``test_loss``, their accuracies, ``sharpness`` and
        ``adaptive_sharpness`` (`lrdecay.lab.sharpness`).
    """

    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    epochs: tuple[int, ...]
    values: Mapping[str, Floats]

    @classmethod
    def read(cls, folder: str | Path) -> "Minima":
        """Read the folder that ``tools/sharpness.py`` wrote.

        Raises
        ------
        FileNotFoundError
            When its table or its manifest is missing.
        ValueError
            When the table was changed after it was published, or a run or an epoch is missing or
            there twice; the message names the file.
        """
        sealed(Path(folder))
        path = Path(folder) / "runs.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        arms = tuple(dict.fromkeys(row["arm"] for row in rows))
        seeds, epochs = (
            tuple(sorted({int(row[name]) for row in rows})) for name in ("seed", "epoch")
        )
        places = [
            (arms.index(row["arm"]), seeds.index(int(row["seed"])), epochs.index(int(row["epoch"])))
            for row in rows
        ]
        shape = (len(arms), len(seeds), len(epochs))
        if not rows or len(set(places)) != len(rows) or len(rows) != np.prod(shape):
            raise ValueError(f"{path}: {len(rows)} rows, not one for each arm, seed and epoch")
        values = {}
        for name in MEASURES:
            values[name] = np.empty(shape)
            for place, row in zip(places, rows, strict=True):
                values[name][place] = float(row[name])
        return cls(arms, seeds, epochs, values)

    def ends(self, measure: str) -> Floats:
        """Return a measure at the end of the runs, of shape (arms, seeds).

        Raises
        ------
        ValueError
            When there is no such measure.
        """
        if measure == "gap":
            return self.ends("test_loss") - self.ends("train_loss")
        if measure not in self.values:
            raise ValueError(f"measure = {measure!r}: expected gap, {', '.join(self.values)}")
        return self.values[measure][:, :, -1]

    def between_arms(self, a: str, b: str) -> Floats:
        """Return Spearman's rank correlation of two measures over the arms, one number a seed.

        From 1, when the arms stand in the same order in both, to -1, when in the opposite one. The
        runs of one seed have the same first weights and order of examples, so each seed answers
        for itself, and the numbers of all seeds have a mean with an interval.
        """
        pairs = zip(self.ends(a).T, self.ends(b).T, strict=True)
        return np.array([stats.spearmanr(x, y).statistic for x, y in pairs])

    def within_arms(self, a: str, b: str) -> tuple[float, float, float]:
        """Return Pearson's correlation of two measures inside the arms, and its 95 % interval.

        Of each arm its own mean is taken away, so that what is left is whether of two runs at the
        same rates the one with more of `a` has more of `b`. The interval is Fisher's, for as many
        independent runs as there are less one mean an arm.
        """
        x, y = (values - values.mean(axis=1, keepdims=True) for values in map(self.ends, (a, b)))
        r = float(stats.pearsonr(x.ravel(), y.ravel()).statistic)
        free = x.size - len(self.arms) + 1
        half = float(stats.norm.isf(0.025)) / np.sqrt(free - 3)
        low, high = np.tanh(np.arctanh(r) + np.array([-half, half]))
        return r, float(low), float(high)


MEASURES = (
    *("train_loss", "train_accuracy", "test_loss", "test_accuracy"),
    *("sharpness", "adaptive_sharpness"),
)
