"""The book's task with wrong labels: some training examples say another digit than they show."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lrdecay.lab.data import Dataset, load
from lrdecay.lab.tasks.images import build_model
from lrdecay.lab.tasks.task import Task

CLASSES = 10


def wrong_labels(labels: NDArray[np.uint8], percent: int, seed: int = 0) -> NDArray[np.uint8]:
    """Return labels of which so many percent, drawn at random, are another digit's.

    Parameters
    ----------
    labels : uint8 array
        Digits from 0 to 9.
    percent : int
        How many of a hundred become wrong; each other digit is as likely.
    seed : int
        Fixes which, and how: the same on every machine and with every NumPy.

    Examples
    --------
    >>> labels = np.arange(10, dtype=np.uint8).repeat(100)
    >>> int((wrong_labels(labels, 30) != labels).sum())
    300
    """
    bits = np.random.PCG64(seed).random_raw(2 * len(labels)).reshape(2, -1)
    chosen = np.argsort(bits[0], kind="stable")[: round(len(labels) * percent / 100)]
    wrong = labels.copy()
    shift = 1 + bits[1, chosen] % np.uint64(CLASSES - 1)
    wrong[chosen] = (labels[chosen] + shift.astype(np.uint8)) % CLASSES
    return wrong


def load_noise_10(source: str = "auto") -> Dataset:
    """Return the data of `lrdecay.lab.data.load` with 10 % of the training labels wrong."""
    return _noisy(source, 10)


def load_noise_30(source: str = "auto") -> Dataset:
    """Return the data of `lrdecay.lab.data.load` with 30 % of the training labels wrong."""
    return _noisy(source, 30)


def _noisy(source: str, percent: int) -> Dataset:
    data = load(source)
    name = f"{data.name}, {percent} % of the training labels wrong"
    return replace(data, y_train=wrong_labels(data.y_train, percent), name=name)


NOISE_10 = Task("noise-10", load_noise_10, build_model)
NOISE_30 = Task("noise-30", load_noise_30, build_model)
"""A tenth, and three tenths, of the labels wrong in training and validation; none in the test."""
