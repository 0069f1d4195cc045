"""What runs in Keras with TensorFlow, again with the other backends of Keras: in `make rivals`."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest


@pytest.mark.parametrize("file", ["test_to_keras.py", "test_driving.py"])
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_with_another_backend(backend, file):
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed: `make rivals` installs it")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            Path(__file__).parent / file,
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "KERAS_BACKEND": backend},
    )
    assert done.returncode == 0, done.stdout
