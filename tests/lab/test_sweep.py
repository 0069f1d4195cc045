"""Runs, grids, the folder of records, and sweeps by worker processes."""

import errno
import json
import os
import random
import subprocess
import sys
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from lrdecay import WSD, Constant, CosineDecay, LinearDecay, StepDecay
from lrdecay.__main__ import main
from lrdecay.lab import sweep
from lrdecay.lab.sweep import Grid, Record, Run, Store
from lrdecay.lab.sweep.run import canonical

TASK = "tiny_task:TINY"

# A run


def test_a_hash_never_drifts():
    """Published runs are known by these: a change here would orphan all of them."""
    config = {
        "schedule": {
            "class_name": "Staircase",
            "config": {
                "schedule": {
                    "class_name": "CosineDecay",
                    "config": {"duration": 28125, "lr0": 0.3, "lr_end": 0.0},
                },
                "every": 1875,
            },
        },
        "seed": 7,
        "epochs": 15,
        "batch": [[15, 32]],
        "task": "images",
        "optimizer": "AdamW",
        "momentum": 0.9,
        "weight_decay": 0.0005,
    }
    run = Run(CosineDecay(0.3, 28125).staircase(1875), 7, optimizer="AdamW", weight_decay=5e-4)
    assert run.to_config() == config
    assert run.hash == "f26f9a6cc734725e"
    assert Run(StepDecay(0.1, 0.96, 1000)).hash == "09eb84d50eb99265"


@pytest.mark.parametrize(
    "same",
    [
        Run(LinearDecay(0.5, 100), 3, 4, 32, momentum=0),
        Run(LinearDecay(np.float64(0.5), 100.0), np.int64(3), 4, [(4, 32)], weight_decay=-0.0),
        Run(LinearDecay(0.5, 100), 3, 4, [(1, 32), [3, 32]], momentum=-0.0),
        Run(LinearDecay(0.5, 100), 3, 4, np.int32(32), momentum=np.float32(0)),
    ],
)
def test_equal_runs_have_one_hash_and_one_form(same):
    run = Run(LinearDecay(0.5, 100), seed=3, epochs=4, batch=32)
    assert same == run
    assert hash(same) == hash(run)
    assert same.hash == run.hash
    assert Run.from_config(json.loads(canonical(same.to_config()))) == run


def test_other_runs_have_other_hashes():
    run = Run(LinearDecay(0.5, 100), epochs=4)
    changes = {
        "schedule": LinearDecay(0.5, 101),
        "seed": 1,
        "epochs": 5,
        "batch": 64,
        "task": "convolution",
        "optimizer": "Adam",
        "momentum": 0.5,
        "weight_decay": 1e-4,
    }
    others = [replace(run, **({"batch": 32} | {name: value})) for name, value in changes.items()]
    assert set(changes) == set(run.to_config())
    assert len({run.hash, *(other.hash for other in others)}) == 9


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": -1}, "seed = -1"),
        ({"seed": 1.5}, "seed = 1.5"),
        ({"epochs": 0}, "epochs = 0"),
        ({"epochs": True}, "epochs = True"),
        ({"batch": 0}, "batch = 0"),
        ({"batch": [(1, 32)]}, "must add up to epochs = 15"),
        ({"batch": [(15, 32, 1)]}, r"batch\[0\] = .*two numbers"),
        ({"batch": [15]}, r"batch\[0\] = 15"),
        ({"batch": "32"}, "batch = '32'"),
        ({"task": ""}, "task = ''"),
        ({"optimizer": "sgd"}, "optimizer = 'sgd': expected one of SGD, Nesterov, Adam, AdamW"),
        ({"momentum": 1}, "momentum = 1"),
        ({"momentum": float("nan")}, "momentum = nan"),
        ({"weight_decay": -0.1}, "weight_decay = -0.1"),
    ],
)
def test_a_run_says_what_is_wrong_with_it(change, said):
    with pytest.raises(ValueError, match=said):
        Run(Constant(0.1), **change)


def test_only_a_schedule_is_a_schedule():
    with pytest.raises(TypeError, match=r"schedule = 0\.1: expected a schedule.*ReduceLROnPlateau"):
        Run(0.1)


def test_updates_count_the_last_batch_too():
    assert Run(Constant(0.1), epochs=3, batch=[(2, 32), (1, 64)]).updates(100) == 4 + 4 + 2


# A grid

GRID = """
task = "tiny_task:TINY"
epochs = [1, 2]
seed = [0, 1]
batch = 32

[[arms]]
name = "constant"
schedule = "Constant({rate})"
rate = [0.1, 0.3]

[[arms]]
name = "linear"
schedule = "LinearDecay({rate}, {updates}, {end})"
rate = 0.3
end = [0, 0.1]
"""


def test_a_grid_is_every_combination():
    grid = Grid.read(GRID)
    assert [(arm.name, len(arm.runs)) for arm in grid.arms] == [("constant", 8), ("linear", 8)]
    assert len(set(grid.runs)) == 16
    linear = {(run.epochs, run.schedule) for run in grid.arms[1].runs}
    assert linear == {  # 210 examples are 7 updates an epoch
        (epochs, LinearDecay(0.3, 7 * epochs, end)) for epochs in (1, 2) for end in (0, 0.03)
    }


