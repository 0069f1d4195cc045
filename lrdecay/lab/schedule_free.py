r"""SGD without a schedule: a constant rate, an average, and gradients taken between the two.

Three points are kept of each array of weights. ``z`` is moved by the gradients, ``x`` is the plain
mean of the z so far and is what you evaluate and keep, ``y`` lies between them and is where the
gradient is taken: ``y = (1 - beta) z + beta x``. The t-th update, t from 1, is
``z <- z - lr * gradient(y)``, then ``x <- (1 - 1/t) x + (1/t) z``.

Defazio et al. (2024), The Road Less Scheduled. Their paper counts the starting point into the mean,
``1/(t + 1)``; their code and its description do not, and neither does this.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lrdecay import checks


@dataclass(frozen=True, eq=False)
class State:
    """Where a run stands.

    Parameters
    ----------
    z, x : tuple of arrays
        The weights that the gradients move, and their mean: what to evaluate and to keep.
    updates : int
        How many updates were made.
    """

    z: tuple[Any, ...]
    x: tuple[Any, ...]
    updates: int = 0


def begin(weights: Sequence[Any]) -> State:
    """Return the state before the first update: all three points are the first weights."""
    return State(tuple(weights), tuple(weights))


def gradient_point(state: State, beta: float = 0.9) -> tuple[Any, ...]:
    """Return y, the weights at which the next gradient is to be taken.

    ``y = (1 - beta) z + beta x``

    Parameters
    ----------
    state : State
    beta : float
        From 0 to 1: 0 is an averaged run of plain SGD, 1 takes gradients at the average.
    """
    _between(beta)
    return tuple((1 - beta) * z + beta * x for z, x in zip(state.z, state.x, strict=True))


def update(state: State, gradient: Sequence[Any], lr: float) -> State:
    """Return the state after an update.

    ``z <- z - lr * gradient``, then ``x <- (1 - 1/t) x + (1/t) z`` in the t-th update

    Parameters
    ----------
    state : State
    gradient : sequence of arrays
        Taken at `gradient_point`; one array for each of the weights.
    lr : float
        The rate, the same in all updates.

    Returns
    -------
    State

    Raises
    ------
    ValueError
        When there are not as many gradients as weights.

    Examples
    --------
    >>> state = begin([4.0])
    >>> for _ in range(2):  # the loss is w**2 / 2, so the gradient at w is w
    ...     state = update(state, gradient_point(state, beta=0.5), lr=0.5)
    >>> state.z, state.x
    ((1.0,), (1.5,))
    """
    if len(gradient) != len(state.z):
        raise ValueError(f"gradient: {len(gradient)} arrays for {len(state.z)} of weights")
    t = state.updates + 1
    z = tuple(z - lr * slope for z, slope in zip(state.z, gradient, strict=True))
    x = tuple((1 - 1 / t) * x + 1 / t * z for x, z in zip(state.x, z, strict=True))
    return State(z, x, t)


def sgd(lr: float, beta: float = 0.9) -> Callable[[State, int, Any], State]:
    """Return the update of the method for `lrdecay.lab.twin.train`, whose state is a `State`."""

    def step(state: State, _: int, measure: Any) -> State:
        _, gradient = measure(gradient_point(state, beta))
        return update(state, gradient, lr)

    return step


def _between(beta: float) -> None:
    if not 0 <= checks.number("beta", beta) <= 1:
        raise ValueError(f"beta = {beta!r}: must be from 0 to 1, such as 0.9")
