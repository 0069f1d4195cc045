"""The best epoch of a run, on tables worked by hand."""

import numpy as np
import pytest

from lrdecay.lab.comparison import ACCURACY, LOSS
from lrdecay.lab.stopping import best_epochs, last_and_stopped, stopped

LOSSES = [[0.9, 0.2, 0.5], [0.3, 0.3, 0.4], [0.5, 0.4, 0.1]]


def test_it_stops_at_the_least_loss_of_each_run_and_at_the_first_of_equals():
    assert best_epochs(LOSSES).tolist() == [1, 0, 2]


def test_the_measure_is_read_where_the_validation_loss_was_least_and_not_at_its_own_best():
    measure = [[0.0, 7.0, 9.0], [1.0, 0.0, 9.0], [0.0, 9.0, 4.0]]
    assert stopped(measure, LOSSES).tolist() == [7.0, 1.0, 4.0]


def test_a_run_that_diverges_stops_before():
    assert best_epochs([[0.5, 0.4, np.nan]]).tolist() == [1]


def test_bad_tables_are_named():
    with pytest.raises(ValueError, match=r"losses: of shape \(2,\)"):
        best_epochs([0.1, 0.2])
    with pytest.raises(ValueError, match=r"losses: run 1 has no finite loss"):
        best_epochs([[0.1, 0.2], [np.nan, np.nan]])
    with pytest.raises(ValueError, match=r"measure: of shape \(1, 2\), but losses of \(1, 3\)"):
        stopped([[1.0, 2.0]], [[0.1, 0.2, 0.3]])


class Table:
    """Two runs of one arm, as published tables give them."""

    def curves(self, arm, measure):
        assert arm == "the arm"
        return {
            "validation_loss": np.array([[0.3, 0.2, 0.4], [0.3, 0.2, 0.1]]),
            "test_loss": np.array([[5.0, 6.0, 4.0], [5.0, 7.0, 3.0]]),
            "test_accuracy": np.array([[0.5, 0.6, 0.7], [0.5, 0.8, 0.9]]),
        }[measure]


def test_an_arm_is_read_at_its_last_update_and_at_its_best_epoch():
    measures = {"loss": LOSS, "accuracy": ACCURACY}
    found = last_and_stopped(Table(), {"linear": "the arm"}, measures)
    assert list(found) == ["linear, last update", "linear, best epoch"]
    last, best = found.values()
    assert last["loss"].tolist() == [4, 3]
    assert best["loss"].tolist() == [6, 3]
    np.testing.assert_allclose(last["accuracy"], [70, 90])
    np.testing.assert_allclose(best["accuracy"], [60, 90])
