"""The article's network, 784-128-10, and its training, written out in NumPy.

Reading matter: what Keras computes in `lrdecay.lab.training`, and nothing hidden. It computes in
the type of the weights that it is given, and keeps no state.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrdecay.schedules import Schedule

Array = NDArray[Any]
Weights = Sequence[Array]
Measure = Callable[[Weights], tuple[float, list[Array]]]


def forward(weights: Weights, x: Array) -> tuple[Array, Array, Array]:
    """Return what the network makes of images: its inputs, its hidden layer, its answer.

    Parameters
    ----------
    weights : four arrays
        As ``get_weights()`` of `lrdecay.lab.tasks.images.build_model` gives them: of shapes
        (784, 128), (128,), (128, 10) and (10,), or other sizes that fit together.
    x : array of shape (images, 28, 28)
        Gray values from 0 to 255.

    Returns
    -------
    tuple of arrays
        Of shapes (images, 784), (images, 128) and (images, 10): the last are the logarithms of the
        shares of the classes.
    """
    w, b, v, c = weights
    inputs = x.reshape(len(x), -1).astype(w.dtype) / 255
    hidden = np.maximum(inputs @ w + b, 0)
    scores = hidden @ v + c
    scores = scores - scores.max(axis=1, keepdims=True)  # the same shares, no overflow
    return inputs, hidden, scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))


def loss_and_gradients(weights: Weights, x: Array, y: Array) -> tuple[float, list[Array]]:
    r"""Return the mean cross-entropy of a batch, and its gradient in each array of the weights.

    .. math:: L = -\frac1n \sum_i \ln p_i(y_i)

    Parameters
    ----------
    weights, x
        As of `forward`.
    y : int array
        The labels, one an image.

    Examples
    --------
    >>> weights = [np.ones((4, 2)), np.zeros(2), np.zeros((2, 3)), np.zeros(3)]
    >>> loss, gradients = loss_and_gradients(weights, np.full((1, 2, 2), 255), np.array([0]))
    >>> round(loss, 4)  # all shares are a third: ln 3
    1.0986
    >>> gradients[3].round(2)  # the share less 1 of what is right, the shares of what is wrong
    array([-0.67,  0.33,  0.33])
    """
    inputs, hidden, logs = forward(weights, x)
    places = np.arange(len(y)), y
    loss = -logs[places].mean()
    error = np.exp(logs)  # the gradient in the scores: the shares, less 1 where the label is
    error[places] -= 1
    error /= len(y)
    back = (error @ weights[2].T) * (hidden > 0)
    gradients = [inputs.T @ back, back.sum(axis=0), hidden.T @ error, error.sum(axis=0)]
    return float(loss), gradients


def sgd(schedule: Schedule) -> Callable[[Weights, int, Measure], list[Array]]:
    """Return the update of stochastic gradient descent, at the rates of a schedule, for `train`."""

    def update(weights: Weights, t: int, measure: Measure) -> list[Array]:
        _, gradients = measure(weights)
        return [w - schedule(t) * g for w, g in zip(weights, gradients, strict=True)]

    return update


def train(
    state: Any,
    x: Array,
    y: Array,
    update: Callable[[Any, int, Measure], Any],
    orders: Iterable[NDArray[np.integer[Any]]],
    batch_size: int = 32,
) -> Iterator[Any]:
    """Yield the state after each epoch of a training.

    Parameters
    ----------
    state : any
        What `update` changes: for `sgd`, the first weights.
    x, y : array
        The images and their labels.
    update : callable
        Given the state, the number `t` of the update and `measure`, it returns the next state;
        ``measure(weights)`` is `loss_and_gradients` on the examples of the update, at any weights.
        So an optimizer may look elsewhere than at the weights that it returns.
    orders : iterable of int arrays
        One an epoch: in which order the examples come.
    batch_size : int
        Examples an update; the last of an epoch has what is left.

    Examples
    --------
    >>> from lrdecay import LinearDecay
    >>> weights = [np.ones((4, 2)), np.zeros(2), np.zeros((2, 3)), np.zeros(3)]
    >>> x, y = np.full((4, 2, 2), 255), np.array([0, 0, 0, 1])
    >>> *_, last = train(weights, x, y, sgd(LinearDecay(0.5, 20)), [np.arange(4)] * 10, 2)
    >>> np.exp(forward(last, x[:1])[2]).round(1)
    array([[0.7, 0.2, 0. ]])
    """
    t = 0
    for order in orders:
        for at in range(0, len(order), batch_size):
            batch = order[at : at + batch_size]
            state = update(state, t, partial(loss_and_gradients, x=x[batch], y=y[batch]))
            t += 1
        yield state


def evaluate(weights: Weights, x: Array, y: Array) -> tuple[float, float]:
    """Return the mean cross-entropy of images, and the share of them that is classified right."""
    _, _, logs = forward(weights, x)
    return float(-logs[np.arange(len(y)), y].mean()), float((logs.argmax(axis=1) == y).mean())
