"""Published tables: what was written is read, and nothing that was changed is."""

import math
from dataclasses import replace

import numpy as np
import pytest

from lrdecay import Constant, LinearDecay
from lrdecay.lab import sweep
from lrdecay.lab.sweep import Grid, Published, Record, Run, choose, publish

TASK = "tiny_task:TINY"
GRID = f"""
task = "{TASK}"
epochs = 2
seed = [3, 1, 2]

[[arms]]
name = "linear"
schedule = "LinearDecay({{rate}}, {{updates}})"
rate = 0.5

[[arms]]
name = "linear, averaged"
schedule = "LinearDecay({{rate}}, {{updates}})"
rate = 0.5
weights = "tail"
"""


def record(run, loss, diverged=None):
    """A record whose losses can be told apart: the test loss is the seed, and a bit an epoch."""
    length = diverged or run.epochs
    rising = tuple(None if diverged == i + 1 else loss + 0.25 * i for i in range(length))
    epochs = dict.fromkeys(("rate_first", "rate_last", *sweep.MEASURES), rising)
    averages = {} if diverged else {"tail": {"test_loss": loss / 2}}
    ends = {} if diverged else {"test_calibration": loss / 100}
    data = {"name": "tiny", "sha256": "0" * 64}
    return Record(run, epochs, ends, averages, diverged, 7, 1.5, data, {"python": "3"}, "abc")


@pytest.fixture
def folder(tmp_path):
    """Three published runs; that of seed 2 diverged in its second epoch."""
    (tmp_path / "final.toml").write_text(GRID)
    runs = Grid.read(GRID).runs
    publish([record(run, float(run.seed), 2 if run.seed == 2 else None) for run in runs], tmp_path)
    return tmp_path


def test_the_outcomes_of_an_arm_come_by_seed(folder):
    published = Published.read(folder)
    linear = published.arm("final", "linear")
    losses = published.values(linear, "test_loss")
    assert losses.tolist()[::2] == [1.25, 3.25]
    assert math.isnan(losses[1])
    assert published.values(linear, "test_calibration").tolist()[::2] == [0.01, 0.03]
    averaged = published.arm("final", "linear, averaged")
    assert published.values(averaged, "test_loss").tolist()[::2] == [0.5, 1.5]
    nan = math.nan
    expected = [[1.0, 1.25], [2.0, nan], [3.0, 3.25]]
    assert np.array_equal(published.curves(linear, "test_loss"), expected, equal_nan=True)
    assert published.manifest["runs"] == 3
    assert published.manifest["diverged"] == 1


def test_a_published_record_is_the_record(folder):
    published = Published.read(folder)
    grown = replace(RUNS[0], task=TASK, epochs=3, batch=[(1, 32), (2, 64)], momentum=0.5)
    runs = [*Grid.read(GRID).runs, grown]
    records = [record(run, run.seed / 8, 2 if run.seed == 2 else None) for run in runs]
    publish(records, folder)
    published = Published.read(folder)
    for one in records:
        found = published.record(one.run.hash)
        assert (found.run, found.diverged, found.epochs) == (one.run, one.diverged, one.epochs)
        assert (found.seconds, found.versions, found.commit) == (1.5, {"python": "3"}, "abc")
        if one.diverged:
            assert found.ends == found.averages == {}
        else:
            assert found.ends["test_calibration"] == one.ends["test_calibration"]
            assert found.averages["tail"]["test_loss"] == one.averages["tail"]["test_loss"]
            assert set(found.averages) == {"tail", "exponential"}
    publish([record(run, run.seed / 7) for run in runs], folder)  # of more digits than are kept
    published = Published.read(folder)
    again = folder / "again"
    again.mkdir()
    publish([published.record(key) for key in published.rows], again)
    for name in ("runs.csv", "epochs.csv", "manifest.json"):
        assert (again / name).read_bytes() == (folder / name).read_bytes()


def test_a_row_that_is_another_runs_is_named(folder):
    published = Published.read(folder)
    key, row = next(iter(published.rows.items()))
    for change, said in (({"seed": "7"}, "is that of"), ({"schedule": "f()"}, "unknown name")):
        other = replace(published, rows={key: {**row, **change}})
        with pytest.raises(ValueError, match=rf"runs\.csv: r\w+ {key}.*{said}"):
            other.record(key)


@pytest.mark.parametrize("name", ["runs.csv", "epochs.csv", "provenance.csv"])
@pytest.mark.parametrize(
    "change", [lambda b: b[:-1], lambda b: b.replace(b"1", b"2", 1), lambda b: b + b"\n"]
)
def test_a_table_that_was_changed_is_named(folder, name, change):
    path = folder / name
    changed = change(path.read_bytes())
    assert changed != path.read_bytes()
    path.write_bytes(changed)
    with pytest.raises(ValueError, match=rf"{name}: was cut short or changed"):
        Published.read(folder)


def test_what_is_not_there_is_named(folder):
    published = Published.read(folder)
    linear = published.arm("final", "linear")
    with pytest.raises(FileNotFoundError, match=r"tuning\.toml: .*expected one of final"):
        published.arms("tuning")
    with pytest.raises(ValueError, match="name = 'cosine': expected an arm of final: linear"):
        published.arm("final", "cosine")
    with pytest.raises(ValueError, match="measure = 'test_los': expected one of run, hash"):
        published.values(linear, "test_los")
    other = replace(linear, runs=(linear.runs[0].with_seed(9),))
    for ask in (published.values, published.curves):
        with pytest.raises(ValueError, match=r"run [0-9a-f]{16}: is not in .*runs\.csv"):
            ask(other, "test_loss")
    mixed = replace(linear, runs=(*linear.runs, replace(linear.runs[0], epochs=1, batch=32)))
    with pytest.raises(ValueError, match="'linear': its runs differ in their number of epochs"):
        published.curves(mixed, "test_loss")


def test_weights_that_are_none_are_named():
    with pytest.raises(ValueError, match="arm 'linear, averaged': weights = 'ema': expected last"):
        Grid.read(GRID.replace('"tail"', '"ema"'))


# The choice


def losses(table):
    return lambda run: table[run.schedule(0)][run.seed]


RUNS = [Run(Constant(rate), seed) for rate in (0.4, 0.1, 0.2) for seed in (0, 1)]


@pytest.mark.parametrize(
    ("table", "rate"),
    [
        ({0.1: (3, 3), 0.2: (1, 2), 0.4: (0, 4)}, 0.2),  # the mean counts, not the best seed
        ({0.1: (2, 2), 0.2: (2, 2), 0.4: (2, 2)}, 0.1),  # of equal ones the lowest rate
        ({0.1: (3, 3), 0.2: (1, math.nan), 0.4: (4, 4)}, 0.1),  # who diverges once is out
    ],
)
def test_the_choice_is_by_the_mean_over_seeds(table, rate):
    assert choose(RUNS, losses(table)) == Run(Constant(rate))


def test_where_all_diverged_nothing_is_chosen():
    with pytest.raises(ValueError, match="of 3 settings none ended with a finite loss"):
        choose(RUNS, lambda _: math.nan)
    with pytest.raises(ValueError, match="of 0 settings"):
        choose([], lambda _: 0.0)


def test_settings_that_differ_in_more_than_the_seed_are_apart():
    runs = [Run(LinearDecay(0.1, 100, end)) for end in (0, 0.05)]
    assert choose(runs, lambda run: -run.schedule(100)).schedule == LinearDecay(0.1, 100, 0.05)
