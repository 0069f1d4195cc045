"""Marks: what the charts with sliders are put together from.

The rate in each is a schedule's own formula, printed in the language of Vega
(`lrdecay.views.symbolic.vega`), so that what moves under the reader's hand is what trains.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from lrdecay.views import symbolic

POINTS = 400
"""A loss is drawn at no more points than this."""

LOSS = "expected loss"
MADE = "updates made"
BY_T: list[alt.SortField | dict[str, str]] = [alt.SortField("t")]
SO_FAR = [None, 0]
BELOW = alt.Legend(orient="bottom", columns=2, title=None, symbolSize=400)
DRAWN = "max(datum.loss, 1e-300)"
"""A loss of 0 has no place on a logarithmic axis; its curve goes straight out of the chart."""
_DASHES = [[1, 0], [7, 3], [7, 3, 2, 3], [2, 2]]


def rate_of(schedule: Any, **texts: str) -> str:
    """Return the formula of `schedule` for rows, with an expression for each parameter."""
    return in_rows(symbolic.vega(schedule, name=lambda place, _: texts[place.name]))


AT_T = re.compile(r"(?<![\w.])t\b")


def in_rows(formula: str) -> str:
    """Return `formula` with ``datum.t``, the t of a row, for ``t``."""
    return AT_T.sub("datum.t", formula)


def quote(text: str) -> str:
    """Return `text` as a string of Vega."""
    return json.dumps(text)


def _choose(index: str, options: Sequence[str]) -> str:
    """Return the expression that is `options[0]` where `index` is 0, and so on."""
    *others, chosen = options
    for place, option in reversed(list(enumerate(others))):
        chosen = f"{index} == {place} ? ({option}) : ({chosen})"
    return chosen


def rows(series: int, steps: int) -> Any:
    """Return the data of a chart: a row for each update of each series."""
    return alt.sequence(0, series * steps, as_="i")


def updates(rates: Mapping[str, str], steps: int, places: int = 1) -> dict[str, str]:
    """Return what a row is: update t of a series, at that series' rate."""
    index = f"floor(datum.i / {steps * places})"
    return {
        "t": f"datum.i % {steps}",
        "series": _choose(index, [quote(name) for name in rates]),
        "rate": _choose(index, list(rates.values())),
    }


def in_one(chart: Any, start: str, groupby: list[str], noise: str = "noise") -> Any:
    """Make one row of each group of updates: what they do together to the mean square m.

    Each update does ``m <- kept * m + added`` with ``kept = (1 - rate)**2`` and
    ``added = (rate * noise)**2``.
    """
    added = f"pow(datum.rate * {noise}, 2)"
    return together(chart, start, groupby, "pow(1 - datum.rate, 2)", added)


def together(chart: Any, start: str, groupby: list[str], factor: str, added: str) -> Any:
    """Make one row of each group of updates: what they do together to a number.

    Each update multiplies it by `factor` and adds `added`, and so does a group: `kept_0` is the
    product of the factors, and `added_0` the sum of what was added, each times the factors after
    it. The very first update adds what it keeps of the start, so that nothing stands before it.
    """
    backwards: Any = {"groupby": groupby, "sort": [alt.SortField("t", "descending")]}
    return (
        chart.transform_calculate(factor=factor)
        .transform_calculate(
            kept="datum.t == 0 ? 0 : datum.factor",
            noised=added,
            begun=f"datum.t == 0 ? datum.factor * {start} : 0",
        )
        .transform_window(from_here="product(kept)", frame=SO_FAR, **backwards)
        .transform_window(later="lag(from_here)", **backwards)
        .transform_calculate(
            share="(datum.noised + datum.begun) * (datum.later === null ? 1 : datum.later)"
        )
        .transform_aggregate(
            kept_0="product(kept)", added_0="sum(share)", last="max(t)", groupby=groupby
        )
    )


