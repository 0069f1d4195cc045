"""No test of the lab touches the network, the user's caches or the user's files."""

import os

import numpy as np
import pytest

from lrdecay.lab.data import archive, digits
from lrdecay.lab.data import dataset as data

REAL_MNIST = os.environ.get(data.VARIABLE)


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path):
    monkeypatch.delenv(data.VARIABLE, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(data.download, "fetch", lambda url: None)


@pytest.fixture(scope="session")
def made_digits():
    """The stand-in, made once for all tests."""
    return digits.make()


def _arrays_like_mnist(shade):
    """Arrays of MNIST's shapes that are quick to make and small when compressed."""
    arrays = {name: np.full(shape, shade, np.uint8) for name, shape in archive.SHAPES.items()}
    for name in ("y_train", "y_test"):
        arrays[name][:] = np.arange(len(arrays[name])) % 10
    return arrays


@pytest.fixture(scope="session")
def pretend_arrays():
    """What `pretend` calls MNIST, and what it calls the stand-in."""
    return _arrays_like_mnist(1), _arrays_like_mnist(2)


@pytest.fixture
def pretend(monkeypatch, tmp_path, pretend_arrays):
    """Stand-ins for both data sets; gives the path of a file of the pretended MNIST."""
    mnist, stand_in = pretend_arrays
    monkeypatch.setattr(data, "MNIST", archive.fingerprint(mnist))
    monkeypatch.setattr(data, "DIGITS", archive.fingerprint(stand_in))
    monkeypatch.setattr(digits, "make", lambda: {k: v.copy() for k, v in stand_in.items()})
    path = tmp_path / "mnist.npz"
    np.savez_compressed(path, **mnist)
    return path


@pytest.fixture(scope="session")
def real_mnist():
    if not REAL_MNIST:
        pytest.skip(f"{data.VARIABLE} names no file: the true MNIST is not at hand")
    return REAL_MNIST
