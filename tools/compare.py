"""Run the comparison of book/results/comparison/protocol.md, a step at a time.

The grids are run by ``python -m lrdecay sweep GRID --folder _build/runs``; then ``publish`` writes
the tables of all that is finished, ``widen`` adds trials where the best lies at the edge of its
grid, ``choose`` writes the grids of the final runs, and ``free ROUND`` a round of the search for a
free shape. Where the folder of the runs is gone, ``restore`` makes it anew from the tables.
"""

import argparse
import json
import math
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lrdecay.lab.sweep import Arm, Grid, Published, Run, Store, choose, publish
from lrdecay.lab.sweep.manifest import MANIFEST

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "book/results/comparison"
TUNING = ("tuning", "tuning-momentum", "tuning-weight-decay", "tuning-convolution", "tuning-noise")
SHARES = ("end", "drop")
AS_USED = {
    "linear": 0,
    "cosine": 0,
    "WSD": 0,
    "step": 0.1,
    "exponential": 0.01,
    "inverse time": 0.1,
}
"""The share at which people commonly leave a family; of step the factor of one of three drops."""


@dataclass(frozen=True)
class Condition:
    """What all runs of a comparison have in common."""

    task: str = "images"
    epochs: int = 15
    momentum: float = 0.0
    weight_decay: float = 0.0

    @classmethod
    def of(cls, run: Run) -> "Condition":
        """Return the condition of a run."""
        return cls(run.task, run.epochs, run.momentum, run.weight_decay)

    @property
    def name(self) -> str:
        """What its files are called."""
        if self.momentum:
            return "momentum"
        if self.weight_decay:
            return "weight-decay"
        if self.task != "images":
            return self.task
        return f"{self.epochs}-epoch" + "s" * (self.epochs > 1)

    @property
    def seeds(self) -> range:
        """Those of the final runs."""
        return range(100, 130 if self.task == "images" else 120)

    def lines(self) -> list[str]:
        """Return the head of its grid as TOML."""
        fields = {
            name: value for name, value in vars(self).items() if value != getattr(Condition, name)
        }
        return [f"{name} = {json.dumps(value)}" for name, value in fields.items()]


@dataclass(frozen=True)
class Trial:
    """One setting of a family: its seeds are its runs."""

    family: str
    schedule: str
    condition: Condition
    rate: float
    share: tuple[str, float] | None
    runs: tuple[Run, ...]


