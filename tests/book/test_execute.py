"""The tool that executes the chapters: what it stores, and what it refuses."""

import asyncio
import json
import sys
from pathlib import Path
from unittest import mock

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

sys.path.append(str(Path(__file__).resolve().parents[2] / "tools"))

import execute
import notebooks


@pytest.fixture
def page(tmp_path):
    """Return a function that writes a notebook of the given sources."""

    def write(*sources):
        path = tmp_path / "page.ipynb"
        cells = [new_markdown_cell("# Page"), *map(new_code_cell, sources)]
        nbformat.write(new_notebook(cells=cells), path)
        return path

    return write


def run(path):
    return asyncio.run(execute.execute(path, "MNIST"))


def test_stores_outputs_and_a_record_and_nothing_that_changes_with_time(page):
    done = run(page("print('a', flush=True); print('b')", "import numpy; 1 + 1"))
    first, second = notebooks.code_cells(done)
    assert [output.text for output in first.outputs] == ["a\nb\n"]
    assert second.outputs[0].data["text/plain"] == "2"
    assert [first.execution_count, second.execution_count] == [1, 2]
    assert set(done.metadata) == {"kernelspec", "language_info", "lrdecay"}
    assert "execution" not in first.metadata
    record = done.metadata["lrdecay"]
    assert record["data"] == "none"
    assert {"Python", "numpy"} <= set(record["versions"])
    assert record["seconds"] > 0
    assert 20 < record["peak_mb"] < 1000


def test_peak_memory_is_asked_where_the_system_tells_it(monkeypatch):
    kernel = {"open": mock.Mock(side_effect=FileNotFoundError)}  # macOS has no /proc
    exec(execute.PROBE, kernel)
    monkeypatch.setitem(sys.modules, "resource", mock.Mock())
    sys.modules["resource"].getrusage.return_value.ru_maxrss = 3 * 2**20  # bytes
    assert kernel["probe"](["json", "no_such"]) == (3 * 2**10, {"json": json.__version__})
    monkeypatch.setitem(sys.modules, "resource", None)  # Windows
    assert kernel["probe"]([]) == (None, {})


def test_a_system_that_does_not_tell_its_memory_is_named(page, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(execute, "PROBE", "probe = lambda modules: (None, {})")
    monkeypatch.setattr(execute, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(notebooks, "BOOK", tmp_path)
    path = page("1 + 1")
    assert asyncio.run(execute.run_all([path], tmp_path / "done", "MNIST", 1, False)) == 0
    assert "its memory is not known: this system does not tell it" in capsys.readouterr().out
    assert notebooks.read(tmp_path / "done" / "page.ipynb").metadata["lrdecay"]["peak_mb"] is None


def test_tensorflow_is_asked_for_its_version_by_any_name_that_it_was_installed_by(page):
    write = "import pathlib; pathlib.Path('tensorflow.py').write_text('__version__ = \"9.9\"')"
    done = run(page(write, "import sys; sys.path.insert(0, '.')\nimport tensorflow"))
    assert done.metadata["lrdecay"]["versions"]["tensorflow"] == "9.9"


def test_refuses_a_cell_that_writes_to_stderr(page):
    with pytest.raises(execute.StderrError, match="cell 1 wrote to stderr:\ncareful"):
        run(page("import sys; print('careful', file=sys.stderr)"))


# Each is over, for the notebook, before it writes; the machine may be as busy as it likes.
LATE = {
    "in the cell": "import os; os.write(2, b'careful')",
    "in the cell, to stdout": "import os; os.write(1, b'careful')",
    "from a child": "import subprocess, sys; subprocess.run([sys.executable, '-c', "
    "'import os; os.write(2, b\"careful\")'])",
    "from a thread": "import os, threading, time\n"
    "threading.Thread(target=lambda: (time.sleep(0.5), os.write(2, b'careful'))).start()",
    "from a thread, through Python": "import sys, threading, time\n"
    "def later():\n    time.sleep(0.5)\n    print('careful', file=sys.stderr)\n"
    "threading.Thread(target=later).start()",
    "at exit": "import atexit, os; atexit.register(os.write, 2, b'careful')",
}


@pytest.mark.parametrize("source", LATE.values(), ids=LATE)
def test_refuses_what_is_written_past_the_cells(page, source):
    with pytest.raises(execute.StderrError, match=r"past its cells, to std(err|out):\ncareful"):
        run(page(source, "1 + 1"))


def test_the_kernels_own_log_is_no_noise():
    log = "[IPKernelApp] WARNING | Parent appears to have exited, shutting down.\n\n"
    execute._reject_noise(log, "stderr")
    with pytest.raises(execute.StderrError, match="careful"):
        execute._reject_noise(log + "careful\n", "stderr")


def test_a_cell_that_raises_stops_the_run(page):
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        run(page("1 / 0"))


def test_only_what_can_change_outputs_changes_the_key(page):
    before = notebooks.key(notebooks.read(page("x = 1")), "MNIST")
    notebook = notebooks.read(page("x = 1"))
    notebook.cells[0].source = "# Another title"
    assert notebooks.key(notebook, "MNIST") == before
    assert notebooks.key(notebook, "digits") != before
    assert notebooks.key(notebooks.read(page("x = 2")), "MNIST") != before


def test_a_published_table_that_a_chapter_reads_changes_its_key(page, tmp_path, monkeypatch):
    table = tmp_path / "results" / "runs.csv"
    table.parent.mkdir()
    table.write_text("1\n")
    monkeypatch.setattr(notebooks, "BOOK", tmp_path)
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)
    (tmp_path / "constraints.txt").touch()
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "execute.py").touch()
    keys = {}
    for source in ("open('results/runs.csv')", "1"):
        notebook = notebooks.read(page(source))
        before = notebooks.key(notebook, "MNIST")
        table.write_text(table.read_text() + "2\n")
        keys[source] = notebooks.key(notebook, "MNIST") == before
    assert keys == {"open('results/runs.csv')": False, "1": True}


def test_chapters_are_those_of_the_table_of_contents():
    names = [notebooks.name(path) for path in notebooks.chapters()]
    assert names[0] == "foundations/01-why-decay"
    assert names == sorted(names)
