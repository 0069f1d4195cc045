"""Run the comparison of book/results/language/protocol.md, a step at a time.

The grids are run by ``python -m lrdecay sweep GRID --folder _build/runs``; then ``publish`` writes
the tables of all that is finished, ``widen`` adds peaks where the best is the first or last of its
grid, and ``choose`` writes the grids of the final runs.
"""

import argparse
import tomllib
from pathlib import Path

from compare import Losses, publish_all, table

from lrdecay.lab.sweep import Grid, Published, Run, choose

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "book/results/language"
SEEDS = list(range(100, 108))
WIDENED = "widened-"


class Tuning:
    """A grid of trials, with those that were added to it.

    Parameters
    ----------
    name : str
        What comes after ``tuning-`` in the names of its files.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.shared = tomllib.loads((FOLDER / f"tuning-{name}.toml").read_text())
        self.arms = {arm["name"]: arm for arm in self.shared.pop("arms")}
        self.widened = FOLDER / f"{WIDENED}{name}.toml"
        if self.widened.exists():
            for added in tomllib.loads(self.widened.read_text())["arms"]:
                arm = self.arms[added["name"]]
                arm["rate"] = sorted({*arm["rate"], *added["rate"]})

    def runs(self, name: str, **changes: object) -> list[Run]:
        """Return the trials of an arm."""
        return Grid.read(f"{self.head(self.shared)}\n{table(self.arms[name] | changes)}").runs

    def best(self, name: str, losses: Losses, weights: str = "last") -> float:
        """Return the peak that the protocol chooses."""
        chosen = choose(self.runs(name), lambda run: losses.of(run, weights))
        of_rate = {
            run.with_seed(0): rate
            for rate in self.arms[name]["rate"]
            for run in self.runs(name, rate=rate)
        }
        return of_rate[chosen]

    def finished(self, losses: Losses) -> bool:
        """Return whether all trials are there."""
        return all(losses.there(run) for name in self.arms for run in self.runs(name))

    def at_edges(self, losses: Losses) -> dict[str, float]:
        """Return the next peak of each arm whose best is at an edge."""
        found = {}
        for name, arm in self.arms.items():
            for weights in ("last", "tail") if name == "constant" else ("last",):
                best, rates = self.best(name, losses, weights), sorted(arm["rate"])
                if best == rates[0]:
                    found[name] = rates[0] / 2
                if best == rates[-1]:
                    found[name] = rates[-1] * 2
        return found

    def widen(self, losses: Losses) -> int:
        """Write the added peaks of all times, and return how many arms got one."""
        added = self.at_edges(losses)
        text = self.widened.read_text() if self.widened.exists() else self.head(self.shared)
        for name, rate in added.items():
            text += f"\n\n{table(self.arms[name] | {'rate': [rate]})}\n"
        if added:
            self.widened.write_text(text)
        return len(added)

    def final(self, losses: Losses) -> str:
        """Return the grid of the final runs."""
        text = f"# The final runs of tuning-{self.name}, at the peaks that tuning chose.\n"
        text += self.head(self.shared | {"seed": SEEDS})
        for name, arm in self.arms.items():
            text += f"\n\n{table(arm | {'rate': self.best(name, losses)})}"
            if name == "constant":
                rate = self.best(name, losses, "tail")
                tail = {"name": "constant, tail mean", "rate": rate, "weights": "tail"}
                text += f"\n\n{table(arm | tail)}"
        return text + "\n"

    @staticmethod
    def head(shared: dict) -> str:
        """Return what holds for all arms, as TOML."""
        return table(shared).removeprefix("[[arms]]\n")


def tunings() -> list[Tuning]:
    """Return all grids of trials."""
    paths = sorted(FOLDER.glob("tuning-*.toml"))
    return [Tuning(path.stem.removeprefix("tuning-")) for path in paths]


def main() -> None:
    """Do one step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["publish", "widen", "choose"])
    parser.add_argument("--runs", type=Path, default=ROOT / "_build/runs", help="finished runs")
    options = parser.parse_args()
    if options.step == "publish":
        publish_all(options.runs, FOLDER)
        return
    losses = Losses(Published.read(FOLDER))
    for tuning in tunings():
        if not tuning.finished(losses):
            print(f"{tuning.name}: trials are missing")
        elif options.step == "widen":
            print(f"{tuning.name}: {tuning.widen(losses)} arms widened")
        else:
            (FOLDER / f"final-{tuning.name}.toml").write_text(tuning.final(losses))
            print(f"final-{tuning.name}.toml")


if __name__ == "__main__":
    main()
