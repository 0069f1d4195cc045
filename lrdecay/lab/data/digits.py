"""A stand-in for MNIST, made from the real digits that scikit-learn carries with it."""

import numpy as np
from numpy.typing import NDArray

from lrdecay.lab.data.archive import SHAPES, Arrays

TEST_SOURCES = 257
"""The last 257 of the 1,797 source images, one in seven as in MNIST, are for testing only."""

_SEED = 20_250_723
_ONE = 1 << 10  # fixed point: 1.0 in the arithmetic below, which is all in integers
_MARGIN = 4  # empty pixels around an 8x8 source image, so that moving it needs no case


def make() -> Arrays:
    """Return images and labels in MNIST's shapes, made from scikit-learn's 8x8 digits.

    Each image is a source image, enlarged to about 20x20 pixels in a 28x28 frame and then
    changed a little: scaled, slanted, turned and moved at random from a fixed seed. Training
    and test images have no source image in common.

    Returns
    -------
    dict of str to uint8 array
        ``x_train`` (60000, 28, 28), ``y_train`` (60000,), ``x_test``, ``y_test``.

    Raises
    ------
    ImportError
        When scikit-learn is not installed.

    Notes
    -----
    Whole numbers and a generator whose stream NumPy promises to keep: the same bytes on every
    machine. Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits,
    UCI Machine Learning Repository, 1998.
    """
    from sklearn.datasets import load_digits  # noqa: PLC0415

    digits = load_digits()
    images, labels = digits.images.astype(np.int32), digits.target.astype(np.uint8)
    split = len(images) - TEST_SOURCES
    x_train, y_train = _vary(images[:split], labels[:split], SHAPES["x_train"][0], _SEED)
    x_test, y_test = _vary(images[split:], labels[split:], SHAPES["x_test"][0], _SEED + 1)
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


def _vary(
    images: NDArray[np.int32], labels: NDArray[np.uint8], count: int, seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return `count` changed copies of the images, each used equally often, in random order."""
    draw = np.random.PCG64(seed)
    order = np.argsort(draw.random_raw(count), kind="stable") % len(images)

    def around(middle: int, spread: int) -> NDArray[np.int32]:
        """Draw a whole number from ``middle - spread`` to ``middle + spread`` for each image."""
        draws = draw.random_raw(count) >> np.uint64(32)
        return ((draws * np.uint64(2 * spread + 1)) >> np.uint64(32)).astype(np.int32) + np.int32(
            middle - spread
        )

    # Where in the source an output pixel looks, in 1/_ONE: per row and per column of output.
    step, slant = 410, 80  # 8 source pixels over 20 output pixels, as in MNIST; up to 11 degrees
    a, b = around(step, 30), around(0, slant)
    c, d = around(0, slant), around(step, 30)
    down, right = around(0, 700), around(0, 700)
    changed = np.empty((count, 28, 28), np.uint8)
    padded = np.pad(images, ((0, 0), (_MARGIN, _MARGIN), (_MARGIN, _MARGIN)))
    for part in np.array_split(np.arange(count), max(1, count // 2_000)):
        changed[part] = _look(
            padded[order[part]], *(v[part, None, None] for v in (a, b, c, d, down, right))
        )
    return changed, labels[order]


def _look(
    images: NDArray[np.int32],
    a: NDArray[np.int32],
    b: NDArray[np.int32],
    c: NDArray[np.int32],
    d: NDArray[np.int32],
    down: NDArray[np.int32],
    right: NDArray[np.int32],
) -> NDArray[np.uint8]:
    """Return the images seen through the affine map, between pixels by bilinear means."""
    size = images.shape[-1]
    centre = _ONE * (size - 1) // 2
    half = np.arange(-27, 28, 2, dtype=np.int32)  # twice the distance from the middle, 13.5
    rows, columns = half[:, None], half[None, :]
    top = _ONE * (size - 1) - 1  # the last place with a neighbour below and to the right
    y = np.clip((a * rows + b * columns) // 2 + centre + down, 0, top)
    x = np.clip((c * rows + d * columns) // 2 + centre + right, 0, top)
    y0, x0 = y // _ONE, x // _ONE
    fy, fx = y - y0 * _ONE, x - x0 * _ONE
    flat = images.reshape(-1)
    here = np.arange(len(images), dtype=np.int32)[:, None, None] * size**2 + y0 * size + x0
    above = flat[here] * (_ONE - fx) + flat[here + 1] * fx
    below = flat[here + size] * (_ONE - fx) + flat[here + size + 1] * fx
    shade = above * (_ONE - fy) + below * fy  # 16 * _ONE**2 is the darkest ink
    full = 16 * _ONE**2
    grey: NDArray[np.int64] = (shade.astype(np.int64) * 255 + full // 2) // full
    return grey.astype(np.uint8)
