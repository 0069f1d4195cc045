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
        # Without -rN a machine where CI is set prints each message a second time.
        command += ["no:cacheprovider", "-rN", "-c", os.devnull, "--rootdir", str(tmp_path)]
        command += [str(tmp_path)]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env=settings, cwd=tmp_path
        )

    return run


def test_a_right_output_passes_and_is_counted(check):
    result = check(cell("print(0.1 * 0.96 ** 28)", "0.031885594968609536\n"))
    assert result.returncode == 0, result.stdout
    assert "1 compared with the stored output" in result.stdout


RATE = "0.1 * 0.96 ** 28"
SINGLE = "float(np.float32(0.031885577))"  # 0.031885575503110886
SPEC = "display({'application/json': {'rate': 0.1 * 0.96 ** 28}}, raw=True)"


def spec(rate):
    made = cell(SPEC, "")
    made.outputs = [new_output("display_data", {"application/json": {"rate": rate}})]
    return made


ALTERED = [
    (RATE, "0.03188559496870"),  # a digit less is another text
    (RATE, "0.031885594968709536"),  # the 12th of its digits
    (RATE, "0.041885594968609536"),
    (RATE, "-0.031885594968609536"),
    (f"f'{{{RATE}:.6f}}'", "0.031887"),  # what is printed shorter, to the last digit
    (f"f'{{{RATE}:.2e}}'", "3.18e-02"),
    (f"f'{{{RATE}:.12f}}'", "0.031885594970"),
    (SINGLE, "0.031885675503110886"),  # float32 has 7 digits: the 6th
    ("28125", "28126"),
    ("10**15 + 1", "1000000000000002"),
    (f"'at', {RATE}", "on 0.031885594968609536"),
]
ROUNDED = [
    (RATE, "0.0318855949686095"),  # the last digits, and how many there are, vary
    (RATE, "0.031885594968609543"),
    (f"'at', {RATE}, 'and', 1/3", "at 0.031885594968609543 and 0.3333333333333333"),
    (f"f'{{{RATE}:>25}}'", "       0.0318855949686095"),  # and so do the spaces before them
    (SINGLE, "0.03188557177782059"),  # one unit of float32 lower
]


def printing(cases):
    return [cell(f"import numpy as np; print({call})", f"{text}\n") for call, text in cases]


def test_one_altered_digit_fails(check):
    result = check(*printing(ALTERED), spec(0.031885594969))
    assert result.stdout.count("Cell outputs differ") == len(ALTERED) + 1, result.stdout
    assert "passed" not in result.stdout


def test_what_a_processor_rounds_otherwise_passes(check):
    result = check(*printing(ROUNDED), spec(0.0318855949686095))
    assert result.returncode == 0, result.stdout


def picture(alt, data):
    return f'<img alt="{alt}" src="data:image/png;base64,{data}">'


def figure(alt, data):
    """Return a cell that draws a line, with another picture stored."""
    shown = {"text/html": picture("A line.", "iVBORw0K+/8=")}
    made = cell(f"display({shown!r}, raw=True)", "")
    made.outputs = [new_output("display_data", {"text/html": picture(alt, data)})]
    return made


def test_a_figure_may_differ_by_a_pixel_but_not_in_its_description(check):
    assert check(figure("A line.", "iVBORw0Kabcd")).returncode == 0
    assert check(figure("A lime.", "iVBORw0Kabcd")).returncode == 1


def test_a_cell_that_raises_fails(check):
    assert check(new_code_cell("1 / 0", execution_count=1)).returncode == 1


DATA = ("print('digits')", "MNIST\n", "depends-on-data")


def test_a_cell_that_depends_on_the_data_is_only_run_without_mnist(check):
    result = check(cell(*DATA))
    assert result.returncode == 0, result.stdout
    assert "1 run only: depends on the data, and MNIST is not here" in result.stdout


def test_a_cell_that_depends_on_the_data_is_compared_with_mnist(check):
    assert check(cell(*DATA), mnist="mnist.npz").returncode == 1
