"""Train the runs of book/results/sharpness/grid.toml, and measure how sharp their minima are.

    python tools/sharpness.py train      the runs that are not there yet, a seed after the other
    python tools/sharpness.py publish    book/results/sharpness, of the seeds that are complete

The runs are those of the comparison: the same engine, split, first weights and orders. A finished
run is a file, so that what was stopped goes on where it was.
"""

import argparse
import json
import logging
import time
from functools import cache
from pathlib import Path
from typing import Any

from lrdecay.lab import sharpness
from lrdecay.lab.quiet import quiet
from lrdecay.lab.sweep import Grid, Run, engine, work
from lrdecay.lab.sweep.manifest import seal
from lrdecay.lab.sweep.record import table, write
from lrdecay.lab.tasks import find
from lrdecay.lab.tasks.building import build

with quiet():
    import tensorflow as tf

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "book/results/sharpness"
GRID = FOLDER / "grid.toml"
AFTER = (3, 7, 11, 15)
"""The epochs after which sharpness is measured: step decay drops in epochs 4, 8 and 12."""

EXAMPLES = 2_000
"""The training examples on which it is measured: the first of them, for each run the same."""

COLUMNS = ("hash", "arm", "schedule", "seed", "epoch", "train_loss", "train_accuracy")
COLUMNS += ("test_loss", "test_accuracy", "sharpness", "adaptive_sharpness")


@cache
def _engine(run: Run) -> engine.Engine:
    return engine.Engine(work.model(run))


@cache
def _probe() -> tuple[Any, Any]:
    """Return a model to put weights into, and its Hessian, which is compiled once."""
    x, y = work.split("images").train
    model = build(find("images"), 0)
    return model, sharpness.hessian(model, x[:EXAMPLES], y[:EXAMPLES])


def measured(run: Run) -> list[dict[str, Any]]:
    """Train a run, and return what was measured after each of the epochs `AFTER`."""
    parts = work.split(run.task)
    x, y = parts.train
    trained = _engine(run.with_seed(0))
    trained.restart(build(find(run.task), run.seed))
    model, hessian = _probe()
    rows = []
    for epoch, size in enumerate(run.sizes()):
        places = engine.order(run.seed, epoch, len(x))
        trained.epoch(x[places], y[places], size)
        if epoch + 1 not in AFTER:
            continue
        row: dict[str, Any] = {"epoch": epoch + 1}
        for part in ("train", "test"):
            found = trained.evaluate(*getattr(parts, part))
            row |= {f"{part}_{measure}": value for measure, value in found.items()}
        weights = trained.model.get_weights()
        model.set_weights(weights)
        row["sharpness"] = sharpness.sharpness(hessian)
        relative = sharpness.scaled(hessian, weights)
        row["adaptive_sharpness"] = sharpness.sharpness(relative)
        rows.append(row)
    return rows


def train(grid: Grid, folder: Path) -> None:
    """Make the runs that are not there, all arms of a seed before the next seed."""
    folder.mkdir(parents=True, exist_ok=True)
    tf.config.threading.set_intra_op_parallelism_threads(1)  # the same bits each time
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # to compile often is meant so
    for run in sorted(grid.runs, key=lambda run: run.seed):
        path = folder / f"{run.hash}.json"
        if not path.exists():
            start = time.perf_counter()
            write(path, json.dumps(measured(run), indent=1) + "\n")
            seconds = time.perf_counter() - start
            print(f"{run.schedule}, seed {run.seed}: {seconds:.0f} s", flush=True)


def publish(grid: Grid, folder: Path) -> None:
    """Write the table of the seeds of which all arms are there."""
    there = {path.stem for path in folder.glob("*.json")}
    seeds = {run.seed for run in grid.runs} - {r.seed for r in grid.runs if r.hash not in there}
    rows = [
        {"hash": run.hash, "arm": arm.name, "schedule": repr(run.schedule), "seed": run.seed, **row}
        for arm in grid.arms
        for run in arm.runs
        if run.seed in seeds
        for row in json.loads((folder / f"{run.hash}.json").read_text())
    ]
    write(FOLDER / "runs.csv", table(list(COLUMNS), rows))
    seal(FOLDER, ["runs.csv"], runs=len(rows) // len(AFTER))
    print(f"{len(seeds)} seeds, {len(rows)} rows")


def main() -> None:
    """Do one step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["train", "publish"])
    parser.add_argument("--folder", type=Path, default=ROOT / "_build/sharpness")
    options = parser.parse_args()
    {"train": train, "publish": publish}[options.step](Grid.read_file(GRID), options.folder)


if __name__ == "__main__":
    main()
