"""The book's task: handwritten digits, learned by a network of one hidden layer."""

from typing import Any

from lrdecay import checks
from lrdecay.lab.data import load
from lrdecay.lab.quiet import quiet
from lrdecay.lab.tasks.task import Task


def build_model(seed: int = 0) -> Any:
    """Return the network of chapter 5, 784-128-10, in Keras 3 form, not compiled yet.

    It takes gray values from 0 to 255: the division by 255 is its first layer.

    Parameters
    ----------
    seed : int
        Fixes the first weights. It is set for all of Keras, NumPy and Python, as
        ``keras.utils.set_random_seed`` does.

    Returns
    -------
    keras.Sequential

    Raises
    ------
    ValueError
        When `seed` is not a whole number from 0 to 2**32 - 1.

    Examples
    --------
    >>> build_model().count_params()  # 784 * 128 + 128 + 128 * 10 + 10
    101770
    """
    checked = checks.whole("seed", seed, 0, 2**32 - 1)
    with quiet():
        import keras  # noqa: PLC0415  # takes seconds

    keras.utils.set_random_seed(checked)
    return keras.Sequential(
        [
            keras.Input(shape=(28, 28)),
            keras.layers.Rescaling(1 / 255),  # here, a batch at a time, it takes half the memory
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )


IMAGES = Task("images", load, build_model)
"""The 60,000 images of `lrdecay.lab.data.load`, and `build_model`."""
