"""Run a grid on all processors, and go on with one that was stopped."""

import logging
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from statistics import median

from lrdecay import checks
from lrdecay.lab.sweep.grid import Grid
from lrdecay.lab.sweep.manifest import MANIFEST
from lrdecay.lab.sweep.published import Published
from lrdecay.lab.sweep.record import Record, Store
from lrdecay.lab.sweep.run import Run
from lrdecay.lab.sweep.workers import by_dask, here
from lrdecay.lab.tasks import find

SECONDS_AN_UPDATE = 2.5e-4
"""What one update costs as long as no finished run says better."""


@dataclass(frozen=True)
class Plan:
    """What a sweep would do.

    Parameters
    ----------
    runs : tuple of Run
        All runs of the grid.
    missing : tuple of Run
        Those that are not finished.
    seconds : float
        The time that the missing ones will take, in seconds of one process.
    measured : bool
        Whether `seconds` comes from finished runs in the folder, and not from a rule of thumb.
    """

    runs: tuple[Run, ...]
    missing: tuple[Run, ...]
    seconds: float
    measured: bool


def plan(grid: Grid | Iterable[Run], folder: str | Path) -> Plan:
    """Say what a sweep would do, without doing it.

    Examples
    --------
    >>> import tempfile
    >>> from lrdecay import Constant
    >>> found = plan([Run(Constant(0.1), epochs=2)], tempfile.mkdtemp())
    >>> len(found.missing), found.measured
    (1, False)
    """
    runs = _runs(grid)
    store = Store(Path(folder))
    missing = tuple(run for run in runs if not store.has(run))
    costs: dict[str, list[float]] = {}
    for record in store.records():
        costs.setdefault(record.run.task, []).append(record.seconds / record.updates)
    seconds = 0.0
    for run in missing:
        known = costs.get(run.task)
        each = median(known) if known else SECONDS_AN_UPDATE
        seconds += each * run.updates(find(run.task).epoch_examples)
    return Plan(runs, missing, seconds, all(run.task in costs for run in missing))


def sweep(
    grid: Grid | Iterable[Run],
    folder: str | Path,
    jobs: int = 1,
    data: str = "auto",
    bar: bool = True,
    dask: str | None = None,
) -> list[Record]:
    """Train every run of a grid that is not finished yet, and return the records of all.

    Parameters
    ----------
    grid : Grid or iterable of Run
    folder : path
        Each finished run is saved there at once. What is there is not run again, so a sweep that
        was stopped goes on where it was. Several sweeps may share a folder.
    jobs : int
        Processes, each of one thread: as many as there are cores is best.
    data : str
        Where the data comes from, as `lrdecay.lab.data.load` takes it.
    bar : bool
        Whether to show a bar with the time that is left.
    dask : str, optional
        The address of a Dask scheduler, such as ``tcp://10.0.0.1:8786``: its workers train in place
        of processes of this machine. They need lrdecay, the task and the data, but not the folder.

    Returns
    -------
    list of Record
        In the order of the tables.

    Raises
    ------
    ValueError
        When a file in the folder is damaged, or a process has not the data that the finished runs
        were made of.
    OSError
        When the folder cannot be written to, or workers were killed.
    ImportError
        When joblib, tqdm, TensorFlow or Dask is not installed.

    Notes
    -----
    Start each worker of Dask with one thread, and as many as there are cores::

        dask worker tcp://10.0.0.1:8786 --nworkers 16 --nthreads 1 --lifetime 1h --lifetime-restart

    What TensorFlow compiles stays in memory, about 17 MB a setting: so Dask's workers need a
    lifetime. Those of this machine are replaced when they have grown.

    Examples
    --------
    >>> import tempfile
    >>> sweep([], tempfile.mkdtemp())
    []
    """
    from tqdm import tqdm  # noqa: PLC0415  # not needed to read a table

    jobs = checks.whole("jobs", jobs, 1)
    runs = _runs(grid)
    store = Store(Path(folder).absolute())
    store.make()
    wanted = {run.hash for run in runs}
    done = [record for record in store.records() if record.run.hash in wanted]
    finished = {record.run.hash for record in done}
    missing = [run for run in runs if run.hash not in finished]
    if missing:
        expected = _data_of(done, store)
        with (
            by_dask(dask) if dask else here(jobs) as each,
            tqdm(total=len(runs), initial=len(done), unit="run", disable=not bar) as shown,
        ):
            for task in dict.fromkeys(run.task for run in missing if run.task not in expected):
                (expected[task],) = each(_data, [(task, data)])
            if dask:  # its workers may not see the folder
                calls = ((run, data, expected[run.task]) for run in missing)
                for record in each(_train, calls):
                    store.save(record)
                    shown.update()
            else:
                chunks = (
                    (chunk, store, data, expected[chunk[0].task]) for chunk in _chunks(missing)
                )
                for count in each(_each, chunks):
                    shown.update(count)
    return [record for record in store.records() if record.run.hash in wanted]


