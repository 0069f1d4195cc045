"""The table of sharpness, read, and its correlations on tables worked by hand."""

import csv

import numpy as np
import pytest

from lrdecay.lab.minima import MEASURES, Minima
from lrdecay.lab.sweep.manifest import seal


def write(folder, cells):
    """Write rows (arm, seed, epoch, sharpness, test loss), all other measures 0."""
    with (folder / "runs.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, ["arm", "seed", "epoch", *MEASURES])
        table.writeheader()
        for arm, seed, epoch, sharp, loss in cells:
            row = dict.fromkeys(MEASURES, 0) | {"arm": arm, "seed": seed, "epoch": epoch}
            table.writerow(row | {"sharpness": sharp, "test_loss": loss})
    seal(folder, ["runs.csv"])
    return folder


@pytest.fixture
def table(tmp_path):
    cells = []
    for place, arm in enumerate(("a", "b", "c")):
        for seed in (7, 5):
            # Seed 5 has the arms in the same order in both measures, seed 7 in opposite ones.
            end = place if seed == 5 else 10 - place
            cells += [(arm, seed, 3, 99, 99), (arm, seed, 15, place, end)]
    return write(tmp_path, cells)


def test_the_ends_are_those_of_the_last_epoch_by_arm_and_seed(table):
    minima = Minima.read(table)
    assert (minima.arms, minima.seeds, minima.epochs) == (("a", "b", "c"), (5, 7), (3, 15))
    assert minima.ends("test_loss").tolist() == [[0, 10], [1, 9], [2, 8]]
    assert minima.ends("gap").tolist() == [[0, 10], [1, 9], [2, 8]]


def test_each_seed_has_a_rank_correlation_over_the_arms(table):
    assert Minima.read(table).between_arms("sharpness", "test_loss").tolist() == [1, -1]


def test_inside_the_arms_their_means_do_not_count(tmp_path):
    # Arm b is sharper by 100 and better by 100, and inside each arm the sharper run is worse.
    cells = [
        (arm, seed, 15, far + x, -far + y)
        for arm, far in (("a", 0), ("b", 100))
        for seed, x, y in ((0, 0, 0), (1, 1, 1), (2, 2, 1), (3, 3, 3))
    ]
    minima = Minima.read(write(tmp_path, cells))
    r, low, high = minima.within_arms("sharpness", "test_loss")
    x, y = np.array([-1.5, -0.5, 0.5, 1.5]), np.array([-1.25, -0.25, -0.25, 1.75])
    assert r == pytest.approx(x @ y / np.sqrt((x @ x) * (y @ y)))
    assert low < r < high < 1
    np.testing.assert_allclose(minima.between_arms("sharpness", "test_loss"), -1)


def test_the_interval_covers(tmp_path):
    """Of tables without any correlation 95 of 100 intervals hold 0, within chance."""
    draw = np.random.default_rng(2)
    found = 0
    for _ in range(400):
        noise = {name: draw.normal(size=(6, 10, 1)) for name in MEASURES}
        minima = Minima(tuple("abcdef"), tuple(range(10)), (15,), noise)
        _, low, high = minima.within_arms("sharpness", "test_loss")
        found += low < 0 < high
    assert 0.92 * 400 < found < 0.98 * 400


def test_a_missing_row_or_measure_is_named(tmp_path):
    cells = [("a", 0, 15, 1, 1), ("a", 1, 15, 1, 1), ("b", 0, 15, 1, 1)]
    path = write(tmp_path, cells)
    with pytest.raises(ValueError, match=r"runs\.csv: 3 rows, not one for each arm"):
        Minima.read(path)
    minima = Minima.read(write(path, cells[:2]))
    with pytest.raises(ValueError, match=r"measure = 'flatness': expected gap, train_loss"):
        minima.ends("flatness")
