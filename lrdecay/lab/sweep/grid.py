"""Grids: many runs, described in a small TOML file."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import product
from pathlib import Path
from typing import Any

from lrdecay import checks
from lrdecay.lab.sweep.run import Run
from lrdecay.lab.tasks import Task, find
from lrdecay.schedules import Constant, parse

OF_A_RUN = tuple(item.name for item in fields(Run))
KEYS = (*OF_A_RUN, "rate", "end", "drop")
"""What an arm may say; each a value or a list of values, which are combined in every way."""

WEIGHTS = ("last", "tail", "exponential")

_PLACE = re.compile(r"\{(?:([\d.]+) )?(\w+)\}")


@dataclass(frozen=True)
class Arm:
    """Runs that belong together, such as those of one family of schedules.

    Parameters
    ----------
    name : str
        What the grid calls them.
    runs : tuple of Run
    weights : {"last", "tail", "exponential"}
        Which weights the arm is about: those after the last update, or their averages
        (`lrdecay.lab.sweep.engine.Engine.averaged`), which every run records too.
    """

    name: str
    runs: tuple[Run, ...]
    weights: str = "last"

    def column(self, measure: str) -> str:
        """Return the column of ``runs.csv`` in which a measure of these weights stands.

        Examples
        --------
        >>> Arm("averaged", (), "tail").column("test_loss")
        'tail_test_loss'
        """
        return measure if self.weights == "last" else f"{self.weights}_{measure}"


@dataclass(frozen=True)
class Grid:
    r"""The arms of a sweep.

    Parameters
    ----------
    arms : tuple of Arm

    Notes
    -----
    A file looks so; what stands above the arms holds for all of them::

        task = "images"
        epochs = [1, 15]
        seed = [0, 1, 2]

        [[arms]]
        name = "linear"
        schedule = "LinearDecay({rate}, {updates}, {end})"
        rate = [0.03, 0.1, 0.3]
        end = [0, 0.01]

    In `schedule`, ``{rate}`` is the arm's rate, ``{end}`` its end as a share of that rate,
    ``{drop}`` a factor as it stands,
    ``{updates}`` the number of updates of the run and ``{epoch}`` that of its first epoch;
    ``{0.2 updates}`` is a fifth of them, in whole updates, and ``{0.01 rate}`` a hundredth of the
    rate. ``weights = "tail"`` says that the arm is about averaged weights: see `Arm`. A list of
    `batch` is a list of sizes, or of batch schedules.

    Examples
    --------
    >>> text = 'seed = [0, 1]\n[[arms]]\nname = "constant"\nschedule = "Constant({rate})"\n'
    >>> grid = Grid.read(text + "rate = [0.1, 0.3]")
    >>> [(run.schedule.lr0, run.seed) for run in grid.runs]
    [(0.1, 0), (0.1, 1), (0.3, 0), (0.3, 1)]
    """

    arms: tuple[Arm, ...]

    @property
    def runs(self) -> list[Run]:
        """All runs, each once, those that differ in their seeds only side by side."""
        runs = dict.fromkeys(run for arm in self.arms for run in arm.runs)
        first: dict[Run, int] = {}
        for run in runs:
            first.setdefault(run.with_seed(0), len(first))
        return sorted(runs, key=lambda run: first[run.with_seed(0)])

    @classmethod
    def read(cls, text: str) -> "Grid":
        """Return the grid that a TOML text describes.

        Raises
        ------
        ValueError
            When the text is no TOML, or a key or value is wrong: the message names it, and what
            is allowed.
        """
        try:
            found = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ValueError(f"grid: is no TOML ({error})") from error
        arms = found.pop("arms", None)
        _known("the grid", found, (*KEYS, "arms"))
        if not isinstance(arms, list) or not arms or not all(isinstance(a, dict) for a in arms):
            raise ValueError("arms: expected one or more tables, each begun by [[arms]]")
        return cls(tuple(_arm(i, found, arm) for i, arm in enumerate(arms)))

    @classmethod
    def read_file(cls, path: str | Path) -> "Grid":
        """Return the grid that a file describes; errors name the file too."""
        try:
            return cls.read(Path(path).read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error


def _known(where: str, table: Mapping[str, Any], allowed: Sequence[str]) -> None:
    for key in table:
        if key not in allowed:
            raise ValueError(f"{key}: unknown key in {where}; expected {', '.join(allowed)}")


def _arm(i: int, shared: Mapping[str, Any], arm: Mapping[str, Any]) -> Arm:
    name = arm.get("name")
    if not isinstance(name, str) or not name:
        raise ValueError(f"arms[{i}]: name = {name!r}: expected a name in quotes")
    _known(f"arm {name!r}", arm, ("name", "weights", *KEYS))
    values = {**shared, **arm}
    values.pop("name")
    weights = values.pop("weights", "last")
    if weights not in WEIGHTS:
        raise ValueError(f"arm {name!r}: weights = {weights!r}: expected {', '.join(WEIGHTS)}")
    if "schedule" not in values:
        raise ValueError(f'arm {name!r}: has no schedule, such as "Constant({{rate}})"')
    choices = {key: value if isinstance(value, list) else [value] for key, value in values.items()}
    for key, listed in choices.items():
        if not listed:
            raise ValueError(f"arm {name!r}: {key} = []: expected at least one value")
    try:
        combined = product(*choices.values())
        runs = [_run(dict(zip(choices, chosen, strict=True))) for chosen in combined]
    except (ValueError, TypeError) as error:
        raise ValueError(f"arm {name!r}: {error}") from error
    return Arm(name, tuple(dict.fromkeys(runs)), weights)


def _run(chosen: dict[str, Any]) -> Run:
    text = chosen.pop("schedule")
    if not isinstance(text, str):
        raise ValueError(f'schedule = {text!r}: expected text, such as "Constant({{rate}})"')
    known: dict[str, Any] = {
        key: chosen.pop(key) for key in ("rate", "end", "drop") if key in chosen
    }
    for key, number in known.items():
        checks.rate(key, number)
    if "end" in known:
        if "rate" not in known:
            raise ValueError("end: is a share of the rate; give rate too")
        known["end"] *= known["rate"]
    run = Run(Constant(0.0), **chosen)  # all but the schedule, whose lengths depend on it
    task: Task = find(run.task)
    examples = task.epoch_examples
    known |= {"updates": run.updates(examples), "epoch": -(-examples // run.batch[0][1])}

    def value(match: re.Match[str]) -> str:
        share, key = match.groups()
        if key not in known:
            raise ValueError(f"schedule = {text!r}: {{{key}}}: expected {', '.join(known)}")
        part = known[key] * float(share or 1)
        # A tenth of 0.1 is to be read 0.01, and not 0.010000000000000002.
        return repr(round(part) if key in ("updates", "epoch") else float(f"{part:.12g}"))

    return Run(parse(_PLACE.sub(value, text)), **chosen)
