"""The comparison on a language model keeps its protocol: its grids are what its tables ask for."""

import math

import compare
import language
import pytest

from lrdecay.lab.sweep import Grid, Published
from lrdecay.lab.sweep.manifest import MANIFEST

published_yet = pytest.mark.skipif(
    not (language.FOLDER / MANIFEST).exists(), reason="no language model has been published yet"
)


class MadeUp:
    """Losses that are least at a peak of 0.01, and at another with averaged weights."""

    def __init__(self, best, tail):
        self.peaks = {"last": best, "tail": tail}

    def there(self, run):
        return True

    def of(self, run, weights="last"):
        peak = max(run.schedule.curve(run.updates(3200)))
        return abs(math.log(peak / self.peaks[weights]))


@pytest.fixture
def tuning(tmp_path, monkeypatch):
    """A grid of trials of its own, in a folder of its own."""
    (tmp_path / "tuning-few.toml").write_text(
        'task = "text"\nepochs = 5\nseed = [0, 1]\n'
        '[[arms]]\nname = "constant"\nschedule = "Constant({rate})"\nrate = [0.01, 0.02, 0.04]\n'
        '[[arms]]\nname = "linear"\nschedule = "LinearDecay({rate}, {updates})"\n'
        "rate = [0.01, 0.02, 0.04]\n"
    )
    monkeypatch.setattr(language, "FOLDER", tmp_path)
    return lambda: language.Tuning("few")


def test_the_best_peak_goes_on_with_other_seeds(tuning):
    grid = Grid.read(tuning().final(MadeUp(0.021, 0.019)))
    assert [(arm.name, arm.weights) for arm in grid.arms] == [
        ("constant", "last"),
        ("constant, tail mean", "tail"),
        ("linear", "last"),
    ]
    assert {run.schedule(0) for run in grid.runs} == {0.02}
    assert {run.seed for run in grid.runs} == set(language.SEEDS)


def test_an_edge_is_widened_until_it_is_none(tuning):
    losses = MadeUp(0.02, 0.16)  # the tail mean asks for more than the grid has
    assert [tuning().widen(losses) for _ in range(4)] == [1, 1, 1, 0]
    assert tuning().arms["constant"]["rate"] == [0.01, 0.02, 0.04, 0.08, 0.16, 0.32]
    assert tuning().arms["linear"]["rate"] == [0.01, 0.02, 0.04]
    assert tuning().best("constant", losses, "tail") == 0.16
    added = Grid.read_file(tuning().widened)
    assert {run.schedule(0) for run in added.runs} == {0.08, 0.16, 0.32}
    assert {run.seed for run in added.runs} == {0, 1}


def test_a_low_edge_is_widened_downwards(tuning):
    assert tuning().at_edges(MadeUp(0.006, 0.02)) == {"constant": 0.005, "linear": 0.005}


def test_every_arm_of_a_length_has_as_many_trials():
    for one in language.tunings():
        counts = {len(language.Tuning(one.name).arms[name]["rate"]) for name in one.arms}
        assert len(counts) == 1 or one.widened.exists(), one.name


@published_yet
def test_the_final_peaks_are_those_that_the_validation_loss_chooses():
    losses = compare.Losses(Published.read(language.FOLDER))
    done = {path.stem.removeprefix("final-") for path in language.FOLDER.glob("final-*.toml")}
    assert done
    for name in done:
        tuning = language.Tuning(name)
        assert tuning.finished(losses)
        assert tuning.at_edges(losses) == {}
        assert (language.FOLDER / f"final-{name}.toml").read_text() == tuning.final(losses)


@published_yet
def test_no_column_of_the_test_is_read_by_the_choice():
    published = Published.read(language.FOLDER)
    rows = {
        key: {name: value for name, value in row.items() if "test" not in name}
        for key, row in published.rows.items()
    }
    blind = compare.Losses(Published(published.folder, published.manifest, rows))
    for path in language.FOLDER.glob("final-*.toml"):
        assert language.Tuning(path.stem.removeprefix("final-")).final(blind) == path.read_text()


@published_yet
def test_every_published_run_belongs_to_a_grid():
    grids = [Grid.read_file(path) for path in language.FOLDER.glob("*.toml")]
    known = {run.hash for grid in grids for run in grid.runs}
    published = Published.read(language.FOLDER)
    assert set(published.rows) <= known
    assert "text" in published.manifest["data"]
    names = [data["name"] for data in published.manifest["data"].values()]
    assert not any("not the text" in name for name in names)
