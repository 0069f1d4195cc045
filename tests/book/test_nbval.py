"""The comparison of stored outputs catches a single digit, and says what it does not compare."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

ROOT = Path(__file__).resolve().parents[2]


def cell(source, printed, *tags):
    output = new_output("stream", name="stdout", text=printed)
    made = new_code_cell(source, outputs=[output], execution_count=1)
    made.metadata["tags"] = list(tags)
    return made


@pytest.fixture
def check(tmp_path):
    """Return a function that tests a notebook of the given cells as `make test` does."""

    def run(*cells, mnist=None):
        shutil.copy(ROOT / "book" / "conftest.py", tmp_path)
        nbformat.write(new_notebook(cells=list(cells)), tmp_path / "page.ipynb")
        settings = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "LRDECAY"))}
        settings["KERAS_HOME"] = str(tmp_path)
        if mnist:
            settings["LRDECAY_MNIST"] = mnist
        command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-p"]
        command += ["no:cacheprovider", "-c", os.devnull, "--rootdir", str(tmp_path), str(tmp_path)]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env=settings, cwd=tmp_path
        )

    return run


def test_a_right_output_passes_and_is_counted(check):
    result = check(cell("print(0.1 * 0.96 ** 28)", "0.031885594968609536\n"))
    assert result.returncode == 0, result.stdout
    assert "1 compared with the stored output" in result.stdout


def test_one_altered_digit_fails(check):
    result = check(cell("print(0.1 * 0.96 ** 28)", "0.031885594968609537\n"))
    assert result.returncode == 1
    assert "Cell outputs differ" in result.stdout


def test_a_cell_that_raises_fails(check):
    assert check(new_code_cell("1 / 0", execution_count=1)).returncode == 1


DATA = ("print('digits')", "MNIST\n", "depends-on-data")


def test_a_cell_that_depends_on_the_data_is_only_run_without_mnist(check):
    result = check(cell(*DATA))
    assert result.returncode == 0, result.stdout
    assert "1 run only: depends on the data, and MNIST is not here" in result.stdout


def test_a_cell_that_depends_on_the_data_is_compared_with_mnist(check):
    assert check(cell(*DATA), mnist="mnist.npz").returncode == 1
