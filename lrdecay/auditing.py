"""What a schedule would do to a run, before the run is paid for."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lrdecay import checks, foreign
from lrdecay.arrays import LAST_STEP
from lrdecay.foreign import Foreign, first_step, grid
from lrdecay.schedules import Constant, PiecewiseConstant, Schedule
from lrdecay.schedules.landmarks import Kind, Landmark, when

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")

FLOAT32_STEPS = 2**24
"""From here on, float32 cannot tell every step from the next."""

# What counts as small or early, as a share of the run or of the highest rate.
EARLY = 0.05
FEW = 0.01
HARDLY = 0.001
DEAD = 1e-8


@dataclass(frozen=True)
class Finding:
    """One thing that `audit` found.

    Parameters
    ----------
    code : str
        Its name, which stays the same; see `codes`.
    severity : {"error", "warning", "note"}
        Whether the run cannot do what the schedule says, probably does not do what you want,
        or does something that you may want to know.
    step : int
        The update that it happens at, counted from 0; it may lie after the run.
    message : str
        The reason.
    fix : str
        What to change.
    """

    code: str
    severity: Severity
    step: int
    message: str
    fix: str


Found = tuple[Severity, int, str, str]


def audit(s: Any, total_steps: int, steps_per_epoch: float | None = None) -> list[Finding]:
    """Return what is wrong with training `total_steps` updates by `s`: errors first.

    Parameters
    ----------
    s : Schedule, Keras schedule or optimizer, PyTorch scheduler, rates, or function of the step
        What gives the rates. A Keras schedule is read as ours where `from_keras` can, and any
        other is sampled, within the run and after it; a PyTorch scheduler as a copy that is
        stepped, from where it is now, for each parameter group that is not frozen at rate 0.
    total_steps : int
        The number of updates of the run, in the unit of the schedule's lengths.
    steps_per_epoch : float, optional
        Updates an epoch. With it, epochs given where steps are meant are told from steps, and
        the other way round.

    Returns
    -------
    list of Finding
        Empty when there is nothing to say. What follows from one finding alone is not reported
        again: mend it and audit again. `codes` lists all that may be found.

    Raises
    ------
    ValueError
        When `total_steps` is not a whole number of 1 or more, or `steps_per_epoch` not above 0,
        or a function does not give a number.
    TypeError
        When `s` is no schedule.

    Examples
    --------
    >>> from lrdecay import PiecewiseConstant
    >>> s = PiecewiseConstant([31_250], [0.01, 0.001])
    >>> for finding in audit(s, total_steps=17_190):
    ...     print(finding.severity, finding.code, finding.step, finding.fix, sep=", ")
    error, unreached-milestone, 31250, move it below 17,190
    >>> audit(s, total_steps=60_000)
    []
    """
    total_steps = checks.count("total_steps", total_steps)
    if steps_per_epoch is not None:
        steps_per_epoch = checks.length("steps_per_epoch", steps_per_epoch)
    sources = [s] if isinstance(s, Schedule) else foreign.read(s, total_steps)
    float32: Severity | None = "warning" if foreign.counts_in_float32(s) else None
    runs = [_run(source, total_steps, steps_per_epoch, float32) for source in sources]
    trained = [i for i, run in enumerate(runs) if run.rates.any()] or [0]
    found: dict[tuple[str, str, int], Finding] = {}
    for i in trained:
        for finding in _findings(runs[i]):
            # What all groups do is said once, of the first that does it.
            where = f"parameter group {i}: " if len(runs) > 1 and i != trained[0] else ""
            named = replace(finding, message=where + finding.message)
            found.setdefault((finding.code, finding.severity, finding.step), named)
    return sorted(found.values(), key=lambda finding: (_rank(finding), finding.step))


def _findings(run: "_Run") -> list[Finding]:
    findings = [
        Finding(code, *found)
        for code, check in (CHECKS if run.is_sound else BROKEN).items()
        for found in check.find(run)
    ]
    return [finding for finding in findings if not any(_explains(f, finding) for f in findings)]


def codes() -> dict[str, str]:
    """Return every code that `audit` may find, with its meaning.

    Examples
    --------
    >>> codes()["decay-over-early"]
    'The decay is over in the first 5 % of the run.'
    """
    return {code: check.meaning for code, check in (BROKEN | CHECKS).items()}


def _rank(finding: Finding) -> int:
    return SEVERITIES.index(finding.severity)


def _explains(cause: Finding, finding: Finding) -> bool:
    """Return whether `finding` is no more than what follows from `cause`."""
    told = cause.severity != "note" and _rank(cause) <= _rank(finding)
    return told and finding.code in EXPLAINS.get(cause.code, ())


@dataclass(frozen=True)
class _Run:
    """A run as the checks see it: rates at some or all of its steps, and landmarks."""

    rate: Callable[[int], float]
    steps: NDArray[np.int64]
    rates: NDArray[np.float64]
    total: int
    per_epoch: float | None
    marks: list[Landmark]
    is_known: bool
    decays: bool
    float32: Severity | None

    @cached_property
    def is_sound(self) -> bool:
        return bool(np.isfinite(self.rates).all() and (self.rates >= 0).all())

    @cached_property
    def peak(self) -> float:
        return float(self.rates.max())

    @cached_property
    def last(self) -> float:
        return float(self.rates[-1])

    @cached_property
    def length(self) -> float | None:
        """When the schedule reaches its last value, or the end of a first cycle after the run."""
        ends = [mark.at for mark in self.of("end") if not mark.cut_by]
        first = [mark.at for mark in self.of("restart") if mark.at > self.total]
        return max(ends) if ends else min(first, default=None)

    def of(self, *kinds: Kind) -> list[Landmark]:
        """Return the landmarks of these kinds that are not cut off."""
        return [mark for mark in self.marks if mark.kind in kinds and mark.at < mark.until]

    def share(self, steps: float) -> str:
        return f"{100 * steps / self.total:.3g} % of the run"

    def unit_hint(self, step: int) -> str:
        """Return what else may be wrong when the schedule is over at `step`, far too soon."""
        if self.per_epoch is None and 0 < step < 0.25 * self.total:
            return "; if its lengths are in epochs, multiply them by the steps per epoch"
        return ""


def _run(
    source: Schedule | Foreign, total: int, per_epoch: float | None, float32: Severity | None
) -> _Run:
    if isinstance(source, Foreign):
        steps = grid(min(total, source.horizon), foreign.LOOKED_AT)
        rates = np.array([source.rate(int(t)) for t in steps])
        noise = 1e-6 * float(rates.max())  # compilers may round a rate of 0 to below it

        def rate(t: int) -> float:
            asked = source.rate(t)
            return 0.0 if -noise <= asked < 0 else asked

        rates[(-noise <= rates) & (rates < 0)] = 0
        marks, known = foreign.inferred(source, total), source.rises is not None
        falls = bool(rates[-1] < 0.999 * rates.max())
        return _Run(rate, steps, rates, total, per_epoch, marks, known, falls, float32)
    marks = source.landmarks(total)
    steps = grid(total, 100_000) if total > 200_000 else np.arange(total)
    near = [mark.step + i for mark in marks for i in (-1, 0, 1) if 0 < mark.step < total - 1]
    steps = np.unique(np.concatenate([steps, np.array(near, np.int64)]))
    with np.errstate(all="ignore"):
        rates = source(steps)
    decays, float32 = _decays(source), float32 or "note"
    return _Run(source, steps, rates, total, per_epoch, marks, True, decays, float32)


def _decays(s: Schedule) -> bool:
    """Return whether any part of `s` is there to lower the rate."""
    parts = [value for value in vars(s).values() if isinstance(value, Schedule)]
    if parts:
        return any(_decays(part) for part in parts)
    return not isinstance(s, Constant | PiecewiseConstant)


@dataclass(frozen=True)
class Check:
    """One kind of finding: the function that looks for it, when it is how severe, its meaning."""

    find: Callable[[_Run], Iterator[Found]]
    severity: str
    meaning: str


def _not_a_rate(run: _Run) -> Iterator[Found]:
    i = int(np.argmin(np.isfinite(run.rates) & (run.rates >= 0)))
    step, rate = int(run.steps[i]), float(run.rates[i])
    yield "error", step, f"the rate is {rate}", "a rate must be 0 or more: correct the formula"


def _unreached(run: _Run) -> Iterator[Found]:
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


def _epochs_as_steps(run: _Run) -> Iterator[Found]:
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


def _steps_as_epochs(run: _Run) -> Iterator[Found]:
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


def _dead(run: _Run) -> Iterator[Found]:
    fix = "make the schedule as long as the run, or let it end above 0"
    zeros = _stretches(run, lambda rate: rate == 0)
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
        for first, last in _stretches(run, lambda rate: rate <= DEAD * run.peak):
            if last == run.total - 1 and last - first > 0.1 * run.total:
                text = (
                    f"from here on the rate is below {DEAD:g} of its highest, {run.peak:.3g}: "
                    f"{run.share(last - first)} changes next to nothing"
                )
                fix = "decay more slowly, or .clip(low=...)" + run.unit_hint(first)
                yield "error", first, text, fix


def _wasted(run: _Run) -> Iterator[Found]:
    first, last = next(_stretches(run, lambda rate: rate == 0), (1, 1))
    if first == 0 and last < run.total - 1:
        count = last + 1
        what = "the first update is" if count == 1 else f"the first {count:,} updates are"
        yield (
            "note" if count <= FEW * run.total else "warning",
            0,
            f"{what} made at rate 0: the data are read and nothing is learnt",
            "start the warmup above 0, with its first step: .warmup(d, start=peak / d)",
        )


def _rises(run: _Run) -> Iterator[Found]:
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


def _jumps_up(run: _Run) -> Iterator[Found]:
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


def _shorter(run: _Run) -> Iterator[Found]:
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


def _longer(run: _Run) -> Iterator[Found]:
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


def _over_early(run: _Run) -> Iterator[Found]:
    lowest_to_come = np.minimum.accumulate(run.rates[::-1])[::-1]
    highest_to_come = np.maximum.accumulate(run.rates[::-1])[::-1]
    still = highest_to_come <= (1 + EARLY) * lowest_to_come
    limit = (1 + EARLY) * lowest_to_come[still.argmax()]
    first, last = list(_stretches(run, lambda rate: rate <= limit))[-1]
    fell = limit < (1 - EARLY) * run.peak
    if 0 < first <= EARLY * run.total and last == run.total - 1 and fell:
        yield (
            "warning",
            first,
            f"the decay is over here, at {run.share(first)}; the rest goes on at {run.last:.3g}",
            "decay more slowly" + run.unit_hint(first),
        )


def _not_begun(run: _Run) -> Iterator[Found]:
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


def _end_not_reached(run: _Run) -> Iterator[Found]:
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


def _float32(run: _Run) -> Iterator[Found]:
    if run.total > FLOAT32_STEPS and run.float32 == "warning":
        text = "counted in float32, steps are skipped or repeated from here on"
        fix = "use a schedule of lrdecay: to_keras, to_optax and to_torch count exactly"
        yield "warning", FLOAT32_STEPS, text, fix
    elif run.total > FLOAT32_STEPS and run.float32 == "note":
        text = "float32 cannot count every step from here on; lrdecay does, Keras and Optax do not"
        yield "note", FLOAT32_STEPS, text, "nothing, unless you write the schedule down elsewhere"


def _fit(run: _Run, length: float) -> str:
    factor = f"{run.total / length:.6g}"
    return f"make it as long as the run: multiply its lengths by {factor} (.stretch)"


def _stretches(run: _Run, is_so: Callable[[Any], Any]) -> Iterator[tuple[int, int]]:
    """Yield the first and last step of each stretch of steps whose rate `is_so`."""
    padded = np.concatenate([[False], is_so(run.rates), [False]])
    edges = np.flatnonzero(padded[1:] != padded[:-1])
    for i, after in edges.reshape(-1, 2):
        first = int(run.steps[i])
        if i:  # where not every step was looked at
            first = first_step(lambda t: is_so(run.rate(t)), int(run.steps[i - 1]), first)
        yield first, int(run.steps[after - 1])


BROKEN = {
    "not-a-rate": Check(
        _not_a_rate, "error", "The rate of a step is negative, infinite or not a number."
    ),
}
"""What is looked for where the rates are none; the other checks would make no sense of them."""

CHECKS = {
    "unreached-milestone": Check(
        _unreached,
        "error if the rate is at its highest at the end, else warning",
        "A boundary, a drop, a join or the end of a warmup lies after the run, or is cut off.",
    ),
    "epochs-as-steps": Check(
        _epochs_as_steps,
        "error; warning for a warmup alone, or a decay without an end",
        "The lengths look like epochs, and the run is counted in steps (needs `steps_per_epoch`).",
    ),
    "steps-as-epochs": Check(
        _steps_as_epochs,
        "error",
        "The lengths look like steps, and the run is counted in epochs; or epochs were turned "
        "into steps twice (needs `steps_per_epoch`).",
    ),
    "dead-rate": Check(
        _dead,
        "error from 1 % of the run on, else warning; note at the very end",
        "The rate is 0 in a part of the run, or below 1e-8 of its highest in the last tenth "
        "or more.",
    ),
    "wasted-first-update": Check(
        _wasted,
        "note up to 1 % of the run, else warning",
        "The first update, or more of them, are made at rate 0.",
    ),
    "rises-after-end": Check(
        _rises,
        "error; warning for a function that cannot be looked into, or a declared restart",
        "A rate that has come to its end rises again, or a cycle begins just before the end of "
        "the run.",
    ),
    "jump-up": Check(
        _jumps_up,
        "error after a fall; warning before any, or for a function that cannot be looked into",
        "The rate jumps up where one part of the schedule follows another, and no restart is "
        "declared.",
    ),
    "shorter-than-run": Check(
        _shorter,
        "warning from 5 % of the run on, else note; error if the scheduler refuses to go on",
        "The schedule ends before the run does.",
    ),
    "longer-than-run": Check(
        _longer,
        "error if over half of the fall is missing, else warning",
        "The schedule, or its first cycle, is over 5 % longer than the run.",
    ),
    "decay-over-early": Check(
        _over_early, "warning", "The decay is over in the first 5 % of the run."
    ),
    "decay-not-begun": Check(
        _not_begun,
        "warning",
        "The rate has lost less than 5 % when the run ends, or rises to its end.",
    ),
    "end-not-reached": Check(
        _end_not_reached,
        "note",
        "The last update, t = N - 1, is not made at the end value, or is inside a cycle.",
    ),
    "float32-steps": Check(
        _float32,
        "warning for Keras and Optax, note for schedules of lrdecay",
        "The run has more steps than float32 can count, 2 ** 24.",
    ),
}
"""Every check, by the code of what it finds."""

EXPLAINS: Mapping[str, tuple[str, ...]] = {
    "unreached-milestone": ("longer-than-run", "decay-not-begun", "end-not-reached"),
    "epochs-as-steps": ("dead-rate", "decay-over-early", "rises-after-end", "shorter-than-run"),
    "steps-as-epochs": ("unreached-milestone", "longer-than-run", "decay-not-begun"),
    "dead-rate": ("decay-over-early", "shorter-than-run", "wasted-first-update"),
    "rises-after-end": ("end-not-reached", "shorter-than-run", "longer-than-run"),
    "longer-than-run": ("decay-not-begun", "end-not-reached"),
    "decay-over-early": ("shorter-than-run",),
}
"""What is left out beside a finding that is no less severe, since it follows from it."""
