"""lrdecay against what the rivals gave when they were recorded; needs none of them."""

import importlib.util
import json

import defects
import pytest
import qualities
import rosetta
from make_recorded import RECORDED

RECORD = json.loads(RECORDED.read_text(encoding="utf-8"))


def test_the_recording_fits_the_table():
    assert set(RECORD["rates"]) == {row.key for row in rosetta.ROWS}
    assert set(RECORD["defects"]) == {defects.key(defect) for defect in defects.DEFECTS}
    assert set(RECORD["versions"]) == set(rosetta.LIBRARIES)
    assert set(RECORD["qualities"]) == set(qualities.QUALITIES)
    assert RECORDED.stat().st_size < 300_000


def test_no_two_rows_or_defects_share_a_recording():
    assert len({(row.key, row.feature) for row in rosetta.ROWS}) == len(rosetta.ROWS)
    assert len({defects.key(defect) for defect in defects.DEFECTS}) == len(defects.DEFECTS)


def test_every_feature_has_a_comparison_and_no_comparison_lacks_a_feature():
    features = [feature for group in rosetta.FEATURES.values() for feature in group]
    assert {row.feature for row in rosetta.ROWS} == set(features)
    assert len(features) == len(set(features))


@pytest.mark.parametrize("row", rosetta.ROWS, ids=lambda row: row.key)
def test_our_rates_are_the_recorded_ones(row):
    assert rosetta.difference(row, RECORD["rates"][row.key]) <= row.allowed


@pytest.mark.parametrize("row", rosetta.ROWS, ids=lambda row: row.key)
def test_another_schedule_would_not_pass(row):
    shifted = [*RECORD["rates"][row.key][1:], 0.0]
    assert rosetta.difference(row, shifted) > row.allowed


@pytest.mark.parametrize("defect", defects.DEFECTS, ids=defects.key)
def test_the_defect_is_recorded(defect):
    assert defects.same(RECORD["defects"][defects.key(defect)], defect.seen)


@pytest.mark.parametrize("defect", defects.DEFECTS, ids=defects.key)
def test_ours_is_right(defect):
    for name in defect.needs:
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed: `make rivals` installs it")
    assert defects.same(defect.ours(), defect.right)
    assert not defects.same(defect.seen, defect.right)


@pytest.mark.parametrize("quality", sorted(set(qualities.QUALITIES) - qualities.WITH_RIVALS))
def test_ours_has_every_quality(quality):
    lacking = [
        repr(make())
        for make in qualities.makers(qualities.OURS)
        if not qualities.passes(quality, qualities.OURS, make)
    ]
    assert lacking == []
