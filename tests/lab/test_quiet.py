import os
import re
import subprocess
import sys
import warnings

import pytest
from jupyter_client.manager import start_new_kernel

from lrdecay.lab.quiet import quiet

TRAIN = """
import keras, numpy as np
tf.constant(1) + 1
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
model.compile("sgd", "mse", jit_compile=True)
model.fit(np.zeros((8, 4)), np.zeros((8, 2)), verbose=0)
"""


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def noise(text):
    """Write as C++ does: to the file descriptor, past Python."""
    os.write(2, text.encode())


@pytest.fixture
def loud(tmp_path, monkeypatch):
    """A stand-in for TensorFlow that logs where TensorFlow does on some processors."""
    (tmp_path / "tensorflow.py").write_text(
        "import os\n"
        "from functools import cache\n"
        "from types import SimpleNamespace\n"
        "os.write(2, b'imported ')\n"
        "look = cache(lambda: os.write(2, b'looked '))  # the first time only\n"
        "config = SimpleNamespace(list_physical_devices=look)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


@pytest.mark.parametrize(
    ("start", "heard"),
    [
        ("if True:\n", "imported looked "),
        ("from lrdecay.lab.quiet import quiet\nwith quiet():\n", ""),
    ],
)
def test_a_library_that_logs_when_imported_and_when_it_looks_for_devices(loud, start, heard):
    done = run(start + "    import tensorflow\ntensorflow.config.list_physical_devices()")
    assert (done.stderr, done.returncode) == (heard, 0)


def test_a_terminal_sees_no_log_of_import_first_use_and_compilation():
    load = "from lrdecay.lab.quiet import quiet\nwith quiet():\n    import tensorflow as tf"
    done = run(load + TRAIN)
    assert (done.stderr, done.returncode) == ("", 0)


def test_a_notebook_sees_no_log_either_but_sees_warnings(monkeypatch):
    # ipykernel shows what is written to the descriptor, except under this variable.
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    cells = [
        "import os, warnings\nfrom lrdecay.lab.quiet import quiet",
        "with quiet():\n    import tensorflow as tf",
        TRAIN + "None",
        "with quiet():\n    os.write(2, b'noise')\n    warnings.warn('a warning')",
        # The descriptor is a pipe: what comes out of it last came last.
        "_ = os.write(2, b'the end')",
    ]
    manager, client = start_new_kernel()
    try:
        for cell in cells:
            assert client.execute(cell, silent=False)
        heard = ""
        while "the end" not in heard:
            message = client.get_iopub_msg(timeout=120)
            assert message["msg_type"] != "error", message["content"]
            heard += message["content"].get("text", "")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert "a warning" in heard
    assert re.sub(r"\S*: UserWarning: a warning\n.*\n", "", heard) == "the end"


def test_only_the_block_is_silent(capfd):
    noise("before ")
    with quiet():
        noise("within ")
        print("printed")
    noise("after")
    assert capfd.readouterr() == ("printed\n", "before after")


def test_python_is_heard_in_the_block(capfd):
    with quiet():
        noise("noise ")
        print("by hand", file=sys.stderr)
        with pytest.warns(UserWarning, match="a warning"):
            warnings.warn("a warning", stacklevel=1)
    heard = capfd.readouterr().err
    assert "by hand" in heard
    assert "noise" not in heard


def test_python_is_heard_where_its_stderr_is_the_descriptor_itself():
    done = run(
        "import logging, os, sys, warnings\n"
        "from lrdecay.lab.quiet import quiet\n"
        "with quiet():\n"
        "    os.write(2, b'noise')\n"
        "    print('by hand', file=sys.stderr)\n"
        "    warnings.warn('a warning')\n"
        "    handler = logging.StreamHandler()\n"  # keeps the stderr of now, as TensorFlow's does
        "    assert not sys.stderr.isatty() and sys.stderr.fileno() != 2\n"
        "handler.emit(logging.makeLogRecord({'msg': 'logged later'}))\n"
        "assert sys.stderr is sys.__stderr__\n"
    )
    assert done.returncode == 0, done.stderr
    for text in ("by hand", "UserWarning: a warning", "logged later"):
        assert text in done.stderr
    assert "noise" not in done.stderr


def test_an_error_passes_and_brings_the_noise_with_it(capfd):
    def load():
        with quiet():
            noise("libsomething.so not found")
            raise ImportError("no such thing")

    with pytest.raises(ImportError, match="no such thing"):
        load()
    noise(" after")
    assert capfd.readouterr().err == "libsomething.so not found after"


def test_blocks_can_be_nested(capfd):
    with quiet():
        with quiet():
            noise("inner")
        noise("outer")
    noise("after")
    assert capfd.readouterr().err == "after"


def test_no_descriptor_stays_open():
    before = len(os.listdir("/dev/fd"))
    for _ in range(3):
        with quiet():
            pass
    assert len(os.listdir("/dev/fd")) == before


def test_the_log_level_is_put_back(monkeypatch):
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    with quiet():
        assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "1"
    assert "TF_CPP_MIN_LOG_LEVEL" not in os.environ
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    with quiet():
        assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "0"
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "0"


def test_a_process_without_stderr_is_no_problem():
    done = run(
        "import os, sys\n"
        "from lrdecay.lab.quiet import quiet\n"
        "os.close(2)\n"
        "with quiet():\n    import json\n"
        "sys.stderr = None\n"
        "with quiet():\n    import csv\n"
        "print('done')"
    )
    assert done.stdout == "done\n"
