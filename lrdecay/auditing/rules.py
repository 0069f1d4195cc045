"""What is looked for in a run: one function a rule, and all that is known of it at its head."""

# The docstring of a rule is the meaning of its code.
# ruff: noqa: D205, D401

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from lrdecay.arrays import LAST_STEP
from lrdecay.auditing.finding import Severity
from lrdecay.auditing.rates import ALIKE, SMALL
from lrdecay.auditing.run import Run
from lrdecay.schedules.landmarks import Landmark, when

FLOAT32_STEPS = 2**24
"""From here on, float32 cannot tell every step from the next."""

# What counts as small or early, as a share of the run or of the highest rate.
EARLY = 0.05
FEW = 0.01
HARDLY = 0.001
MOST = 0.5
HIGH = 0.4
DEAD = 1e-8

Found = tuple[Severity, int, str, str]
Find = Callable[[Run], Iterator[Found]]


@dataclass(frozen=True)
class Rule:
    """One kind of finding.

    Parameters
    ----------
    find : callable
        What looks for it: severity, step, message and fix of each that a run has.
    severity : str
        When it is how severe, for people.
    meaning : str
        What is found.
    explains : tuple of str
        The codes that are left out beside it where they are no more severe, since they follow
        from it.
    of_sound_rates : bool
        Whether it looks at rates; else at what is no rate, of which the others make no sense.
    of_all_groups : bool
        Whether it looks at what all parameter groups do together: one alone may be frozen.
    """

    find: Find
    severity: str
    meaning: str
    explains: tuple[str, ...] = ()
    of_sound_rates: bool = True
    of_all_groups: bool = False


RULES: dict[str, Rule] = {}
"""Every rule by the code of what it finds, in the order that they stand in here."""


def rule(
    code: str,
    severity: str,
    explains: tuple[str, ...] = (),
    of_sound_rates: bool = True,
    of_all_groups: bool = False,
) -> Callable[[Find], Find]:
    """Make a rule of the function below it, whose docstring is its meaning."""

    def added(find: Find) -> Find:
        meaning = " ".join(str(find.__doc__).split())
        RULES[code] = Rule(find, severity, meaning, explains, of_sound_rates, of_all_groups)
        return find

    return added


@rule("not-a-rate", "error", of_sound_rates=False)
def not_a_rate(run: Run) -> Iterator[Found]:
    """The rate of a step is negative, infinite or not a number."""
    i = int(np.argmin(np.isfinite(run.rates) & (run.rates >= 0)))
    step, rate = int(run.steps[i]), float(run.rates[i])
    yield "error", step, f"the rate is {rate}", "a rate must be 0 or more: correct the formula"


@rule(
    "share-as-length",
    "error",
    explains=(
        "unreached-milestone",
        "epochs-as-steps",
        "dead-rate",
        "decay-over-early",
        "shorter-than-run",
        "late-change",
    ),
)
def share_as_length(run: Run) -> Iterator[Found]:
    """A length is less than one update, or all of it is one, as shares of the run would be."""
    ends = [mark.at for mark in run.of("end")]
    for mark in run.of("warmup", "milestone", "join", "clock", "restart", "end"):
        short = mark.at
        if mark.kind == "milestone":
            short = min([short, *(end - mark.at for end in ends if end > mark.at)])
        whole = mark.kind == "end" and short == 1 and run.total > 10 and run.per_epoch is None
        if run.is_ours and run.total > 1 and (0 < short < 1 or whole):
            yield (
                "error",
                mark.step,
                f"{mark.what}: it takes {short:.3g} of an update",
                "lengths are counted as t is: if it is a share of the run, it is "
                f"{when(round(short * run.total, 6))} updates",
            )
            return