def test_runs_that_differ_in_their_seed_alone_come_one_after_another():
    runs = Grid.read(GRID).runs
    kinds = [run.with_seed(0) for run in runs]
    assert len(dict.fromkeys(kinds)) == sum(
        a != b for a, b in zip(kinds, [None, *kinds], strict=False)
    )


def test_lengths_can_be_shares_of_the_run():
    text = GRID.replace('"Constant({rate})"', '"WSD({rate}, {updates}, 1, {0.5 updates})"')
    schedules = {run.schedule for run in Grid.read(text).arms[0].runs if run.epochs == 2}
    assert schedules == {WSD(rate, 14, 1, 7) for rate in (0.1, 0.3)}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("seed =", "seeds =", "seeds: unknown key in the grid; expected schedule, seed, epochs"),
        ("rate = [", "rates = [", "rates: unknown key in arm 'constant'; expected name, weights"),
        ("[[arms]]", "[[arm]]", "arm: unknown key in the grid; expected .*arms"),
        ("[[arms]]", "[[arms]", "is no TOML"),
        ('"constant"', "3", r"arms\[0\]: name = 3"),
        ("[0.1, 0.3]", "[]", r"arm 'constant': rate = \[\]: expected at least one value"),
        ("[0.1, 0.3]", '["a"]', "arm 'constant': rate = 'a'"),
        ("[0.1, 0.3]", "[-1]", "arm 'constant': rate = -1"),
        ("Constant(", "Konstant(", "arm 'constant': .*Konstant"),
        ("Constant(", "ReduceLROnPlateau(", "arm 'constant': .*ReduceLROnPlateau"),
        ("Constant({rate}", "Constant({rte}", "{rte}: expected rate, updates, epoch"),
        ("batch = 32", 'optimizer = "Lion"', "optimizer = 'Lion': expected one of SGD"),
        ("batch = 32", "batch = [[[1, 32]]]", "must add up to epochs = 2"),
        (':TINY"', ':TINI"', "task = 'tiny_task:TINI'"),
    ],
)
def test_a_grid_names_what_is_wrong_with_it(old, new, said):
    assert old in GRID
    count = -1 if old == "[[arms]]" and new == "[[arm]]" else 1
    with pytest.raises(ValueError, match=said):
        Grid.read(GRID.replace(old, new, count))


def test_the_file_of_a_grid_is_named_too(tmp_path):
    path = tmp_path / "grid.toml"
    path.write_text("sed = 1")
    with pytest.raises(ValueError, match=r"grid\.toml: sed: unknown key"):
        Grid.read_file(path)


# The folder


def record(seed=0, loss=0.25):
    run = Run(LinearDecay(0.1, 7), seed, 1, task=TASK)
    epochs = {"rate_first": (0.1,), "rate_last": (0.01,)}
    epochs |= dict.fromkeys(sweep.MEASURES, (loss,))
    ends = {"train_loss": loss, "test_calibration": loss}
    averages = {kind: dict.fromkeys(sweep.MEASURES[2:], loss) for kind in ("tail", "exponential")}
    data = {"name": "tiny", "sha256": "0" * 64}
    return Record(run, epochs, ends, averages, None, 7, 1.5, data, {"python": "3"}, None)


def test_a_record_comes_back_as_it_was(tmp_path):
    store = Store(tmp_path)
    diverged = replace(record(1, None), diverged=1, ends={}, averages={})
    for kept in (record(), diverged):
        store.save(kept)
        assert store.load(kept.run.hash) == kept
        assert store.has(kept.run)
    assert store.hashes() == sorted([record().run.hash, diverged.run.hash])
    assert sorted(os.listdir(tmp_path)) == [f"{key}.json" for key in store.hashes()]


def test_a_table_is_the_same_bytes_however_the_runs_came_in(tmp_path):
    kept = [record(0), record(1, 0.5), replace(record(2, None), diverged=1, ends={}, averages={})]
    tables = set()
    for i, order in enumerate(permutations(kept)):
        store = Store(tmp_path / str(i))
        store.make()
        for one in order:
            store.save(replace(one, seconds=random.random(), commit=str(i)))
        tables.add((sweep.runs_table(store.records()), sweep.epochs_table(order)))
    ((runs, epochs),) = tables
    lines = runs.splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("run,hash,task,optimizer")
    assert len(epochs.splitlines()) == 4
    assert "nan" not in runs.lower()
    assert "None" not in runs


def test_every_cut_and_every_changed_digit_is_seen(tmp_path):
    store = Store(tmp_path)
    store.save(record())
    key = record().run.hash
    path = store.path(key)
    text = path.read_text()
    for length in range(0, len(text) - 2, 37):
        path.write_text(text[:length])
        with pytest.raises(ValueError, match=rf"{key}\.json: cut short"):
            store.load(key)
    for at in [i for i, letter in enumerate(text) if letter.isdigit()]:
        path.write_text(text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1 :])
        with pytest.raises(ValueError, match=rf"{key}\.json: .*delete it"):
            store.load(key)
    path.write_text(text)
    assert store.load(key) == record()


