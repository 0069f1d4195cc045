"""How sharp the loss is along a run, and how sharp it may be before the optimizer is thrown off."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator

from lrdecay import checks
from lrdecay.lab import sharpness
from lrdecay.lab.quiet import quiet
from lrdecay.lab.updates import Updates, arrays, batches
from lrdecay.schedules import Schedule

with quiet():
    import keras

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curvature:
    """The curvature along a run.

    Parameters
    ----------
    updates : int64 array of shape (points,)
        How many updates had been made when it was measured.
    rates : float64 array of shape (points,)
        The rate of the next update.
    losses, sharpness : float64 array of shape (points,)
        The loss of the measured examples, and its largest curvature as the optimizer sees it: see
        `preconditioned`.
    edges : float64 array of shape (points,)
        The largest curvature at which the optimizer is stable at that rate: see `edge`.
    steps : float64 array of shape (points,)
        The last update before each: the root mean square of the changes of all weights, divided
        by its rate. NaN where there was none, or its rate was 0.
    batch_losses : float64 array of shape (updates,)
        The loss of each batch, before its update.
    """

    updates: NDArray[np.int64]
    rates: Floats
    losses: Floats
    sharpness: Floats
    edges: Floats
    steps: Floats
    batch_losses: Floats


def edge(optimizer: Any, rate: float) -> float:
    r"""Return the largest curvature of a quadratic on which an optimizer does not grow.

    - gradient descent: :math:`2 / \eta`
    - with momentum: :math:`2 (1 + \beta) / \eta`
    - with Nesterov's: :math:`2 (1 + \beta) / (1 + 2 \beta) / \eta`
    - Adam, whose curvature is `preconditioned`: :math:`2 (1 + \beta_1) / (1 - \beta_1) / \eta`,
      which is 38 / rate for the usual 0.9 (Cohen et al., 2022)

    Parameters
    ----------
    optimizer : keras.optimizers.SGD, Adam or AdamW
        Weight decay is left out.
    rate : float
        Infinite curvature is stable at a rate of 0.

    Raises
    ------
    ValueError
        When the edge of such an optimizer is not known here.

    Examples
    --------
    >>> edge(keras.optimizers.SGD(), 0.5), edge(keras.optimizers.SGD(momentum=0.9), 0.5)
    (4.0, 7.6)
    >>> round(edge(keras.optimizers.Adam(), 0.001))
    38000
    """
    _known(optimizer)
    if isinstance(optimizer, keras.optimizers.Adam):
        most = 2 * (1 + optimizer.beta_1) / (1 - optimizer.beta_1)
    else:
        beta = optimizer.momentum
        most = 2 * (1 + beta) / ((1 + 2 * beta) if optimizer.nesterov else 1)
    return float(most / checks.rate("rate", rate)) if rate else float("inf")


def preconditioned(second: LinearOperator, optimizer: Any) -> LinearOperator:
    r"""Return a Hessian as the optimizer sees it.

    .. math:: P^{-1/2} H P^{-1/2}

    with :math:`P = (1 - \beta_1^t) (\mathrm{diag} \sqrt{\hat v_t} + \epsilon_t)` and
    :math:`\hat v_t = v_t / (1 - \beta_2^t)`. Its largest eigenvalue is that of Cohen et al.'s
    (2022) preconditioned Hessian. SGD's P is 1.

    Parameters
    ----------
    second : LinearOperator
        The Hessian, such as `lrdecay.lab.sharpness.hessian` returns.
    optimizer : keras.optimizers.SGD, Adam or AdamW
        Adam after one update or more: before it there is no v.

    Raises
    ------
    ValueError
        When Adam has made no update, or the optimizer is another.

    Notes
    -----
    P is what divides Keras' average of the gradients, by which epsilon is Keras' own,
    ``epsilon / sqrt(1 - beta_2**t)``.

    Examples
    --------
    After one update v is a thousandth of the squared slope, and P a tenth of the slope.

    >>> from scipy.sparse.linalg import aslinearoperator
    >>> adam, weight = keras.optimizers.Adam(), keras.Variable([1.0])
    >>> adam.apply([keras.ops.array([2.0])], [weight])
    >>> float(np.round(preconditioned(aslinearoperator(np.eye(1)), adam) @ np.ones(1), 3)[0])
    5.0
    """
    _known(optimizer)
    if not isinstance(optimizer, keras.optimizers.Adam):
        return second
    made = int(optimizer.iterations)
    if not made:
        raise ValueError("optimizer: Adam has no second moments before its first update")
    first, later = 1 - optimizer.beta_1**made, (1 - optimizer.beta_2**made) ** 0.5
    sizes = [np.sqrt(v.numpy()) + optimizer.epsilon for v in optimizer._velocities]
    return sharpness.scaled(second, [np.sqrt(later / (first * size)) for size in sizes])


def along(
    model: Any,
    schedule: Schedule,
    x: Any,
    y: Any,
    at: Sequence[int],
    *,
    measured: int = 1_000,
    batch_size: int = 32,
    seed: int = 0,
    loss: Any = None,
) -> Curvature:
    """Train a compiled model at the rates of a schedule, and measure its curvature on the way.

    Parameters
    ----------
    model : keras.Model
        Compiled with SGD, Adam or AdamW, its labels whole numbers. It ends as trained.
    schedule : Schedule
        Over updates.
    x, y : array
        What it is trained on.
    at : sequence of int
        After how many updates to measure, rising. Adam's curvature exists from 1 on.
    measured : int
        On how many of the examples, the first ones.
    batch_size : int
        Examples an update.
    seed : int
        Fixes the order of the examples.
    loss : callable, optional
        As of `lrdecay.lab.sharpness.hessian`.

    Returns
    -------
    Curvature

    Raises
    ------
    TypeError, ValueError, RuntimeError
        When an argument is out of its range, or the model cannot be trained here.

    Examples
    --------
    >>> from lrdecay import Constant
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2, "softmax")])
    >>> model.set_weights([np.zeros((1, 2)), np.zeros(2)])
    >>> model.compile("sgd", "sparse_categorical_crossentropy")
    >>> x, y = np.array([[1.0], [-1.0]]), np.array([0, 1])
    >>> found = along(model, Constant(0.5), x, y, [0, 10], batch_size=2)
    >>> found.sharpness.round(2).tolist(), found.edges.tolist()
    ([0.5, 0.17], [4.0, 4.0])
    """
    places = [checks.whole(f"at[{i}]", place, 0) for i, place in enumerate(at)]
    if not places or places != sorted(set(places)):
        raise ValueError(f"at = {at!r}: expected numbers of updates, rising")
    examples, labels = arrays(x, y)
    batch_size = checks.whole("batch_size", batch_size, 1, len(examples))
    few = slice(0, checks.whole("measured", measured, 1))
    update = Updates(model, schedule)
    _known(update.optimizer)
    second = sharpness.hessian(model, examples[few], labels[few], loss)
    stream = batches(examples, labels, batch_size, seed)
    batch_losses: list[float] = []
    losses, found, steps = [], [], []
    for place in places:
        moved = np.nan
        while len(batch_losses) < place:
            before = _flat(update.weights) if len(batch_losses) + 1 == place else None
            batch_losses.append(update(*next(stream)))
            if before is not None:
                moved = float(np.sqrt(np.mean((_flat(update.weights) - before) ** 2)))
        last = schedule(place - 1) if place else 0.0
        steps.append(moved / last if last else np.nan)
        update.put_into(model)
        losses.append(sharpness.mean_loss(model, examples[few], labels[few], loss))
        found.append(sharpness.sharpness(preconditioned(second, update.optimizer)))
    rates = schedule(np.array(places))
    return Curvature(
        updates=np.array(places),
        rates=rates,
        losses=np.array(losses),
        sharpness=np.array(found),
        edges=np.array([edge(update.optimizer, rate) for rate in rates.tolist()]),
        steps=np.array(steps),
        batch_losses=np.array(batch_losses),
    )


def _flat(weights: Sequence[Any]) -> Floats:
    return np.concatenate([weight.numpy().ravel() for weight in weights]).astype(np.float64)


def _known(optimizer: Any) -> None:
    known = (keras.optimizers.SGD, keras.optimizers.Adam, keras.optimizers.AdamW)
    if type(optimizer) not in known or getattr(optimizer, "amsgrad", False):
        raise ValueError(
            f"optimizer = {type(optimizer).__name__}: expected SGD, Adam or AdamW, and no amsgrad"
        )
