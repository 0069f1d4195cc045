"""The river valley that one can drive through: where a run goes, and what its loss is made of."""

from typing import Any

import altair as alt

from lrdecay.schedules import Constant
from lrdecay.views.explorers import Explorer, Slider
from lrdecay.views.marks import (
    BELOW,
    MADE,
    POINTS,
    color,
    dash,
    in_one,
    mean_square,
    rate_of,
    rows,
    rule,
    together,
    up_to_here,
    updates,
    written,
    x_axis,
    y_axis,
)

STEPS = 2000
SLOPE = 0.01
"""Of the river; the curvature across it is 1, and a run starts on it."""

SLIDERS = (
    Slider("lr0", "rate before the cooldown", 0.3, 0.05, 0.4, 0.05),
    Slider("noise", "noise (standard deviation)", 1.0, 0.0, 1.2, 0.1),
    Slider("at", "the cooldown starts after", 1600, 50, STEPS, 50, "updates"),
    Slider("length", "length of the cooldown", 400, 50, STEPS, 50, "updates"),
)
COOLED, NOT_COOLED = "with cooldown", "without cooldown"
RATES = {
    COOLED: rate_of(
        Constant(0.3).cooldown(400, at=1600), lr0="lr0", duration="length", at="at", lr_end="0"
    ),
    NOT_COOLED: rate_of(Constant, lr0="lr0"),
}
ACROSS = "place across the valley"
POINT = f"ceil({POINTS} * (datum.t + 1) / {STEPS})"

DRAW = "sqrt(12) * (((datum.t + 1) * (datum.t + 1) * (datum.t + 1) * 153 % 10007) / 10007 - 0.5)"
"""The noise of update t in the run that is drawn, of mean 0 and variance 1, always the same."""

FALLEN = "clamp(datum.last + 1 - at, 0, length)"
SUM_COOLED = (
    f"lr0 * (min(datum.last + 1, at) + {FALLEN} - {FALLEN} * ({FALLEN} - 1) / (2 * length))"
)
"""Of the rates so far: those before the cooldown, and those of its straight fall added up."""

SUM = f"(datum.series == '{COOLED}' ? {SUM_COOLED} : lr0 * (datum.last + 1))"


def path() -> Explorer:
    """Return chapter 14's picture: where one run goes in the valley, seen from above.

    Returns
    -------
    Explorer
        The place across the valley against the place along the river, over 2,000 updates of SGD
        on ``y**2 / 2 - x / 100`` with noise on the slope across. What is written above it is the
        expected loss, not that of the run.

    Notes
    -----
    The places are those of `lrdecay.theory.river_valley`; the noise of the run is uniform.

    Examples
    --------
    >>> [slider.name for slider in path().sliders]
    ['lr0', 'noise', 'at', 'length']
    """
    names = ["one run", "typical distance"]
    x = x_axis("along", "place along the river", [0, 8])
    y = y_axis("across", ACROSS, [-2, 2])
    colors = color(names, alt.Legend(orient="bottom", title=None, symbolSize=120))
    moving = "datum.last < at + length"  # a run that has stopped is drawn no further
    along, far = f"{SLOPE} * {SUM_COOLED}", "sqrt(2 * datum.loss)"
    # Each has its own series from the first row on: what groups the rows must not change later.
    run, band = (
        alt.Chart().transform_calculate(**updates({name: RATES[COOLED]}, STEPS)) for name in names
    )
    band = mean_square(band, "0", POINT).transform_filter(moving)
    band = band.transform_calculate(along=along, across=far, other=f"-{far}")
    band = band.mark_area(opacity=0.5).encode(x, y, alt.Y2("other:Q"), colors)
    band.data = rows(1, STEPS)

    added = f"-datum.rate * noise * {DRAW}"
    run = run.transform_calculate(point=POINT)
    run = together(run, "0", ["series", "point"], "1 - datum.rate", added)
    run, place = up_to_here(run)
    run = run.transform_filter(moving).transform_calculate(along=along, across=place)

    line = alt.Chart().mark_line(strokeWidth=1).encode(x, y, colors)
    river = rule("0", y=y_axis("place", ACROSS, [-2, 2]))
    start = rule(f"{SLOPE} * lr0 * at", x=x_axis("place", "place along the river", [0, 8]))
    drawn = alt.layer(band, line, river, start, _ends(), data=rows(1, STEPS))
    drawn.transform = run.transform
    text = (
        "A river valley, seen from above. One run goes along the river and swings across the "
        "valley. At the dotted line the cooldown starts: the run gets on more slowly and its "
        "swings die down. A band shows its typical distance from the river."
    )
    return Explorer(drawn, text, SLIDERS)


def hill_and_river() -> Explorer:
    """Return chapter 14's chart: the expected loss in the valley, and its two parts.

    Returns
    -------
    Explorer
        Hill, river and their sum against the number of updates, with a cooldown; and the sum
        without one.

    Examples
    --------
    >>> [slider.name for slider in hill_and_river().sliders]
    ['lr0', 'noise', 'at', 'length']
    """
    names = ["hill", "river", "loss", "loss, no cooldown"]
    chart = alt.Chart().transform_calculate(**updates(RATES, STEPS))
    chart = mean_square(chart, "0", POINT).transform_calculate(
        hill="datum.loss", river=f"-{SLOPE**2} * {SUM}"
    )
    chart = chart.transform_calculate(total="datum.hill + datum.river")
    total = f"datum.series == '{COOLED}' ? 'loss' : 'loss, no cooldown'"
    lines = (
        alt.Chart()
        .transform_fold(["hill", "river", "total"], as_=["part", "value"])
        .transform_filter(f"datum.series == '{COOLED}' || datum.part == 'total'")
        .transform_calculate(series=f"datum.part == 'total' ? ({total}) : datum.part")
        .mark_line(clip=True)
        .encode(
            x_axis("after", MADE, [0, STEPS]),
            y_axis("value", "expected loss", [-0.1, 0.2]),
            color(names, BELOW),
            dash(names, BELOW),
        )
    )
    start = rule("at", x=x_axis("place", MADE, [0, STEPS]))
    drawn = alt.layer(lines, start, _ends(), data=rows(2, STEPS))
    drawn.transform = chart.transform
    text = (
        "Expected loss in a river valley over 2,000 updates, with its two parts. Until the "
        "cooldown, at the dotted line, the hill part rests on its noise floor while the river part "
        "falls; then the hill falls too. Without the cooldown the loss stays higher."
    )
    return Explorer(drawn, text, SLIDERS)


def _ends() -> Any:
    """Return the line above a chart: the expected losses after the last update."""
    chart = alt.Chart(rows(2, STEPS)).transform_calculate(**updates(RATES, STEPS))
    chart = in_one(chart, "0", ["series"]).transform_calculate(
        loss=f"datum.added_0 / 2 - {SLOPE**2} * {SUM}"
    )
    losses = chart.transform_calculate(
        cooled=f"datum.series == '{COOLED}' ? datum.loss : 0",
        other=f"datum.series == '{COOLED}' ? 0 : datum.loss",
    ).transform_aggregate(cooled="sum(cooled)", other="sum(other)")
    return written(
        losses.transform_calculate(
            label="'loss at the end: ' + format(datum.cooled, '.4f')"
            " + ', without cooldown: ' + format(datum.other, '.4f')"
        )
    )
