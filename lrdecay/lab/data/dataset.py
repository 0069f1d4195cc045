"""Load MNIST where it can be had, and a stand-in of the same shapes where it cannot."""

import io
import os
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lrdecay.lab.data import archive, digits, download

VARIABLE = "LRDECAY_MNIST"
"""The environment variable that names the file of MNIST."""

URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
"""The address that Keras itself downloads MNIST from."""

MNIST = "8fc8fc4f0343f34ece1fcfdfb65f0801fac48030ce7c70e62bbb62f64ee2e65b"
"""`lrdecay.lab.data.archive.fingerprint` of the true MNIST, in its original order."""

DIGITS = "f014ccb1b37bdab9a3446af94bb03a63065b9373f19da1bfbcdbb7414708626e"
"""The fingerprint of what `lrdecay.lab.data.digits.make` makes."""

_PROVENANCE = {
    "MNIST": (
        "MNIST: 60,000 training and 10,000 test images of handwritten digits, "
        "the original ones (SHA-256 of the arrays verified)."
    ),
    "digits": (
        "digits, a stand-in for MNIST: 60,000 training and 10,000 test images made from "
        "scikit-learn's 1,797 real 8x8 digits. Step counts and learning rates are those of "
        "MNIST; losses and accuracies are not."
    ),
}


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images of digits with their labels, and what they are.

    Parameters
    ----------
    x_train, x_test : uint8 array, shapes (60000, 28, 28) and (10000, 28, 28)
        Gray values from 0 to 255. The arrays are read-only.
    y_train, y_test : uint8 array, shapes (60000,) and (10000,)
        The digits, 0 to 9.
    name : str
        ``"MNIST"`` or ``"digits"``.
    provenance : str
        A sentence that says what the data is; show it beside every accuracy.
    """

    x_train: NDArray[np.uint8]
    y_train: NDArray[np.uint8]
    x_test: NDArray[np.uint8]
    y_test: NDArray[np.uint8]
    name: str
    provenance: str


def load(source: str | os.PathLike[str] = "auto") -> Dataset:
    """Return MNIST, or the stand-in made from scikit-learn's digits.

    Parameters
    ----------
    source : str or path
        ``"auto"``: the file that ``LRDECAY_MNIST`` names; else Keras' own cached file; else its
        download; else the stand-in. ``"mnist"``: the same without the stand-in. ``"digits"``:
        the stand-in. Anything else is the path of an ``mnist.npz``.

    Returns
    -------
    Dataset

    Raises
    ------
    FileNotFoundError
        When a file that you named does not exist, or ``"mnist"`` is nowhere to be had.
    ValueError
        When a file that you named is not MNIST: cut short, altered, pickled, with other arrays,
        shapes or dtypes. There is no silent fallback from a named file.

    Notes
    -----
    A refused connection, or one that is silent for 10 s, counts as no MNIST. The stand-in takes
    about 3 s to make; it is kept in the folder ``lrdecay`` of the user's cache
    (``XDG_CACHE_HOME``). MNIST: Y. LeCun, C. Cortes and C. Burges, 1998.

    Examples
    --------
    >>> data = load("digits")
    >>> data.name, data.x_train.shape, data.x_test.shape
    ('digits', (60000, 28, 28), (10000, 28, 28))
    """
    if not isinstance(source, str | os.PathLike) or not os.fspath(source):
        raise ValueError(
            f"source = {source!r}: expected 'auto', 'mnist', 'digits' or the path of an mnist.npz"
        )
    if source == "digits":
        return _dataset("digits", _digits())
    if source not in ("auto", "mnist"):
        return _named(Path(source), f"Give 'auto', 'mnist', 'digits' or the path of {_GOOD_FILE}.")
    if named := os.environ.get(VARIABLE):
        return _named(Path(named), f"Let {VARIABLE} name {_GOOD_FILE}, or unset it.")
    arrays = _cached_by_keras() or _downloaded()
    if arrays:
        return _dataset("MNIST", arrays)
    if source == "mnist":
        raise FileNotFoundError(
            f"MNIST is neither in Keras' cache ({_keras_file()}) nor to be downloaded. "
            f"Let {VARIABLE} name {_GOOD_FILE}, or give source='digits'."
        )
    return _dataset("digits", _digits())


_GOOD_FILE = "the original mnist.npz (arrays x_train, y_train, x_test, y_test)"


def _dataset(name: str, arrays: archive.Arrays) -> Dataset:
    for array in arrays.values():
        array.flags.writeable = False
    return Dataset(**arrays, name=name, provenance=_PROVENANCE[name])


def _named(path: Path, fix: str) -> Dataset:
    return _dataset("MNIST", archive.read(path.expanduser(), MNIST, fix))


def _keras_file() -> Path:
    home = os.environ.get("KERAS_HOME") or os.path.expanduser("~/.keras")
    return Path(home) / "datasets" / "mnist.npz"


def _cached_by_keras() -> archive.Arrays | None:
    """Return MNIST from Keras' cache; warn when the file is there but no good."""
    try:
        return archive.read(_keras_file(), MNIST, "It is passed over; delete it.")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        warnings.warn(str(error), stacklevel=3)
        return None


def _downloaded() -> archive.Arrays | None:
    """Return MNIST from the network and leave it where Keras looks for it."""
    content = download.fetch(URL)
    if content is None:
        return None
    try:
        arrays = archive.read(io.BytesIO(content), MNIST, "")
    except ValueError:  # something else answered, such as the log-in page of a network
        return None
    with suppress(OSError):
        archive.write(_keras_file(), content)
    return arrays


def _digits_file() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(cache) / "lrdecay" / f"digits-{DIGITS[:8]}.npz"


def _digits() -> archive.Arrays:
    """Return the stand-in from its cache, or make it when that is missing or damaged."""
    path = _digits_file()
    with suppress(OSError, ValueError):
        return archive.read(path, DIGITS, "")
    arrays = digits.make()
    with suppress(OSError):  # a cache that cannot be written only costs time
        archive.write(path, arrays)
    return arrays
