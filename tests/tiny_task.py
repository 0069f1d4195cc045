"""A task of a moment: 240 images of 6 by 6 in three classes. Workers find it as they find tests."""

import os
from pathlib import Path

import numpy as np

from lrdecay.lab.data import Dataset
from lrdecay.lab.tasks import Task

EXAMPLES, VALIDATION = 240, 30


def images(count, seed=0):
    """Noisy images of three patterns."""
    draw = np.random.default_rng(seed)
    patterns = np.random.default_rng(99).integers(0, 256, (3, 6, 6))
    labels = draw.integers(0, 3, count)
    noisy = (patterns[labels] + draw.normal(0, 120, (count, 6, 6))).clip(0, 255)
    return noisy.astype(np.uint8), labels.astype(np.uint8)


def load(source="auto"):
    """The data; another when the source is a file that says so, as on a machine without it."""
    if source != "auto" and not Path(source).exists():
        raise FileNotFoundError(f"{source}: no such file on process {os.getpid()}")
    seed = int(Path(source).read_text()) if source != "auto" else 0
    return Dataset(*images(EXAMPLES, seed), *images(60, seed + 1), f"tiny {seed}", "made here")


def build_model(seed=0):
    import keras  # noqa: PLC0415

    keras.utils.set_random_seed(seed)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((6, 6)),
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            layers.Dense(4, activation="relu"),
            layers.Dense(3, activation="softmax"),
        ]
    )


TINY = Task("tiny", load, build_model, EXAMPLES, VALIDATION)