@rule(
    "unreached-milestone",
    "error if the rate is at its highest at the end, else warning",
    explains=("longer-than-run", "decay-not-begun", "end-not-reached"),
)
def unreached(run: Run) -> Iterator[Found]:
    """A boundary, a drop, a join or the end of a warmup lies after the run, or is cut off."""
    late = [
        mark
        for mark in run.of("milestone", "join", "warmup")
        if mark.step >= run.total
        and not (mark.kind == "join" and _holds_the_end(run, mark))
        and not _is_one_rise(run)
    ]
    if late:
        mark, flat = late[0], run.last >= (1 - EARLY) * run.peak
        fix = f"move it below {run.total:,}"
        if mark.at >= 10 * run.total:
            fix += "; if the run is counted in epochs, count it in steps as the schedule is"
        yield (
            "error" if flat else "warning",
            mark.step,
            f"{mark.what} comes after the run's last update, {run.total - 1:,}"
            + (f", and so do {len(late) - 1} more" if len(late) > 1 else "")
            + (": the rate is at its highest at the end" if flat else ""),
            fix,
        )
    for mark in run.marks:
        missed = mark.at > mark.until and mark.kind in ("milestone", "warmup")
        # A schedule may well be left before its end for another, but not for itself.
        missed |= mark.at > mark.until + 1 and mark.kind == "end" and mark.cut_by == "restart"
        # Where the rate goes on as it was, the part was left on purpose.
        if missed and mark.until < run.total and _breaks(run, math.ceil(mark.until)):
            yield (
                "warning",
                mark.step,
                f"{mark.what} is never seen: the {mark.cut_by} at {when(mark.until)} comes first",
                f"shorten what is cut off, or move the {mark.cut_by}",
            )
            return


def _is_one_rise(run: Run) -> bool:
    """Return whether the schedule is a rise that takes the whole run, with nothing after it."""
    ends = [mark.step for mark in run.of("warmup")]
    after = [run.rate(run.total), run.rate(2 * run.total)]
    return run.is_known and ends == [run.total] and len(run.marks) == 1 and after[0] == after[1]


@rule(
    "epochs-as-steps",
    "error; warning for a warmup alone, or a decay without an end",
    explains=("dead-rate", "decay-over-early", "rises-after-end", "shorter-than-run"),
)
def epochs_as_steps(run: Run) -> Iterator[Found]:
    """The lengths look like epochs, and the run is counted in steps (needs `steps_per_epoch`)."""
    if run.per_epoch is None:
        return
    epochs = run.total / run.per_epoch
    fix = f"turn epochs into steps: multiply its lengths by {when(run.per_epoch)} (.stretch)"
    marks = run.of("milestone", "join", "restart", "end", "scale") + run.of("rise")[:1]
    mark = max(marks, key=lambda mark: mark.at, default=None)
    if mark and mark.at <= min(EARLY * run.total, 2 * epochs) and mark.at < run.per_epoch:
        yield (
            "warning" if all(mark.kind == "scale" for mark in marks) else "error",
            mark.step,
            f"{mark.what} is {mark.at / run.per_epoch:.2g} of an epoch; it would fit in the "
            f"{epochs:.3g} epochs of the run",
            fix,
        )
        return
    for mark in run.of("warmup"):
        if mark.at <= epochs / 2 and mark.at < EARLY * run.per_epoch:
            yield (
                "warning",
                mark.step,
                f"{mark.what} is at {mark.at / run.per_epoch:.2g} of an epoch",
                f"if it is meant in epochs, it is {mark.at * run.per_epoch:,.0f} steps",
            )


@rule(
    "steps-as-epochs",
    "error",
    explains=("unreached-milestone", "longer-than-run", "decay-not-begun"),
)
def steps_as_epochs(run: Run) -> Iterator[Found]:
    """The lengths look like steps, and the run is counted in epochs; or epochs were turned into
    steps twice (needs `steps_per_epoch`).
    """
    marks = run.of("milestone", "join", "warmup", "restart", "end", "scale")
    mark = min(marks, key=lambda mark: mark.at, default=None)
    if run.per_epoch is None or mark is None or mark.at < 10 * run.total:
        return
    if run.total < run.per_epoch and mark.at <= 2 * run.total * run.per_epoch:
        yield (
            "error",
            mark.step,
            f"{mark.what} counts steps, and the run of {run.total:,} seems to count epochs",
            f"count the run in steps too: total_steps = {run.total * run.per_epoch:,.0f}",
        )
    elif run.per_epoch**2 <= mark.at <= 1.05 * run.total * run.per_epoch:
        yield (
            "error",
            mark.step,
            f"{mark.what} lies {mark.at / run.total:,.0f} runs ahead, as if steps had been "
            "turned into steps once more",
            f"multiply epochs by {when(run.per_epoch)} only once",
        )


