"""The explorer of the chapter that asks whether decay helped: every final run, one by one."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import altair as alt
from scipy import stats

from lrdecay.views.explorers import Explorer, Slider
from lrdecay.views.marks import BELOW, quote, rule

NAMES = ("schedule A", "schedule B")


class Ended(Protocol):
    """A run as the chart shows it: see `lrdecay.lab.comparison.Ended`."""

    @property
    def seed(self) -> int:
        """Of its first weights and its order of images."""

    @property
    def key(self) -> str:
        """Its hash."""

    @property
    def loss(self) -> float:
        """In nats; NaN when the run failed."""

    @property
    def accuracy(self) -> float:
        """In percent."""

    @property
    def calibration(self) -> float:
        """In percent."""


MEASURES = {
    "test loss": ("loss", "nats", ".5f"),
    "test accuracy": ("accuracy", "%", ".2f"),
    "calibration error": ("calibration", "%", ".3f"),
}
"""By name: the attribute of a run, its unit, and with how many digits it is written."""


def runs(table: Mapping[str, Mapping[str, Sequence[Ended]]]) -> Explorer:
    """Return chapter 6's chart: how each run of two schedules ended, seed by seed.

    Parameters
    ----------
    table : mapping of str to mapping of str to sequence of runs
        By budget, then by schedule, as `lrdecay.lab.comparison.every_run` gives it: the same
        schedules in each budget, the same seeds in each schedule.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> one, two = (SimpleNamespace(seed=s, key="ab", loss=0.1, accuracy=97.0, calibration=1.0)
    ...     for s in (100, 101))
    >>> [slider.name for slider in runs({"1 epoch": {"constant": [one, two]}}).sliders]
    ['measure', 'budget', 'a', 'b', 'seed']
    """
    budgets, arms = list(table), list(next(iter(table.values())))
    seeds = [run.seed for run in table[budgets[0]][arms[0]]]
    sliders = (
        _pick("measure", "measure", list(MEASURES)),
        _pick("budget", "length", budgets),
        _pick("a", "schedule A", arms, arms.index("linear") if "linear" in arms else 0),
        _pick("b", "schedule B", arms),
        Slider("seed", "seed", seeds[0], seeds[0], seeds[-1], 1),
    )
    packed = [
        {"budget": i, "arm": j} | _packed(table[budget][arm])
        for i, budget in enumerate(budgets)
        for j, arm in enumerate(arms)
    ]
    attributes, units, digits = zip(*MEASURES.values(), strict=True)
    measure, budget = f"{_choice(MEASURES)}[measure]", f"{_choice(table)}[budget]"
    unit, format_ = (f"{_choice(options)}[measure]" for options in (units, digits))
    chosen = f"[{', '.join(f'datum.{name}' for name in attributes)}][measure]"
    x = alt.X(
        "at:Q",
        title="seed",
        scale=alt.Scale(domain=[seeds[0] - 1, seeds[-1] + 1], nice=False),
        axis=alt.Axis(grid=False, tickMinStep=1, tickCount=6),
    )
    # Labels of any length take the same room, so that a move shifts nothing.
    axis = alt.Axis(tickCount=5, minExtent=40, maxExtent=40)
    y = alt.Y("value:Q", title="at the end", scale=alt.Scale(zero=False), axis=axis)
    colors = alt.Color("series:N", sort=None, legend=BELOW).scale(domain=list(NAMES))
    shapes = alt.Shape("series:N", sort=None, legend=BELOW).scale(
        domain=list(NAMES), range=["circle", "triangle-up"]
    )
    size = alt.condition("datum.at == seed", alt.value(140), alt.value(45))
    by_seed = alt.Order("at:Q")  # else what is drawn first would hang on the moves before
    ended = alt.Chart().transform_filter("datum.value !== null")
    label = f"format(datum.value, {format_}) + ', run ' + datum.hash"
    points = [
        ended.transform_filter(f"datum.series == {quote(name)}")
        .transform_calculate(label=f"'seed ' + datum.at + ': ' + {label}")
        .mark_point(filled=True, opacity=1)
        .encode(x, y, shapes, colors, alt.Tooltip("label:N"), by_seed, size=size)
        for name in NAMES
    ]
    one, two = (f"datum[{quote(name)}]" for name in NAMES)
    pairs = (
        ended.transform_pivot("series", groupby=["at"], value="value")
        .transform_calculate(one=one, two=two)
        .transform_filter("isValid(datum.one) && isValid(datum.two)")
        .transform_calculate(apart="datum.one - datum.two")
    )
    between = pairs.mark_rule(opacity=0.5).encode(x, alt.Y("one:Q"), alt.Y2("two:Q"), by_seed)
    notes = [
        alt.Chart(alt.sequence(0, 1, as_="only")).transform_calculate(
            label=f"{measure} + ' (' + {unit} + '), ' + {budget}"
        ),
        pairs.transform_aggregate(
            n="count()", mean="mean(apart)", spread="stdev(apart)"
        ).transform_calculate(
            half=f"{float(stats.t.isf(0.025, len(seeds) - 1))!r} * datum.spread / sqrt(datum.n)",
            difference=f"format(datum.mean, '+' + {format_}) + ' \u00b1 ' + "
            f"format(datum.half, {format_}) + ' ' + {unit} + ', n = ' + datum.n",
            label="a == b ? 'A and B are the same schedule' : "
            f"datum.n < {len(seeds)} ? 'Some runs failed: no difference is given' : "
            "'A \u2212 B: ' + datum.difference",
        ),
        *(
            alt.Chart()
            .transform_filter(f"datum.series == {quote(name)} && datum.at == seed")
            .transform_calculate(
                label=f"'{name[-1]}, ' + seed + ': ' + "
                f"(datum.value === null ? 'failed, run ' + datum.hash : {label})"
            )
            for name in NAMES
        ),
    ]
    lines = [_line(chart, row) for row, chart in enumerate(notes)]
    chart = (
        alt.layer(
            between,
            rule("seed", x=alt.X("place:Q")),
            *points,
            *lines,
            data=alt.InlineData(values=packed, name="runs"),
        )
        # The two rows of A and B, each twice where they are the same; then a row for each run.
        .transform_filter("datum.budget == budget && (datum.arm == a || datum.arm == b)")
        .transform_calculate(which="datum.arm == a ? (a == b ? [0, 1] : [0]) : [1]")
        .transform_flatten(["which"])
        .transform_calculate(
            seeds=f"sequence({seeds[0]}, {seeds[-1] + 1})",
            keys="split(datum.key, ' ')",
            texts=f"split({chosen}, ' ')",
            series=f"datum.which == 0 ? {quote(NAMES[0])} : {quote(NAMES[1])}",
        )
        .transform_flatten(["seeds", "keys", "texts"], as_=["at", "hash", "text"])
        .transform_calculate(value="datum.text == '' ? null : toNumber(datum.text)")
    )
    text = (
        "How each published run of two schedules ended, against its seed: circles for schedule A, "
        "triangles for schedule B, and a line between the two runs of a seed. Above stand the mean "
        "difference and the two runs of the chosen seed, with their hashes."
    )
    return Explorer(chart, text, sliders)


def _choice(options: Iterable[str]) -> str:
    """Return a list of words in the language of Vega."""
    return f"[{', '.join(map(quote, options))}]"


def _pick(name: str, label: str, options: Sequence[str], value: int = 0) -> Slider:
    """Return a slider over words."""
    return Slider(name, label, value, 0, max(1, len(options) - 1), 1, words=tuple(options))


def _packed(ended: Sequence[Ended]) -> dict[str, str]:
    """Return one text for each attribute of the runs: far shorter than a row for each run."""
    texts = {"key": " ".join(run.key for run in ended)}
    for attribute, _, digits in MEASURES.values():
        values = [getattr(run, attribute) for run in ended]
        texts[attribute] = " ".join(
            "" if math.isnan(value) else format(value, digits) for value in values
        )
    return texts


def _line(chart: Any, row: int) -> Any:
    """Return `chart` as one of four lines of text above the plot."""
    return chart.mark_text(align="left", baseline="bottom", fontSize=12).encode(
        x=alt.value(0), y=alt.value(-6 - 16 * (3 - row)), text=alt.Text("label:N")
    )
