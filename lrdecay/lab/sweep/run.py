"""A run as a value: everything that decides what a training gives, and nothing else."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from lrdecay import checks
from lrdecay.schedules import Schedule, from_config

OPTIMIZERS: Mapping[str, float] = {"SGD": 0.0, "Nesterov": 0.9, "Adam": 0.9, "AdamW": 0.9}
"""The optimizers, and the momentum that each has when none is given."""

Batches = tuple[tuple[int, int], ...]
"""A batch schedule: pairs (epochs, examples an update)."""


@dataclass(frozen=True)
class Run:
    """One training: the same value gives the same numbers.

    Parameters
    ----------
    schedule : Schedule
        The rates, over updates.
    seed : int
        Fixes the first weights and the order of the examples.
    epochs : int
        How often the training examples are gone through.
    batch : int or list of (epochs, examples)
        Examples an update; or a batch schedule, whose epochs add up to `epochs`.
    task : str
        The name of the task (`lrdecay.lab.tasks.find`).
    optimizer : {"SGD", "Nesterov", "Adam", "AdamW"}
        Of Keras. Nesterov is SGD with Nesterov's momentum.
    momentum : float, optional
        From 0 to below 1: SGD's momentum, or Adam's ``beta_1``. By default 0 for SGD, 0.9 else.
    weight_decay : float
        Keras' decoupled decay: an update also takes ``rate * weight_decay * weight`` away.

    Raises
    ------
    TypeError
        When `schedule` is not a Schedule.
    ValueError
        When another argument is out of its range.

    Examples
    --------
    >>> from lrdecay import LinearDecay
    >>> run = Run(LinearDecay(0.1, 1000), seed=3, epochs=2, batch=[(1, 32), (1, 64)])
    >>> run.hash
    'b18200a4591e4dc4'
    >>> run.updates(1000)  # an epoch of 32 updates, then one of 16
    48
    """

    schedule: Schedule
    seed: int = 0
    epochs: int = 15
    batch: Any = 32
    task: str = "images"
    optimizer: str = "SGD"
    momentum: Any = None
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.schedule, Schedule):
            raise TypeError(
                f"schedule = {self.schedule!r}: expected a schedule, such as Constant(0.1); what "
                "reacts to the loss, as ReduceLROnPlateau does, is none: use Keras' fit for it"
            )
        if not isinstance(self.task, str) or not self.task:
            raise ValueError(f"task = {self.task!r}: expected the name of a task, such as 'images'")
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(
                f"optimizer = {self.optimizer!r}: expected one of {', '.join(OPTIMIZERS)}"
            )
        epochs = checks.whole("epochs", self.epochs, 1)
        momentum = OPTIMIZERS[self.optimizer] if self.momentum is None else self.momentum
        momentum = checks.number("momentum", momentum)
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum = {momentum!r}: must be from 0 to below 1, such as 0.9")
        decay = checks.number("weight_decay", self.weight_decay)
        if not 0 <= decay <= 1:
            raise ValueError(f"weight_decay = {decay!r}: must be from 0 to 1, such as 5e-4")
        # Equal runs have equal fields, so that they have one hash: 0.0 also for -0.0.
        canonical = {
            "seed": checks.whole("seed", self.seed, 0, 2**32 - 1),
            "epochs": epochs,
            "batch": _batches(self.batch, epochs),
            "momentum": float(momentum) + 0.0,
            "weight_decay": float(decay) + 0.0,
        }
        for name, value in canonical.items():
            object.__setattr__(self, name, value)

    @property
    def hash(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of `to_config` as `canonical` JSON."""
        return digest(self.to_config())[:16]

    def updates(self, examples: int) -> int:
        """Return how many updates it makes when trained on so many examples."""
        return sum(epochs * -(-examples // size) for epochs, size in self.batch)

    def sizes(self) -> list[int]:
        """Return how many examples an update has, one number an epoch."""
        return [size for epochs, size in self.batch for _ in range(epochs)]

    def to_config(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        config = {item.name: getattr(self, item.name) for item in fields(self)}
        batches = [list(pair) for pair in self.batch]
        return config | {"schedule": self.schedule.to_config(), "batch": batches}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Run":
        """Return the run that `to_config` wrote down."""
        return cls(**{**config, "schedule": from_config(config["schedule"])})

    def with_seed(self, seed: int) -> "Run":
        """Return the same run with another seed."""
        return replace(self, seed=seed)


def canonical(value: Any) -> str:
    """Return the one JSON text of a value: sorted keys, no spaces, floats as Python writes them.

    Examples
    --------
    >>> canonical({"b": 1e-3, "a": [1, 2.0]})
    '{"a":[1,2.0],"b":0.001}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(value: Any) -> str:
    """Return the SHA-256 of the `canonical` JSON of a value, 64 hexadecimal digits.

    Examples
    --------
    >>> digest([])[:8]
    '4f53cda1'
    """
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def _batches(batch: Any, epochs: int) -> Batches:
    """Return a batch schedule in its one form: no two neighbours of the same size."""
    if not isinstance(batch, Iterable) or isinstance(batch, str | bytes):
        return ((epochs, checks.whole("batch", batch, 1)),)
    merged: list[tuple[int, int]] = []
    for i, pair in enumerate(batch):
        members = tuple(checks.listed(f"batch[{i}]", pair))
        if len(members) != 2:
            raise ValueError(f"batch[{i}] = {pair!r}: expected two numbers, (epochs, examples)")
        length = checks.whole(f"batch[{i}][0]", members[0], 1)
        size = checks.whole(f"batch[{i}][1]", members[1], 1)
        if merged and merged[-1][1] == size:
            length += merged.pop()[0]
        merged.append((length, size))
    if sum(length for length, _ in merged) != epochs:
        raise ValueError(f"batch = {batch!r}: its epochs must add up to epochs = {epochs}")
    return tuple(merged)
