"""The updates that ``fit`` would make of a Keras model, made on a copy of what it has learned.

The model that they are made of is only read, so nothing has to be put back afterwards: not its
weights, not its optimizer, not its metrics, and not its random numbers.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrdecay.interop import to_keras
from lrdecay.lab.quiet import quiet
from lrdecay.lab.sweep.engine import order, require_compiled
from lrdecay.lab.tasks.building import own_random
from lrdecay.schedules import Schedule

with quiet():
    import keras
    import tensorflow as tf


class Updates:
    """One training of a compiled model, an update a call, at the rates of a schedule.

    Parameters
    ----------
    model : keras.Model
        Compiled and built, with Keras' own ``train_step``. It is not changed.
    schedule : Schedule
        Over updates; it stands in for the rate that the optimizer was made with.

    Raises
    ------
    TypeError, ValueError, RuntimeError
        When `model` is no such model, or the backend is not TensorFlow.

    Examples
    --------
    The loss is w squared, and its slope at 1 is 2: a rate of 0.25 leads to 0.5.

    >>> from lrdecay import Constant
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    >>> model.set_weights([np.ones((1, 1))])
    >>> model.compile("sgd", "mse")
    >>> update = Updates(model, Constant(0.25))
    >>> update(np.ones((1, 1)), np.zeros((1, 1))), update(np.ones((1, 1)), np.zeros((1, 1)))
    (1.0, 0.25)
    >>> model.get_weights()[0].item()
    1.0
    """

    def __init__(self, model: Any, schedule: Schedule) -> None:
        check(model)
        self.model = model
        self.weights = [_copy(variable) for variable in model.trainable_variables]
        self.optimizer = type(model.optimizer).from_config(model.optimizer.get_config())
        self.optimizer.learning_rate = to_keras(schedule)
        self.optimizer.build(self.weights)
        self._fresh = [variable.numpy() for variable in self.optimizer.variables]
        # As the model itself is compiled: what XLA cannot compile, Keras has found out already.
        self._update = tf.function(self._of, jit_compile=model.jit_compile, autograph=False)
        self.restart(model)

    def restart(self, model: Any) -> None:
        """Go back to the beginning, with the weights of `model`, which has the same layers."""
        if [v.shape for v in model.variables] != [v.shape for v in self.model.variables]:
            raise ValueError("build: makes models of different shapes; only the seed may differ")
        for variable, value in zip(self.optimizer.variables, self._fresh, strict=True):
            variable.assign(value)
        for variable, value in zip(self.weights, model.trainable_variables, strict=True):
            variable.assign(value)
        self._rest = _values(model.non_trainable_variables), _values(model.metrics_variables)

    def __call__(self, x: Any, y: Any) -> float:
        """Make one update, and return the loss of its batch before it."""
        loss, self._rest = self._update(self._rest, x, y)
        return float(loss)

    def put_into(self, model: Any) -> None:
        """Give a model of the same layers what has been learned."""
        for variable, value in zip(model.trainable_variables, self.weights, strict=True):
            variable.assign(value)
        for variable, value in zip(model.non_trainable_variables, self._rest[0], strict=True):
            variable.assign(value)

    def _of(self, rest: Any, x: Any, y: Any) -> Any:
        others, metrics = rest
        model, weights = self.model, _values(self.weights)
        with tf.GradientTape() as tape:
            tape.watch(weights)
            output, others, penalties = model.stateless_call(
                weights, others, x, training=True, return_losses=True
            )
            # As Keras' own trainer for JAX does it: the penalties were found in the call.
            model._losses_override = penalties
            try:
                loss, (_, others, metrics) = model.stateless_compute_loss(
                    weights, others, metrics, x=x, y=y, y_pred=output, training=True
                )
            finally:
                model._losses_override = []
        self.optimizer.apply(tape.gradient(loss, weights), self.weights)
        return loss, (others, metrics)


def batches(
    x: NDArray[Any], y: NDArray[Any], batch_size: int, seed: int
) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Yield batches without end, all of one size, the examples anew in another order each time.

    Examples
    --------
    >>> stream = batches(np.arange(3), np.arange(3), 2, seed=0)
    >>> found = np.concatenate([next(stream)[0] for _ in range(3)])
    >>> sorted(found[:3].tolist()), sorted(found[3:].tolist())
    ([0, 1, 2], [0, 1, 2])
    """
    places, epoch = np.empty(0, np.int64), 0
    while True:
        while len(places) < batch_size:
            places = np.concatenate([places, order(seed, epoch, len(x))])
            epoch += 1
        now, places = places[:batch_size], places[batch_size:]
        yield x[now], y[now]


def arrays(x: Any, y: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return examples and labels as arrays, floats as Keras has them, or say what they are."""
    for name, value in (("x", x), ("y", y)):
        if not hasattr(value, "__array__") and not isinstance(value, list):
            raise TypeError(
                f"{name} = {type(value).__name__}: expected one array; of a tf.data.Dataset or a "
                "generator give some thousand examples as an array"
            )
    examples, labels = (
        part.astype(keras.config.floatx()) if part.dtype.kind == "f" else part
        for part in (np.asarray(x), np.asarray(y))
    )
    if len(examples) != len(labels) or not len(examples):
        raise ValueError(
            f"x, y: have {len(examples)} and {len(labels)} examples; give as many of each"
        )
    return examples, labels


def made(build: Any, seed: int, examples: NDArray[Any]) -> Any:
    """Return the model that a function makes of a seed, or the model that is given."""
    if isinstance(build, keras.Model):
        return build
    if not callable(build):
        raise TypeError(f"build = {build!r}: expected a function of a seed, or a keras.Model")
    with own_random(seed):
        keras.utils.set_random_seed(seed)
        model = build(seed)
        if isinstance(model, keras.Model) and not model.built:
            model(examples[:1])
    return model


def check(model: Any) -> None:
    """Refuse what would not be trained as ``fit`` trains it."""
    require_compiled(model)
    if not model.built:
        raise ValueError("model: has no weights yet; give it a keras.Input, or call it once")
    if type(model).train_step is not keras.Model.train_step:
        raise ValueError(
            f"model: {type(model).__name__} has a train_step of its own, which is not called here; "
            "override compute_loss instead"
        )
    if (
        len(getattr(model, "inputs", None) or [0]) > 1
        or len(getattr(model, "outputs", None) or [0]) > 1
    ):
        raise ValueError("model: must have one input and one output")
    if isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer):
        raise ValueError(
            "optimizer = LossScaleOptimizer: its scale would hide the loss; use float32 or "
            "bfloat16, which need none"
        )


def _values(variables: Any) -> list[Any]:
    return [tf.convert_to_tensor(variable.value) for variable in variables]


def _copy(variable: Any) -> Any:
    value = tf.convert_to_tensor(variable.value)  # else the two would be one variable
    copied = keras.Variable(value, dtype=variable.dtype, name=variable.name)
    copied.constraint = variable.constraint
    return copied
