"""What `audit` finds, and what it leaves alone."""

import copy
import math
import re
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import strategies as some
from hypothesis import given, settings
from hypothesis import strategies as st

from lrdecay import (
    REX,
    WSD,
    Constant,
    CosineDecay,
    Cyclic,
    ExponentialDecay,
    InverseSqrt,
    InverseTimeDecay,
    LinearDecay,
    OneCycle,
    PiecewiseConstant,
    PolynomialDecay,
    StepDecay,
    audit,
)
from lrdecay.auditing import SEVERITIES, codes
from lrdecay.auditing.rules import RULES

EPOCH, RUN = 1875, 28_125  # steps an epoch, and of 15 epochs
SEED = StepDecay(0.1, 0.96, 1000)


def found(s, *run):
    return [(finding.severity, finding.code, finding.step) for finding in audit(s, *run)]


def above_notes(s, *run):
    return [finding for finding in audit(s, *run) if finding.severity != "note"]


def opaque(s):
    """Return `s` as a function that cannot be looked into."""

    def rate(t):
        return s(t)

    return rate


# Sound recipes

SOUND = [
    (Constant(0.1), RUN),
    (SEED, RUN),
    (StepDecay(0.1, 0.1, 30).stretch(EPOCH), 90 * EPOCH),
    (PiecewiseConstant([30, 60, 90], [0.1, 0.01, 1e-3, 1e-4]).stretch(EPOCH), 100 * EPOCH),
    (ExponentialDecay.from_ratio(0.1, 0.96, 1000), RUN),
    (ExponentialDecay(0.1, 0.3).staircase(1).stretch(EPOCH), RUN),
    (InverseTimeDecay(0.1, 1e-3), RUN),
    (PolynomialDecay(0.1, RUN, power=0.9), RUN),
    (PolynomialDecay(0.1, RUN, power=3, lr_end=1e-4), RUN),
    (PolynomialDecay(0.1, RUN // 5, cycle=True), RUN),
    (LinearDecay(0.1, 15).staircase(1).stretch(EPOCH), RUN),
    (LinearDecay(0.1, RUN - 500).warmup(500), RUN),
    (CosineDecay(0.1, RUN - 500).warmup(500, start=0.1 / 500), RUN),
    (CosineDecay(0.1, RUN, lr_end=0.01), RUN),
    (CosineDecay(0.1, RUN).clip(low=0.01), RUN),
    (CosineDecay(0.1, RUN // 3).repeat(RUN // 3), RUN),
    (CosineDecay(0.1, RUN // 7).repeat(RUN // 7, stretch=2), RUN // 7 * 7),
    (CosineDecay(0.1, RUN // 3).repeat(RUN // 3, scale=0.5).warmup(200, start=1e-3), RUN + 200),
    (CosineDecay(0.1, 10_000).repeat(10_000), RUN),
    (InverseSqrt(1e-3, 4000).warmup(4000), 100_000),
    (Constant(0.1).warmup(500), RUN),
    (WSD(0.1, RUN, 500, 5000), RUN),
    (WSD(0.1, RUN, 500, 5000, "1-sqrt", lr_end=0.001), RUN),
    (OneCycle(0.1, RUN), RUN),
    (OneCycle(0.1, RUN - 1, three_phase=True, shape="linear"), RUN),
    (Cyclic(0.001, 0.1, 2 * EPOCH), RUN),
    (Cyclic(0.001, 0.1, 2 * EPOCH, "triangular2"), RUN),
    (REX(0.1, RUN), RUN),
    (REX(0.1, RUN - 1), RUN),
    (Constant(0.1).then(CosineDecay(0.1, RUN - 10_000), at=10_000), RUN),
    (LinearDecay(0.1, 10_000, 0.01).then(Constant(0.01), at=10_000), RUN),
    (CosineDecay(0.1, RUN) * StepDecay(1.0, 0.5, 10_000), RUN),
    (PiecewiseConstant([100, 200, 300], [0.025, 0.05, 0.075, 0.1]), RUN),
    (
        PiecewiseConstant([500, 1000], [0.01, 0.05, 0.1]).then(CosineDecay(0.1, RUN), at=2000),
        RUN + 2000,
    ),
    (Constant(0.1).warmup(5).staircase(1).stretch(100).then(CosineDecay(0.1, RUN), at=500), RUN),
    (PiecewiseConstant([400], [0.01, 0.1]), 64_000),
    (Constant(0.1).warmup(500, start=0.02).then(CosineDecay(0.1, RUN - 500), at=500), RUN),
    (Constant(0.1).warmup(500).then(Constant(0.1), at=500), RUN),
    (StepDecay(0.1, 0.99, 1000), RUN),
    (ExponentialDecay(0.1, 5e-4), RUN),
    (ExponentialDecay(0.1, 5e-3), 2000),
    (ExponentialDecay(0.1, 0.02), 100),
    (ExponentialDecay(0.1, 5e-3) + 0.001, 2000),
]

DECLARED = {
    "a tail": (CosineDecay(0.1, 800, 0.01).then(Constant(0.01), at=800), 1000),
    "a tail, after a drop": (CosineDecay(0.1, 800).then(Constant(0.01), at=400), 1000),
    "nearly all of the run": (CosineDecay(0.1, 8, 0.01).then(Constant(0.01), at=8), 1000),
    "a wait at rate 0": (Constant(0.0).then(CosineDecay(0.1, 900), at=100), 1000),
    "a hold": (CosineDecay(0.1, 900).hold(100), 1000),
    "a hold after a warmup": (CosineDecay(0.1, 800).hold(100).warmup(100, start=0.001), 1000),
    "a cooldown": (CosineDecay(0.1, 2000).cooldown(200, at=800), 1000),
    "a cooldown of stairs": (
        PiecewiseConstant([500, 900], [0.1, 0.05, 0.01]).cooldown(200, at=800),
        1000,
    ),
    "a warmup laid over a fall": (
        ExponentialDecay(0.1, 0.01).warmup(100, start=0.001, over=True),
        1000,
    ),
    "a growing batch, of paces": (WSD(0.1, 1200, 100, 400).paced([500], [0.5, 1]), 1450),
    "a rest at rate 0": (LinearDecay(0.1, 75).then(Constant(0.0), at=75), 200),
    "a floor": (CosineDecay(0.1, 500).clip(low=0.01), 1000),
    "a floor under a line": (LinearDecay(0.1, 600).clip(low=0.02), 1000),
    "a head": (Constant(0.1).then(CosineDecay(0.1, 900), at=100), 1000),
    "a lower stair": (Constant(0.1).then(Constant(0.01), at=500), 1000),
    "a cut": (CosineDecay(0.1, 1200).then(Constant(0.0067), at=1000), 1000),
    "a cut after a warmup": (
        CosineDecay(0.1, 1200).warmup(50, start=0.002).then(Constant(0.01035), at=1000),
        1000,
    ),
    "a growing batch": (
        CosineDecay(0.1, 2000).stretch(2).then(CosineDecay(0.1, 2000).shift(500), at=1000),
        2500,
    ),
    "a growing batch, of phases": (
        WSD(0.1, 2000, 100, 400).stretch(2).then(WSD(0.1, 2000, 100, 400).shift(500), at=1000),
        2500,
    ),
    "a growing batch, of stairs": (
        PiecewiseConstant([800, 1500], [0.1, 0.01, 0.001])
        .stretch(2)
        .then(PiecewiseConstant([800, 1500], [0.1, 0.01, 0.001]).shift(500), at=1000),
        2500,
    ),
    "rates that grow with the batch, in a cooldown": (
        PiecewiseConstant([400, 850], [1.0, 1.5, 1.7]) * WSD(0.1, 1300, 0, 800),
        1300,
    ),
}


@pytest.mark.parametrize(("s", "steps"), DECLARED.values(), ids=DECLARED)
def test_what_is_declared_is_no_alarm(s, steps):
    assert above_notes(s, steps) == []


@pytest.mark.parametrize(("s", "steps"), SOUND, ids=lambda value: repr(value)[:60])
@pytest.mark.parametrize("steps_per_epoch", [None, EPOCH])
def test_sound_recipes_get_notes_at_most(s, steps, steps_per_epoch):
    assert above_notes(s, steps, steps_per_epoch) == []


# What must be found

FAULTY = {
    "the boundary of a book that its run never reaches": (
        (PiecewiseConstant([31_250], [0.01, 0.001]), 17_190),
        [("error", "unreached-milestone", 31_250)],
    ),
    "a milestone at the very end": (
        (PiecewiseConstant([15, 30], [0.1, 0.01, 0.001]), 30),
        [("warning", "unreached-milestone", 30)],
    ),
    "a cooldown that never begins": (
        (WSD(0.1, RUN, 0, 5000), 20_000),
        [("error", "unreached-milestone", 23_125)],
    ),
    "a warmup longer than the run": (
        (Constant(0.1).warmup(1000, start=0.01), 500),
        [("error", "unreached-milestone", 1000)],
    ),
    "a part that a join cuts off": (
        (StepDecay(0.1, 0.5, 500).then(Constant(0.05), at=400), 1000),
        [("warning", "unreached-milestone", 500)],
    ),
    "cycles that a restart cuts off": (
        (CosineDecay(0.1, 200).repeat(100), 1000),
        [("warning", "unreached-milestone", 200)],
    ),
    "epochs in steps, told": (
        (StepDecay(0.1, 0.5, 5), RUN, EPOCH),
        [("error", "epochs-as-steps", 5)],
    ),
    "epochs in steps, not told": (
        (StepDecay(0.1, 0.5, 5), RUN),
        [("error", "dead-rate", 135)],  # 2 ** -27 < 1e-8
    ),
    "a line over epochs, told": (
        (LinearDecay(0.1, 15), RUN, EPOCH),
        [("error", "epochs-as-steps", 15)],
    ),
    "a line over epochs, not told": ((LinearDecay(0.1, 15), RUN), [("error", "dead-rate", 15)]),
    "a decay rate for epochs": (
        (InverseTimeDecay(0.1, 0.5), RUN, EPOCH),
        [("warning", "epochs-as-steps", 2)],
    ),
    "a warmup over epochs": (
        (CosineDecay(0.1, RUN - 6).warmup(5, start=0.02), RUN, EPOCH),
        [("warning", "epochs-as-steps", 5)],
    ),
    "the seed's schedule over 15 steps": ((SEED, 15), [("error", "unreached-milestone", 1000)]),
    "the same, told": ((SEED, 15, EPOCH), [("error", "steps-as-epochs", 1000)]),
    "stretched twice": (
        (LinearDecay(0.1, 15).stretch(EPOCH).stretch(EPOCH), RUN, EPOCH),
        [("error", "steps-as-epochs", 15 * EPOCH * EPOCH)],
    ),
    "far too long": (
        (CosineDecay(0.1, 100_000), RUN),
        [("error", "longer-than-run", RUN - 1)],
    ),
    "a bit too long": (
        (CosineDecay(0.1, 1200), 1000),
        [("warning", "longer-than-run", 999)],
    ),
    "a first cycle that is too long": (
        (CosineDecay(0.1, 4000).repeat(4000), 1000),
        [("error", "longer-than-run", 999)],
    ),
    "too short, to 0": ((CosineDecay(0.1, 900), 1000), [("error", "dead-rate", 900)]),
    "a little too short, to 0": (
        (CosineDecay(0.1, 995), 1000),
        [("warning", "dead-rate", 995)],
    ),
    "too short": ((CosineDecay(0.1, 900, 0.01), 1000), [("warning", "shorter-than-run", 900)]),
    "a little too short": (
        (CosineDecay(0.1, 960, 0.01), 1000),
        [("note", "shorter-than-run", 960)],
    ),
    "over at once": ((CosineDecay(0.1, 10, 0.01), 1000), [("error", "decay-over-early", 10)]),
    "over for most of the run": (
        (CosineDecay(0.1, 130, 0.01), 1000),
        [("error", "shorter-than-run", 130)],
    ),
    "shares of the run as lengths, a warmup": (
        (LinearDecay(0.1, 98.9, 0.01).warmup(0.1, start=0.01), 100),
        [("error", "share-as-length", 1)],
    ),
    "shares of the run as lengths, a peak": (
        (OneCycle(0.1, 999, warmup=0.3), 1000),
        [("error", "share-as-length", 1)],
    ),
    "shares of the run as lengths, a cooldown": (
        (WSD(0.1, 999, 0, 0.2, lr_end=0.01), 1000),
        [("error", "share-as-length", 999)],
    ),
    "shares of the run as lengths, boundaries": (
        (PiecewiseConstant([0.5, 0.75], [0.1, 0.01, 0.001]), 1000),
        [("error", "share-as-length", 1)],
    ),
    "shares of the run as lengths, a hold": (
        (LinearDecay(0.1, 998.9, 0.01).hold(0.1), 1000),
        [("error", "share-as-length", 1)],
    ),
    "shares of the run as lengths, a pace": (
        (LinearDecay(0.1, 1997.5, 0.01).paced([0.5], [1, 2]), 1000),
        [("error", "share-as-length", 1)],
    ),
    "shares of the run as lengths, all of it": (
        (LinearDecay(0.1, 1), 1000),
        [("error", "share-as-length", 1)],
    ),
    "a spike": (
        (PiecewiseConstant([500, 501], [0.1, 1.0, 0.1]), 1000),
        [("warning", "spike", 500)],
    ),
    "a spike of a few updates": (
        (PiecewiseConstant([500, 505], [0.1, 1.0, 0.1]), 1000),
        [("warning", "spike", 500)],
    ),
    "an update without a rate": (
        (PiecewiseConstant([500, 501], [0.1, 0.0, 0.1]), 1000),
        [("warning", "spike", 500)],
    ),
    "a warmup that ends below what follows": (
        (Constant(0.05).warmup(100, start=0.01).then(InverseSqrt(0.1, 100), at=100), 1000),
        [("warning", "jump-up", 100)],
    ),
    "a warmup that ends above what follows": (
        (Constant(0.2).warmup(100, start=0.01).then(InverseSqrt(0.1, 100), at=100), 1000),
        [("warning", "jump-down", 100)],
    ),
    "a peak that is only touched": (
        (PiecewiseConstant([1], [0.1, 0.01]).warmup(100, start=0.01), 1000),
        [("warning", "jump-down", 101)],
    ),
    "a part that begins far below the end of the one before": (
        (LinearDecay(0.1, 1000).then(InverseSqrt(0.01, 100), at=500), 1000),
        [("warning", "jump-down", 500)],
    ),
    "a warmup that takes most of the run": (
        (InverseSqrt(0.1, 100).warmup(600, start=0.01), 1000),
        [("warning", "long-warmup", 600)],
    ),
    "a drop that comes at the end": (
        (PiecewiseConstant([995], [0.1, 0.01]), 1000),
        [("warning", "late-change", 995)],
    ),
    "a fall that comes at the end": (
        (Constant(0.1).then(InverseSqrt(0.1, 1), at=995), 1000),
        [("warning", "late-change", 995)],
    ),
    "a floor far above the end": (
        (LinearDecay(0.1, 1000).clip(low=0.0665), 1000),
        [("warning", "frozen-rate", 335)],
    ),
    "a timescale in epochs": (
        (InverseSqrt(0.1, 5), RUN, EPOCH),
        [("warning", "epochs-as-steps", 5)],
    ),
    "over after the first drops": (
        (PiecewiseConstant([20, 40], [0.1, 0.05, 0.01]), 1000),
        [("warning", "decay-over-early", 40)],
    ),
    "hardly begun": ((ExponentialDecay(0.1, 1e-6), 1000), [("warning", "decay-not-begun", 999)]),
    "next to nothing": (
        (ExponentialDecay(0.1, 0.03), 1000),
        [("error", "dead-rate", math.ceil(8 * math.log(10) / 0.03))],
    ),
    "nothing at all": ((Constant(0.0), 1000), [("error", "dead-rate", 0)]),
    "nothing for a single update": ((Constant(0.0), 1), [("error", "dead-rate", 0)]),
    "nothing in the middle": (
        (PiecewiseConstant([300, 600], [0.1, 0.0, 0.1]), 1000),
        [("error", "dead-rate", 300), ("error", "jump-up", 600)],
    ),
    "a jump up after a fall": (
        (LinearDecay(0.1, 500).then(Constant(0.1), at=500), 1000),
        [("error", "jump-up", 500)],
    ),
    "a jump up before any fall": (
        (Constant(0.01).then(Constant(0.1), at=500), 1000),
        [("warning", "jump-up", 500)],
    ),
    "a jump up in a sum, after a warmup": (
        (PiecewiseConstant([100, 200], [3, 1, 2]).warmup(50, start=1) + 1, 1000),
        [("error", "jump-up", 250)],
    ),
    "a jump up at a fractional join": (
        (LinearDecay(0.1, 10).then(Constant(0.1), at=9.5).stretch(50), 1000),
        [("error", "jump-up", 475)],
    ),
    "a restart just before the end": (
        (CosineDecay(0.1, 500).repeat(500), 1005),
        [("warning", "rises-after-end", 1000)],
    ),
    "a run that ends inside a cycle": (
        (CosineDecay(0.1, 400).repeat(400), 1000),
        [("note", "end-not-reached", 999)],
    ),
    "a warmup from 0": (
        (Constant(0.1).warmup(500), RUN),
        [("note", "wasted-first-update", 0)],
    ),
    "a whole epoch at 0": (
        (Constant(0.1).warmup(5).staircase(1).stretch(100), 1500),
        [("error", "dead-rate", 0)],
    ),
    "a run of few updates, one at 0": (
        (Constant(0.1).warmup(5), 30),
        [("warning", "wasted-first-update", 0)],
    ),
    "the last of N updates": ((LinearDecay(0.1, 100), 100), [("note", "end-not-reached", 99)]),
    "a last update at 0": ((LinearDecay(0.1, 99), 100), [("note", "dead-rate", 99)]),
    "more steps than float32 counts": (
        (ExponentialDecay(0.1, 1e-7), 2**24 + 1),
        [("note", "float32-steps", 2**24)],
    ),
}


@pytest.mark.parametrize(("run", "expected"), FAULTY.values(), ids=FAULTY)
def test_finds(run, expected):
    assert found(*run) == expected


def test_errors_come_first_then_by_step():
    s = LinearDecay(0.1, 300).then(Constant(0.1), at=300).warmup(10)
    s = s.then(PiecewiseConstant([10_000], [0.1, 0.01]), at=900)
    findings = audit(s, 1000)
    ranks = [(SEVERITIES.index(finding.severity), finding.step) for finding in findings]
    assert len({rank for rank, _ in ranks}) > 1
    assert ranks == sorted(ranks)


@pytest.mark.parametrize("by", [1, 250, 500])
def test_what_lies_before_a_shift_is_past(by):
    s = LinearDecay(0.1, 500).then(Constant(0.1), at=500)
    codes_found = {code for _, code, _ in found(s.shift(by), 1000)}
    assert codes_found == ({"jump-up"} if by < 500 else set())


def test_a_fix_mends():
    assert audit(StepDecay(0.1, 0.5, 5).stretch(EPOCH), RUN, EPOCH) == []
    assert audit(LinearDecay(0.1, 100, 0.01).stretch(0.99), 100) == []
    assert audit(Constant(0.1).warmup(500, start=0.1 / 500), RUN) == []
    ((fix,),) = [[f.fix for f in audit(CosineDecay(0.1, 800, 0.01), 1000)]]
    assert fix.endswith("say so: .then(Constant(0.01), at=800)")
    assert audit(CosineDecay(0.1, 800, 0.01).then(Constant(0.01), at=800), 1000) == []
    ((fix,),) = [[f.fix for f in audit(CosineDecay(0.1, 1200), 1000)]]
    assert fix.endswith("say so: .then(Constant(0.00676433), at=1000)")
    assert audit(CosineDecay(0.1, 1200).then(Constant(0.00676433), at=1000), 1000) == []


def test_a_fix_leaves_the_warmup_as_long_as_it_is():
    (found,) = above_notes(CosineDecay(0.1, 1200).warmup(100, start=0.001), 1000)
    assert found.code == "longer-than-run"
    assert "shorten what follows the warmup by 300" in found.fix
    assert above_notes(CosineDecay(0.1, 900).warmup(100, start=0.001), 1000) == []


@pytest.mark.parametrize("steps", [1000, 3000, 30_000])
def test_two_rates_are_told_apart(steps):
    (found,) = audit(CosineDecay(0.1, steps, 1e-6), steps)
    last, end = re.search(r"made at (\S+); (\S+) comes", found.message).groups()
    assert float(last) > float(end) == 1e-6


def test_how_much_of_a_run_is_dead():
    # 0.99 ** 1833 is the first power below 1e-8; the rate is 0 from 73,922 on alone.
    (found,) = audit(StepDecay(0.1, 0.99, 1), 100_000)
    assert (found.severity, found.code, found.step) == ("error", "dead-rate", 1833)
    assert "98.2 % of the run" in found.message


def test_units_are_only_guessed_at_in_the_fix_without_the_steps_of_an_epoch():
    (finding,) = audit(LinearDecay(0.1, 15), RUN)
    assert "steps per epoch" in finding.fix
    (finding,) = audit(SEED, 15)
    assert "counted in epochs" in finding.fix


# How it behaves


@settings(max_examples=150)
@given(
    some.schedules(),
    st.one_of(st.integers(1, 3), st.integers(1, 300_000), st.sampled_from([10**7, 2**40])),
    st.one_of(st.none(), st.integers(1, 10**4), some.floats(0.01, 1e4)),
)
def test_any_schedule_can_be_audited(s, steps, steps_per_epoch):
    for finding in audit(s, steps, steps_per_epoch):
        assert finding.code in codes()
        assert finding.severity in SEVERITIES
        assert type(finding.step) is int
        assert finding.step >= 0
        for text in (finding.message, finding.fix):
            assert text
            assert text == text.strip()
            assert not re.search(r"[\n]|nan|inf\b", text)


@settings(max_examples=50)
@given(some.monotone(st.integers(1, 1000)), st.integers(2, 2000))
def test_what_never_rises_never_jumps_up(s, steps):
    assert not {"jump-up", "rises-after-end"} & {finding.code for finding in audit(s, steps)}


# A length of 1 is taken for a share of the run, which explains the zeros.
@settings(max_examples=50)
@given(some.monotone(st.integers(2, 1000)), st.integers(2, 100))
def test_a_rate_of_zero_is_found_exactly(s, steps):
    zeros = [t for t in range(steps) if s(t) == 0]
    told = [f.step for f in audit(s, steps) if f.code == "dead-rate" and "rate 0" in f.message]
    told += [f.step for f in audit(s, steps) if f.code == "dead-rate" and "is 0" in f.message]
    tiny = [f for f in audit(s, steps) if f.code == "dead-rate" and "below" in f.message]
    told += [
        int(text.replace(",", "")) for f in tiny for text in re.findall("0 from (.*) on", f.message)
    ]
    assert told == zeros[:1]


def test_what_was_sampled_is_told_to_the_step():
    s = PiecewiseConstant([1_234_567], [0.1, 0.0])
    assert found(s, 10_000_000) == [("error", "dead-rate", 1_234_567)]
    s = LinearDecay(0.1, 7_654_321)
    assert found(s, 10_000_000) == [("error", "dead-rate", 7_654_321)]


def test_ten_million_steps_take_less_than_a_second():
    s = CosineDecay(0.1, 9_990_000).warmup(10_000, start=0.001)
    audit(s, 1000)
    start = time.process_time()
    assert above_notes(s, 10_000_000, 10_000) == []
    assert time.process_time() - start < 1


@pytest.mark.parametrize("value", [0, -1, 1.5, "10", None, True, 2**60, math.nan])
def test_a_bad_number_of_steps_is_refused(value):
    with pytest.raises(ValueError, match=r"^total_steps = "):
        audit(SEED, value)


@pytest.mark.parametrize("value", [0, -1, "10", True, math.inf, math.nan])
def test_bad_steps_of_an_epoch_are_refused(value):
    with pytest.raises(ValueError, match=r"^steps_per_epoch = "):
        audit(SEED, 100, value)


@pytest.mark.parametrize("value", [0.1, "Constant(0.1)", None, StepDecay])
def test_what_is_no_schedule_is_refused(value):
    with pytest.raises(TypeError, match=r"^s = .*expected a schedule"):
        audit(value, 100)


def test_explanations_name_codes():
    named = {code for rule in RULES.values() for code in rule.explains}
    assert named
    assert named <= set(RULES)


def test_no_two_findings_leave_each_other_out():
    for code, rule in RULES.items():
        for other in rule.explains:
            assert code not in RULES[other].explains


# Functions of the step

FUNCTIONS = {
    "a drop after the run": (
        (lambda t: 0.1 if t < 31_250 else 0.01, 17_190),
        [("error", "unreached-milestone", 31_250)],
    ),
    "a second drop after the run": (
        (lambda t: 0.1 * 0.1 ** ((t >= 500) + (t >= 1500)), 1000),
        [("warning", "unreached-milestone", 1500)],
    ),
    "steps, run over epochs": (
        (opaque(SEED), 15, EPOCH),
        [("error", "steps-as-epochs", 1000)],
    ),
    "epochs, run over steps": (
        (opaque(LinearDecay(0.1, 15)), RUN, EPOCH),
        [("error", "epochs-as-steps", 15)],
    ),
    "too long": (
        (opaque(CosineDecay(0.1, 100_000)), RUN),
        [("error", "longer-than-run", RUN - 1)],
    ),
    "too long, in stairs": (
        (opaque(CosineDecay(0.1, 60).staircase(1).stretch(EPOCH)), RUN),
        [("error", "longer-than-run", RUN - 1)],
    ),
    "over at once": (
        (opaque(LinearDecay(0.1, 777, 0.01)), RUN),
        [("warning", "decay-over-early", None)],
    ),
    "dead": ((opaque(LinearDecay(0.1, 20_001)), RUN), [("error", "dead-rate", 20_001)]),
    "a jump up": (
        (opaque(LinearDecay(0.1, 10_007, 0.01).then(Constant(0.1), at=10_007)), RUN),
        [("warning", "jump-up", 10_007)],
    ),
    "a slow rise": (
        (lambda t: 0.05 + 0.05 * math.cos(math.pi * t / 12_345), RUN - 10_000),
        [("warning", "rises-after-end", 12_345)],
    ),
    "hardly begun": (
        (lambda t: 0.1 / (1 + t / 1e6), RUN),
        [("warning", "decay-not-begun", RUN - 1)],
    ),
    "a spike": (
        (lambda t: 1.0 if t == 500 else 0.1, 1000),
        [("warning", "spike", 500)],
    ),
    "a spike in a fall": (
        (lambda t: (10 if t == 500 else 1) * (0.1 - t / 10_000), 1000),
        [("warning", "spike", 500)],
    ),
    "a warmup laid over a fall, without the fall": (
        (lambda t: 0.1 * (t + 1) / 350 if t < 350 else 0.1 * (1 - t / 1000), 1000),
        [("warning", "jump-down", 350)],
    ),
    "a warmup that ends below what follows": (
        (lambda t: 0.05 * (t + 1) / 100 if t < 100 else 0.1, 1000),
        [("warning", "jump-up", 100)],
    ),
    "a fall that stops": (
        (lambda t: 0.1 * (1 - min(t, 333) / 1000), 1000),
        [("warning", "frozen-rate", 333)],
    ),
    "a drop in the last updates": (
        (lambda t: 0.1 if t < 9950 else 0.01, 10_000),
        [("warning", "late-change", 9950)],
    ),
    "a fall in the last updates": (
        (lambda t: 0.1 * min(1, (1000 - t) / 8), 1000),
        [("warning", "late-change", 993)],
    ),
    "a warmup that takes most of the run": (
        (lambda t: 0.1 * min(1, (t + 1) / 900), 1000),
        [("warning", "long-warmup", 899)],
    ),
    "a run started again with its warmup": (
        (lambda t: min(1, (t % 400 + 1) / 50) * (0.1 - (t % 400) / 5000), 700),
        [("warning", "rises-after-end", 400)],
    ),
    "no number": (
        (lambda t: math.nan if t > 100 else 0.1, 1000),
        [("error", "not-a-rate", None)],
    ),
    "below 0": ((lambda t: 0.1 - t / 100, 20), [("error", "not-a-rate", 11)]),
}


@pytest.mark.parametrize(("run", "expected"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_finds_in_functions(run, expected):
    findings = found(*run)
    assert [finding[:2] for finding in findings] == [finding[:2] for finding in expected]
    for (_, _, step), (_, _, right) in zip(findings, expected, strict=True):
        assert right in (None, step)


@pytest.mark.parametrize(("s", "steps"), SOUND, ids=lambda value: repr(value)[:60])
def test_sound_recipes_as_functions_get_notes_at_most(s, steps):
    assert above_notes(opaque(s), steps, EPOCH) == []


def test_every_code_is_found_by_some_case():
    cases = (*FAULTY.values(), *FUNCTIONS.values())
    found_by_cases = {code for _, expected in cases for _, code, _ in expected}
    assert found_by_cases | {"still-falling", "already-stepped", "steps-per-update"} == set(codes())


@settings(max_examples=50)
@given(some.schedules(), st.integers(1, 20_000), st.sampled_from([None, 1, 100]))
def test_any_function_can_be_audited(s, steps, steps_per_epoch):
    for severity, code, step in found(opaque(s), steps, steps_per_epoch):
        assert code in codes()
        assert severity in SEVERITIES
        assert step >= 0


def test_a_function_need_not_go_on_after_the_run():
    rates = LinearDecay(0.1, 100, 0.01).curve(100).tolist()
    assert found(lambda t: rates[t], 100) == []


def test_a_function_that_fails_is_told_with_the_step():
    with pytest.raises(ValueError, match=r"^s: called with step 0, .* ZeroDivisionError"):
        audit(lambda t: 1 / t, 100)
    with pytest.raises(ValueError, match=r"^s: called with step 0, .* TypeError"):
        audit(lambda t: None, 100)


# Schedulers with a state, as PyTorch has them


class Decay:
    """A scheduler like PyTorch's: it multiplies the rate of its optimizer at each step."""

    def __init__(self, optimizer, factor, stops=None):
        self.optimizer, self.factor, self.stops, self.count = optimizer, factor, stops, 0

    def get_last_lr(self):
        return [group["lr"] for group in self.optimizer.param_groups]

    def step(self):
        self.count += 1
        if self.count == self.stops:
            raise ValueError("no more steps")
        for group in self.optimizer.param_groups:
            group["lr"] *= self.factor


class Uncopyable:
    def __deepcopy__(self, memo):
        raise RuntimeError("heavy")


def optimizer():
    return SimpleNamespace(param_groups=[{"lr": 0.1, "params": [Uncopyable()]}])


def test_a_scheduler_is_stepped_as_a_copy_and_its_tensors_are_not_copied():
    scheduler = Decay(optimizer(), 0.5)
    before = copy.copy(vars(scheduler)), scheduler.get_last_lr()
    assert found(scheduler, 1000) == [("error", "dead-rate", 27)]  # 2 ** -27 < 1e-8
    assert (vars(scheduler), scheduler.get_last_lr()) == before


def test_a_scheduler_that_stops_before_the_run_is_an_error():
    assert found(Decay(optimizer(), 0.999, stops=600), 1000) == [("error", "shorter-than-run", 600)]


class Reader(Decay):
    """A scheduler that looks at what its optimizer has learnt."""

    def step(self):
        self.count += 1
        for group in self.optimizer.param_groups:
            for parameter in group["params"]:
                moments = self.optimizer.state[parameter]
                moments["seen"] = moments.get("seen", 0) + 1
                group["lr"] = 0.1 / (1 + moments["seen"])


def test_a_scheduler_may_read_the_state_of_its_optimizer():
    parameter = Uncopyable()
    state = {parameter: {"seen": 9}}
    own = SimpleNamespace(param_groups=[{"lr": 0.01, "params": [parameter]}], state=state)
    assert above_notes(Reader(own, 1), 100) == []
    assert state == {parameter: {"seen": 9}}


def test_a_scheduler_that_fails_is_told():
    with pytest.raises(
        ValueError, match=r"^s = Reader: .* raised AttributeError.* give a function"
    ):
        audit(
            Reader(SimpleNamespace(param_groups=[{"lr": 0.1, "params": [1]}], state={1: 0}), 1), 9
        )


def test_a_scheduler_that_cannot_be_copied_is_refused():
    scheduler = Decay(optimizer(), 0.5)
    scheduler.model = Uncopyable()
    with pytest.raises(ValueError, match=r"^s = Decay: it cannot be copied \(heavy\)"):
        audit(scheduler, 100)


# The page about it


def test_the_table_of_codes_is_that_of_the_code():
    page = Path(__file__).parents[1] / "book" / "reference" / "audit.md"
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (.*) \| (.*) \|$", page.read_text(), re.MULTILINE)
    assert rows == [(code, rule.meaning, rule.severity) for code, rule in RULES.items()]


# Rates in a list


@pytest.mark.parametrize("kind", [list, tuple, np.array])
def test_a_list_of_rates_is_read(kind):
    sound = LinearDecay(0.1, 100).curve(100)
    assert [f.severity for f in audit(kind(sound.tolist()), 100)] in ([], ["note"])
    spoilt = [*sound[:50], -0.1, *sound[51:]]
    assert [(f.code, f.step) for f in audit(kind(spoilt), 100)] == [("not-a-rate", 50)]


def test_a_list_that_is_too_short_is_an_error():
    (found,) = [
        f for f in audit(LinearDecay(0.1, 50, 0.01).curve(50), 100) if f.severity == "error"
    ]
    assert (found.code, found.step) == ("shorter-than-run", 50)


@pytest.mark.parametrize("rates", [[], [[0.1]], ["a"]])
def test_no_list_of_rates(rates):
    with pytest.raises(ValueError, match="expected a list of rates"):
        audit(rates, 10)


@pytest.mark.parametrize(
    "s",
    [
        Constant(1.0).warmup(1000, start=1e-7, shape="exponential"),
        Constant(0.4).warmup(1000, start=0.04, shape="cosine"),
    ],
)
def test_one_rise_over_the_whole_run_is_meant(s):
    assert [(f.code, f.severity) for f in audit(s, 1000)] == [("decay-not-begun", "note")]
    assert "range test" in audit(s, 1000)[0].fix
    worse = (s, 900), (LinearDecay(1.0, 1000).warmup(1000, start=1e-7), 1000)
    assert all(audit(*run)[0].severity == "error" for run in worse)
