"""One epoch of 60,000 images: lrdecay.lab.sweep, Keras' fit, and its matrix products alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
LIMIT = "its products at the speed of a large sgemm, NumPy"


@pytest.fixture(scope="module")
def epoch():
    """Make an epoch in a process of its own, which has one thread as a worker of a sweep has."""
    script = Path(__file__).with_name("epochs.py")
    one_thread = os.environ | dict.fromkeys([*THREADS, "OPENBLAS_NUM_THREADS"], "1")
    command = [sys.executable, script]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=one_thread, **pipes) as process:

        def one(name):
            process.stdin.write(f"{name}\n")
            process.stdin.flush()
            assert process.stdout.readline() == "done\n"

        yield one
        process.stdin.close()


@pytest.mark.parametrize(
    ("name", "label", "rounds", "limit"),
    [
        ("limit", LIMIT, 20, None),
        ("products", "its products one by one, NumPy", 10, None),
        ("engine", "lrdecay", 10, (1 / 0.55, LIMIT)),
        ("fit-steps", "Keras fit, steps_per_execution=1875", 3, None),
        ("fit", "Keras fit", 3, None),
    ],
)
def test_epoch(benchmark, epoch, name, label, rounds, limit):
    benchmark.group = "One epoch of 784-128-10 on 60,000 images, one thread"
    benchmark.extra_info["label"] = label
    if limit:
        times, of = limit
        benchmark.extra_info |= {
            "limit": f"{times:.2f} x a large sgemm of NumPy",
            "at_most": {"times": times, "of": of},
        }
    benchmark.pedantic(epoch, args=(name,), rounds=rounds, warmup_rounds=2)
