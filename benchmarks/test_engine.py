"""One epoch of 60,000 images: lrdecay.lab.sweep, Keras' fit, NumPy, and the products alone."""

import os
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from lrdecay import LinearDecay
from lrdecay.lab.sweep import Run, sweep

THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
ONE_THREAD = dict.fromkeys([*THREADS, "OPENBLAS_NUM_THREADS"], "1")
LIMIT = "its products at the speed of a large one, TensorFlow"
LOOP = "Keras fit, one process of all cores"


@contextmanager
def processes(count, settings):
    """Start processes that make an epoch each, at the same time, whenever they are told to."""
    command = [sys.executable, Path(__file__).with_name("epochs.py")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    started = [subprocess.Popen(command, env=os.environ | settings, **pipes) for _ in range(count)]

    def each(name):
        for process in started:
            process.stdin.write(f"{name}\n")
            process.stdin.flush()
        for process in started:
            assert process.stdout.readline() == "done\n"

    try:
        yield each
    finally:
        for process in started:
            process.communicate()


@pytest.fixture(scope="module")
def epoch():
    """Make an epoch in a process of its own, which has one thread as a worker of a sweep has."""
    with processes(1, ONE_THREAD) as one:
        yield one


@pytest.mark.parametrize(
    ("name", "label", "rounds", "limit"),
    [
        ("limit-tf", LIMIT, 20, None),
        ("limit", "its products at the speed of a large one, NumPy", 20, None),
        ("products", "its products one by one, NumPy", 10, None),
        ("products-xla", "its products one by one, compiled by XLA", 10, None),
        ("engine", "lrdecay", 10, (1 / 0.55, LIMIT)),
        ("twin", "the same network in NumPy", 3, None),
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
            "limit": f"{times:.2f} x a large product of TensorFlow",
            "at_most": {"times": times, "of": of},
        }
    benchmark.pedantic(epoch, args=(name,), rounds=rounds, warmup_rounds=2)


@pytest.mark.parametrize(
    ("count", "name", "label", "settings", "rounds"),
    [
        (1, "fit", LOOP, {}, 3),
        (1, "engine", "lrdecay, one process", ONE_THREAD, 10),
        (2, "engine", "lrdecay", ONE_THREAD, 10),
        (2, "products-xla", "its products, compiled by XLA", ONE_THREAD, 10),
        (2, "limit-tf", LIMIT, ONE_THREAD, 10),
    ],
)
def test_side_by_side(benchmark, count, name, label, settings, rounds):
    benchmark.group = "One of many such epochs: two processes of one thread, if not said otherwise"
    benchmark.extra_info |= {"label": label, "calls": count}
    if label == "lrdecay":
        limit = {"limit": "1/20 of a loop of Keras fit", "at_most": {"times": 1 / 20, "of": LOOP}}
        benchmark.extra_info |= limit
    with processes(count, settings) as each:
        benchmark.pedantic(each, args=(name,), rounds=rounds, warmup_rounds=2)


@contextmanager
def largest_child():
    """Measure how much memory the largest of this process' children has at most, in bytes."""
    found, done = [0], threading.Event()

    def watch():
        while not done.wait(0.1):
            for child in psutil.Process().children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    found[0] = max(found[0], child.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield found
    finally:
        done.set()
        watcher.join()


@pytest.mark.parametrize(
    ("seeds", "settings", "label"),
    [
        (8, 1, "lrdecay, one of 8"),
        (32, 1, "lrdecay, one of 32"),
        (128, 1, "lrdecay"),
        (1, 64, "lrdecay, one of 64 settings, each compiled"),
    ],
)
def test_runs_of_a_sweep(benchmark, tmp_path, record_property, seeds, settings, label):
    benchmark.group = "One of 128 runs of a sweep, an epoch each: two processes, start included"
    benchmark.extra_info |= {"label": label, "calls": seeds * settings}
    rates = [0.1 + 0.01 * i for i in range(settings)]
    runs = [Run(LinearDecay(rate, 1719), seed, 1) for rate in rates for seed in range(seeds)]
    options = {"jobs": 2, "data": "digits", "bar": False}
    with largest_child() as memory:
        records = benchmark.pedantic(sweep, args=(runs, tmp_path), kwargs=options, rounds=1)
    assert len(records) == len(runs)
    record_property("measured", f"{label}: a worker had {memory[0] / 1e6:.0f} MB at most")
    assert memory[0] < 1.5e9
