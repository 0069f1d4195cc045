"""The published comparison, on tables that are made up, so that what is right is known by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest

from lrdecay import Constant, LinearDecay
from lrdecay.lab import comparison
from lrdecay.lab.comparison import ACCURACY, CALIBRATION, LOSS, Comparison
from lrdecay.lab.sweep import Arm, Grid, Published, Record, Run, publish

SEEDS = (100, 101, 102)
FINAL = """
epochs = 1
seed = [100, 101, 102]
[[arms]]
name = "constant"
schedule = "Constant(0.2)"
[[arms]]
name = "constant, tail mean"
schedule = "Constant(0.2)"
weights = "tail"
[[arms]]
name = "linear"
schedule = "LinearDecay({rate}, {updates}, {end})"
rate = 0.4
end = 0.1
[[arms]]
name = "wild"
schedule = "Constant(9)"
"""
TUNING = """
epochs = [1, 3]
seed = [0, 1]
[[arms]]
name = "linear"
schedule = "LinearDecay({rate}, {updates}, {end})"
rate = [0.4, 0.2]
end = [0, 0.1]
"""
WIDENED = """
epochs = 1
seed = [0, 1]
[[arms]]
name = "linear"
schedule = "LinearDecay({rate}, {updates}, {end})"
rate = [0.8]
end = [0]
[[arms]]
name = "linear"
schedule = "LinearDecay({rate}, {updates}, {end})"
rate = [0.4]
end = [0.1, 0.3]
"""
LOSSES = {  # by arm and seed
    Constant(0.2): (0.30, 0.31, 0.32),
    LinearDecay(0.4, 1719, 0.04): (0.28, 0.28, 0.28),
    Constant(9): (0.9, 2.31, None),  # trained, no better than guessing, diverged
}


def record(run, loss):
    if loss is None:
        epochs, averages, diverged = {"loss": (None,), "test_loss": (None,)}, {}, 1
    else:
        epochs = {
            "loss": (loss,),
            "test_loss": (loss,),
            "test_accuracy": (1 - loss / 10,),
            "validation_loss": (2 * loss,),
        }
        averages = {"tail": {"test_loss": loss * 0.9, "test_accuracy": 0.99}}
        diverged = None
    names = ("accuracy", "validation_accuracy", "rate_first", "rate_last")
    given = dict.fromkeys((*names, "test_loss", "test_accuracy", "validation_loss"), (0.5,))
    return Record(
        run=run,
        epochs=given | epochs,
        ends={"test_calibration": 0.01} if loss else {},
        averages=averages,
        diverged=diverged,
        updates=1719,
        seconds=1.0,
        data={"name": "made up", "sha256": "0" * 64},
        versions={"numpy": "2.4.6"},
        commit=None,
    )


def tuned(run):
    """Return a validation loss that is least for the rate 0.4 and the end 0.1."""
    return 0.3 + abs(run.schedule(0) - 0.4) + abs(run.schedule(10**6) / run.schedule(0) - 0.1)


@pytest.fixture
def published(tmp_path):
    texts = {"final": FINAL, "tuning": TUNING, "tuning-widened": WIDENED}
    for name, text in texts.items():
        (tmp_path / f"{name}.toml").write_text(text)
    records = [
        record(run, LOSSES[run.schedule][run.seed - 100]) for run in Grid.read(FINAL).runs
    ] + [
        record(run, tuned(run))
        for run in {*Grid.read(TUNING).runs, *Grid.read(WIDENED).runs}
        if run.seed < 100
    ]
    publish(records, tmp_path)
    return Published.read(tmp_path)


@pytest.fixture
def table(published):
    return Comparison.read(published, "final")


def test_outcomes_have_the_unit_of_the_measure(table):
    assert table.values("linear", LOSS) == pytest.approx([0.28] * 3)
    assert table.values("linear", ACCURACY) == pytest.approx([97.2] * 3)
    assert table.values("linear", CALIBRATION) == pytest.approx([1.0] * 3)


def test_averaged_weights_are_read_where_the_arm_is_about_them(table):
    assert table.values("constant, tail mean", LOSS) == pytest.approx([0.27, 0.279, 0.288])
    assert table.values("constant, tail mean", ACCURACY) == pytest.approx([99.0] * 3)


def test_a_run_failed_when_it_diverged_or_is_no_better_than_guessing(table):
    assert np.isnan(table.values("wild", LOSS)).tolist() == [False, True, True]
    assert np.isnan(table.values("wild", ACCURACY)).tolist() == [False, True, True]
    assert [table.failed(name) for name in table.arms] == [0, 0, 0, 2]


def test_failed_runs_count_as_guessing_and_are_told(table):
    mean = table.mean("wild", LOSS)
    assert mean.mean == pytest.approx((0.9 + 2 * 2.302585) / 3, rel=1e-6)
    assert "2 diverged" in str(mean)
    assert table.mean("wild", ACCURACY).mean == pytest.approx((91 + 10 + 10) / 3)
    with pytest.raises(ValueError, match="2 of 3 runs diverged"):
        table.mean("wild", CALIBRATION)


def test_differences_are_of_pairs_and_corrected_over_all_arms(table):
    found = table.differences(LOSS)
    assert list(found) == ["constant, tail mean", "linear", "wild"] == table.others
    linear = found["linear"]  # -0.02, -0.03, -0.04: mean -0.03, deviation 0.01
    assert (linear.n, linear.mean) == (3, pytest.approx(-0.03))
    assert linear.high - linear.mean == pytest.approx(4.302653 * 0.01 / math.sqrt(3), rel=1e-5)
    alone = table.only(["linear"]).differences(LOSS)["linear"]
    assert alone.p_holm == pytest.approx(alone.p)
    assert linear.p_holm > linear.p


def test_equivalence_shares_its_alpha_among_the_arms(table):
    found = table.only(["linear", "wild"]).equivalences(LOSS)
    assert [one.alpha for one in found.values()] == [0.025, 0.025]
    assert [one.margin for one in found.values()] == [0.001, 0.001]
    assert not found["linear"].shown
    with pytest.raises(ValueError, match="no margin"):
        table.equivalences(CALIBRATION)


def test_the_spread_is_that_of_pairs(table):
    assert table.spread("linear", LOSS) == pytest.approx(0.01)


def test_first_rate_and_end_are_those_of_the_arm(table):
    assert table.first_rate("linear") == 0.4
    assert table.end_share("linear") == pytest.approx(0.1)
    assert table.end_share("constant") == 1


def test_arms_of_other_seeds_make_no_pairs(published):
    other = Arm("other", tuple(Run(Constant(0.2), seed, 1) for seed in (100, 101, 103)))
    with pytest.raises(ValueError, match="arm 'other': has other seeds than 'constant'"):
        Comparison.read(published, "final", {"other": other})


def test_what_is_not_there_is_named(published, table):
    with pytest.raises(ValueError, match="baseline = 'none'"):
        replace(table, baseline="none")
    with pytest.raises(ValueError, match="'cosine': expected some of constant"):
        table.only(["cosine"])
    with pytest.raises(FileNotFoundError, match="no such grid"):
        Comparison.read(published, "finale")


def test_of_length_keeps_the_runs_of_one_budget():
    arm = Arm("both", tuple(Run(Constant(0.1), seed, e) for e in (1, 3) for seed in (0, 1)))
    assert [run.epochs for run in comparison.of_length(arm, 3).runs] == [3, 3]


def test_trials_are_of_one_setting_and_each_run_is_there_once(published):
    found = comparison.trials(published, epochs=1)
    assert list(found) == ["linear"]
    rates = [trial.rate for trial in found["linear"]]
    assert rates == [0.2, 0.2, 0.4, 0.4, 0.4, 0.8]
    assert all([run.seed for run in trial.arm.runs] == [0, 1] for trial in found["linear"])
    assert len(comparison.trials(published, epochs=3)["linear"]) == 4
    assert comparison.trials(published, momentum=0.9) == {}


def test_the_best_end_of_each_rate_is_chosen_on_validation(published):
    best = comparison.best_by_rate(published, comparison.trials(published, epochs=1)["linear"])
    assert [trial.rate for trial in best] == [0.2, 0.4, 0.8]
    ends = [trial.arm.runs[0].schedule(10**6) / trial.rate for trial in best]
    assert ends == pytest.approx([0.1, 0.1, 0])


def test_some_runs_are_drawn_without_a_second_time(table):
    arms = table.arms.values()  # four, two of them about the same runs: three settings
    drawn = comparison.some_runs(arms, 3, 2, draw=1)
    assert len(set(drawn)) == 6
    assert len({run.schedule for run in drawn}) == 3
    assert comparison.some_runs(arms, 1, 2, draw=1) == comparison.some_runs(arms, 1, 2, draw=1)
    some = {tuple(comparison.some_runs(arms, 1, 1, draw)) for draw in range(9)}
    assert len(some) > 2


def test_pairs_come_with_their_mean_and_interval(table):
    pairs, mean, low, high = table.apart(LOSS)["linear"]
    assert pairs == pytest.approx([-0.02, -0.03, -0.04])
    assert (mean, (low + high) / 2) == pytest.approx((-0.03, -0.03))
    assert np.isnan(table.apart(LOSS)["wild"][0]).tolist() == [False, True, True]


def test_runs_are_trained_again_in_the_order_asked_for(monkeypatch, published, table):
    runs = [table.arms["wild"].runs[2], *table.arms["linear"].runs[:2]]
    now = {runs[0]: None, runs[1]: 0.281, runs[2]: 0.3}
    trained = []

    def sweep(asked, folder, data, bar):
        trained.extend(asked)
        return [record(run, now[run]) for run in asked[::-1]]

    monkeypatch.setattr(comparison, "sweep", sweep)
    found = comparison.repeat(published, runs)
    assert trained == runs
    assert [old.run for old, _ in found.pairs] == [new.run for _, new in found.pairs] == runs
    assert [old.last("test_loss") for old, _ in found.pairs] == [None, 0.28, 0.28]
    assert [new.last("test_loss") for _, new in found.pairs] == [None, 0.281, 0.3]
    assert found.agreeing == 2
    assert (found.data, found.comparable) == ("made up", True)


def test_other_data_is_told(monkeypatch, published, table):
    def sweep(asked, folder, data, bar):
        other = {"name": "digits", "sha256": "1" * 64}
        return [replace(record(run, 0.28), data=other) for run in asked]

    monkeypatch.setattr(comparison, "sweep", sweep)
    found = comparison.repeat(published, table.arms["linear"].runs[:1])
    assert (found.data, found.comparable) == ("digits", False)


def test_every_run_is_listed_with_how_it_ended(published):
    found = comparison.every_run(published, {"one epoch": "final"})
    assert list(found) == ["one epoch"]
    assert list(found["one epoch"]) == ["constant", "constant, tail mean", "linear", "wild"]
    first, second, third = found["one epoch"]["wild"]
    assert (first.seed, first.key) == (100, Run(Constant(9), 100, 1).hash)
    assert (first.loss, first.accuracy) == pytest.approx((0.9, 91))
    assert np.isnan([second.loss, second.calibration, third.accuracy]).all()


def test_only_arms_that_all_grids_have_are_listed(published):
    (published.folder / "other.toml").write_text(FINAL.replace('"wild"', '"another"'))
    found = comparison.every_run(published, {"a": "final", "b": "other"})
    assert [len(arms) for arms in found.values()] == [3, 3]


def test_the_runs_of_some_seeds_alone(published):
    arm = comparison.of_seeds(published.arm("final", "linear"), {100, 102})
    assert sorted(run.seed for run in arm.runs) == [100, 102]


def test_an_arm_in_each_measure(published):
    arm = published.arm("final", "linear")
    found = comparison.by_measure(published, arm, {"loss": LOSS, "share": ACCURACY})
    assert found["loss"].tolist() == [0.28, 0.28, 0.28]
    assert list(found) == ["loss", "share"]


def test_rows_by_their_setting_and_by_seed():
    ends = {"part": "final", "diverged": "", "test_loss": "0.1", "test_accuracy": "0.9"}
    rows = {
        "a": ends | {"seed": "101", "test_loss": "0.3"},
        "b": ends | {"seed": "100"},
        "c": ends | {"seed": "9", "test_loss": "2.4"},  # no better than guessing
        "d": ends | {"seed": "1", "part": "tuning"},
    }
    found = comparison.of_rows(Published(None, {}, rows), {"share": ACCURACY}, part="final")
    assert np.isnan(found["share"][0])
    assert found["share"][1:].tolist() == [90.0, 90.0]
    loss = comparison.of_rows(Published(None, {}, rows), {"loss": LOSS}, seed="101")
    assert loss["loss"].tolist() == [0.3]
