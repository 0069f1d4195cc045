"""What is said when a framework is not installed; needs none of them."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("call", "missing"),
    [
        ("to_torch(lrdecay.Constant(0.1), None)", "torch"),
        ("to_optax(lrdecay.Constant(0.1))", "jax"),
    ],
)
def test_the_error_says_what_to_install(call, missing):
    code = (
        f"import sys\nsys.modules[{missing!r}] = None\nimport lrdecay\n"
        f"try:\n    lrdecay.{call}\nexcept ImportError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"{missing} is not installed: pip install {missing}\n"
