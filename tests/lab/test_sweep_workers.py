"""Processes of this machine: one that has grown is replaced, and one that is killed is told."""

import os
import time

import pytest

from lrdecay.lab.sweep import workers

KEPT = []


def grow(size):
    """Keep so many bytes, and give loky the second after which it looks again."""
    KEPT.append(b"x" * size)
    time.sleep(1.2)
    return os.getpid()


def test_a_worker_that_has_grown_is_replaced():
    with workers.here(1) as each:
        pids = list(each(grow, [(1,), (1,), (400_000_000,), (1,), (1,)]))
    assert len(pids) == 5
    assert len(set(pids)) == 2
    assert os.getpid() not in pids


def test_a_worker_that_is_killed_is_told():
    with (
        pytest.raises(ChildProcessError, match=r"a worker was killed.*finished runs are kept"),
        workers.here(1) as each,
    ):
        list(each(os._exit, [(1,)]))