def rerun(key: str, folder: str | Path, data: str = "auto") -> tuple[Record, Record]:
    """Train one finished run again, and return its record as it was and as it is now.

    Parameters
    ----------
    key : str
        The hash of the run.
    folder : path
        That of a sweep, with a file a run; or of published tables.
    data : str
        Where the data comes from, as `lrdecay.lab.data.load` takes it.

    Raises
    ------
    FileNotFoundError, ValueError
        When there is no such run, its file is damaged, or the data is another.
    """
    place = Path(folder)
    if (place / MANIFEST).exists():
        published = Published.read(place).record(key)
    else:
        published = Store(place).load(key)
    with here(1) as each:
        (now,) = each(_train, [(published.run, data, published.data["sha256"])])
    return published, now


ACCURACY_APART, LOSS_APART = 0.003, 0.05
"""How far the test accuracy, and the test loss relatively, of a run that was repeated may be from
the published one: another processor rounds otherwise, and a training makes much of that."""


def agree(published: Record, now: Record) -> bool:
    """Return whether a repeated run ends where the published one did."""
    if published.run != now.run or published.diverged != now.diverged:
        return False
    if published.diverged:
        return True
    accuracy, loss = (_apart(published, now, f"test_{name}") for name in ("accuracy", "loss"))
    return accuracy <= ACCURACY_APART and loss <= LOSS_APART * (published.last("test_loss") or 1)


def _apart(a: Record, b: Record, name: str) -> float:
    return abs((a.last(name) or 0) - (b.last(name) or 0))


def _data_of(records: Iterable[Record], store: Store) -> dict[str, str]:
    """Return the hash of the data that the runs of each task were made of."""
    found: dict[str, str] = {}
    for record in records:
        known = found.setdefault(record.run.task, record.data["sha256"])
        if known != record.data["sha256"]:
            raise ValueError(
                f"folder = {str(store.folder)!r}: its runs were made of different data, such as "
                f"{record.data['name']} in {store.path(record.run.hash).name}; keep one folder "
                "for each"
            )
    return found


def _runs(grid: Grid | Iterable[Run]) -> tuple[Run, ...]:
    return tuple(grid.runs if isinstance(grid, Grid) else dict.fromkeys(grid))


_AT_ONCE = 10
"""Runs that a worker is given at once, at most."""


def _chunks(runs: Iterable[Run]) -> list[list[Run]]:
    """Return the runs in lists that differ in their seeds only: each costs one compilation."""
    chunks = []
    for _, alike in groupby(runs, key=lambda run: run.with_seed(0)):
        listed = list(alike)
        chunks += [listed[at : at + _AT_ONCE] for at in range(0, len(listed), _AT_ONCE)]
    return chunks


# What follows is called in worker processes, which alone import TensorFlow.


def _data(task: str, source: str) -> str:
    from lrdecay.lab.sweep import work  # noqa: PLC0415

    return work.split(task, source).data["sha256"]


def _train(run: Run, source: str, expected: str) -> Record:
    from lrdecay.lab.sweep import work  # noqa: PLC0415

    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # to compile often is meant so
    found = work.split(run.task, source).data
    if found["sha256"] != expected:
        raise ValueError(
            f"data: a worker, on {platform.node()}, has {found['name']} (SHA-256 "
            f"{found['sha256'][:8]}), and the other runs were made of {expected[:8]}: "
            "let LRDECAY_MNIST name one file for all of them"
        )
    return work.train(run, source)


def _each(runs: Iterable[Run], store: Store, source: str, expected: str) -> int:
    """Train runs that are not finished, and return how many there were."""
    return sum(1 for run in runs if _one(run, store, source, expected))


def _one(run: Run, store: Store, source: str, expected: str) -> str:
    if not store.has(run):  # another sweep may have been faster
        store.save(_train(run, source, expected))
    return run.hash
