"""Measure how sharp the loss is along runs with and without warmup, beside the edge.

    python tools/curvature.py train      the runs that are not there yet, a seed after the other
    python tools/curvature.py publish    book/results/curvature, of the runs that are there

A finished run is a file, so that what was stopped goes on where it was.
"""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lrdecay import Constant, LinearDecay, Schedule
from lrdecay.lab import curvature, twin
from lrdecay.lab.sweep import Run, work
from lrdecay.lab.sweep.engine import order
from lrdecay.lab.sweep.manifest import seal
from lrdecay.lab.sweep.record import table, write
from lrdecay.lab.tasks import find
from lrdecay.lab.tasks.building import build

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "book/results/curvature"
IMAGES, UPDATES, PIECES = 500, 250, 8
"""The images of gradient descent, all in each update; its updates; the pieces of text that are
measured."""

COLUMNS = ("task", "peak", "warmup", "seed", "schedule", "updates", "rate", "loss")
COLUMNS += ("sharpness", "edge", "step")


@dataclass(frozen=True)
class Measured:
    """A run: the task, the peak, the updates of warmup, the seed."""

    task: str
    peak: float
    warmup: int
    seed: int

    @property
    def schedule(self) -> Schedule:
        """The rates: as in book/results/language/warmup.toml for text; for images a constant."""
        if self.task == "text":
            fall = LinearDecay(self.peak, 500 - self.warmup)
            return fall.warmup(self.warmup)
        return Constant(self.peak).warmup(self.warmup, start=self.peak / max(self.warmup, 1))

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.task}-{self.peak:g}-{self.warmup}-{self.seed}.json"

    def measure(self) -> curvature.Curvature:
        """Train it, and return its curvature."""
        x, y = work.split(self.task).train
        if self.task == "images":
            run = Run(self.schedule, seed=self.seed)
            x, y, at = x[:IMAGES], y[:IMAGES], range(0, UPDATES + 1, 10)
            options = {"measured": IMAGES, "batch_size": IMAGES}
        else:
            run = Run(self.schedule, self.seed, task="text", optimizer="AdamW", weight_decay=0.1)
            # Measured on pieces of the first update: then each weight that matters for them has
            # had a gradient, by which Adam divides.
            first = order(self.seed, 0, len(x))[:PIECES]
            x, y = x.copy(), y.copy()
            x[:PIECES], y[:PIECES] = x[first], y[first]
            at = (1, 2, 3, 5, 7, 10, 15, 20, 25, 30, 40, 50, 75, 100, 125, 150, 200)
            options = {"measured": PIECES, "batch_size": 32}
        model = work.model(run)
        return curvature.along(model, self.schedule, x, y, list(at), seed=self.seed, **options)

    def end(self) -> float:
        """Return the last loss of gradient descent on images, in NumPy, which is faster."""
        x, y = (part[:IMAGES] for part in work.split("images").train)
        weights = build(find("images"), self.seed).get_weights()
        orders = [np.arange(IMAGES)] * UPDATES
        with np.errstate(all="ignore"):
            *_, last = twin.train(weights, x, y, twin.sgd(self.schedule), orders, IMAGES)
            return twin.evaluate(last, x, y)[0]


def frequencies(seed: int) -> float:
    """Return the loss on the measured text of what knows how often each character occurs."""
    labels = work.split("text").train[1]
    shares = np.bincount(labels.ravel()) / labels.size
    pieces = order(seed, 0, len(labels))[:PIECES]
    return float(-np.log(shares[labels[pieces]]).mean())


def ends() -> Iterator[Measured]:
    """Yield the runs of which only the end is kept."""
    for seed in range(8):
        for peak, warmup in ((2.0, 0), (2.0, 50), (2.0, 150), (1.5, 0), (1.5, 150)):
            yield Measured("images", peak, warmup, seed)


def runs() -> Iterator[Measured]:
    """Yield the runs that are measured along the way, those of a seed together."""
    for warmup in (0, 150):
        yield Measured("images", 2.0, warmup, 0)
    for seed in (100, 101):
        for peak, warmup in ((0.016, 0), (0.016, 25), (0.016, 100), (0.032, 0), (0.032, 25)):
            yield Measured("text", peak, warmup, seed)


def train(folder: Path, task: str | None) -> None:
    """Make the runs that are not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for run in runs():
        path = folder / run.file
        if path.exists() or task not in (None, run.task):
            continue
        start = time.perf_counter()
        found = run.measure()
        names = ("updates", "rates", "losses", "sharpness", "edges", "steps")
        columns = ("updates", "rate", "loss", "sharpness", "edge", "step")
        rows = [
            dict(zip(columns, row, strict=True))
            for row in zip(*(getattr(found, name).tolist() for name in names), strict=True)
        ]
        write(path, json.dumps(rows, indent=1) + "\n")
        print(f"{path.stem}: {time.perf_counter() - start:.0f} s", flush=True)
    path = folder / "ends.json"
    if not path.exists() and task in (None, "images"):
        rows = [{**vars(run), "loss": run.end()} for run in ends()]
        write(path, json.dumps(rows, indent=1) + "\n")


def publish(folder: Path) -> None:
    """Write the table of what is there."""
    there = [run for run in runs() if (folder / run.file).exists()]
    rows: list[dict[str, Any]] = [
        {
            **{name: getattr(run, name) for name in COLUMNS[:4]},
            "schedule": repr(run.schedule),
            **row,
        }
        for run in there
        for row in json.loads((folder / run.file).read_text())
    ]
    FOLDER.mkdir(exist_ok=True)
    write(FOLDER / "runs.csv", table(list(COLUMNS), rows))
    last = json.loads((folder / "ends.json").read_text())
    write(FOLDER / "ends.csv", table(["peak", "warmup", "seed", "loss"], last))
    known = {str(seed): frequencies(seed) for seed in {r.seed for r in there if r.task == "text"}}
    seal(FOLDER, ["runs.csv", "ends.csv"], runs=len(there), ends=len(last), frequencies=known)
    print(f"{len(there)} runs, {len(rows)} rows; {len(last)} ends")


def main() -> None:
    """Do one step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["train", "publish"])
    parser.add_argument("--task", choices=["images", "text"])
    parser.add_argument("--folder", type=Path, default=ROOT / "_build/curvature")
    options = parser.parse_args()
    if options.step == "train":
        train(options.folder, options.task)
    else:
        publish(options.folder)


if __name__ == "__main__":
    main()