@rule(
    "dead-rate",
    "error from 1 % of the run on, else warning; note at the very end",
    explains=("decay-over-early", "shorter-than-run", "wasted-first-update", "late-change"),
    of_all_groups=True,
)
def dead(run: Run) -> Iterator[Found]:
    """The rate is 0 in a part of the run, or below 1e-8 of its highest in the last tenth or
    more.
    """
    zeros = [
        (last - first, first, last)
        for first, last in run.stretches(lambda rate: rate == 0)
        if not (run.is_held(first) if first else run.is_head(last))
    ]
    tiny = [
        first
        for first, last in run.stretches(lambda rate: rate <= DEAD * run.peak)
        if last == run.total - 1 and last - first > 0.1 * run.total and not run.is_held(first)
    ]
    if tiny and run.peak > 0 and (run.last > 0 or zeros):
        first = tiny[0]
        zero = max(zeros)[1] if run.last == 0 else run.total
        if zero - first > FEW * run.total:
            text = (
                f"from here on the rate is below {DEAD:g} of its highest, {run.peak:.3g}"
                + (f", and 0 from {zero:,} on" if zero < run.total else "")
                + f": {run.share(run.total - first)} changes next to nothing"
            )
            fix = "decay more slowly, or .clip(low=...)" + run.unit_hint(first)
            yield "error", first, text, fix
            return
    if zeros:
        _, first, last = max(zeros)
        count, ends = last - first + 1, last == run.total - 1
        fix = f"make the schedule as long as the run, let it end above 0, or {_hold(0, first)}"
        if ends and first > 0 and count <= max(1, HARDLY * run.total):
            what = "last update is" if count == 1 else f"last {count:,} updates are"
            text = f"the {what} made at rate 0, which changes nothing"
            yield "note", first, text, f"let the schedule end later, at t = {run.total:,}"
        elif count > FEW * run.total and (count > 1 or run.total == 1):
            until = "to the end" if ends else f"to {last:,}"
            text = f"the rate is 0 from here {until}: {run.share(count)} changes nothing"
            yield "error", first, text, fix + run.unit_hint(first)
        elif count > 1 and first > 0:
            yield "warning", first, f"{count:,} updates from here on are made at rate 0", fix


@rule("wasted-first-update", "note up to 2 % of the run, else warning", of_all_groups=True)
def wasted(run: Run) -> Iterator[Found]:
    """The first update, or more of them, are made at rate 0."""
    first, last = next(run.stretches(lambda rate: rate == 0), (1, 1))
    if first == 0 and last < run.total - 1:
        count = last + 1
        what = "the first update is" if count == 1 else f"the first {count:,} updates are"
        yield (
            "note" if count <= 2 * FEW * run.total or run.is_head(last) else "warning",
            0,
            f"{what} made at rate 0: the data are read and nothing is learnt",
            "start the warmup above 0, with its first step: .warmup(d, start=peak / d)",
        )


@rule(
    "already-stepped",
    "note where its optimizer has learnt; else warning, and error when nothing is left of it",
    explains=("rises-after-end", "wasted-first-update", "decay-not-begun", "long-warmup"),
)
def already_stepped(run: Run) -> Iterator[Found]:
    """The scheduler has made steps before the run, which begins where they led to."""
    made, trained = run.history.steps, run.history.trained
    if made:
        over = made >= run.total or bool((run.rates == run.rates[0]).all())
        yield (
            "note" if trained else "error" if over else "warning",
            0,
            f"the scheduler has made {made:,} steps before the run"
            + ("" if trained else ", and its optimizer has learnt nothing meanwhile")
            + f": the run begins at {run.rates[0]:.3g}",
            "make a new scheduler, and draw or try another than that which trains; nothing to do "
            "where training is resumed",
        )


@rule("steps-per-update", "note")
def steps_per_update(run: Run) -> Iterator[Found]:
    """The scheduler makes several steps at each update, one for each process."""
    each = run.history.per_update
    if each > 1:
        yield (
            "note",
            0,
            f"each update takes the scheduler {each} steps on, one for each process: it is over "
            f"{each} times as soon",
            f"make its lengths {each} times those of the run in updates, or prepare it with "
            "split_batches=True",
        )


