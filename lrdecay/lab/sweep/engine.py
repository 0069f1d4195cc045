"""Train a Keras model an epoch at a time, each epoch compiled as one piece.

What is compiled is the model's own ``train_step``, with its own optimizer, schedule, loss and
metrics, in a loop over the updates. So it computes what ``fit`` computes; only the way back to
Python after each update is gone, which takes ``fit`` most of its time.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrdecay import checks
from lrdecay.lab.calibration import calibration_error
from lrdecay.lab.quiet import quiet

with quiet():
    import keras
    import tensorflow as tf

SUPPORTED = (keras.optimizers.SGD, keras.optimizers.Adam, keras.optimizers.AdamW)
"""The optimizers that are tested against ``fit``."""

EVERY = 8
"""Updates between two weights that go into the averages."""

TAIL = 0.2
"""The share of the updates, the last, over which the tail mean goes."""

DECAY = 0.999
"""The share of the exponential average that is left after one update."""

_EVALUATED_AT_ONCE = 1_000


class Engine:
    """A compiled Keras classifier and its epochs, each of them one compiled piece.

    Parameters
    ----------
    model : keras.Model
        Compiled, with one input and one output: any layers, loss and metrics that XLA can compile.
        It is trained in place, as by ``fit``.
    averages : bool
        Whether `epoch` also averages the weights: see `averaged`.

    Raises
    ------
    TypeError, ValueError, RuntimeError
        When the engine cannot train such a model as ``fit`` would; the message says why.

    Notes
    -----
    Each epoch's numbers equal those of ``fit`` from the same weights, with the same examples in the
    same order (``shuffle=False``), up to the rounding of float32. What dropout drops is drawn from
    the same seeds as in ``fit`` too, but by XLA's generator: it equals a ``fit`` of a model that
    was compiled with ``jit_compile=True``, and not of one without. On a processor that generator
    is slow.

    Examples
    --------
    >>> from lrdecay import LinearDecay, to_keras
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2, "softmax")])
    >>> optimizer = keras.optimizers.SGD(to_keras(LinearDecay(0.5, 4)))
    >>> model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    >>> result = Engine(model).epoch(np.eye(5)[:, :1], np.array([0, 1, 1, 1, 1]), 2)
    >>> sorted(result)
    ['accuracy', 'loss', 'rate_first', 'rate_last']
    >>> result["rate_first"], result["rate_last"]
    (0.5, 0.25)
    """

    def __init__(self, model: Any, averages: bool = False) -> None:
        _check(model)
        self.model = model
        model.optimizer.build(model.trainable_variables)
        self._epochs: dict[int, Callable[..., Any]] = {}
        self._test = _compile(lambda x, y: model.test_step((x, y)))
        self._shares = _compile(lambda x: model(x, training=False))
        self._averages = _Averages(model) if averages else None
        self._metrics_are_built = False
        self._first = [variable.numpy() for variable in self._state()]

    def _state(self) -> list[Any]:
        """Return everything that training changes."""
        kept = self._averages.variables if self._averages else []
        return [*self.model.variables, *self.model.optimizer.variables, *kept]

    def restart(self, model: Any) -> None:
        """Go back to the beginning, with the weights of `model`, which has the same layers.

        Nothing is compiled anew: so the runs that differ in their seeds cost one compilation.
        """
        for variable, value in zip(self._state(), self._first, strict=True):
            variable.assign(value)
        for variable, other in zip(self.model.variables, model.variables, strict=True):
            variable.assign(other)

    def epoch(
        self, x: NDArray[Any], y: NDArray[Any], batch_size: int, tail_from: float = 0
    ) -> dict[str, float]:
        """Train once on all examples in the order in which they are given.

        Parameters
        ----------
        x, y : array
            The examples and their labels, already shuffled.
        batch_size : int
            Examples an update; the last update of the epoch has what is left.
        tail_from : float
            The number of the update after which the tail mean begins.

        Returns
        -------
        dict of str to float
            What ``fit`` would report of the epoch, and the rates of its first and last update.

        Raises
        ------
        ValueError
            When the lengths differ or are 0, or XLA cannot compile the model.
        """
        batch_size = checks.whole("batch_size", batch_size, 1)
        x, y = self._tensors(x, y)
        if batch_size not in self._epochs:
            self._epochs[batch_size] = _train_function(self.model, batch_size, self._averages)
        self.model.reset_metrics()
        after = tf.constant(tail_from, tf.float32)
        metrics, first, last = _compiled(self._epochs[batch_size], x, y, after)
        return _floats(metrics) | {"rate_first": float(first), "rate_last": float(last)}

    def evaluate(self, x: NDArray[Any], y: NDArray[Any]) -> dict[str, float]:
        """Return what ``model.evaluate`` returns, as a dictionary."""
        x, y = self._tensors(x, y)
        self.model.reset_metrics()
        for at in range(0, len(x), _EVALUATED_AT_ONCE):
            part = slice(at, at + _EVALUATED_AT_ONCE)
            metrics = _compiled(self._test, x[part], y[part])
        return _floats(metrics)

    def calibration(self, x: NDArray[Any], y: NDArray[Any]) -> float:
        """Return the `calibration_error` of a classifier's shares."""
        examples, _ = self._tensors(x, y)
        parts = range(0, len(examples), _EVALUATED_AT_ONCE)
        shares = [_compiled(self._shares, examples[at : at + _EVALUATED_AT_ONCE]) for at in parts]
        rows = np.concatenate(shares)
        return calibration_error(rows.reshape(-1, rows.shape[-1]), np.asarray(y).ravel())

    def is_finite(self) -> bool:
        """Return whether all weights are finite."""
        return all(
            bool(np.isfinite(variable.numpy()).all())
            for variable in self.model.variables
            if keras.backend.is_float_dtype(variable.dtype)
        )

    def averaged(self, kind: str, x: NDArray[Any], y: NDArray[Any]) -> dict[str, float]:
        """Evaluate the model with averaged weights in place of its own, its calibration too.

        Parameters
        ----------
        kind : {"tail", "exponential"}
            The mean of the weights after update `tail_from`; or the exponential average, in which
            the weights of n updates ago count ``0.999 ** n`` times as much as the last.
        x, y : array
            As of `evaluate`.

        Returns
        -------
        dict of str to float

        Raises
        ------
        ValueError
            When `kind` is unknown, or no weights have been averaged.

        Notes
        -----
        Averaged are the weights after every 8th update of an epoch and after its last. What batch
        normalisation has gathered is averaged as the weights are.
        """
        if self._averages is None:
            raise ValueError("averages = False: make the engine with averages=True")
        kept = [variable.numpy() for variable in self._averages.of]
        try:
            for variable, mean in zip(self._averages.of, self._averages.mean(kind), strict=True):
                variable.assign(mean)
            return self.evaluate(x, y) | {"calibration": self.calibration(x, y)}
        finally:
            for variable, value in zip(self._averages.of, kept, strict=True):
                variable.assign(value)

    def _tensors(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Return the examples as tensors of the types that ``fit`` would make of them."""
        x, y = (
            value.astype(keras.config.floatx()) if value.dtype.kind == "f" else value
            for value in (np.asarray(x), np.asarray(y))
        )
        if len(x) != len(y) or not len(x):
            raise ValueError(f"x, y: have {len(x)} and {len(y)} examples; give as many of each")
        tensors = tf.convert_to_tensor(x), tf.convert_to_tensor(y)
        if not self._metrics_are_built:  # variables cannot be made in a compiled loop
            self.model.test_step(tuple(tensor[:1] for tensor in tensors))
            self._metrics_are_built = True
        return tensors


def fit(
    model: Any,
    x: NDArray[Any],
    y: NDArray[Any],
    batch_size: int = 32,
    epochs: int = 1,
    orders: Iterator[NDArray[np.int64]] | Sequence[NDArray[np.int64]] | None = None,
    callbacks: Sequence[Any] = (),
) -> dict[str, list[float]]:
    """Train a compiled Keras model as its own ``fit`` does, in a fraction of the time.

    Parameters
    ----------
    model : keras.Model
        See `Engine`.
    x, y : array
        The examples and their labels.
    batch_size, epochs : int
        As of Keras' ``fit``.
    orders : iterable of int array, optional
        In which order the examples of each epoch come; else as they are, in each epoch.
    callbacks : empty
        Callbacks run between updates, which are compiled here: none can be given.

    Returns
    -------
    dict of str to list of float
        One value an epoch: what Keras' history holds, and the first and last rate.

    Raises
    ------
    ValueError
        When a callback is given, or another argument is out of its range.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2, "softmax")])
    >>> model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    >>> len(fit(model, np.eye(4)[:, :1], np.array([0, 1, 1, 1]), 2, epochs=2)["loss"])
    2
    """
    if callbacks:
        names = ", ".join(type(callback).__name__ for callback in callbacks)
        raise ValueError(
            f"callbacks = {names}: an epoch is compiled as one piece, so nothing can look or act "
            "between its updates; give the rates as a schedule, or use Keras' fit"
        )
    engine = Engine(model)
    x, y = np.asarray(x), np.asarray(y)
    places = iter(orders) if orders is not None else None
    results = []
    for _ in range(checks.whole("epochs", epochs, 1)):
        order = next(places) if places else slice(None)
        results.append(engine.epoch(x[order], y[order], batch_size))
    return {name: [result[name] for result in results] for name in results[0]}


def order(seed: int, epoch: int, examples: int) -> NDArray[np.int64]:
    """Return in which order the examples of an epoch come.

    A sort of raw random bits: the same on every machine and with every NumPy.

    Examples
    --------
    >>> order(0, 1, 5).tolist()
    [4, 1, 2, 0, 3]
    """
    bits = np.random.PCG64(np.random.SeedSequence((seed, epoch))).random_raw(examples)
    return np.argsort(bits, kind="stable")


class _Averages:
    """Sums of a model's weights, which are added to in the compiled loop."""

    def __init__(self, model: Any) -> None:
        self.of = [v for v in model.variables if keras.backend.is_float_dtype(v.dtype)]
        kinds = {kind: [_zeros(v.shape, v.dtype) for v in self.of] for kind in self.KINDS}
        self._sums = kinds
        self._counts = {kind: _zeros((), "float32") for kind in self.KINDS}

    KINDS = ("tail", "exponential")

    @property
    def variables(self) -> list[Any]:
        sums = [variable for kind in self.KINDS for variable in self._sums[kind]]
        return [*sums, *self._counts.values()]

    def add(self, updates: Any, done: Any, tail_from: Any) -> None:
        """Add the weights as they are, `updates` after those before; `done` is the count of all."""
        left = tf.pow(DECAY, tf.cast(updates, tf.float32))
        late = tf.cast(tf.cast(done, tf.float32) > tail_from, tf.float32)
        for kind, keep, weight in (("tail", 1.0, late), ("exponential", left, 1 - left)):
            for total, variable in zip(self._sums[kind], self.of, strict=True):
                scale = tf.cast(weight, variable.dtype)
                total.assign(total * tf.cast(keep, variable.dtype) + scale * variable.value)
            self._counts[kind].assign(self._counts[kind] * keep + weight)

    def mean(self, kind: str) -> list[NDArray[Any]]:
        if kind not in self.KINDS:
            raise ValueError(f"kind = {kind!r}: expected one of {', '.join(self.KINDS)}")
        count = self._counts[kind].numpy()
        if not count > 0:
            raise ValueError(f"kind = {kind!r}: no weights have been averaged; train first")
        return [total.numpy() / count for total in self._sums[kind]]


