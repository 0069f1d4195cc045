"""How sharp the minimum is in which a network lies: the largest curvature of its loss.

A sharpness in the weights as they stand depends on their scale: multiply the weights and biases
before a ReLU by a number and divide those after it by the same (`rescaled`), and the network
computes what it computed, at another sharpness (Dinh et al., 2017). `adaptive_sharpness` does not
change with it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator, eigsh

from lrdecay import checks
from lrdecay.lab import twin
from lrdecay.lab.quiet import quiet

TOLERANCE = 1e-3
"""How far an eigenvalue may be off, relatively."""


def hessian(
    model: Any, x: NDArray[Any], y: NDArray[Any], loss: Callable[..., Any] | None = None
) -> LinearOperator:
    r"""Return the second derivatives of a model's loss, as what multiplies a vector.

    .. math:: H v = \nabla_w \left( v \cdot \nabla_w L(w) \right)

    Parameters
    ----------
    model : keras.Model
        Built, its last layer giving the shares of the classes. It is not changed.
    x, y : array
        The examples, and their labels as whole numbers: L is their mean cross-entropy. Of labels
        that are sequences it is the mean over all places of all examples.
    loss : callable, optional
        Another loss in its place, of ``(y, model(x))``: one number an example, or a place.

    Returns
    -------
    LinearOperator
        Of shape (weights, weights), for the weights one after another, each array row by row. It
        goes with the model: trained on, it is the Hessian at the new weights.

    Raises
    ------
    ValueError
        When `x` and `y` have not as many examples, or none.

    Notes
    -----
    A tape over a tape gives other second derivatives of layers that normalise, and wrong ones: see
    TensorFlow's ``tf.nn.moments``, which holds the mean constant. Here it is not.

    Examples
    --------
    With a weight of 0 both classes have a share of 1/2: the curvature is 1/4, times x squared.

    >>> import keras
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2, "softmax")])
    >>> model.set_weights([np.zeros((1, 2)), np.zeros(2)])
    >>> found = hessian(model, np.array([[3.0]]), np.array([0])) @ np.array([1.0, 0, 0, 0])
    >>> found.round(3).tolist()
    [2.25, -2.25, 0.75, -0.75]
    """
    _check(x, y)
    with quiet():  # here: what else stands in this file needs neither of them
        import keras  # noqa: PLC0415
        import tensorflow as tf  # noqa: PLC0415

    examples, labels = tf.convert_to_tensor(x), tf.convert_to_tensor(y)
    weights = [variable.value for variable in model.trainable_variables]
    sizes = [int(np.prod(weight.shape)) for weight in weights]
    each = loss or keras.losses.sparse_categorical_crossentropy

    def dense(slopes: Any) -> list[Any]:
        """Return slopes as tensors: those of an embedding come in pieces, and None means 0."""
        pairs = zip(slopes, weights, strict=True)
        return [tf.zeros(w.shape) if g is None else tf.convert_to_tensor(g) for g, w in pairs]

    def product(flat: Any) -> Any:
        parts = zip(tf.split(flat, sizes), weights, strict=True)
        vector = [tf.reshape(part, weight.shape) for part, weight in parts]
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                with _moments_without_a_stop(tf):
                    output = model(examples, training=False)
                mean = tf.reduce_mean(each(labels, output))
            gradients = dense(inner.gradient(mean, weights))
            along = tf.add_n([tf.reduce_sum(g * v) for g, v in zip(gradients, vector, strict=True)])
        curved = dense(outer.gradient(along, weights))
        return tf.concat([tf.reshape(part, [-1]) for part in curved], 0)

    compiled: Callable[..., Any] = tf.function(product, jit_compile=True, autograph=False)

    def multiply(vector: NDArray[Any]) -> NDArray[np.float32]:
        result: NDArray[np.float32] = compiled(vector.ravel().astype(np.float32)).numpy()
        return result

    size = sum(sizes)
    return LinearOperator((size, size), matvec=multiply, rmatvec=multiply, dtype=np.float32)


@contextmanager
def _moments_without_a_stop(tf: Any) -> Iterator[None]:
    """Let normalising layers be differentiated twice.

    TensorFlow's variance treats the mean in it as a constant. The first derivative is right all
    the same, the second is not.
    """

    def moments(x: Any, axes: Any, keepdims: bool = False, **_: Any) -> tuple[Any, Any]:
        mean = tf.reduce_mean(x, axes, keepdims=True)
        both = mean, tf.reduce_mean(tf.square(x - mean), axes, keepdims=True)
        return both if keepdims else tuple(tf.squeeze(part, axes) for part in both)

    kept, tf.nn.moments = tf.nn.moments, moments
    try:
        yield
    finally:
        tf.nn.moments = kept


def mean_loss(
    model: Any, x: NDArray[Any], y: NDArray[Any], loss: Callable[..., Any] | None = None
) -> float:
    """Return the loss whose Hessian `hessian` is.

    Examples
    --------
    With a weight of 0 both classes have a share of 1/2: the loss is ln 2.

    >>> import keras
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2, "softmax")])
    >>> model.set_weights([np.zeros((1, 2)), np.zeros(2)])
    >>> round(mean_loss(model, np.array([[3.0]]), np.array([0])), 3)
    0.693
    """
    _check(x, y)
    with quiet():
        import keras  # noqa: PLC0415

    each = loss or keras.losses.sparse_categorical_crossentropy
    return float(keras.ops.mean(each(keras.ops.array(y), model(x, training=False))))


def twin_hessian(
    weights: Sequence[NDArray[Any]], x: NDArray[Any], y: NDArray[Any]
) -> LinearOperator:
    r"""Return the Hessian of the network in NumPy, `lrdecay.lab.twin`, by differences.

    .. math:: H v \approx \frac{\nabla L(w + h v) - \nabla L(w - h v)}{2 h}

    Parameters
    ----------
    weights : four arrays
        As of `lrdecay.lab.twin.forward`; they are not changed.
    x, y : array
        As of `hessian`.

    Returns
    -------
    LinearOperator
        As of `hessian`, in float64; a step moves the weights by 1e-4 in all.

    Raises
    ------
    ValueError
        When `x` and `y` have not as many examples, or none.

    Examples
    --------
    With weights of 0 only the last biases matter, and each of three shares is a third.

    >>> zeros = [np.zeros((4, 2)), np.zeros(2), np.zeros((2, 3)), np.zeros(3)]
    >>> second = twin_hessian(zeros, np.ones((1, 2, 2)), np.array([0]))
    >>> (second @ np.eye(19)[-3])[-3:].round(3)
    array([ 0.222, -0.111, -0.111])
    """
    _check(x, y)
    at = np.concatenate([weight.ravel() for weight in weights]).astype(np.float64)
    ends = np.cumsum([weight.size for weight in weights])[:-1]

    def gradient(flat: NDArray[Any]) -> NDArray[Any]:
        parts = zip(np.split(flat, ends), weights, strict=True)
        moved = [part.reshape(weight.shape) for part, weight in parts]
        return np.concatenate([g.ravel() for g in twin.loss_and_gradients(moved, x, y)[1]])

    def multiply(vector: NDArray[Any]) -> NDArray[Any]:
        step = 1e-4 * vector.ravel() / (np.linalg.norm(vector) or 1.0)
        slope = (gradient(at + step) - gradient(at - step)) / 2e-4
        product: NDArray[Any] = slope * np.linalg.norm(vector)
        return product

    return LinearOperator((len(at), len(at)), matvec=multiply, rmatvec=multiply, dtype=np.float64)


def _check(x: NDArray[Any], y: NDArray[Any]) -> None:
    if len(x) != len(y) or not len(x):
        raise ValueError(f"x, y: have {len(x)} and {len(y)} examples; give as many of each")


def sharpness(second: LinearOperator, seed: int = 0) -> float:
    r"""Return the largest eigenvalue of a Hessian.

    .. math:: \max_{|v| = 1} v^T H v

    Parameters
    ----------
    second : LinearOperator
        Such as `hessian` returns, symmetric.
    seed : int
        Fixes the vector at which the search begins.

    Returns
    -------
    float
        To a thousandth of its size.

    Notes
    -----
    Found by Lanczos' method, ARPACK's: it begins as power iteration does, and keeps what the
    products before have told, so that it needs fewer of them.

    Examples
    --------
    >>> from scipy.sparse.linalg import aslinearoperator
    >>> round(sharpness(aslinearoperator(np.diag([1.0, -7.0, 3.0, 2.0]))), 2)
    3.0
    """
    start = np.random.default_rng(checks.whole("seed", seed, 0)).standard_normal(second.shape[0])
    values = eigsh(
        second,
        k=1,
        which="LA",
        v0=start.astype(second.dtype),
        tol=TOLERANCE,
        return_eigenvectors=False,
    )
    return float(values[0])


def scaled(second: LinearOperator, weights: Sequence[NDArray[Any]]) -> LinearOperator:
    r"""Return the Hessian in relative changes of the weights.

    .. math:: \mathrm{diag}(|w|) \, H \, \mathrm{diag}(|w|)

    Its `sharpness`, the adaptive sharpness of Kwon et al. (2021), is the same for networks that
    are the same but for their scale.

    Parameters
    ----------
    second : LinearOperator
        The Hessian at `weights`.
    weights : sequence of array

    Raises
    ------
    ValueError
        When they are not as many as the Hessian has.

    Examples
    --------
    >>> from scipy.sparse.linalg import aslinearoperator
    >>> scaled(aslinearoperator(np.eye(2)), [np.array([2.0, -3.0])]) @ np.eye(2)
    array([[4., 0.],
           [0., 9.]])
    """
    sizes = np.concatenate([np.abs(weight).ravel() for weight in weights])
    if len(sizes) != second.shape[0]:
        raise ValueError(f"weights: {len(sizes)} of them, but the Hessian has {second.shape[0]}")

    def multiply(vector: NDArray[Any]) -> NDArray[Any]:
        result: NDArray[Any] = sizes * (second @ (sizes * vector.ravel()))
        return result

    return LinearOperator(second.shape, matvec=multiply, rmatvec=multiply, dtype=second.dtype)


def rescaled(weights: Sequence[NDArray[Any]], factor: float) -> list[NDArray[Any]]:
    """Return the weights of a network that computes the same, at another scale.

    Parameters
    ----------
    weights : four arrays
        Of a network with one hidden layer of ReLU: weights and biases before it, and after it.
    factor : float
        Above 0: what comes before is multiplied by it, the weights after are divided by it.

    Raises
    ------
    ValueError
        When they are not four, or `factor` is not above 0.

    Examples
    --------
    >>> ones = [np.ones((1, 1)), np.ones(1), np.ones((1, 1)), np.ones(1)]
    >>> [float(weight.item()) for weight in rescaled(ones, 4)]
    [4.0, 4.0, 0.25, 1.0]
    """
    if len(weights) != 4:
        raise ValueError(f"weights: {len(weights)} arrays; expected four, of one hidden layer")
    if not checks.number("factor", factor) > 0:
        raise ValueError(f"factor = {factor!r}: expected a number above 0")
    before, bias, after, last = weights
    return [before * factor, bias * factor, after / factor, last]