@rule(
    "rises-after-end",
    "error; warning for a function that cannot be looked into, or a declared restart; note where "
    "it goes in cycles",
    explains=("end-not-reached", "shorter-than-run", "longer-than-run", "jump-down"),
)
def rises(run: Run) -> Iterator[Found]:
    """A rate that has come to its end rises again, or a cycle begins just before the end of the
    run.
    """
    for mark in run.of("rise")[:1]:
        (low,) = told(run.rate(mark.step))
        yield (
            "error" if run.is_known else "warning",
            mark.step,
            f"the rate has come down to {low} here, and rises again",
            "make the schedule as long as the run, or hold it at its end"
            + run.unit_hint(mark.step),
        )
    again = [mark for mark in run.of("restart", "again") if mark.step < run.total]
    starts = [0, *(mark.step for mark in again)]
    start, left = starts[-1], run.total - starts[-1]
    if start and left < EARLY * (start - starts[-2]) and run.last > 2 * run.rate(start - 1):
        last, before = told(run.last, run.rate(start - 1))
        yield (
            "warning",
            start,
            f"the schedule restarts {left:,} before the end of the run, which ends at "
            f"{last} instead of {before}",
            f"end the run at {start:,}, or make the cycles longer",
        )
    elif again and not run.is_known:
        yield (
            "note",
            again[0].step,
            "the rate rises here after a fall, as restarts do"
            + (f", and so it does {len(again) - 1} times more" if len(again) > 1 else ""),
            "nothing, where restarts are meant",
        )


@rule(
    "spike",
    "warning",
    explains=("dead-rate", "rises-after-end", "decay-over-early", "decay-not-begun", "long-warmup"),
)
def spike(run: Run) -> Iterator[Found]:
    """For an update, or a few, the rate is 1.5 times as high, or as low, as before and after."""
    for start, end, before, rate in run.spikes:
        count = end - start
        yield (
            "warning",
            start,
            f"the rate goes from {before:.3g} to {rate:.3g} for "
            + ("one update" if count == 1 else f"{count:,} updates")
            + ", and back",
            "correct the formula, or the boundary that is off by a few updates",
        )


@rule(
    "jump-up",
    "error after a fall; warning before any, or for a function that cannot be looked into",
    explains=("long-warmup",),
)
def jumps_up(run: Run) -> Iterator[Found]:
    """The rate jumps up where one part of the schedule follows another, and no restart is
    declared.
    """
    milestones = {mark.step for mark in run.of("milestone")}
    for step in _joints(run):
        before, after = run.rate(step - 1), run.rate(step)
        ahead = run.rate(step + 1) - after if step + 1 < run.total else 0.0
        behind = before - run.rate(step - 2) if step > 1 else 0.0
        jump = after - before
        least = ALIKE if step in milestones else SMALL
        if jump <= max(least * before, HARDLY * run.peak, 3 * ahead, 1.5 * behind):
            continue
        highest = run.rates[run.steps < step].max()
        fallen = before < (1 - SMALL) * highest
        # A warmup may go in stairs; a slope that ends below what follows is a mistake.
        if not fallen and behind == 0 and 2 * step < run.total:
            continue
        first, then = told(before, after)
        yield (
            "error" if fallen and run.is_known else "warning",
            step,
            f"the rate jumps up from {first} to {then}",
            "start the second part at the rate that the first ends with, or lead up to it with "
            ".warmup(d, start=...)"
            + ("" if run.is_known else "; nothing to do where a restart is meant"),
        )


@rule(
    "jump-down",
    "warning; note in the midst of a fall, of a function that cannot be looked into",
)
def jumps_down(run: Run) -> Iterator[Found]:
    """The rate falls by over 20 % in one update, at the end of a warmup or where one part follows
    another.
    """
    marks = {mark.step: mark.kind for mark in run.of("milestone", "warmup", "join")}
    for step in _joints(run):
        for at in (step, step + 1):
            if not 1 < at < run.total:
                continue
            before, after = run.rate(at - 1), run.rate(at)
            behind = before - run.rate(at - 2)
            ahead = after - run.rate(at + 1) if at + 1 < run.total else 0.0
            rose = behind > 0
            # From a rate that was held, a drop is a milestone; in a fall, it may be one.
            fell = behind < 0 and marks[step] == "join" and at == step
            usual = 2 * ahead if rose else 3 * max(-behind, ahead)
            if before - after <= max(ALIKE * before, usual):
                continue
            if not (rose or fell) or (fell and run.is_held(at)):
                continue
            first, then = told(before, after)
            yield (
                "warning" if rose or run.is_ours else "note",
                at,
                f"the rate falls at once from {first} to {then}, "
                + ("where its warmup ends" if rose else "where another part begins"),
                "let the warmup end at the rate that follows: .warmup(d) leads up to it"
                if rose
                else "start the second part at the rate that the first ends with",
            )
            break


