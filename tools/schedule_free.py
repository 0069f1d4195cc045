"""Train the network of chapter 5 by schedule-free SGD, and publish the runs.

    python tools/schedule_free.py tune        the trials, on the validation data
    python tools/schedule_free.py final       the chosen settings, other seeds, on the test data too
    python tools/schedule_free.py publish     book/results/schedule-free, a table and its SHA-256

The protocol is that of book/results/comparison: the same split, first weights and order of the
images for each seed, 15 epochs of 32 images an update, 12 trials on seeds 0 to 2, widened at an
edge, the choice by validation loss: once among all settings, and once among those with the beta
that the method's authors recommend. A finished run is a line of a file, so that what was stopped
goes on where it was.
"""

import argparse
import json
import math
import time
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any

from threadpoolctl import threadpool_limits

from lrdecay.lab import schedule_free, twin
from lrdecay.lab.sweep import engine, work
from lrdecay.lab.sweep.manifest import seal
from lrdecay.lab.sweep.record import table, write
from lrdecay.lab.sweep.run import digest
from lrdecay.lab.tasks import find
from lrdecay.lab.tasks.building import build

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "book/results/schedule-free"
RECOMMENDED = 0.9  # beta, by Defazio et al. (2024)
RATES, BETAS = (0.2, 0.4, 0.8, 1.6), (0.5, 0.9, 0.98)
TUNING, FINAL, EPOCHS, BATCH = range(3), range(100, 130), 15, 32
MEASURES = ("validation_loss", "validation_accuracy", "test_loss", "test_accuracy")
SETTING = ("part", "lr", "beta", "seed")
COLUMNS = ("hash", *SETTING, "diverged", "updates", *MEASURES)


@cache
def data() -> work.Split:
    """Return the split of the images that all runs of the comparison have."""
    return work.split("images")


def trained(lr: float, beta: float, seed: int) -> dict[str, Any]:
    """Return how a run ended. The weights are those of the average, which is what one keeps."""
    start = time.perf_counter()
    x, y = data().train
    first = build(find("images"), seed).get_weights()
    orders = (engine.order(seed, epoch, len(x)) for epoch in range(EPOCHS))
    step = schedule_free.sgd(lr, beta)
    for state in twin.train(schedule_free.begin(first), x, y, step, orders, BATCH):
        last = state
    ends: dict[str, Any] = {"updates": last.updates}
    for part in ("validation", "test"):
        loss, accuracy = twin.evaluate(last.x, *getattr(data(), part))
        ends |= {f"{part}_loss": loss, f"{part}_accuracy": accuracy}
    return ends | {"seconds": round(time.perf_counter() - start, 1)}


class Log:
    """The finished runs, a line each."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text().splitlines() if path.exists() else []
        found = [json.loads(line) for line in lines if line.endswith("}")]
        self.runs = {(run["lr"], run["beta"], run["seed"]): run for run in found}

    def run(self, lr: float, beta: float, seed: int, part: str) -> None:
        """Make a run that is not there."""
        if (lr, beta, seed) in self.runs:
            return
        run = {"part": part, "lr": lr, "beta": beta, "seed": seed, **trained(lr, beta, seed)}
        with self._path.open("a") as file:
            file.write(json.dumps(run) + "\n")
        self.runs[lr, beta, seed] = run
        print(run, flush=True)

    def chosen(self, beta: float | None = None) -> tuple[float, float]:
        """Return the rate and beta with the least mean validation loss over the tuning seeds."""
        tried = {key[:2] for key, run in self.runs.items() if run["part"] == "tuning"}
        settings = [one for one in tried if beta in {None, one[1]}]
        return min(settings, key=lambda one: (self.loss(*one), one))

    def loss(self, lr: float, beta: float) -> float:
        """Return the mean validation loss; one that is not finite counts as infinitely bad."""
        losses = [self.runs[lr, beta, seed]["validation_loss"] for seed in TUNING]
        return fmean(losses) if all(map(math.isfinite, losses)) else math.inf


def tune(log: Log) -> None:
    """Make the trials, and more where the best lies at an edge of the grid."""
    rates, betas = list(RATES), list(BETAS)
    while True:
        for lr in rates:
            for beta in betas:
                for seed in TUNING:
                    log.run(lr, beta, seed, "tuning")
        lr, beta = log.chosen()
        more_rates = {rates[0]: [rates[0] / 2], rates[-1]: [rates[-1] * 2]}.get(lr, [])
        more_betas = {betas[0]: [0.0]}.get(beta, []) if betas[0] else []
        print("best", lr, beta, log.loss(lr, beta), "widened by", more_rates, more_betas)
        if not more_rates and not more_betas:
            return
        rates, betas = sorted(rates + more_rates), sorted(betas + more_betas)


def publish(log: Log) -> None:
    """Write the table and its manifest, in the form that `lrdecay.lab.sweep.Published` reads."""
    rows = []
    for key in sorted(log.runs):
        run = log.runs[key]
        setting = {name: run[name] for name in SETTING}
        lost = None if math.isfinite(run["validation_loss"]) else run["updates"]
        written = {name: str(value) for name, value in setting.items()}  # as chapter 13 asks
        rows.append(run | written | {"hash": digest(setting)[:16], "diverged": lost})
    FOLDER.mkdir(exist_ok=True)
    write(FOLDER / "runs.csv", table(list(COLUMNS), rows))
    seal(
        FOLDER,
        ["runs.csv"],
        runs=len(log.runs),
        hours=round(sum(run["seconds"] for run in log.runs.values()) / 3600, 2),
        data=data().data,
        versions=work.versions(),
    )


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("part", choices=["tune", "final", "publish"])
    parser.add_argument("--log", type=Path, default=ROOT / "_build/schedule_free.jsonl")
    options = parser.parse_args()
    log = Log(options.log)
    with threadpool_limits(1):
        if options.part == "tune":
            tune(log)
        elif options.part == "final":
            for beta in (None, RECOMMENDED):
                for seed in FINAL:
                    log.run(*log.chosen(beta), seed, "final")
        else:
            publish(log)


if __name__ == "__main__":
    main()