def table(values: dict[str, object]) -> str:
    """Return an arm as TOML."""
    return "\n".join(
        ["[[arms]]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
    )


def trials() -> Iterator[Trial]:
    """Return all trials of the tuning grids, the widened ones too."""
    for name in (*TUNING, "tuning-widened"):
        path = FOLDER / f"{name}.toml"
        if not path.exists():
            continue
        found = tomllib.loads(path.read_text())
        shared = {key: value for key, value in found.items() if key != "arms"}
        head = "\n".join(f"{key} = {json.dumps(value)}" for key, value in shared.items())
        for arm in found.get("arms", []):
            kind = next((key for key in SHARES if key in arm), None)
            shares = _listed(arm[kind]) if kind else [None]
            for rate in _listed(arm["rate"]):
                for share in shares:
                    one = arm | {"rate": rate} | ({kind: share} if kind else {})
                    runs = Grid.read(f"{head}\n{table(one)}").runs
                    for condition in dict.fromkeys(map(Condition.of, runs)):
                        chosen = tuple(run for run in runs if Condition.of(run) == condition)
                        chosen_share = (kind, share) if kind else None
                        yield Trial(
                            arm["name"], arm["schedule"], condition, rate, chosen_share, chosen
                        )


def _listed(value: object) -> list:
    return value if isinstance(value, list) else [value]


class Losses:
    """The validation losses of the published runs."""

    def __init__(self, published: Published) -> None:
        self._published = published

    def of(self, run: Run, weights: str = "last") -> float:
        """Return the validation loss after the last update, NaN where the run diverged."""
        return float(self._published.values(Arm("", (run,), weights), "validation_loss")[0])

    def there(self, run: Run) -> bool:
        """Return whether a run is published."""
        return run.hash in self._published.rows


def groups(losses: Losses) -> dict[tuple[Condition, str], list[Trial]]:
    """Return the trials by condition and family, of conditions whose trials are all finished."""
    found: dict[tuple[Condition, str], list[Trial]] = {}
    for trial in trials():
        found.setdefault((trial.condition, trial.family), []).append(trial)
    return {key: ones for key, ones in found.items() if all(map(losses.there, runs_of(ones)))}


def runs_of(ones: list[Trial]) -> list[Run]:
    """Return the runs of some trials."""
    return [run for trial in ones for run in trial.runs]


def best(ones: list[Trial], losses: Losses, weights: str = "last") -> Trial:
    """Return the trial that the protocol chooses."""
    chosen = choose(runs_of(ones), lambda run: losses.of(run, weights))
    return next(trial for trial in ones if chosen in {run.with_seed(0) for run in trial.runs})


def widened(losses: Losses) -> list[dict]:
    """Return the arms that the best settings at an edge ask for."""
    added = []
    for (condition, family), ones in groups(losses).items():
        weights = ("last", "tail", "exponential") if family == "constant" else ("last",)
        rates = sorted({trial.rate for trial in ones})
        shares = sorted({trial.share for trial in ones if trial.share})
        new_rates, new_shares = set(), set()
        for kind in weights:
            found = best(ones, losses, kind)
            factor = 2 if shares else math.sqrt(2)
            if found.rate == rates[0]:
                new_rates.add(float(f"{found.rate / factor:.2g}"))
            if found.rate == rates[-1]:
                new_rates.add(float(f"{found.rate * factor:.2g}"))
            if shares and found.share in (shares[0], shares[-1]):
                new_shares |= set(_next_share(found.share, low=found.share == shares[0]))
        arm = {"name": family, "schedule": ones[0].schedule}
        where = dict(vars(condition))
        if new_rates:
            one = arm | where | {"seed": [0, 1, 2], "rate": sorted(new_rates)}
            added.append(one | ({shares[0][0]: [share for _, share in shares]} if shares else {}))
        for share in new_shares:
            added.append(arm | where | {"seed": [0, 1, 2], "rate": rates, shares[0][0]: [share]})
    return added


def widen(losses: Losses) -> int:
    """Append these arms to tuning-widened.toml, and return how many there are."""
    added = widened(losses)
    path = FOLDER / "tuning-widened.toml"
    head = (
        "# Where the best setting was at the edge of its grid, the next value (tools/compare.py).\n"
    )
    text = path.read_text() if path.exists() else head
    path.write_text(text + "".join(f"\n{table(one)}\n" for one in added))
    return len(added)


def _next_share(share: tuple[str, float], low: bool) -> list[float]:
    kind, value = share
    if kind == "drop":  # the cube root of the share at the end
        return [x for x in ([0.04642] if low else [0.6694, 0.7937]) if _beyond(x, value, low)][:1]
    return [x for x in ([0.0001] if low else [0.3, 0.5]) if _beyond(x, value, low)][:1]


def _beyond(x: float, value: float, low: bool) -> bool:
    return 0 < x < value if low else x > value


def final(losses: Losses) -> dict[str, str]:
    """Return the grids of the final runs, one a condition, by the names of their files."""
    texts = {}
    found: dict[Condition, dict[str, list[Trial]]] = {}
    for (condition, family), ones in groups(losses).items():
        found.setdefault(condition, {})[family] = ones
    for condition, families in found.items():
        if {family for (c, family) in _all_keys() if c == condition} != set(families):
            continue
        arms = []
        for family, ones in families.items():
            arms += _variants(family, best(ones, losses), condition)
            if family == "constant":
                for weights, name in (
                    ("tail", "tail mean"),
                    ("exponential", "exponential average"),
                ):
                    trial = best(ones, losses, weights)
                    arms += _variants(f"constant, {name}", trial, condition, weights=weights)
            used = [t for t in ones if t.share and math.isclose(t.share[1], AS_USED[family])]
            if used and condition == Condition():
                arms.append(_arm(f"{family}, as used", best(used, losses), 1))
        free = _free_best(losses) if condition == Condition() else None
        if free:
            arms.append({"name": "free shape", "schedule": free})
        head = [
            f"# The final runs of {condition.name}, at the settings that tuning chose.",
            *condition.lines(),
            f"seed = {list(condition.seeds)}",
        ]
        text = "\n".join(head) + "\n" + "".join(f"\n{table(arm)}\n" for arm in arms)
        texts[f"final-{condition.name}.toml"] = text
    return texts


def _all_keys() -> set[tuple[Condition, str]]:
    return {(trial.condition, trial.family) for trial in trials()}


def _variants(family: str, trial: Trial, condition: Condition, **more: str) -> list[dict]:
    arms = [_arm(family, trial, 1, **more)]
    if condition in (Condition(), Condition(epochs=3), Condition(epochs=1)):
        arms.append(_arm(f"{family}, rate x 3", trial, 3, **more))
        arms.append(_arm(f"{family}, rate / 3", trial, 1 / 3, **more))
    return arms


def _arm(name: str, trial: Trial, times: float, **more: str) -> dict:
    share = dict([trial.share]) if trial.share else {}
    rate = trial.rate if times == 1 else float(f"{trial.rate * times:.4g}")
    return {"name": name, "schedule": trial.schedule, "rate": rate, **share, **more}


KNOTS = ("0", "{0.25 updates}", "{0.5 updates}", "{0.75 updates}", "{updates}")
START = (0.4, 0.3, 0.2, 0.1, 0.004)
SHAPES, KEPT = 16, 4
SPREAD = (0.7, 0.5, 0.35, 0.25, 0.18)


def _shape(logs: np.ndarray) -> str:
    points = ", ".join(f"[{t}, {math.exp(v):.4g}]" for t, v in zip(KNOTS, logs, strict=True))
    return f"PiecewiseLinear([{points}])"


def _rounds(losses: Losses) -> list[tuple[str, float]]:
    """Return every shape tried so far with its mean validation loss."""
    path = FOLDER / "free-form.toml"
    tried = []
    for arm in Grid.read_file(path).arms if path.exists() else ():
        values = [losses.of(run) for run in arm.runs]
        tried.append(
            (arm.name, sum(math.inf if math.isnan(v) else v for v in values) / len(values))
        )
    return tried


def free(losses: Losses, number: int) -> None:
    """Append a round: shapes drawn around the mean of the best, in the logarithms of the rates."""
    path = FOLDER / "free-form.toml"
    logs = {}
    if path.exists():
        arms = tomllib.loads(path.read_text())["arms"]
        logs = {arm["name"]: arm["schedule"] for arm in arms}
    elite = [name for name, _ in sorted(_rounds(losses), key=lambda one: one[1])[:KEPT]]
    centre = np.mean([_logs(logs[name]) for name in elite], axis=0) if elite else np.log(START)
    draw = np.random.default_rng(number)
    head = "# Shapes with five free rates, a round of 16 after the other.\nseed = [0, 1, 2]\n"
    text = path.read_text() if path.exists() else head
    for i in range(SHAPES):
        shape = _shape(centre + SPREAD[number - 1] * draw.standard_normal(len(KNOTS)) * (i > 0))
        if shape in logs.values():
            continue
        text += "\n" + table({"name": f"round {number}, shape {i}", "schedule": shape}) + "\n"
    path.write_text(text)


def _logs(schedule: str) -> np.ndarray:
    pairs = json.loads(
        schedule.removeprefix("PiecewiseLinear(")
        .removesuffix(")")
        .replace("{", '"{')
        .replace("}", '}"')
    )
    return np.log([rate for _, rate in pairs])


def _free_best(losses: Losses) -> str | None:
    path = FOLDER / "free-form.toml"
    if not path.exists():
        return None
    name = min(_rounds(losses), key=lambda one: one[1])[0]
    arms = tomllib.loads(path.read_text())["arms"]
    return next(arm["schedule"] for arm in arms if arm["name"] == name)


def publish_all(runs: Path, folder: Path) -> None:
    """Publish every finished run of every grid, those that were published before too."""
    grids = [Grid.read_file(path) for path in sorted(folder.glob("*.toml"))]
    wanted = {run.hash for grid in grids for run in grid.runs}
    store = Store(runs)
    found = {key: store.load(key) for key in store.hashes() if key in wanted}
    if (folder / MANIFEST).exists():
        published = Published.read(folder)
        before = wanted & set(published.rows) - set(found)
        found |= {key: published.record(key) for key in before}
    publish(found.values(), folder)
    print(f"{len(found)} of {len(wanted)} runs")


def restore(folder: Path) -> None:
    """Write a file for each published run, so that a sweep goes on from there."""
    store = Store(folder)
    store.make()
    published = Published.read(FOLDER)
    for key in published.rows.keys() - set(store.hashes()):
        store.save(published.record(key))


def main() -> None:
    """Do one step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["widen", "choose", "free", "publish", "restore"])
    parser.add_argument("round", nargs="?", type=int, default=1)
    parser.add_argument("--runs", type=Path, default=ROOT / "_build/runs", help="finished runs")
    options = parser.parse_args()
    if options.step == "publish":
        publish_all(options.runs, FOLDER)
        return
    if options.step == "restore":
        restore(options.runs)
        return
    losses = Losses(Published.read(FOLDER))
    if options.step == "widen":
        print(f"{widen(losses)} arms added")
    elif options.step == "choose":
        for name, text in final(losses).items():
            (FOLDER / name).write_text(text)
            print(name)
    else:
        free(losses, options.round)


if __name__ == "__main__":
    main()
