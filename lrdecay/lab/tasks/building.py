"""Build a model whose first weights hang on the seed alone."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any
from unittest.mock import patch

from lrdecay import checks
from lrdecay.lab.quiet import quiet
from lrdecay.lab.tasks.task import Task

_ONE_AT_A_TIME = RLock()


@contextmanager
def own_random(seed: int) -> Iterator[None]:
    """Give Keras random numbers of its own while a model is built, and seed them.

    Parameters
    ----------
    seed : int

    Raises
    ------
    ValueError
        When `seed` is not a whole number from 0 to 2**32 - 1.

    Notes
    -----
    Keras draws the seed of each layer from Python's `random`, and all threads of a process share
    that. A worker of Dask has a thread that draws from it too, to part its heartbeats: a draw of
    its own between two layers would change the first weights, silently. The numbers here are those
    that Keras would draw if no other thread ran. What a builder draws from NumPy's global numbers
    is shared by all threads as before.

    Examples
    --------
    >>> import keras
    >>> def first():
    ...     with own_random(3):
    ...         model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    ...     return model.get_weights()[0].item()
    >>> first() == first()
    True
    """
    with quiet():
        from keras.src.random import seed_generator  # noqa: PLC0415  # takes seconds
        from keras.src.utils import rng_utils  # noqa: PLC0415

    own = random.Random(checks.whole("seed", seed, 0, 2**32 - 1))
    with (
        _ONE_AT_A_TIME,  # two at once would not put back what they found
        patch.object(seed_generator, "python_random", own),
        patch.object(rng_utils, "random", own),
    ):
        yield


def build(task: Task, seed: int) -> Any:
    """Return the model of a task, not compiled yet, as its ``build_model`` makes it.

    Examples
    --------
    >>> from lrdecay.lab.tasks.images import IMAGES
    >>> build(IMAGES, 3).output_shape
    (None, 10)
    """
    with own_random(seed):
        return task.build_model(seed)
