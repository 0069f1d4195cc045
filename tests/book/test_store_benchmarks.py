"""What is stored of a benchmark run: times of one call, and whether limits were met."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "tools"), str(ROOT / "book" / "_ext")]

import benchmark_table  # noqa: E402
import store_benchmarks  # noqa: E402


def entry(label, median, **info):
    stats = {"median": median, "iqr": median / 10, "rounds": 7}
    return {"name": "test", "group": "G", "extra_info": {"label": label, **info}, "stats": stats}


def rows(*entries):
    return store_benchmarks.boil_down({"benchmarks": list(entries)})


def test_times_are_those_of_one_call():
    (row,) = rows(entry("lrdecay", 3.0, calls=1000))
    assert row["median"] == pytest.approx(0.003)
    assert row["iqr"] == pytest.approx(0.0003)
    assert row["met"] is None


@pytest.mark.parametrize(("median", "met"), [(0.9, True), (1.1, False)])
def test_a_limit_in_seconds(median, met):
    (row,) = rows(entry("lrdecay", median, limit="1 s", at_most={"seconds": 1.0}))
    assert row["met"] is met


@pytest.mark.parametrize(("median", "met"), [(2.1, True), (2.3, False)])
def test_a_limit_in_times_of_another(median, met):
    limit = {"times": 1.1, "of": "NumPy"}
    ours, _ = rows(entry("lrdecay", median, at_most=limit), entry("NumPy", 2.0))
    assert ours["met"] is met


def test_a_rival_timed_by_turns_is_a_second_row():
    limit, beside = {"times": 1.02, "of": "Keras"}, {"label": "Keras", "median": 2.0, "iqr": 0.1}
    ours, theirs = rows(entry("lrdecay", 2.03, at_most=limit, beside=beside))
    assert ours["met"] is True
    assert (theirs["label"], theirs["median"], theirs["met"]) == ("Keras", 2.0, None)
    slower, _ = rows(entry("lrdecay", 2.05, at_most=limit, beside=beside))
    assert slower["met"] is False


def test_the_table_goes_from_fast_to_slow_and_says_what_was_not_met():
    made = rows(
        entry("Keras", 4e-3), entry("lrdecay", 2e-3, limit="1 ms", at_most={"seconds": 1e-3})
    )
    assert benchmark_table.group_lines(made)[2:] == [
        "| lrdecay | 2\u00a0ms | 1 ms, **not met** | 1 | 200\u00a0µs |",
        "| Keras | 4\u00a0ms |  | 2 | 400\u00a0µs |",
    ]


def test_lrdecay_stands_in_each_group_that_is_stored():
    stored = json.loads((ROOT / "book" / "results" / "benchmarks.json").read_text(encoding="utf-8"))
    groups = {}
    for row in stored["rows"]:
        groups.setdefault(row["group"], []).append(row)
    for group in groups.values():
        assert any("| lrdecay |" in line for line in benchmark_table.group_lines(group))


def test_what_the_page_says_of_the_engine_is_so_in_the_stored_run():
    rows = json.loads((ROOT / "book/results/benchmarks.json").read_text())["rows"]
    times = {row["label"]: row["median"] for row in rows if row["group"].startswith("One of many")}
    loop = times["Keras fit, one process of all cores"]
    assert times["lrdecay"] > loop / 20
    assert times["its products, compiled by XLA"] > loop / 20
    large = times["its products at the speed of a large one, TensorFlow"]
    assert large / times["lrdecay"] > 0.55
