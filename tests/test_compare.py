"""The comparison that is published kept its protocol: its grids are what its tables ask for."""

import compare
import pytest

from lrdecay.lab.sweep import Grid, Published


@pytest.fixture(scope="module")
def published():
    """The tables of the book."""
    return Published.read(compare.FOLDER)


def test_every_run_that_a_final_grid_rests_on_is_published_and_no_other(published):
    runs = {path.stem: Grid.read_file(path).runs for path in compare.FOLDER.glob("*.toml")}
    assert set(published.rows) <= {run.hash for listed in runs.values() for run in listed}
    missing = {
        name: {compare.Condition.of(run) for run in listed if run.hash not in published.rows}
        for name, listed in runs.items()
    }
    begun = {condition for conditions in missing.values() for condition in conditions}
    finals = {c for name in runs if name.startswith("final") for c in conditions_of(runs[name])}
    assert finals
    assert not begun & finals  # nothing is compared while a trial of it is missing
    assert published.manifest["runs"] == len(published.rows)


def conditions_of(runs):
    """What the runs have in common."""
    return {compare.Condition.of(run) for run in runs}


def test_the_final_settings_are_those_that_the_validation_loss_chooses(published):
    found = compare.final(compare.Losses(published))
    assert found
    for name, text in found.items():
        assert (compare.FOLDER / name).read_text() == text, name
    assert set(found) == {path.name for path in compare.FOLDER.glob("final-*.toml")}


def test_no_best_setting_is_at_an_edge_that_could_be_widened(published):
    assert compare.widened(compare.Losses(published)) == []


def test_tuning_and_final_seeds_are_apart(published):
    seeds = {
        kind: {
            run.seed
            for path in compare.FOLDER.glob("*.toml")
            if path.name.startswith(("final", "untuned")) == (kind == "final")
            for run in Grid.read_file(path).runs
        }
        for kind in ("tuning", "final")
    }
    assert seeds["tuning"] == {0, 1, 2}
    assert not seeds["tuning"] & seeds["final"]


def test_each_family_had_as_many_trials():
    counts = {}
    for name in compare.TUNING:
        for arm in Grid.read_file(compare.FOLDER / f"{name}.toml").arms:
            for condition in {compare.Condition.of(run) for run in arm.runs}:
                settings = {
                    run.with_seed(0) for run in arm.runs if compare.Condition.of(run) == condition
                }
                counts.setdefault(condition, set()).add(len(settings))
    assert {condition.name: list(n) for condition, n in counts.items() if len(n) > 1} == {}


def test_no_column_of_the_test_set_is_read_by_the_choice(published):
    rows = {
        key: {name: value for name, value in row.items() if "test" not in name}
        for key, row in published.rows.items()
    }
    blind = Published(published.folder, published.manifest, rows)
    assert compare.final(compare.Losses(blind)) == compare.final(compare.Losses(published))
