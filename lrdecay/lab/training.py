"""Train a task's model with any schedule, by plain Keras ``fit``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrdecay import checks
from lrdecay.interop import to_keras
from lrdecay.lab.callbacks import LRHistory, PrintLR
from lrdecay.lab.data import Dataset
from lrdecay.lab.quiet import quiet
from lrdecay.lab.tasks.building import build
from lrdecay.lab.tasks.images import IMAGES, build_model
from lrdecay.lab.tasks.task import Task
from lrdecay.schedules import Schedule

with quiet():
    import keras

# Updates between two returns to Python: the same numbers in less time (Keras' default is 1).
_STEPS_PER_EXECUTION = 25

__all__ = ["LRHistory", "PrintLR", "Run", "build_model", "train"]


@dataclass(frozen=True, eq=False)
class Run:
    """What one training gave.

    Parameters
    ----------
    model : keras.Model
        The trained network.
    history : mapping of str to list of float
        Keras' record, one value an epoch: ``loss``, ``accuracy`` (training, averaged over the
        epoch), ``val_loss``, ``val_accuracy`` (test images, at its end).
    rates : float64 array, one entry an update
        The rate that each update really used (`LRHistory`).
    """

    model: Any
    history: Mapping[str, list[float]]
    rates: NDArray[np.float64]

    @property
    def test_accuracy(self) -> float:
        """The share of the test images that the trained network gets right."""
        return self.history["val_accuracy"][-1]


def train(
    schedule: Schedule,
    data: Dataset,
    epochs: int = 15,
    batch_size: int = 32,
    seed: int = 0,
    verbose: int = 0,
    callbacks: Sequence[Any] = (),
    task: Task = IMAGES,
) -> Run:
    """Train the model of a task by SGD with the rates of `schedule`.

    Parameters
    ----------
    schedule : Schedule
        Over updates; one over epochs needs ``.stretch(steps_per_epoch)`` first.
    data : Dataset
        Its images go in as they are; the network of chapter 5 divides them by 255.
    epochs : int
        How often the training images are gone through.
    batch_size : int
        Images an update.
    seed : int
        Fixes the first weights and the order of the images.
    verbose : int
        What Keras prints: 0 nothing, 1 a moving bar, 2 a line an epoch.
    callbacks : sequence of keras.callbacks.Callback
        For example ``[PrintLR()]``. Those of a batch are called once in 25 batches.
    task : Task
        Whose model is trained: the network of chapter 5, by itself.

    Returns
    -------
    Run
        Model, record and rates: ``epochs * ceil(images / batch_size)`` of them.

    Raises
    ------
    TypeError
        When `schedule` is not a Schedule.
    ValueError
        When a number is out of its range.

    Notes
    -----
    The same seed gives the same numbers on the same machine and versions; another processor
    may round differently.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from lrdecay import StepDecay
    >>> from lrdecay.lab.data import load
    >>> data = load("digits")
    >>> small = replace(data, x_train=data.x_train[:96], y_train=data.y_train[:96])
    >>> run = train(StepDecay(0.5, 0.5, 2), small, epochs=2)
    >>> run.rates
    array([0.5  , 0.5  , 0.25 , 0.25 , 0.125, 0.125])
    """
    epochs = checks.whole("epochs", epochs, 1)
    batch_size = checks.whole("batch_size", batch_size, 1)
    learning_rate = to_keras(schedule)
    model = build(task, seed)
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate=learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=_STEPS_PER_EXECUTION,
    )
    recorder = LRHistory()
    history = model.fit(
        data.x_train,
        data.y_train,
        batch_size=batch_size,
        epochs=epochs,
        validation_data=(data.x_test, data.y_test),
        callbacks=[*callbacks, recorder],
        verbose=verbose,
    )
    return Run(model, history.history, recorder.rates)