@rule("long-warmup", "warning", explains=("decay-not-begun",))
def long_warmup(run: Run) -> Iterator[Found]:
    """The rate rises to its highest in over half of the run."""
    top = int((run.rates >= (1 - HARDLY) * run.peak).argmax())
    step, rising = int(run.steps[top]), np.diff(run.rates[: top + 1])
    warmups = [mark for mark in run.of("warmup") if mark.step < run.total]
    rises_on = run.is_known and run.last == run.peak > run.rates[max(len(run.rates) - 2, 0)]
    if (run.is_ours and not warmups) or rises_on:
        return
    if step > MOST * run.total and (rising >= 0).all() and (rising > 0).sum() > 1:
        yield (
            "warning",
            step,
            f"the warmup takes {run.share(step)}",
            "shorten the warmup, or count it in the unit of the run",
        )


@rule("late-change", "warning", explains=("decay-not-begun",))
def late_change(run: Run) -> Iterator[Found]:
    """What the rate does last, a drop or a fall, begins in the last 1 % of the run."""
    changes = [mark.step for mark in run.of("milestone", "join") if mark.step < run.total]
    changes += [
        last + 1
        for first, last in run.stretches(lambda rate: rate == run.peak)
        if last < run.total - 1 and last - first > 0.1 * run.total
    ]
    late = [change for change in changes if change >= (1 - FEW) * run.total]
    if not late:
        return
    step = min(late)
    before = run.rate(step - 1)
    if before - run.last > max(ALIKE * before, SMALL * run.peak) and not run.of("restart"):
        left = run.total - step
        first, last = told(before, run.last)
        yield (
            "warning",
            step,
            f"the rate comes from {first} to {last} in the last "
            + ("update" if left == 1 else f"{left:,} updates")
            + f", {run.share(left)}",
            "let the change come earlier, or leave it out",
        )


