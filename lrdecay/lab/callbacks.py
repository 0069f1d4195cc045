"""Callbacks that show and record the learning rate of a Keras training."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrdecay.lab.quiet import quiet

with quiet():
    import keras


class PrintLR(keras.callbacks.Callback):  # type: ignore[misc]
    """Print the rate at the start of each epoch.

    Notes
    -----
    In Keras 3 ``optimizer.learning_rate`` is always the current rate and never the schedule, so
    it is read as it is.

    Examples
    --------
    >>> from lrdecay.lab.training import build_model
    >>> model = build_model()
    >>> model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
    >>> printer = PrintLR()
    >>> printer.set_model(model)
    >>> printer.on_epoch_begin(0)
    Epoch 01: learning rate = 0.01000
    """

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Print one line."""
        rate = float(self.model.optimizer.learning_rate)
        print(f"Epoch {epoch + 1:02d}: learning rate = {rate:.5f}")


class LRHistory(keras.callbacks.Callback):  # type: ignore[misc]
    """Record the rate that every update really used.

    Attributes
    ----------
    rates : float64 array, one entry an update
        The rates in the order of the updates, as the optimizer got them (float32 values).
    updates : int64 array, one entry an update
        The numbers of the updates, counted from 0 by the optimizer.

    Raises
    ------
    RuntimeError
        At the start of a training when Keras does not run on TensorFlow.

    Notes
    -----
    Evaluating the schedule beside the training would not do: inside the compiled training step
    TensorFlow may compute another value. (It multiplies by ``1 / decay_steps`` where the
    formula divides, so Keras' staircases of 41 steps drop one update late.) So the value is
    taken where it is used: for the time of the training, the optimizer's ``update_step`` also
    writes the rate that it is handed into a variable, which is read after each execution. With
    gradient accumulation there is one entry an update, not one a batch.

    Examples
    --------
    >>> import keras
    >>> import numpy as np
    >>> from lrdecay import LinearDecay, to_keras
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile(keras.optimizers.SGD(to_keras(LinearDecay(1.0, duration=4))), "mse")
    >>> history = LRHistory()
    >>> _ = model.fit(np.zeros((4, 1)), np.zeros(4), batch_size=1, verbose=0, callbacks=[history])
    >>> history.rates
    array([1.  , 0.75, 0.5 , 0.25])
    """

    def __init__(self) -> None:
        super().__init__()
        self._log: list[tuple[int, float]] = []

    @property
    def rates(self) -> NDArray[np.float64]:
        """The rate of each update, in order."""
        return np.array([rate for _, rate in self._log], dtype=np.float64)

    @property
    def updates(self) -> NDArray[np.int64]:
        """The number of each update, in order."""
        return np.array([update for update, _ in self._log], dtype=np.int64)

    def on_train_begin(self, logs: Any = None) -> None:
        """Start a new record and tap the optimizer."""
        if keras.backend.backend() != "tensorflow":
            raise RuntimeError(
                f"Keras runs on {keras.backend.backend()}: LRHistory taps the graph of TensorFlow; "
                "set KERAS_BACKEND=tensorflow"
            )
        self._log = []
        # One row (update, rate) for each update that an execution can make.
        empty = np.full((self.model.steps_per_execution, 2), -1.0)
        self._seen = keras.Variable(empty, dtype="float64", trainable=False)
        _tap(_inner(self.model.optimizer), self._seen)
        self.model.make_train_function(force=True)  # an earlier fit compiled one without the tap

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Add the updates of this execution."""
        last = self._log[-1][0] if self._log else -1
        rows = sorted((int(update), float(rate)) for update, rate in self._seen.numpy())
        self._log += [row for row in rows if row[0] > last]

    def on_train_end(self, logs: Any = None) -> None:
        """Take the tap away."""
        vars(_inner(self.model.optimizer)).pop("update_step", None)
        self.model.make_train_function(force=True)


def _inner(optimizer: Any) -> Any:
    """Return the optimizer that makes the updates: a LossScaleOptimizer only wraps it."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def _tap(optimizer: Any, seen: Any) -> None:
    """Let `optimizer` write each update's number and rate into a row of `seen`."""
    update_step = optimizer.update_step

    def tapped(gradient: Any, variable: Any, learning_rate: Any) -> Any:
        update = keras.ops.cast(optimizer.iterations, "int64")
        row = [keras.ops.cast(value, "float64") for value in (update, learning_rate)]
        place = keras.ops.reshape(update % seen.shape[0], (1, 1))
        seen.assign(keras.ops.scatter_update(seen, place, [keras.ops.stack(row)]))
        return update_step(gradient, variable, learning_rate)

    optimizer.update_step = tapped