def up_to_here(chart: Any) -> tuple[Any, str]:
    """Make each group's row say what all updates up to it do, and return the field that does.

    Vega-Lite has no loop, but two neighbours are one update again: in each round a row takes in
    the one before it, then the one 2, 4, 8, ... before it, until all up to the first are in.
    """
    rounds = math.ceil(math.log2(POINTS + 1))
    for n in range(rounds):
        over = {"groupby": ["series"], "sort": [alt.SortField("point")]}
        window = [
            alt.WindowFieldDef(
                **{"op": "lag", "field": f"{name}_{n}", "param": 2**n, "as": f"{name}_before_{n}"}
            )
            for name in ("kept", "added")
        ]
        # Before the first row lies null, which counts as 0; the first row keeps nothing anyway.
        chart = chart.transform_window(window, **over).transform_calculate(
            **{
                f"kept_{n + 1}": f"datum.kept_{n} * datum.kept_before_{n}",
                f"added_{n + 1}": f"datum.added_{n} + datum.kept_{n} * datum.added_before_{n}",
            }
        )
    return chart, f"datum.added_{rounds}"


def mean_square(chart: Any, start: str, point: str) -> Any:
    """Leave one row for each `point` of a curve: the loss after the updates up to there."""
    chart = in_one(chart.transform_calculate(point=point), start, ["series", "point"])
    chart, square = up_to_here(chart)
    return chart.transform_calculate(
        after="datum.last + 1", loss=f"{square} / 2"
    ).transform_calculate(drawn=DRAWN)


def losses(
    rates: Mapping[str, str],
    steps: int,
    start: str,
    domain: list[float],
    *,
    more: Sequence[Any] = (),
    x_scale: str = "linear",
) -> Any:
    """Return the chart of two expected losses against the update, and what `more` lays on it."""
    names = list(rates)
    log_x = x_scale == "log"
    x = x_axis("after", MADE, [1 if log_x else 0, steps], x_scale)
    y = y_axis("drawn", LOSS, domain, "log")
    share = f"log(datum.t + 1) / {math.log(steps)!r}" if log_x else f"(datum.t + 1) / {steps}"
    lines = alt.Chart().mark_line(clip=True).encode(x, y, color(names, BELOW), dash(names, BELOW))
    chart = alt.layer(lines, *more, data=rows(2, steps))
    chart = chart.transform_calculate(**updates(rates, steps))
    return mean_square(chart, start, f"ceil({POINTS} * {share})")


def note(text: str) -> Any:
    """Return the line above the chart that says its result: `text`, an expression."""
    return written(alt.Chart(alt.sequence(0, 1, as_="only")).transform_calculate(label=text))


def written(chart: Any) -> Any:
    """Return `chart` as its rows' labels, above the top right corner."""
    return chart.mark_text(align="right", baseline="bottom", fontSize=12).encode(
        x=alt.value("width"), y=alt.value(-6), text=alt.Text("label:N")
    )


def rule(place: str, **channel: Any) -> Any:
    """Return a dotted line across the chart where `place`, an expression, says."""
    return (
        alt.Chart(alt.sequence(0, 1, as_="only"))
        .transform_calculate(place=place)
        .mark_rule(strokeDash=[2, 3], clip=True)
        .encode(**channel)
    )


def x_axis(field: str, title: str, domain: list[float], scale: str = "linear") -> Any:
    """Return the axis of what is varied."""
    return alt.X(f"{field}:Q", title=title, **_axis(domain, scale, grid=False))


def y_axis(field: str, title: str, domain: list[float], scale: str = "linear") -> Any:
    """Return the axis of what is measured."""
    return alt.Y(f"{field}:Q", title=title, **_axis(domain, scale, grid=True))


def _axis(domain: list[float], scale: Any, grid: bool) -> dict[str, Any]:
    ticks: dict[str, Any] = {"tickCount": 5}
    if scale == "log":
        low, high = (round(math.log10(end)) for end in domain)
        ticks = {"values": [float(f"1e{power}") for power in range(low, high + 1)]}
    return {
        "scale": alt.Scale(type=scale, domain=domain, nice=False),
        "axis": alt.Axis(grid=grid, **ticks),
    }


def color(names: Sequence[str], legend: Any = None) -> Any:
    """Return the colors of the series."""
    return alt.Color("series:N", sort=None, legend=legend).scale(domain=list(names))


def dash(names: Sequence[str], legend: Any = None) -> Any:
    """Return the dashes of the series."""
    dashes = _DASHES[: len(names)]
    return alt.StrokeDash("series:N", sort=None, legend=legend).scale(
        domain=list(names), range=dashes
    )
