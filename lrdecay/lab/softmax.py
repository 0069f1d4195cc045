"""A model whose lowest loss is known: softmax regression on 400 real digits.

Its loss is convex, so that a classical optimizer finds the minimum, and one can measure how far
above it SGD stays.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from lrdecay import checks
from lrdecay.interop import to_keras
from lrdecay.lab.quiet import quiet
from lrdecay.lab.sweep.engine import Engine
from lrdecay.schedules import Schedule

with quiet():
    import keras

TRAINED = 400
"""Of scikit-learn's 1,797 digits the first 400 are learned, and all others are for testing."""

Examples = tuple[NDArray[np.float64], NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class Runs:
    """Trainings that differ in the order of their examples alone.

    Parameters
    ----------
    updates : int array of shape (points,)
        How many updates had been made when the loss was measured.
    losses : float64 array of shape (seeds, points)
        The loss of all training examples together, penalty included.
    test_loss, test_accuracy : float64 array of shape (seeds,)
        After the last update, on the digits that were not learned; the loss without penalty.
    """

    updates: NDArray[np.int64]
    losses: NDArray[np.float64]
    test_loss: NDArray[np.float64]
    test_accuracy: NDArray[np.float64]


@lru_cache(maxsize=1)
def examples() -> tuple[Examples, Examples]:
    """Return the training and the test examples: 64 gray values from 0 to 1 and a 1, and a digit.

    The 1 is what a bias is a weight of, and so the penalty is on biases too.

    Examples
    --------
    >>> [x.shape for x, _ in examples()]
    [(400, 65), (1397, 65)]
    """
    from sklearn.datasets import load_digits  # noqa: PLC0415  # takes a second

    pixels, y = load_digits(return_X_y=True)
    x = np.column_stack([pixels / 16, np.ones(len(pixels))])
    return (x[:TRAINED], y[:TRAINED]), (x[TRAINED:], y[TRAINED:])


def lowest_loss(penalty: float) -> float:
    """Return the least loss on the training examples, found by scikit-learn.

    ``mean(-log(share of the right digit)) + penalty / 2 * sum(weights**2)``

    Parameters
    ----------
    penalty : float
        Above 0: without a penalty there is no least loss here, only ever larger weights.

    Raises
    ------
    ValueError
        When `penalty` is not above 0.

    Examples
    --------
    >>> round(lowest_loss(0.01), 3)
    0.62
    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  # takes a second

    if not checks.number("penalty", penalty) > 0:
        raise ValueError(f"penalty = {penalty!r}: must be above 0, or the loss has no minimum")
    (x, y), _ = examples()
    fitted = LogisticRegression(
        C=1 / (TRAINED * penalty), fit_intercept=False, tol=1e-9, max_iter=10_000
    ).fit(x, y)
    misfit = -fitted.predict_log_proba(x)[np.arange(TRAINED), y].mean()
    return float(misfit + penalty / 2 * (fitted.coef_**2).sum())


def train(
    schedule: Schedule,
    penalty: float,
    seeds: Iterable[int],
    batch_size: int = 16,
    updates: int = 3000,
    every: int = 50,
) -> Runs:
    """Train from weights of 0 by SGD, once for each seed.

    Parameters
    ----------
    schedule : Schedule
        Over updates.
    penalty : float
        0 or more; see `lowest_loss`.
    seeds : iterable of int
        Each fixes which examples its updates see: any of the 400 at each place, so that a batch's
        slope is that of all plus noise which does not depend on the batches before.
    batch_size : int
        Examples an update.
    updates, every : int
        How many updates are made, and how many lie between two measurements of the loss.

    Raises
    ------
    ValueError
        When `every` does not divide `updates`, or another argument is out of its range.

    Examples
    --------
    >>> from lrdecay import Constant
    >>> runs = train(Constant(0.5), penalty=0.01, seeds=[0, 1], updates=100)
    >>> runs.losses.round(1)[:, 0]  # all ten digits have one share: ln 10
    array([2.3, 2.3])
    >>> runs.updates
    array([  0,  50, 100])
    """
    if checks.number("penalty", penalty) < 0:
        raise ValueError(f"penalty = {penalty!r}: must be 0 or more")
    batch_size = checks.whole("batch_size", batch_size, 1)
    every, updates = checks.whole("every", every, 1), checks.whole("updates", updates, 1)
    if updates % every:
        raise ValueError(f"every = {every}: must divide updates = {updates}")
    (x, y), test = examples()
    first = _model(schedule, penalty)
    engine = Engine(_model(schedule, penalty))
    losses, scores = [], []
    for seed in seeds:
        engine.restart(first)
        curve = [_loss(engine.model, penalty)]
        for block in range(updates // every):
            drawn = _drawn(seed, block, every * batch_size)
            engine.epoch(x[drawn], y[drawn], batch_size)
            curve.append(_loss(engine.model, penalty))
        losses.append(curve)
        scores.append(_score(engine.model, *test))
    return Runs(
        np.arange(0, updates + 1, every),
        np.array(losses),
        np.array([misfit for misfit, _ in scores]),
        np.array([accuracy for _, accuracy in scores]),
    )


def _model(schedule: Schedule, penalty: float) -> Any:
    layer = keras.layers.Dense(
        10,
        activation="softmax",
        use_bias=False,
        kernel_initializer="zeros",
        kernel_regularizer=keras.regularizers.L2(penalty / 2),
    )
    model = keras.Sequential([keras.Input((65,)), layer])
    model.compile(keras.optimizers.SGD(to_keras(schedule)), "sparse_categorical_crossentropy")
    return model


def _score(model: Any, x: NDArray[np.float64], y: NDArray[np.int64]) -> tuple[float, float]:
    """Return the mean misfit, without penalty, and the accuracy; in NumPy, so none is compiled."""
    shares = log_softmax(x @ model.get_weights()[0].astype(np.float64), axis=1)
    return float(-shares[np.arange(len(y)), y].mean()), float((shares.argmax(axis=1) == y).mean())


def _loss(model: Any, penalty: float) -> float:
    """Return the loss on all training examples."""
    misfit, _ = _score(model, *examples()[0])
    return misfit + penalty / 2 * float((model.get_weights()[0].astype(np.float64) ** 2).sum())


def _drawn(seed: int, block: int, count: int) -> NDArray[np.int64]:
    """Return numbers of training examples, from raw bits: the same with every NumPy."""
    bits = np.random.PCG64(np.random.SeedSequence((seed, block))).random_raw(count)
    return (bits % np.uint64(TRAINED)).astype(np.int64)
