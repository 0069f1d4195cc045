"""What the published comparison says: measures, arms against a baseline, and runs repeated.

Measures and margins are those of ``book/results/comparison/protocol.md``.
"""

import math
import random
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from lrdecay.lab import statistics
from lrdecay.lab.statistics.results import Difference, Equivalence, Mean
from lrdecay.lab.sweep import Arm, Grid, Published, Record, Run, agree, choose, sweep
from lrdecay.lab.tasks import find

Floats = NDArray[np.float64]

GUESSING = math.log(10)
"""The test loss, in nats, of a network that gives each of ten classes a tenth."""


@dataclass(frozen=True)
class Measure:
    """How runs are judged.

    Parameters
    ----------
    column : str
        Of ``runs.csv``.
    words, unit : str
        What text and figures call it.
    scale : float
        What a number of the column is multiplied by to be in that unit.
    guess : float or None
        What a failed run counts as, in that unit: what guessing would give. None: with a failed
        run there is no mean.
    margin : float or None
        The largest difference, in that unit, that the protocol calls none.
    """

    column: str
    words: str
    unit: str
    scale: float = 1.0
    guess: float | None = None
    margin: float | None = None


LOSS = Measure("test_loss", "test loss", "nats", guess=GUESSING, margin=0.001)
ACCURACY = Measure("test_accuracy", "test accuracy", "%", 100.0, guess=10.0, margin=0.05)
CALIBRATION = Measure("test_calibration", "calibration error", "%", 100.0)
VALIDATION = Measure("validation_loss", "validation loss", "nats", guess=GUESSING)
MEASURES = (LOSS, ACCURACY, CALIBRATION)
"""In the order of the protocol; the first is the primary one."""

BUDGETS = {
    "15 epochs": "final-15-epochs",
    "3 epochs": "final-3-epochs",
    "1 epoch": "final-1-epoch",
}
"""The grids of the final runs of each length."""


def outcomes(published: Published, arm: Arm, measure: Measure) -> Floats:
    """Return how the runs of an arm ended, by seed, in the unit of the measure.

    A run has failed, and is NaN here, when it diverged or ended no better than guessing: with a
    test loss of ln 10 or more.

    Returns
    -------
    float64 array of shape (seeds,)

    Raises
    ------
    ValueError
        When a run is not published.
    """
    values = measure.scale * published.values(arm, measure.column)
    failed = ~(published.values(arm, LOSS.column) < GUESSING)
    return np.where(failed, np.nan, values)


@dataclass(frozen=True)
class Comparison:
    """Arms whose runs come in pairs, one of them the baseline.

    Parameters
    ----------
    published : Published
    arms : mapping of str to Arm
        Each has one run a seed, of the same seeds.
    baseline : str
        The arm that the others are compared with.

    Raises
    ------
    ValueError
        When there is no such baseline, or an arm has other seeds.

    Examples
    --------
    In a chapter::

        table = Comparison.read(Published.read("../results/comparison"), "final-15-epochs")
        print(table.differences(LOSS)["linear"])
    """

    published: Published
    arms: Mapping[str, Arm]
    baseline: str = "constant"

    def __post_init__(self) -> None:
        if self.baseline not in self.arms:
            raise ValueError(
                f"baseline = {self.baseline!r}: expected one of {', '.join(self.arms)}"
            )
        seeds = {name: sorted(run.seed for run in arm.runs) for name, arm in self.arms.items()}
        for name, found in seeds.items():
            if found != seeds[self.baseline]:
                raise ValueError(
                    f"arm {name!r}: has other seeds than {self.baseline!r}, so its runs make no "
                    "pairs with those; leave it out"
                )

    @classmethod
    def read(
        cls, published: Published, grid: str, more: Mapping[str, Arm] | None = None
    ) -> "Comparison":
        """Return the arms of a published grid, and `more`, against its arm "constant"."""
        return cls(published, {**published.arms(grid), **(more or {})})

    def only(self, names: Iterable[str]) -> "Comparison":
        """Return the same with these arms and the baseline alone."""
        kept = dict.fromkeys([self.baseline, *names])
        for name in kept:
            if name not in self.arms:
                raise ValueError(f"names: {name!r}: expected some of {', '.join(self.arms)}")
        return replace(self, arms={name: self.arms[name] for name in kept})

    @property
    def others(self) -> list[str]:
        """The names of all arms but the baseline."""
        return [name for name in self.arms if name != self.baseline]

    def values(self, name: str, measure: Measure) -> Floats:
        """Return the `outcomes` of an arm."""
        return outcomes(self.published, self.arms[name], measure)

    def failed(self, name: str) -> int:
        """Return how many runs of an arm failed: see `outcomes`."""
        return int(np.isnan(self.values(name, LOSS)).sum())

    def mean(self, name: str, measure: Measure) -> Mean:
        """Return the mean of an arm with its "±"; failed runs count as guessing, and are told."""
        return statistics.mean_of(self.values(name, measure).tolist(), diverged=measure.guess)

    def differences(self, measure: Measure) -> dict[str, Difference]:
        """Return "arm - baseline" of each arm, by Holm together."""
        values = {name: self.values(name, measure).tolist() for name in self.arms}
        return statistics.compare(values, self.baseline, diverged=measure.guess)

    def apart(self, measure: Measure) -> dict[str, tuple[Floats, float, float, float]]:
        """Return the pairs of each `difference`, its mean and the two ends of its interval.

        As `lrdecay.views.dots.differences` draws them; a pair with a failed run is NaN.
        """
        baseline = self.values(self.baseline, measure)
        return {
            name: (self.values(name, measure) - baseline, found.mean, found.low, found.high)
            for name, found in self.differences(measure).items()
        }

    def equivalences(self, measure: Measure) -> dict[str, Equivalence]:
        """Return for each arm whether its difference from the baseline is within the margin.

        The tests share an alpha of 5 %, so all that they show holds together.

        Raises
        ------
        ValueError
            When the protocol has no margin for the measure.
        """
        if measure.margin is None:
            raise ValueError(f"measure = {measure.words!r}: the protocol names no margin for it")
        return {
            name: statistics.equivalence(
                self.values(name, measure).tolist(),
                self.values(self.baseline, measure).tolist(),
                measure.margin,
                alpha=0.05 / len(self.others),
                diverged=measure.guess,
            )
            for name in self.others
        }

    def spread(self, name: str, measure: Measure) -> float:
        """Return the standard deviation of "arm - baseline" over the seeds that both finished."""
        apart = self.values(name, measure) - self.values(self.baseline, measure)
        return float(np.nanstd(apart, ddof=1))

    def first_rate(self, name: str) -> float:
        """Return the rate of an arm's first update."""
        return float(self.arms[name].runs[0].schedule(0))

    def end_share(self, name: str) -> float:
        """Return an arm's rate after its last update, as a share of its first."""
        run = self.arms[name].runs[0]
        updates = run.updates(find(run.task).epoch_examples)
        return float(run.schedule(updates)) / self.first_rate(name)