def _zeros(shape: Any, dtype: str) -> Any:
    return tf.Variable(tf.zeros(shape, dtype), trainable=False)


def _train_function(model: Any, size: int, averages: _Averages | None) -> Callable[..., Any]:
    optimizer = model.optimizer

    def epoch(x: Any, y: Any, tail_from: Any) -> Any:
        whole, rest = divmod(x.shape[0], size)

        def update(at: Any, count: int) -> Any:
            """Make one update, and return its rate as the optimizer has it."""
            rate = tf.cast(optimizer.learning_rate, tf.float32)
            model.train_step((_part(x, at, count), _part(y, at, count)))
            return rate

        def average(updates: Any) -> None:
            if averages:
                averages.add(updates, optimizer.iterations.value, tail_from)

        def few(done: Any, first: Any, last: Any) -> Any:
            """Make up to `EVERY` updates, then average."""
            end = tf.minimum(done + EVERY, whole)

            def one(i: Any, first: Any, last: Any) -> Any:
                rate = update(i * size, size)
                return i + 1, tf.where(i == 0, rate, first), rate

            _, first, last = tf.while_loop(lambda i, *_: i < end, one, (done, first, last))
            average(end - done)
            return end, first, last

        first = last = tf.constant(0.0)
        if whole:
            loop = (tf.constant(0), first, last)
            _, first, last = tf.while_loop(lambda done, *_: done < whole, few, loop)
        if rest:
            last = update(whole * size, rest)
            first = first if whole else last
            average(1)
        return model.get_metrics_result(), first, last

    return _compile(epoch)


