"""One run, from its value to its record, as a worker process does it."""

import math
import platform
import subprocess
import time
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrdecay.interop import to_keras
from lrdecay.lab.data import Dataset
from lrdecay.lab.data.archive import fingerprint
from lrdecay.lab.quiet import quiet
from lrdecay.lab.sweep import engine
from lrdecay.lab.sweep.record import Number, Record, finite
from lrdecay.lab.sweep.run import Run
from lrdecay.lab.tasks import Task, find

with quiet():
    import keras

_SPLIT_SEED = 20_261_128

Part = tuple[NDArray[Any], NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Split:
    """The examples of a task in three parts, which no run changes.

    Parameters
    ----------
    train, validation, test : pair of arrays
        Examples and labels. Train and validation are all training examples, parted at random from
        one fixed seed where the task says so.
    data : dict
        The name of the data and the SHA-256 of its arrays.
    """

    train: Part
    validation: Part
    test: Part
    data: dict[str, str]


@lru_cache(maxsize=1)
def split(task: str, source: str = "auto") -> Split:
    """Return the data of a task, loaded once a process.

    Raises
    ------
    ValueError
        When the data has not as many examples as the task says.
    """
    found = find(task)
    data: Dataset = found.load(source)
    if len(data.x_train) != found.examples:
        raise ValueError(
            f"task {task!r}: examples = {found.examples}, but its data has {len(data.x_train)}"
        )
    places = np.arange(found.examples)[::-1]
    if found.drawn:
        places = engine.order(_SPLIT_SEED, 0, found.examples)
    kept, train = map(np.sort, np.split(places, [found.validation]))
    names = ("x_train", "y_train", "x_test", "y_test")
    return Split(
        (data.x_train[train], data.y_train[train]),
        (data.x_train[kept], data.y_train[kept]),
        (data.x_test, data.y_test),
        {
            "name": data.name,
            "sha256": fingerprint({name: getattr(data, name) for name in names}),
        },
    )


def optimizer(run: Run) -> Any:
    """Return the Keras optimizer of a run, with its schedule as the rate."""
    options: dict[str, Any] = {"learning_rate": to_keras(run.schedule)}
    if run.optimizer in ("SGD", "Nesterov"):
        options |= {"momentum": run.momentum, "nesterov": run.optimizer == "Nesterov"}
    else:
        options |= {"beta_1": run.momentum}
    # Keras takes 0 for a weight decay of AdamW, but not for one of the others.
    decay = run.weight_decay if run.weight_decay or run.optimizer == "AdamW" else None
    kind = "SGD" if run.optimizer == "Nesterov" else run.optimizer
    return getattr(keras.optimizers, kind)(weight_decay=decay, **options)


def model(run: Run) -> Any:
    """Return the model of a run, compiled, as ``fit`` would train it too."""
    built = find(run.task).build_model(run.seed)
    built.compile(optimizer(run), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return built


@lru_cache(maxsize=1)
def _engine(run: Run) -> engine.Engine:
    return engine.Engine(model(run), averages=True)


def train(run: Run, source: str = "auto") -> Record:
    """Train a run and return its record.

    Parameters
    ----------
    run : Run
    source : str
        Where the task's data comes from, as its ``load`` takes it.

    Returns
    -------
    Record
        Also of a run that diverges: it ends with the epoch in which it does.
    """
    start = time.perf_counter()
    parts = split(run.task, source)
    # One compilation serves all seeds: runs that differ in nothing else come one after another.
    trained = _engine(run.with_seed(0))
    trained.restart(find(run.task).build_model(run.seed))
    x, y = parts.train
    task = find(run.task)
    each = task.epoch_examples
    updates = run.updates(each)
    rows: list[dict[str, Number]] = []
    made, diverged = 0, None
    for epoch, size in enumerate(run.sizes()):
        places = _places(task, run.seed, epoch)
        result = trained.epoch(x[places], y[places], size, (1 - engine.TAIL) * updates)
        made += -(-each // size)
        for name in ("validation", "test"):
            found = trained.evaluate(*getattr(parts, name))
            result |= {f"{name}_{measure}": value for measure, value in found.items()}
        rows.append({name: finite(value) for name, value in result.items()})
        if not all(map(math.isfinite, result.values())) or not trained.is_finite():
            diverged = epoch + 1
            break
    ends: dict[str, Number] = {}
    averages = {}
    if diverged is None:
        if each < len(x):  # to evaluate all would take longer than to train
            x, y = (values[places[: len(parts.validation[0])]] for values in (x, y))
        found = trained.evaluate(x, y)
        ends |= {f"train_{measure}": finite(value) for measure, value in found.items()}
        for name in ("validation", "test"):
            ends[f"{name}_calibration"] = finite(trained.calibration(*getattr(parts, name)))
        for kind in ("tail", "exponential"):
            averages[kind] = {
                f"{name}_{measure}": finite(value)
                for name in ("validation", "test")
                for measure, value in trained.averaged(kind, *getattr(parts, name)).items()
            }
    return Record(
        run=run,
        epochs={name: tuple(row[name] for row in rows) for name in rows[0]},
        ends=ends,
        averages=averages,
        diverged=diverged,
        updates=made,
        seconds=round(time.perf_counter() - start, 3),
        data=parts.data,
        versions=versions(),
        commit=commit(),
    )


def _places(task: Task, seed: int, epoch: int) -> NDArray[np.int64]:
    """Return which examples an epoch goes through, in order: the next ones of a shuffled pass."""
    stage, since = task.stage(epoch)
    each = task.epoch_examples
    passed, part = divmod(epoch - since, len(stage) // each)
    return stage.start + engine.order(seed, passed, len(stage))[part * each : (part + 1) * each]


def versions() -> dict[str, str]:
    """Return the versions of what computes a run."""
    names = ("numpy", "keras", "lrdecay")
    found = {name: version(name) for name in names}
    from tensorflow import __version__ as tensorflow  # noqa: PLC0415  # its package has two names

    return {"python": platform.python_version(), "tensorflow": tensorflow, **found}


@lru_cache(maxsize=1)
def commit() -> str | None:
    """Return the commit of the code, with ``+`` when files were changed; None without git."""
    folder = Path(__file__).parent
    try:
        head, changed = (
            subprocess.run(
                ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True
            ).stdout.strip()
            for arguments in (
                ["rev-parse", "HEAD"],
                ["status", "--porcelain", "--untracked-files=no", "."],
            )
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return head + ("+" if changed else "")