@rule("frozen-rate", "warning", explains=("shorter-than-run",))
def frozen(run: Run) -> Iterator[Found]:
    """A rate that falls steadily stays where it is, above 0.4 of its highest, to the end."""
    first = run.rests_from
    if run.of("refusal"):
        return
    long = run.total - first > 0.1 * run.total and first < run.total - 1
    high = HIGH * run.peak < run.last < (1 - SMALL) * run.peak
    declared = run.is_held(first) or any(abs(mark.step - first) <= 1 for mark in run.of("end"))
    if not (long and high and run.falls_smoothly) or declared:
        return
    length = first - int(run.steps[len(run.rates) - 1 - run.rates[::-1].argmax()])
    near = max(1, length // 20)
    if run.rate(first - near) - run.last >= 0.2 * near * (run.peak - run.last) / length:
        top, last = told(run.peak, run.last)
        yield (
            "warning",
            first,
            f"the rate falls from {top} to {last}, and {run.share(run.total - first)} stays there",
            f"let it go on falling; or, where it is meant to stay, {_hold(run.last, first)}",
        )


@rule(
    "shorter-than-run",
    "error where over half of the run is left, warning from 5 % on, else note; error if the "
    "scheduler refuses to go on; for what cannot be looked into, warning from 80 %, else note",
)
def shorter(run: Run) -> Iterator[Found]:
    """The schedule ends before the run does."""
    for mark in run.of("refusal"):
        text = f"there is no rate after {mark.step:,} of {run.total:,} updates"
        yield "error", mark.step, text, f"make it for {run.total:,} steps"
        return
    end, left = run.length, 0.0
    if end is None and not run.is_ours and run.falls_smoothly and not run.of("restart"):
        end = run.rests_from
        left = run.total - end
        severity: Severity = "warning" if left > 0.8 * run.total else "note"
        is_told = left > max(1, 0.1 * run.total)
    elif end is not None and run.total - 1 > end:
        # A rate that had come to rest before the end was stopped by a floor, on purpose.
        at = math.ceil(end)
        is_told = run.rate(at) == run.last and run.rate(at - 1) != run.last
        left = run.total - end
        severity = "error" if left > MOST * run.total else "warning"
        if left <= EARLY * run.total:
            severity = "note"
    else:
        return
    if is_told:
        (last,) = told(run.last)
        yield (
            severity,
            math.ceil(end),
            f"the schedule is over here; {run.share(left)} goes on at {last}",
            f"{_fit(run, end)}; or, where the tail is meant, {_hold(run.last, math.ceil(end))}",
        )


@rule(
    "longer-than-run",
    "error if over half of the fall is missing, else warning",
    explains=("decay-not-begun", "end-not-reached"),
)
def longer(run: Run) -> Iterator[Found]:
    """The schedule, or its first cycle, is over 5 % longer than the run."""
    end = run.length
    if end is None or end <= (1 + EARLY) * run.total or end > LAST_STEP:
        return
    value = run.rate(math.ceil(end) - 1)
    (last,) = told(run.last)
    yield (
        "error" if run.last - value > 0.5 * (run.peak - value) else "warning",
        run.total - 1,
        f"the run stops after {100 * run.total / end:.3g} % of the schedule, at {last}",
        f"{_fit(run, end)}; or, where the run is cut off on purpose, {_hold(run.last, run.total)}",
    )


@rule(
    "decay-over-early",
    "error for a schedule with an end, else warning",
    explains=("shorter-than-run",),
)
def over_early(run: Run) -> Iterator[Found]:
    """The decay is over in the first 5 % of the run."""
    lowest_to_come = np.minimum.accumulate(run.rates[::-1])[::-1]
    highest_to_come = np.maximum.accumulate(run.rates[::-1])[::-1]
    still = highest_to_come <= (1 + EARLY) * lowest_to_come
    limit = (1 + EARLY) * lowest_to_come[still.argmax()]
    first, last = list(run.stretches(lambda rate: rate <= limit))[-1]
    fell = limit < (1 - EARLY) * run.peak
    held = run.is_held(first) or run.is_held(run.rests_from)
    if 0 < first <= EARLY * run.total and last == run.total - 1 and fell and not held:
        yield (
            "error" if any(not mark.cut_by for mark in run.of("end")) else "warning",
            first,
            f"the decay is over here, at {run.share(first)}; the rest goes on at {run.last:.3g}",
            f"decay more slowly, or, where the rest is meant, {_hold(run.last, first)}"
            + run.unit_hint(first),
        )


@rule(
    "decay-not-begun", "warning; note for one rise that takes the whole run, as a range test does"
)
def not_begun(run: Run) -> Iterator[Found]:
    """The rate has lost less than 5 % when the run ends, or rises to its end."""
    if run.of("restart"):
        return
    highest = np.maximum.accumulate(run.rates)
    if run.is_known and len(run.rates) > 2 and run.last == run.peak > run.rates[-2]:
        first, last = told(float(run.rates[0]), run.last)
        yield (
            "note" if _is_one_rise(run) else "warning",
            run.total - 1,
            f"the rate rises to the end of the run, from {first} to {last}",
            "lower the end below the first rate, or shorten the warmup"
            + ("; nothing to do in a range test" if _is_one_rise(run) else ""),
        )
    elif run.decays and run.last > 0 and (run.rates >= (1 - EARLY) * highest).all():
        top, last = told(run.peak, run.last)
        yield (
            "warning",
            run.total - 1,
            f"the rate has only come from {top} to {last} at the end of the run",
            "decay faster, or use Constant",
        )


@rule("end-not-reached", "note")
def end_not_reached(run: Run) -> Iterator[Found]:
    """The last update, t = N - 1, is not made at the end value, or is inside a cycle."""
    end, last = run.length, run.total - 1
    if end is not None and last < end <= (1 + EARLY) * run.total:
        value = run.rate(math.ceil(end))
        if run.last > value + 1e-9 * run.peak:
            rate, final = told(run.last, value)
            yield (
                "note",
                last,
                f"the last update is made at {rate}; {final} comes at t = {when(end)}",
                "nothing: an update at rate 0 would be wasted"
                if value == 0
                else f"to use the end value, let the schedule end at t = {last:,}",
            )
    to_come = [mark.step for mark in run.of("restart", "again") if mark.step > run.total]
    if to_come and run.last > 1.01 * run.rate(min(to_come[0], LAST_STEP) - 1):
        yield (
            "note",
            last,
            f"the run ends inside a cycle, at {run.last:.3g}; the cycle ends at {to_come[0]:,}",
            "choose the cycles so that one ends with the run",
        )


@rule("still-falling", "note up to a third of the highest rate, else warning")
def still_falling(run: Run) -> Iterator[Found]:
    """The last of the rates in a list are still falling, with far to go."""
    if run.is_listed and _still_falls(run):
        yield (
            "note" if run.last < run.peak / 3 else "warning",
            run.total - 1,
            f"the rate is still falling at the end, at {100 * run.last / run.peak:.3g} % of its "
            "highest, as where a run is cut off",
            "nothing, where the run is meant to end so",
        )


@rule("float32-steps", "warning for Keras and Optax, note for schedules of lrdecay")
def float32(run: Run) -> Iterator[Found]:
    """The run has more steps than float32 can count, 2 ** 24."""
    if run.total > FLOAT32_STEPS and run.float32 == "warning":
        text = "counted in float32, steps are skipped or repeated from here on"
        fix = "use a schedule of lrdecay: to_keras, to_optax and to_torch count exactly"
        yield "warning", FLOAT32_STEPS, text, fix
    elif run.total > FLOAT32_STEPS and run.float32 == "note":
        text = "float32 cannot count every step from here on; lrdecay does, Keras and Optax do not"
        yield "note", FLOAT32_STEPS, text, "nothing, unless you write the schedule down elsewhere"


def told(*rates: float) -> list[str]:
    """Return rates for people, with as many digits as it takes to tell them apart.

    Examples
    --------
    >>> told(1.00025e-6, 1e-6)
    ['1.0003e-06', '1e-06']
    """
    for digits in range(3, 18):
        texts = [f"{rate:.{digits}g}" for rate in rates]
        if len({*texts}) == len({*rates}):
            break
    return texts


def _fit(run: Run, end: float) -> str:
    """Return how to make a schedule that ends at `end` as long as the run."""
    if run.of("warmup"):
        by = abs(end - run.total)
        verb = "shorten" if end > run.total else "lengthen"
        return f"let it end at t = {run.total:,}: {verb} what follows the warmup by {when(by)}"
    factor = f"{run.total / end:.6g}"
    return f"make it as long as the run: multiply its lengths by {factor} (.stretch)"


def _hold(rate: float, at: int) -> str:
    """Return how to say that a rate is to stay from `at` on."""
    return f"say so: .then(Constant({rate:.6g}), at={at})"


def _joints(run: Run) -> list[int]:
    """Return where one part of the schedule follows another, restarts and spikes aside."""
    apart = {mark.step for mark in run.of("restart", "again")}
    apart |= {step for start, end, *_ in run.spikes for step in (start, end)}
    joints = {mark.step for mark in run.of("join", "milestone", "warmup")}
    return sorted(step for step in joints - apart if 0 < step < run.total)


def _breaks(run: Run, step: int) -> bool:
    """Return whether the rate at `step` does not go on as it did before."""
    if not step > 1:
        return True
    before, after = run.rate(step - 1), run.rate(step)
    behind = abs(before - run.rate(step - 2))
    ahead = abs(run.rate(step + 1) - after)
    return abs(after - before) > SMALL * before + 1.5 * max(behind, ahead)


def _holds_the_end(run: Run, mark: Landmark) -> bool:
    """Return whether a part joined on at the end of the run says that the run is cut off there."""
    return mark.at == run.total and not _breaks(run, run.total)


def _still_falls(run: Run) -> bool:
    """Return whether the rate falls in a straight line, or faster, with far to go."""
    fall = run.rates[int(run.rates.argmax()) :]
    n = len(fall) // 4
    if n < 3 or run.last < ALIKE * run.peak:
        return False
    slope, before = (fall[-n] - fall[-1]) / n, (fall[-2 * n] - fall[-n]) / n
    return bool(slope > 0 and slope >= 0.85 * before > 0 and run.last < slope * len(run.rates))
