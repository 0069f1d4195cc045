"""A model's first weights hang on its seed, also while other threads draw random numbers."""

import random
import sys
import threading

import numpy as np
import pytest
from tiny_task import TINY

from lrdecay.lab.quiet import quiet
from lrdecay.lab.tasks import find
from lrdecay.lab.tasks.building import build

with quiet():
    import keras
    from keras.src.random import seed_generator
    from keras.src.utils import rng_utils

    from lrdecay.lab.updates import made


@pytest.fixture
def others():
    """A thread that draws from Python's `random` all the time, and is let in often."""
    done = threading.Event()

    def draw():
        while not done.is_set():
            random.random()

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    thread = threading.Thread(target=draw)
    thread.start()
    yield
    done.set()
    thread.join()
    sys.setswitchinterval(interval)


@pytest.mark.parametrize("name", ["images", "convolution", "tiny_task:TINY"])
def test_alone_it_is_what_the_task_builds(name):
    task = find(name)
    got, want = build(task, 7).get_weights(), task.build_model(7).get_weights()
    for one, other in zip(got, want, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.usefixtures("others")
def test_other_threads_change_nothing():
    found = {build(TINY, 7).get_weights()[0].tobytes() for _ in range(5)}
    assert len(found) == 1


@pytest.mark.usefixtures("others")
def test_without_it_they_would():
    found = {TINY.build_model(7).get_weights()[0].tobytes() for _ in range(5)}
    assert len(found) > 1


def test_two_threads_that_build_at_once_leave_keras_as_it_was():
    before = seed_generator.python_random, rng_utils.random
    threads = [threading.Thread(target=build, args=(TINY, seed)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (seed_generator.python_random, rng_utils.random) == before == (random, random)


@pytest.mark.usefixtures("others")
def test_a_builder_of_ones_own_is_seeded_so_too():
    x = np.ones((1, 6, 6))
    found = {made(TINY.build_model, 7, x).get_weights()[0].tobytes() for _ in range(5)}
    assert len(found) == 1


def test_dropout_is_seeded_too():
    def shares(seed):
        keras.utils.set_random_seed(seed)
        layers = [keras.Input((50,)), keras.layers.Dropout(0.5)]
        return keras.Sequential(layers)

    x = np.ones((1, 50), np.float32)
    task = type(TINY)("dropping", None, shares)
    got, want = build(task, 3)(x, training=True), shares(3)(x, training=True)
    np.testing.assert_array_equal(got, want)
