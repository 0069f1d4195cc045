"""Build the model of a task: its first weights hang on the seed alone."""

import random
from typing import Any
from unittest.mock import patch

from lrdecay.lab.quiet import quiet
from lrdecay.lab.tasks.task import Task


def build(task: Task, seed: int) -> Any:
    """Return the model of a task, as its ``build_model`` makes it where no other thread runs.

    Parameters
    ----------
    task : Task
    seed : int

    Returns
    -------
    keras.Model
        Not compiled yet.

    Notes
    -----
    Keras draws the seed of each layer from Python's `random`, and all threads of a process share
    that. A worker of Dask has a thread that draws from it too, to part its heartbeats: a draw of
    its own between two layers would change the first weights, silently. So Keras gets numbers of
    its own here, the same ones.

    Examples
    --------
    >>> from lrdecay.lab.tasks.images import IMAGES
    >>> build(IMAGES, 3).output_shape
    (None, 10)
    """
    with quiet():
        from keras.src.random import seed_generator  # noqa: PLC0415  # takes seconds
        from keras.src.utils import rng_utils  # noqa: PLC0415

    own = random.Random(seed)
    with (
        patch.object(seed_generator, "python_random", own),
        patch.object(rng_utils, "random", own),
    ):
        return task.build_model(seed)
