"""Comparisons as tables in Markdown, for a chapter."""

from collections.abc import Mapping, Sequence

from lrdecay.lab import statistics
from lrdecay.lab.statistics.results import Difference


def differences_table(
    arms: Mapping[str, Mapping[str, Sequence[float]]],
    baseline: str,
    digits: Mapping[str, str],
    diverged: Mapping[str, float] | None = None,
) -> tuple[str, dict[str, dict[str, Difference]]]:
    """Return a table of means and of differences from the baseline, and the differences.

    Parameters
    ----------
    arms : mapping of str to mapping of str to sequence of float
        By arm, then by measure: one outcome a seed, the seeds in the same order in all.
    baseline : str
        The arm that the others are compared with.
    digits : mapping of str to str
        By measure, with its unit in words: the format of its numbers, such as ``".4f"``. Its
        order is that of the columns.
    diverged : mapping of str to float, optional
        By measure: what a diverged run counts as.

    Returns
    -------
    str
        Markdown. "±" is half the width of the 95 % t interval of a mean; behind a difference
        stands its own, and a star where p is below 0.05 by Holm over all differences of the table.
    dict
        By measure, then by arm; with ``p_holm`` over all of them.

    Raises
    ------
    ValueError
        As of `lrdecay.lab.statistics.compare`.

    Examples
    --------
    >>> arms = {"linear": {"loss": [1.0, 2.0, 3.0]}, "step": {"loss": [1.1, 2.3, 3.2]}}
    >>> text, found = differences_table(arms, "linear", {"loss": ".1f"})
    >>> print(text.splitlines()[-1])
    | step | 2.2 ± 2.6 | +0.2 (-0.0 to +0.4) |
    >>> round(found["loss"]["step"].mean, 3)
    0.2
    """
    if baseline not in arms:
        raise ValueError(f"baseline = {baseline!r}: expected one of {', '.join(arms)}")
    counts = diverged or {}
    flat = statistics.holm(
        {
            (measure, name): statistics.difference(
                values[measure], arms[baseline][measure], diverged=counts.get(measure)
            )
            for measure in digits
            for name, values in arms.items()
            if name != baseline
        }
    )
    head = [f"{measure} | minus {baseline}" for measure in digits]
    lines = [f"| way to train | {' | '.join(head)} |", "|:--" + "|--:|--:" * len(digits) + "|"]
    for name, values in arms.items():
        cells = []
        for measure, form in digits.items():
            mean = statistics.mean_of(values[measure], diverged=counts.get(measure))
            cells.append(f"{mean.mean:{form}} ± {mean.half_width:{form}}")
            cells.append("" if name == baseline else _cell(flat[measure, name], form))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    found = {
        measure: {name: flat[measure, name] for name in arms if name != baseline}
        for measure in digits
    }
    return "\n".join(lines), found


def _cell(found: Difference, form: str) -> str:
    star = " *" if found.p_holm is not None and found.p_holm < 0.05 else ""
    return f"{found.mean:+{form}} ({found.low:+{form}} to {found.high:+{form}}){star}"