@dataclass(frozen=True)
class Ended:
    """How one published run ended; the numbers are NaN when it failed."""

    seed: int
    key: str
    loss: float
    accuracy: float
    calibration: float


def every_run(
    published: Published, grids: Mapping[str, str] = BUDGETS
) -> dict[str, dict[str, list[Ended]]]:
    """Return how each run of some grids ended, for `lrdecay.charts.comparison.runs`.

    Parameters
    ----------
    published : Published
    grids : mapping of str to str
        The name of a grid, by what the chart shall call it.

    Returns
    -------
    dict of str to dict of str to list of Ended
        By name, then by arm, then by seed; of the arms that all of the grids have.
    """
    found = {name: published.arms(grid) for name, grid in grids.items()}
    first, *others = found.values()
    common = [arm for arm in first if all(arm in arms for arms in others)]
    common.sort(key=lambda arm: "rate" in arm)  # the tuned ones first
    return {
        name: {arm: _ended(published, arms[arm]) for arm in common} for name, arms in found.items()
    }


def _ended(published: Published, arm: Arm) -> list[Ended]:
    runs = sorted(arm.runs, key=lambda run: run.seed)
    values = np.column_stack([outcomes(published, arm, measure) for measure in MEASURES])
    return [Ended(run.seed, run.hash, *row) for run, row in zip(runs, values.tolist(), strict=True)]


def of_length(arm: Arm, epochs: int) -> Arm:
    """Return an arm with its runs of that many epochs alone."""
    return replace(arm, runs=tuple(run for run in arm.runs if run.epochs == epochs))


def of_seeds(arm: Arm, seeds: Collection[int]) -> Arm:
    """Return an arm with its runs of those seeds alone."""
    return replace(arm, runs=tuple(run for run in arm.runs if run.seed in seeds))


def by_measure(
    published: Published, arm: Arm, measures: Mapping[str, Measure]
) -> dict[str, Floats]:
    """Return the `outcomes` of an arm in each measure, as `differences_table` takes them."""
    return {name: outcomes(published, arm, measure) for name, measure in measures.items()}


def of_rows(
    published: Published, measures: Mapping[str, Measure], **setting: str
) -> dict[str, Floats]:
    """Return how the runs whose row has that setting ended, by seed, in each measure.

    For a table whose runs are no `Run` of a sweep: ``of_rows(published, measures, part="final")``.

    Raises
    ------
    ValueError
        When no row has that setting.
    """
    found = sorted(
        (row for row in published.rows.values() if setting.items() <= row.items()),
        key=lambda row: int(row["seed"]),
    )
    if not found:
        raise ValueError(f"setting = {setting}: no row of {published.folder / 'runs.csv'} has it")
    failed = np.array([bool(row["diverged"]) for row in found])
    failed |= ~(np.array([float(row[LOSS.column]) for row in found]) < GUESSING)
    return {
        name: np.where(
            failed, np.nan, measure.scale * np.array([float(row[measure.column]) for row in found])
        )
        for name, measure in measures.items()
    }


