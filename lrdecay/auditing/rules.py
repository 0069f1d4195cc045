"""What is looked for in a run: one function a rule, and all that is known of it above it."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from lrdecay.arrays import LAST_STEP
from lrdecay.auditing.finding import Severity
from lrdecay.auditing.run import Run
from lrdecay.schedules.landmarks import when

FLOAT32_STEPS = 2**24
"""From here on, float32 cannot tell every step from the next."""

# What counts as small or early, as a share of the run or of the highest rate.
EARLY = 0.05
FEW = 0.01
HARDLY = 0.001
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
    """

    find: Find
    severity: str
    meaning: str
    explains: tuple[str, ...] = ()
    of_sound_rates: bool = True


RULES: dict[str, Rule] = {}
"""Every rule by the code of what it finds, in the order that they stand in here."""


def rule(
    code: str, severity: str, explains: tuple[str, ...] = (), of_sound_rates: bool = True
) -> Callable[[Find], Find]:
    """Make a rule of the function below it, whose docstring is its meaning."""

    def added(find: Find) -> Find:
        meaning = " ".join(str(find.__doc__).split())
        RULES[code] = Rule(find, severity, meaning, explains, of_sound_rates)
        return find

    return added


@rule("not-a-rate", "error", of_sound_rates=False)
def not_a_rate(run: Run) -> Iterator[Found]:
    """The rate of a step is negative, infinite or not a number."""
    i = int(np.argmin(np.isfinite(run.rates) & (run.rates >= 0)))
    step, rate = int(run.steps[i]), float(run.rates[i])
    yield "error", step, f"the rate is {rate}", "a rate must be 0 or more: correct the formula"


@rule(
    "unreached-milestone",
    "error if the rate is at its highest at the end, else warning",
    explains=(
        "longer-than-run",
        "decay-not-begun",
        "end-not-reached",
    ),
)
def unreached(run: Run) -> Iterator[Found]:
    """A boundary, a drop, a join or the end of a warmup lies after the run, or is cut off."""
    late = [mark for mark in run.of("milestone", "join", "warmup") if mark.step >= run.total]
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
        missed = mark.at >= mark.until and mark.kind in ("milestone", "warmup")
        # A schedule may well be left before its end for another, but not for itself.
        missed |= mark.at > mark.until + 1 and mark.kind == "end" and mark.cut_by == "restart"
        if missed and mark.until < run.total:
            yield (
                "warning",
                mark.step,
                f"{mark.what} is never seen: the {mark.cut_by} at {when(mark.until)} comes first",
                f"shorten what is cut off, or move the {mark.cut_by}",
            )
            return


@rule(
    "epochs-as-steps",
    "error; warning for a warmup alone, or a decay without an end",
    explains=(
        "dead-rate",
        "decay-over-early",
        "rises-after-end",
        "shorter-than-run",
    ),
)
def epochs_as_steps(run: Run) -> Iterator[Found]:
    """The lengths look like epochs, and the run is counted in steps (needs `steps_per_epoch`)."""
    if run.per_epoch is None:
        return
    epochs = run.total / run.per_epoch
    fix = f"turn epochs into steps: multiply its lengths by {when(run.per_epoch)} (.stretch)"
    marks = run.of("milestone", "join", "restart", "end", "scale")
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
    explains=(
        "unreached-milestone",
        "longer-than-run",
        "decay-not-begun",
    ),
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
    explains=(
        "decay-over-early",
        "shorter-than-run",
        "wasted-first-update",
    ),
)
def dead(run: Run) -> Iterator[Found]:
    """The rate is 0 in a part of the run, or below 1e-8 of its highest in the last tenth or
    more.
    """
    fix = "make the schedule as long as the run, or let it end above 0"
    zeros = run.stretches(lambda rate: rate == 0)
    spans = [(last - first, first, last) for first, last in zeros]
    if spans:
        _, first, last = max(spans)
        count, ends = last - first + 1, last == run.total - 1
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
    if run.last > 0:
        for first, last in run.stretches(lambda rate: rate <= DEAD * run.peak):
            if last == run.total - 1 and last - first > 0.1 * run.total:
                text = (
                    f"from here on the rate is below {DEAD:g} of its highest, {run.peak:.3g}: "
                    f"{run.share(last - first)} changes next to nothing"
                )
                fix = "decay more slowly, or .clip(low=...)" + run.unit_hint(first)
                yield "error", first, text, fix


@rule("wasted-first-update", "note up to 1 % of the run, else warning")
def wasted(run: Run) -> Iterator[Found]:
    """The first update, or more of them, are made at rate 0."""
    first, last = next(run.stretches(lambda rate: rate == 0), (1, 1))
    if first == 0 and last < run.total - 1:
        count = last + 1
        what = "the first update is" if count == 1 else f"the first {count:,} updates are"
        yield (
            "note" if count <= FEW * run.total else "warning",
            0,
            f"{what} made at rate 0: the data are read and nothing is learnt",
            "start the warmup above 0, with its first step: .warmup(d, start=peak / d)",
        )


@rule(
    "rises-after-end",
    "error; warning for a function that cannot be looked into, or a declared restart",
    explains=(
        "end-not-reached",
        "shorter-than-run",
        "longer-than-run",
    ),
)
def rises(run: Run) -> Iterator[Found]:
    """A rate that has come to its end rises again, or a cycle begins just before the end of the
    run.
    """
    for mark in run.of("rise")[:1]:
        low = run.rate(mark.step)
        yield (
            "error" if run.is_known else "warning",
            mark.step,
            f"the rate has come down to {low:.3g} here, and rises again",
            "make the schedule as long as the run, or hold it at its end",
        )
    starts = [0, *(mark.step for mark in run.of("restart", "again") if mark.step < run.total)]
    start, left = starts[-1], run.total - starts[-1]
    if start and left < EARLY * (start - starts[-2]) and run.last > 2 * run.rate(start - 1):
        yield (
            "warning",
            start,
            f"the schedule restarts {left:,} before the end of the run, which ends at "
            f"{run.last:.3g} instead of {run.rate(start - 1):.3g}",
            f"end the run at {start:,}, or make the cycles longer",
        )


