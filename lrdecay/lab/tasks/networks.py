"""Other networks for the same digits: a task that differs in kind from one hidden layer."""

from typing import Any

from lrdecay import checks
from lrdecay.lab.data import load
from lrdecay.lab.quiet import quiet
from lrdecay.lab.tasks.task import Task


def build_convolutional(seed: int = 0) -> Any:
    """Return a small convolutional network with batch normalisation, not compiled yet.

    Two convolutions of 3 by 3 with stride 2, of 8 and 16 filters; gray values from 0 to 255 in,
    shares of ten classes out.

    Parameters
    ----------
    seed : int
        Fixes the first weights.

    Returns
    -------
    keras.Model

    Raises
    ------
    ValueError
        When `seed` is not a whole number from 0 to 2**32 - 1.

    Notes
    -----
    A convolution is written as what it is, a dense layer on every patch: on a processor, XLA is
    slow at the gradient of ``Conv2D``. There is no dropout, since it is slow at random numbers too.

    Examples
    --------
    >>> build_convolutional().count_params()  # 3*3*8 + 4*8 + 3*3*8*16 + 4*16 + 6*6*16*10 + 10
    7090
    """
    checked = checks.whole("seed", seed, 0, 2**32 - 1)
    with quiet():
        import keras  # noqa: PLC0415  # takes seconds

    keras.utils.set_random_seed(checked)
    inputs = keras.Input(shape=(28, 28))
    x = keras.layers.Rescaling(1 / 255)(inputs)
    x = keras.layers.Reshape((28, 28, 1))(x)
    for filters in (8, 16):
        x = keras.layers.Dense(filters, use_bias=False)(_patches(x, keras.ops.concatenate))
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.ReLU()(x)
    shares = keras.layers.Dense(10, activation="softmax")(keras.layers.Flatten()(x))
    return keras.Model(inputs, shares)


def _patches(x: Any, concatenate: Any) -> Any:
    """Return the patches of 3 by 3, every second row and column, as ``Conv2D`` orders them."""
    end = 2 * ((x.shape[1] - 3) // 2) + 1
    return concatenate(
        [x[:, i : i + end : 2, j : j + end : 2] for i in range(3) for j in range(3)], axis=-1
    )


CONVOLUTION = Task("convolution", load, build_convolutional)
"""The 60,000 images of `lrdecay.lab.data.load`, and `build_convolutional`."""
