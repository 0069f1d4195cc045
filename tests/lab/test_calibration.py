"""The calibration error against its definition, bin by bin."""

from itertools import pairwise

import numpy as np
import pytest

from lrdecay.lab.calibration import calibration_error


def by_definition(shares, labels, bins):
    total = 0.0
    for low, high in pairwise(np.linspace(0, 1, bins + 1)):
        inside = [i for i, row in enumerate(shares) if low < max(row) <= high]
        if inside:
            right = np.mean([shares[i].argmax() == labels[i] for i in inside])
            total += len(inside) * abs(right - np.mean([max(shares[i]) for i in inside]))
    return total / len(labels)


@pytest.mark.parametrize("bins", [1, 4, 15])
def test_it_is_what_its_definition_says(bins):
    draw = np.random.default_rng(0)
    shares = draw.dirichlet(np.full(10, 0.2), 500)
    labels = np.where(draw.random(500) < 0.6, shares.argmax(axis=1), draw.integers(0, 10, 500))
    expected = by_definition(shares, labels, bins)
    assert expected > 0.01
    assert calibration_error(shares, labels, bins) == pytest.approx(expected, rel=1e-12)


def test_who_is_sure_and_right_is_calibrated_and_who_is_sure_and_wrong_is_not():
    sure = np.eye(10)
    assert calibration_error(sure, np.arange(10)) == 0
    assert calibration_error(sure, (np.arange(10) + 1) % 10) == 1


def test_shares_that_are_no_numbers_have_no_error():
    assert np.isnan(calibration_error(np.full((2, 3), np.nan), np.array([0, 1])))


@pytest.mark.parametrize("shape", [(0, 10), (3,), (2, 10)])
def test_shapes_that_do_not_fit_are_named(shape):
    with pytest.raises(ValueError, match="shares, labels: of shapes"):
        calibration_error(np.ones(shape), np.zeros(shape[0] + (shape == (2, 10)), int))