@dataclass(frozen=True)
class Trial:
    """A setting that was tried while tuning: one run a seed."""

    rate: float
    arm: Arm


def trials(
    published: Published,
    grids: Sequence[str] = ("tuning", "tuning-widened"),
    *,
    epochs: int = 15,
    task: str = "images",
    momentum: float = 0.0,
    weight_decay: float = 0.0,
) -> dict[str, list[Trial]]:
    """Return what was tried for each family in one setting of the training, by first rate.

    Raises
    ------
    FileNotFoundError
        When a grid is missing.
    """
    wanted = (task, epochs, momentum, weight_decay)
    found: dict[str, dict[Run, dict[int, Run]]] = {}
    for grid in grids:
        # An arm of the widened grid may come in several parts, so not by Published.arms.
        for arm in Grid.read_file(published.folder / f"{grid}.toml").arms:
            for run in arm.runs:
                if (run.task, run.epochs, run.momentum, run.weight_decay) == wanted:
                    family = found.setdefault(arm.name, {})
                    seeds = family.setdefault(run.with_seed(0), {})
                    seeds[run.seed] = run  # once, also where two grids name it
    return {
        name: sorted(
            (
                Trial(float(setting.schedule(0)), Arm(name, tuple(runs.values())))
                for setting, runs in family.items()
            ),
            key=lambda trial: trial.rate,
        )
        for name, family in found.items()
    }


def best_by_rate(published: Published, ones: Iterable[Trial], weights: str = "last") -> list[Trial]:
    """Return of each first rate the trial with the least mean validation loss.

    Chosen as in the protocol, by `lrdecay.lab.sweep.choose`.

    Raises
    ------
    ValueError
        When all runs at a rate diverged.
    """

    def validation_loss(run: Run) -> float:
        return float(published.values(Arm("", (run,), weights), VALIDATION.column)[0])

    best = []
    for rate, same in groupby(sorted(ones, key=_rate), key=_rate):
        settings = {trial.arm.runs[0].with_seed(0): trial.arm for trial in same}
        runs = [run for arm in settings.values() for run in arm.runs]
        chosen = settings[choose(runs, validation_loss)]
        best.append(Trial(rate, replace(chosen, weights=weights)))
    return best


def _rate(trial: Trial) -> float:
    return trial.rate


@dataclass(frozen=True)
class Repetition:
    """Published runs that were trained again.

    Parameters
    ----------
    data : str
        The name of the data that they were trained on now.
    comparable : bool
        Whether the published runs were trained on the same.
    pairs : tuple of (Record, Record)
        Each run as published and as it is now.
    """

    data: str
    comparable: bool
    pairs: tuple[tuple[Record, Record], ...]

    @property
    def agreeing(self) -> int:
        """How many of the runs end within the tolerances of `lrdecay.lab.sweep.agree`."""
        return sum(agree(published, now) for published, now in self.pairs)


def some_runs(arms: Iterable[Arm], settings: int, seeds: int, draw: int) -> list[Run]:
    """Return runs drawn at random: some settings of the arms, some seeds of each.

    Parameters
    ----------
    arms : iterable of Arm
    settings, seeds : int
        How many settings, and how many seeds of each: seeds of one setting share a compilation.
    draw : int
        Fixes what is drawn.

    Returns
    -------
    list of Run
    """
    chance = random.Random(draw)
    found: dict[str, dict[str, Run]] = {}
    for arm in arms:
        for run in arm.runs:
            found.setdefault(run.with_seed(0).hash, {})[run.hash] = run
    return [
        found[setting][key]
        for setting in chance.sample(sorted(found), settings)
        for key in chance.sample(sorted(found[setting]), seeds)
    ]


def repeat(published: Published, runs: Sequence[Run], data: str = "auto") -> Repetition:
    """Train published runs again, in a process of their own.

    Parameters
    ----------
    published : Published
    runs : sequence of Run
    data : str
        Where the data comes from, as `lrdecay.lab.data.load` takes it.

    Returns
    -------
    Repetition
        In the order of `runs`.

    Raises
    ------
    ValueError
        When a run is not published.
    """
    before = [published.record(run.hash) for run in runs]
    with tempfile.TemporaryDirectory() as folder:
        after = {record.run: record for record in sweep(runs, folder, data=data, bar=False)}
    pairs = tuple((record, after[record.run]) for record in before)
    comparable = all(old.data["sha256"] == new.data["sha256"] for old, new in pairs)
    return Repetition(pairs[0][1].data["name"], comparable, pairs)
