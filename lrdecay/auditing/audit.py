"""The door: what a schedule would do to a run, before the run is paid for."""

from dataclasses import replace
from typing import Any

from lrdecay import checks
from lrdecay.auditing import foreign
from lrdecay.auditing.finding import Finding, Severity
from lrdecay.auditing.foreign import History
from lrdecay.auditing.rules import RULES
from lrdecay.auditing.run import Run, run_of, together
from lrdecay.schedules import Schedule


def audit(s: Any, total_steps: int, steps_per_epoch: float | None = None) -> list[Finding]:
    """Return what is wrong with training `total_steps` updates by `s`: errors first.

    Parameters
    ----------
    s : Schedule, Keras schedule or optimizer, scheduler, rates, or function of the step
        What gives the rates. A Keras schedule is read as ours where `from_keras` can; a
        scheduler of PyTorch, timm or Accelerate as a copy that is stepped, from where it is now,
        for each parameter group that is not frozen at rate 0; a function is asked for steps of
        the run and after it; a list has one rate for each update.
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
    is_ours = isinstance(s, Schedule)
    sources = [s] if is_ours else foreign.read(s, total_steps, steps_per_epoch)
    float32: Severity | None = "warning" if foreign.counts_in_float32(s) else None
    history = History() if is_ours else foreign.history(s)
    runs = [run_of(source, total_steps, steps_per_epoch, float32, history) for source in sources]
    trained = [i for i, run in enumerate(runs) if run.rates.any()] or [0]
    found: dict[tuple[str, str, int], Finding] = {}
    whole = together([runs[i] for i in trained]) if len(trained) > 1 else runs[trained[0]]
    for i in trained:
        for finding in _findings(runs[i], whole):
            # What all groups do is said once, of the first that does it.
            where = f"parameter group {i}: " if len(runs) > 1 and i != trained[0] else ""
            named = replace(finding, message=where + finding.message)
            found.setdefault((finding.code, finding.severity, finding.step), named)
    return sorted(found.values(), key=lambda finding: (finding.rank, finding.step))


def codes() -> dict[str, str]:
    """Return every code that `audit` may find, with its meaning.

    Examples
    --------
    >>> codes()["decay-over-early"]
    'The decay is over in the first 5 % of the run.'
    """
    return {code: rule.meaning for code, rule in RULES.items()}


def _findings(run: Run, whole: Run) -> list[Finding]:
    findings = [
        Finding(code, *found)
        for code, rule in RULES.items()
        if rule.of_sound_rates == run.is_sound
        for found in rule.find(whole if rule.of_all_groups and whole.is_sound else run)
    ]
    return [finding for finding in findings if not any(_explains(f, finding) for f in findings)]


def _explains(cause: Finding, finding: Finding) -> bool:
    """Return whether `finding` is no more than what follows from `cause`."""
    told = cause.severity != "note" and cause.rank <= finding.rank
    return told and finding.code in RULES[cause.code].explains
