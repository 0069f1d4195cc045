"""Train the article's network with any schedule, by plain Keras ``fit``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrdecay.interop import to_keras
from lrdecay.lab.callbacks import LRHistory, PrintLR
from lrdecay.lab.data import Dataset
from lrdecay.lab.quiet import quiet
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


def build_model(seed: int = 0) -> Any:
    """Return the article's network, 784-128-10, in Keras 3 form, not compiled yet.

    It takes gray values from 0 to 255: the article's division by 255 is its first layer.

    Parameters
    ----------
    seed : int
        Fixes the first weights. It is set for all of Keras, NumPy and Python, as
        ``keras.utils.set_random_seed`` does.

    Returns
    -------
    keras.Sequential

    Raises
    ------
    ValueError
        When `seed` is not a whole number from 0 to 2**32 - 1.

    Examples
    --------
    >>> build_model().count_params()  # 784 * 128 + 128 + 128 * 10 + 10
    101770
    """
    keras.utils.set_random_seed(_whole("seed", seed, 0, 2**32 - 1))
    return keras.Sequential(
        [
            keras.Input(shape=(28, 28)),
            keras.layers.Rescaling(1 / 255),  # here, a batch at a time, it takes half the memory
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )


def train(
    schedule: Schedule,
    data: Dataset,
    epochs: int = 15,
    batch_size: int = 32,
    seed: int = 0,
    verbose: int = 0,
    callbacks: Sequence[Any] = (),
) -> Run:
    """Train `build_model` by SGD with the rates of `schedule`.

    Parameters
    ----------
    schedule : Schedule
        Over updates; one over epochs needs ``.stretch(steps_per_epoch)`` first.
    data : Dataset
        Its images go in as they are; the network divides them by 255.
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
    epochs = _whole("epochs", epochs, 1)
    batch_size = _whole("batch_size", batch_size, 1)
    learning_rate = to_keras(schedule)
    model = build_model(seed)
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


def _whole(name: str, value: Any, low: int, high: int | None = None) -> int:
    """Return `value` as an int from `low` to `high`, or say what is allowed."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise ValueError(f"{name} = {value!r}: expected a whole number, {low} or more")
    number = int(value.__index__())
    if number < low or (high is not None and number > high):
        limit = f"{low} or more" if high is None else f"from {low} to {high}"
        raise ValueError(f"{name} = {value!r}: expected a whole number, {limit}")
    return number
