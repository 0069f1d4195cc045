"""Wrong labels: as many as said, spread evenly, the same everywhere, and never in the test."""

import hashlib

import numpy as np
import pytest

from lrdecay.lab.data import load
from lrdecay.lab.tasks import find
from lrdecay.lab.tasks.noise import wrong_labels

LABELS = np.arange(10, dtype=np.uint8).repeat(3_000)


@pytest.mark.parametrize("percent", [0, 10, 30, 100])
def test_so_many_percent_are_wrong_and_evenly_so(percent):
    wrong = wrong_labels(LABELS, percent)
    assert (wrong != LABELS).sum() == 300 * percent
    shifts = np.bincount((wrong - LABELS.astype(int)) % 10, minlength=10)[1:]
    expected = 300 * percent / 9
    # A count of 30,000 drawn at random is this near to what is expected in all but one in 10^8.
    assert abs(shifts - expected).max() <= 6 * np.sqrt(expected)


def test_the_same_labels_on_every_machine():
    digest = hashlib.sha256(wrong_labels(LABELS, 30).tobytes()).hexdigest()
    assert digest[:16] == "1019e63799487ddb"


@pytest.mark.parametrize(("task", "percent"), [("noise-10", 10), ("noise-30", 30)])
def test_only_training_labels_are_wrong(task, percent):
    clean, noisy = load("digits"), find(task).load("digits")
    assert (noisy.y_train != clean.y_train).mean() == pytest.approx(percent / 100)
    assert (noisy.y_test == clean.y_test).all()
    assert (noisy.x_train == clean.x_train).all()
    assert f"{percent} % of the training labels wrong" in noisy.name