def test_a_file_by_another_name_is_seen(tmp_path):
    store = Store(tmp_path)
    store.save(record())
    os.rename(store.path(record().run.hash), store.path("0" * 16))
    with pytest.raises(ValueError, match=f"holds the run {record().run.hash}"):
        store.records()


def test_a_run_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"abc\.json: there is no such run"):
        Store(tmp_path).load("abc")


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_a_full_disk_loses_no_finished_run(tmp_path, monkeypatch, fails):
    store = Store(tmp_path)
    store.save(record())

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, fails, full)
    with pytest.raises(OSError, match=r"No space left.*finished runs are kept"):
        store.save(record(1))
    assert os.listdir(tmp_path) == [f"{record().run.hash}.json"]
    assert store.records() == [record()]


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"folder = .*cannot be written to"):
        sweep.sweep([Run(Constant(0.1))], tmp_path / "file" / "below")


# Sweeps: each test starts processes, which take seconds to import TensorFlow


def test_two_sweeps_at_once_then_one_that_goes_on_then_a_run_again(tmp_path, capsys):
    path, folder = tmp_path / "grid.toml", tmp_path / "grid"
    path.write_text(GRID.replace("epochs = [1, 2]", "epochs = 1").replace("[0.1, 0.3]", "[1e6]"))
    assert main(["sweep", str(path), "--dry-run"]) == 0
    assert capsys.readouterr().out.startswith("6 runs, 6 of them not finished: about 0.0 min")
    assert not folder.exists()
    command = [sys.executable, "-m", "lrdecay", "sweep", path]
    paths = os.pathsep.join(filter(None, sys.path))  # where the task is
    settings = {"env": {**os.environ, "PYTHONPATH": paths}, "stderr": subprocess.PIPE}
    two = [subprocess.Popen(command, stdout=subprocess.DEVNULL, **settings) for _ in range(2)]
    said = [process.communicate()[1] for process in two]
    assert [process.returncode for process in two] == [0, 0], said
    tables = {name: (folder / name).read_bytes() for name in ("runs.csv", "epochs.csv")}
    assert tables["runs.csv"].count(b"\n") == 7
    files = sorted(folder.glob("*.json"))
    assert len(files) == 6
    before = {file: file.stat().st_mtime_ns for file in files}

    for file in files[::2]:
        file.unlink()
    (folder / ".half-written.part").write_text("{")  # as of a sweep that was killed
    capsys.readouterr()
    assert main(["sweep", str(path), "--jobs", "2"]) == 0
    assert capsys.readouterr().out.startswith("6 runs, 3 of them not finished")
    assert {name: (folder / name).read_bytes() for name in tables} == tables
    after = {file: file.stat().st_mtime_ns for file in sorted(folder.glob("*.json"))}
    assert [after[file] == before[file] for file in files] == [False, True] * 3

    assert main(["sweep", str(path), "--rerun", files[0].stem]) == 0
    assert "It agrees." in capsys.readouterr().out

    other = tmp_path / "other data"
    other.write_text("5")
    files[0].unlink()
    assert main(["sweep", str(path), "--data", str(other)]) == 2
    assert "has tiny 5" in capsys.readouterr().err
    assert main(["sweep", str(path), "--data", str(tmp_path / "nowhere")]) == 2
    assert "nowhere: no such file on process" in capsys.readouterr().err
    assert len(list(folder.glob("*.json"))) == 5


def test_a_plan_costs_what_finished_runs_cost(tmp_path):
    store = Store(tmp_path)
    store.save(record())
    runs = [record(seed).run for seed in range(3)]
    found = sweep.plan(runs, tmp_path)
    assert (len(found.runs), len(found.missing), found.measured) == (3, 2, True)
    assert found.seconds == pytest.approx(2 * 1.5)


@pytest.mark.parametrize(
    ("change", "agrees"),
    [
        ({}, True),
        ({"test_accuracy": (0.252,)}, True),
        ({"test_accuracy": (0.26,)}, False),
        ({"test_loss": (0.3,)}, False),
        ({"test_loss": (None,)}, False),
    ],
)
def test_a_repeated_run_agrees_within_its_tolerance(change, agrees):
    now = replace(record(), epochs={**record().epochs, **change})
    assert sweep.agree(record(), now) is agrees


def test_a_repeated_run_that_diverges_does_not_agree():
    assert not sweep.agree(record(), replace(record(), diverged=1))
    assert not sweep.agree(record(), record(1))


def test_what_reads_and_plans_imports_no_tensorflow():
    code = (
        "import sys; from lrdecay import Constant; from lrdecay.lab import sweep;"
        "sweep.plan([sweep.Run(Constant(0.1))], '.');"
        "print(sorted({'tensorflow', 'keras', 'joblib', 'tqdm', 'pandas'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_bad_arguments_are_named(tmp_path):
    with pytest.raises(ValueError, match="jobs = 0"):
        sweep.sweep([], tmp_path, jobs=0)
