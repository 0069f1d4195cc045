"""What a run gave, and the folder that keeps one file of it a run."""

import csv
import io
import json
import math
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lrdecay.lab.sweep.run import Run, digest

Number = float | None
"""A float, or None for one that is not finite: JSON has no NaN."""


@dataclass(frozen=True)
class Record:
    """What one run gave.

    Parameters
    ----------
    run : Run
        What was trained.
    epochs : mapping of str to tuple of float
        One value an epoch: ``loss`` and ``accuracy`` (training, averaged over the epoch as in
        ``fit``), those of ``validation_`` and ``test_`` (at its end), ``rate_first`` and
        ``rate_last`` (of the epoch's updates). None stands for a number that is not finite.
    ends : mapping of str to float
        Of the weights at the end: ``train_loss`` and ``train_accuracy``, on all training examples
        (where an epoch has but a part of them: on some of the last), and the ``validation_`` and
        ``test_calibration`` (`lrdecay.lab.calibration.calibration_error`). Empty when diverged.
    averages : mapping of str to mapping of str to float
        For ``tail`` and ``exponential``, the validation and test loss, accuracy and calibration at
        the end with averaged weights (`lrdecay.lab.sweep.engine.Engine.averaged`). Empty when
        diverged.
    diverged : int or None
        The epoch, from 1, in which loss or weights were no longer finite; it was the last.
    updates : int
        How many updates were made.
    seconds : float
        Wall time, compilation included.
    data : mapping
        Its ``name`` and the ``sha256`` of its arrays.
    versions : mapping of str to str
        Of Python, NumPy, TensorFlow, Keras and lrdecay.
    commit : str or None
        Of the code, where it is a git checkout; with ``+`` when files were changed.
    """

    run: Run
    epochs: Mapping[str, tuple[Number, ...]]
    ends: Mapping[str, Number]
    averages: Mapping[str, Mapping[str, Number]]
    diverged: int | None
    updates: int
    seconds: float
    data: Mapping[str, str]
    versions: Mapping[str, str]
    commit: str | None

    def last(self, name: str) -> Number:
        """Return the value of the last epoch."""
        return self.epochs[name][-1]

    def to_config(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        epochs = {name: list(values) for name, values in self.epochs.items()}
        return asdict(self) | {"run": self.run.to_config(), "epochs": epochs}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Record":
        """Return the record that `to_config` wrote down."""
        epochs = {name: tuple(values) for name, values in config["epochs"].items()}
        return cls(**{**config, "run": Run.from_config(config["run"]), "epochs": epochs})


def finite(value: float) -> Number:
    """Return a float that JSON can hold: None when it is not finite.

    Examples
    --------
    >>> finite(0.5), finite(float("nan"))
    (0.5, None)
    """
    return float(value) if math.isfinite(value) else None


@dataclass(frozen=True)
class Store:
    """A folder with one file a finished run, called by the run's hash.

    A file is there whole or not at all, so any number of sweeps may write into one folder, and
    any of them may be killed.

    Parameters
    ----------
    folder : path

    Examples
    --------
    >>> import tempfile
    >>> Store(Path(tempfile.mkdtemp())).hashes()
    []
    """

    folder: Path

    def path(self, key: str) -> Path:
        """Return where the record of the run with that hash is kept."""
        return self.folder / f"{key}.json"

    def has(self, run: Run) -> bool:
        """Return whether the run is finished."""
        return self.path(run.hash).exists()

    def hashes(self) -> list[str]:
        """Return the hashes of all finished runs, sorted."""
        return sorted(path.stem for path in self.folder.glob("*.json"))

    def make(self) -> None:
        """Make the folder.

        Raises
        ------
        OSError
            When it cannot be made or nothing can be written into it; the message names it.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder):
                pass
        except OSError as error:
            raise OSError(
                f"folder = {str(self.folder)!r}: cannot be written to ({error.strerror or error}); "
                "name another"
            ) from error

    def save(self, record: Record) -> None:
        """Write a record, whole or not at all.

        Raises
        ------
        OSError
            When it cannot be written, as on a full disk. Records that are there stay as they are.
        """
        config = record.to_config()
        text = json.dumps(config | {"sha256": digest(config)}, indent=1, allow_nan=False) + "\n"
        write(self.path(record.run.hash), text)

    def load(self, key: str) -> Record:
        """Return the record of the run with that hash.

        Raises
        ------
        FileNotFoundError
            When there is none.
        ValueError
            When the file was cut short or changed; the message names it.
        """
        path = self.path(key)
        if not path.exists():
            raise FileNotFoundError(f"{path}: there is no such run; give one of the files' names")
        fix = "delete it, and the sweep runs it again"
        try:
            config = json.loads(path.read_text(encoding="utf-8"))
            written = config.pop("sha256")
            right = written == digest(config)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path}: cut short, or no record of a run; {fix}") from error
        if not right:
            raise ValueError(f"{path}: was changed after it was written (its hash differs); {fix}")
        try:
            record = Record.from_config(config)
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{path}: holds what this version does not know ({error}); {fix}"
            ) from error
        if record.run.hash != key:
            raise ValueError(f"{path}: holds the run {record.run.hash}; give it that name")
        return record

    def records(self) -> list[Record]:
        """Return all records, in the order of the tables."""
        return sorted((self.load(key) for key in self.hashes()), key=_place)


def write_tables(records: Iterable[Record], folder: Path) -> list[Path]:
    """Write both tables into a folder, as ``runs.csv`` and ``epochs.csv``, and return the paths."""
    records = list(records)
    tables = {"runs.csv": runs_table(records), "epochs.csv": epochs_table(records)}
    for name, text in tables.items():
        write(folder / name, text)
    return [folder / name for name in tables]


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    # Each call has a file of its own: two sweeps may finish the same run at once.
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise OSError(
            f"{path}: cannot be written ({error.strerror or error}); the finished runs are "
            "kept: make room and start the sweep again"
        ) from error


def numbered(records: Iterable[Record]) -> Iterable[tuple[int, Record]]:
    """Return records in the order of the tables, with their numbers there, from 1."""
    return enumerate(sorted(records, key=_place), start=1)


def _place(record: Record) -> tuple[Any, ...]:
    run = record.run
    how = (run.task, run.optimizer, run.momentum, run.weight_decay, run.epochs, run.batch)
    return (*how, repr(run.schedule), run.seed)


MEASURES = [
    f"{part}{measure}" for part in ("", "validation_", "test_") for measure in ("loss", "accuracy")
]
RUN_COLUMNS = [
    *(
        "run",
        "hash",
        "task",
        "optimizer",
        "momentum",
        "weight_decay",
        "epochs",
        "batch",
        "schedule",
    ),
    *("seed", "diverged", "updates", "data"),
    *MEASURES,
]
END_COLUMNS = ["train_loss", "train_accuracy", "validation_calibration", "test_calibration"]
AVERAGE_COLUMNS = [
    f"{kind}_{part}_{measure}"
    for kind in ("tail", "exponential")
    for part in ("validation", "test")
    for measure in ("loss", "accuracy", "calibration")
]
EPOCH_COLUMNS = ["run", "epoch", "rate_first", "rate_last", *MEASURES]


def runs_table(records: Iterable[Record]) -> str:
    """Return a CSV table with one row a run: what it was, and how it ended.

    What differs from one time to the next, such as seconds and versions, is not in it: the same
    runs give the same bytes, in whichever order they came in.
    """
    rows = ({"run": number, **_run_row(record)} for number, record in numbered(records))
    return table([*RUN_COLUMNS, *END_COLUMNS, *AVERAGE_COLUMNS], rows)


def epochs_table(records: Iterable[Record]) -> str:
    """Return a CSV table with one row an epoch of each run, to five digits.

    A run is named by its number in `runs_table`, which takes a quarter of the room of its hash.
    """
    rows = (
        {"run": number, "epoch": epoch + 1}
        | {name: values[epoch] for name, values in record.epochs.items()}
        for number, record in numbered(records)
        for epoch in range(len(record.epochs["loss"]))
    )
    return table(EPOCH_COLUMNS, rows, digits=5)


def _run_row(record: Record) -> dict[str, Any]:
    run = record.run
    batch = " ".join(f"{epochs}x{size}" for epochs, size in run.batch)
    averages = {
        f"{kind}_{measure}": value
        for kind, values in record.averages.items()
        for measure, value in values.items()
    }
    return {
        "hash": run.hash,
        "task": run.task,
        "optimizer": run.optimizer,
        "momentum": run.momentum,
        "weight_decay": run.weight_decay,
        "epochs": run.epochs,
        "batch": batch if len(run.batch) > 1 else run.batch[0][1],
        "schedule": repr(run.schedule),
        "seed": run.seed,
        "diverged": record.diverged,
        "updates": record.updates,
        "data": record.data["name"],
        **{name: values[-1] for name, values in record.epochs.items()},
        **record.ends,
        **averages,
    }


def table(columns: list[str], rows: Iterable[Mapping[str, Any]], digits: int = 7) -> str:
    """Return rows as CSV: floats with the digits that float32 has, or fewer; None as nothing."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value, digits) for name, value in row.items()})
    return text.getvalue()


def _cell(value: Any, digits: int) -> Any:
    return f"{value:.{digits}g}" if isinstance(value, float) else value
