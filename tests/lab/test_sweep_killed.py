"""A sweep that is killed again and again, and ends with the tables of one that is left alone."""

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from lrdecay.lab.sweep import Grid, Store

pytestmark = pytest.mark.tensorflow  # each of 22 sweeps imports it

KILLS, SEED = 20, 20_261_128

GRID = """
task = "tiny_task:TINY"
epochs = 100
seed = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]

[[arms]]
name = "constant"
schedule = "Constant({rate})"
rate = [0.1, 0.2, 0.3, 0.4, 0.5]

[[arms]]
name = "diverges"
schedule = "Constant(1e6)"
weight_decay = 1.0
"""
RUNS = 60


@dataclass
class Sweeps:
    """Sweeps of one grid into one folder."""

    grid: Path
    folder: Path

    def start(self):
        """Start one, the leader of its own process group: what it starts is of it too."""
        command = [sys.executable, "-m", "lrdecay", "sweep", self.grid, "--folder", self.folder]
        paths = os.pathsep.join(filter(None, sys.path))  # where the task is
        return subprocess.Popen(
            [*command, "--jobs", "2"],
            env={**os.environ, "PYTHONPATH": paths},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def finish(self):
        """Run one to its end, and return its tables."""
        process = self.start()
        said = process.communicate()[1].decode()
        assert process.returncode == 0, said
        return {name: (self.folder / name).read_bytes() for name in ("runs.csv", "epochs.csv")}

    def names(self, end):
        """Return the names of the files of one kind."""
        if not self.folder.exists():
            return set()
        return {name for name in os.listdir(self.folder) if name.endswith(end)}


def times(sweeps):
    """Return what a sweep of the grid takes: to its first run, and from one run to the next."""
    began = time.time()
    tables = sweeps.finish()
    stamps = sorted(path.stat().st_mtime for path in sweeps.folder.glob("*.json"))
    assert len(stamps) == RUNS
    return stamps[0] - began, (stamps[-1] - stamps[0]) / (RUNS - 1), tables


def kill(sweeps, kind, share, startup, step):
    """Start a sweep, kill all its processes at a moment of a kind; tell whether it was at work."""
    done, halves = sweeps.names(".json"), sweeps.names(".part")
    process = sweeps.start()
    began = time.monotonic()
    until = {"while it starts": began + share * startup}.get(kind, float("inf"))
    while process.poll() is None and time.monotonic() < until:
        if kind == "while it writes" and sweeps.names(".part") - halves:
            break
        if kind == "while it trains" and until == float("inf") and sweeps.names(".json") - done:
            until = time.monotonic() + 3 * share * step
        time.sleep(0.001)
    at_work = process.poll() is None
    if at_work:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return at_work


def test_twenty_kills_change_no_byte_of_the_tables(tmp_path, record_property):
    grid = tmp_path / "grid.toml"
    grid.write_text(GRID)
    assert len(Grid.read_file(grid).runs) == RUNS
    startup, step, undisturbed = times(Sweeps(grid, tmp_path / "left alone"))

    sweeps = Sweeps(grid, tmp_path / "killed")
    draw = random.Random(SEED)
    kinds = ["while it starts"] * 6 + ["while it trains"] * 10 + ["while it writes"] * 4
    draw.shuffle(kinds)
    hit, seen = 0, []
    for kind in kinds:
        hit += kill(sweeps, kind, draw.random(), startup, step)
        seen.append(f"{len(sweeps.names('.json'))} {kind}")
    left = len(sweeps.names(".part"))
    record_property(
        "measured",
        f"{hit} of {KILLS} kills hit a sweep at work, {left} left a half-written file; runs that "
        f"were finished at each: {', '.join(seen)}",
    )
    assert len(kinds) == KILLS
    assert hit >= 0.8 * KILLS
    assert left
    assert len(sweeps.names(".json")) > 5  # each went on where another was killed
    assert sweeps.finish() == undisturbed
    assert len(Store(sweeps.folder).records()) == RUNS