@rule(
    "jump-up",
    "error after a fall; warning before any, or for a function that cannot be looked into",
)
def jumps_up(run: Run) -> Iterator[Found]:
    """The rate jumps up where one part of the schedule follows another, and no restart is
    declared.
    """
    restarts = {mark.step for mark in run.of("restart", "again")}
    steps = {mark.step for mark in run.of("join", "milestone") if 0 < mark.step < run.total}
    for step in sorted(steps - restarts):
        before, after = run.rate(step - 1), run.rate(step)
        slope = run.rate(step + 1) - after if step + 1 < run.total else 0.0
        jump = after - before
        if jump <= max(EARLY * before, HARDLY * run.peak, 3 * slope):
            continue
        fallen = before < (1 - EARLY) * run.rates[run.steps < step].max()
        yield (
            "error" if fallen and run.is_known else "warning",
            step,
            f"the rate jumps up from {before:.3g} to {after:.3g}",
            "start the second part at the rate that the first ends with, or lead up to it with "
            ".warmup(d, start=...)"
            + ("" if run.is_known else "; nothing to do where a restart is meant"),
        )


@rule(
    "shorter-than-run",
    "warning from 5 % of the run on, else note; error if the scheduler refuses to go on",
)
def shorter(run: Run) -> Iterator[Found]:
    """The schedule ends before the run does."""
    for mark in run.of("refusal"):
        text = f"the scheduler refuses to go on after {mark.step:,} of {run.total:,} updates"
        yield "error", mark.step, text, f"make it for {run.total:,} steps"
    end = run.length
    if end is not None and end < run.total - 1 and run.rate(math.ceil(end)) == run.last:
        yield (
            "warning" if run.total - end > EARLY * run.total else "note",
            math.ceil(end),
            f"the schedule is over here; {run.share(run.total - end)} goes on at {run.last:.3g}",
            _fit(run, end),
        )


@rule(
    "longer-than-run",
    "error if over half of the fall is missing, else warning",
    explains=(
        "decay-not-begun",
        "end-not-reached",
    ),
)
def longer(run: Run) -> Iterator[Found]:
    """The schedule, or its first cycle, is over 5 % longer than the run."""
    end = run.length
    if end is None or end <= (1 + EARLY) * run.total or end > LAST_STEP:
        return
    value = run.rate(math.ceil(end) - 1)
    yield (
        "error" if run.last - value > 0.5 * (run.peak - value) else "warning",
        run.total - 1,
        f"the run stops after {100 * run.total / end:.3g} % of the schedule, at {run.last:.3g}",
        _fit(run, end),
    )


@rule("decay-over-early", "warning", explains=("shorter-than-run",))
def over_early(run: Run) -> Iterator[Found]:
    """The decay is over in the first 5 % of the run."""
    lowest_to_come = np.minimum.accumulate(run.rates[::-1])[::-1]
    highest_to_come = np.maximum.accumulate(run.rates[::-1])[::-1]
    still = highest_to_come <= (1 + EARLY) * lowest_to_come
    limit = (1 + EARLY) * lowest_to_come[still.argmax()]
    first, last = list(run.stretches(lambda rate: rate <= limit))[-1]
    fell = limit < (1 - EARLY) * run.peak
    if 0 < first <= EARLY * run.total and last == run.total - 1 and fell:
        yield (
            "warning",
            first,
            f"the decay is over here, at {run.share(first)}; the rest goes on at {run.last:.3g}",
            "decay more slowly" + run.unit_hint(first),
        )


@rule("decay-not-begun", "warning")
def not_begun(run: Run) -> Iterator[Found]:
    """The rate has lost less than 5 % when the run ends, or rises to its end."""
    if run.of("restart"):
        return
    highest = np.maximum.accumulate(run.rates)
    if run.is_known and len(run.rates) > 2 and run.last == run.peak > run.rates[-2]:
        yield (
            "warning",
            run.total - 1,
            f"the rate rises to the end of the run, from {run.rates[0]:.3g} to {run.last:.3g}",
            "lower the end below the first rate, or shorten the warmup",
        )
    elif run.decays and run.last > 0 and (run.rates >= (1 - EARLY) * highest).all():
        yield (
            "warning",
            run.total - 1,
            f"the rate has only come from {run.peak:.6g} to {run.last:.6g} at the end of the run",
            "decay faster, or use Constant",
        )


@rule("end-not-reached", "note")
def end_not_reached(run: Run) -> Iterator[Found]:
    """The last update, t = N - 1, is not made at the end value, or is inside a cycle."""
    end, last = run.length, run.total - 1
    if end is not None and last < end <= (1 + EARLY) * run.total:
        value = run.rate(math.ceil(end))
        if run.last > value + 1e-9 * run.peak:
            yield (
                "note",
                last,
                f"the last update is made at {run.last:.3g}; {value:.3g} comes at t = {when(end)}",
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


def _fit(run: Run, length: float) -> str:
    factor = f"{run.total / length:.6g}"
    return f"make it as long as the run: multiply its lengths by {factor} (.stretch)"
