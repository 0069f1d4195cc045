"""Audits of 38 public logs of training, read as lists of rates, each with what was odd about it.

`logs.json` holds, of each log, where it came from, what was logged and what a reader found odd.
"""

import json
from pathlib import Path

import pytest

from lrdecay import audit

LOGS = {
    log["id"]: log
    for log in json.loads((Path(__file__).parent / "logs.json").read_text(encoding="utf-8"))
}

SEEN = {
    "L01": {"rises-after-end", "still-falling"},  # begun anew at a resume, and never at its end
    "L02": {"long-warmup"},  # cut off just after the warmup
    "L10": {"still-falling"},  # cut off
    "L11": {"still-falling"},  # cut off
    "L14": {"wasted-first-update"},  # the first rate is 0
    "L19": {"rises-after-end"},  # appended by restarts
    "L23": {"rises-after-end", "jump-up"},  # started over, then a second phase without a warmup
    "L25": {"rises-after-end"},  # a new warmup in each phase
    "L26": {"jump-up", "still-falling"},  # 31 times as high at once, then cut off
    "L31": {"rises-after-end"},  # a second schedule in the middle
    "L37": {"shorter-than-run"},  # over after 200 of 262 steps
    "L38": {"long-warmup", "still-falling"},  # 1000 of 1200 steps, and never at its end
    "L40": {"shorter-than-run"},  # stuck after 200 of 3245 steps
    "L41": {"long-warmup"},  # nearly all of the run
    "L43": {"long-warmup", "jump-down"},  # a peak that is only touched
    "L44": {"long-warmup"},  # as long as the run
    "L47": {"wasted-first-update"},  # the first epoch is at rate 0
    "L49": {"rises-after-end", "still-falling"},  # false starts, and stopped halfway
    "L56": {"decay-not-begun"},  # the first 0.8 % of the decay
}

HEALTHY = {"L07", "L08", "L20", "L22", "L28", "L29", "L34", "L50", "L52", "L53"}

UNSEEN = {
    "L04": "the epoch goes back, and the rate does not",
    "L05": "14 of 15,000 updates did not move the schedule",
    "L13": "5 points; a warmup of 38 % of a run is not rare",
    "L16": "lines written twice, and steps that come again with the same rate",
    "L17": "8 steps of the schedule at each update, with lengths made for it",
    "L32": "one epoch of 80 too late: its last rate is 5.26e-6 instead of 5e-6",
    "L35": "the rate also stands in lines of validation",
    "L46": "ramp times decay looks like one cycle; that its base is higher cannot be known",
    "L55": "only changes are logged: four rates that fall",
}


def findings_of(name):
    rates = [rate for _, _, rate in LOGS[name]["points"]]
    return audit(rates, len(rates))


def test_every_log_is_looked_at():
    assert sorted([*SEEN, *HEALTHY, *UNSEEN]) == sorted(LOGS)


@pytest.mark.parametrize("name", SEEN)
def test_what_is_odd_is_found(name):
    assert {found.code for found in findings_of(name)} >= SEEN[name], LOGS[name]["odd"]


@pytest.mark.parametrize("name", sorted(HEALTHY | (UNSEEN.keys() - {"L17"})))
def test_nothing_false_is_said(name):
    assert [found for found in findings_of(name) if found.severity != "note"] == []


def test_lines_of_several_processes_are_taken_for_updates():
    # The last update, at rate 0, was written by 8 processes; three of their lines are kept.
    (found,) = findings_of("L17")
    assert (found.code, found.step) == ("dead-rate", 394)