def _compile(function: Callable[..., Any]) -> Callable[..., Any]:
    compiled: Callable[..., Any] = tf.function(function, jit_compile=True, autograph=False)
    return compiled


def _part(array: Any, at: Any, count: int) -> Any:
    """Return `count` examples from `at` on."""
    others = len(array.shape) - 1
    return tf.slice(array, [at, *[0] * others], [count, *array.shape[1:]])


def _compiled(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a compiled function, and say so when XLA cannot compile it."""
    try:
        return function(*arguments)
    except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(
            f"model: XLA cannot compile its layers, loss or metrics ({reason}); use Keras' fit"
        ) from error


def _floats(metrics: dict[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in metrics.items()}


def require_compiled(model: Any) -> None:
    """Refuse what is no compiled model of Keras on TensorFlow, or what gathers gradients.

    Raises
    ------
    TypeError, ValueError, RuntimeError
        The message says what to change.
    """
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(
            f"Keras runs on {keras.backend.backend()}: updates are graphs of TensorFlow here; set "
            "KERAS_BACKEND=tensorflow"
        )
    if not isinstance(model, keras.Model):
        raise TypeError(f"model = {model!r}: expected a compiled keras.Model")
    optimizer = getattr(model, "optimizer", None)
    if not model.compiled or optimizer is None:
        raise ValueError("model: not compiled; call model.compile(optimizer, loss) first")
    steps = getattr(optimizer, "gradient_accumulation_steps", None)
    if steps:
        raise ValueError(
            f"gradient_accumulation_steps = {steps!r}: every batch is an update here; multiply the "
            "batch size by it instead"
        )


def _check(model: Any) -> None:
    """Refuse what would not be trained as ``fit`` trains it."""
    require_compiled(model)
    optimizer = model.optimizer
    if not model.built or len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ValueError("model: must be built and have one input and one output")
    if model.run_eagerly:
        raise ValueError("model: run_eagerly is True, and the engine compiles; set it to False")
    if type(optimizer) not in SUPPORTED:
        known = ", ".join(kind.__name__ for kind in SUPPORTED)
        raise ValueError(
            f"optimizer = {type(optimizer).__name__}: expected one of {known}, and no subclass or "
            "wrapper; use Keras' fit for others"
        )
    if optimizer.use_ema:
        raise ValueError("use_ema = True: leave it out; Engine(model, averages=True) averages")
