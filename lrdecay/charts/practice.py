"""The charts with sliders of the chapters on practice."""

import altair as alt

from lrdecay.schedules import WSD, LinearDecay
from lrdecay.views.explorers import Explorer, Slider
from lrdecay.views.marks import (
    BELOW,
    color,
    dash,
    in_one,
    note,
    quote,
    rate_of,
    rows,
    updates,
    written,
    x_axis,
    y_axis,
)


def composed() -> Explorer:
    """Return chapter 9's chart: a schedule put together, and what it has of the area of its peak.

    Returns
    -------
    Explorer
        The rate of 500 updates as a share of the peak, of a warmup, a hold and a cooldown, beside
        a cosine after the same warmup; above, the mean of each over all updates.

    Examples
    --------
    >>> [slider.name for slider in composed().sliders]
    ['warmup', 'cooldown', 'shape', 'lr_end']
    """
    steps, shapes = 500, ("linear", "cosine", "1-sqrt")
    names = ["yours", "cosine to zero"]
    sliders = (
        Slider("warmup", "warmup", 25, 0, 100, 5, "updates"),
        Slider("cooldown", "cooldown", 100, 0, 400, 5, "updates"),
        Slider("shape", "shape of the cooldown", 0, 0, len(shapes) - 1, 1, words=shapes),
        Slider("lr_end", "last rate / peak", 0.0, 0.0, 0.5, 0.01),
    )
    fixed = {"peak": "1", "duration": str(steps), "warmup": "warmup"}
    falls = {shape: WSD(1.0, steps, 10, 20, shape, 0.1) for shape in shapes}
    linear, cosine, one_minus_sqrt = (
        rate_of(fall, **fixed, cooldown="cooldown", lr_end="lr_end") for fall in falls.values()
    )
    chosen = f"shape == 0 ? ({linear}) : shape == 1 ? ({cosine}) : ({one_minus_sqrt})"
    whole = rate_of(falls["cosine"], **fixed, cooldown=f"({steps} - warmup)", lr_end="0")
    chart = alt.Chart(rows(2, steps)).transform_calculate(
        **updates({names[0]: chosen, names[1]: whole}, steps)
    )
    lines = (
        alt.Chart()
        .mark_line(clip=True)
        .encode(
            x_axis("t", "update t", [0, steps]),
            y_axis("rate", "rate / peak", [0, 1.02]),
            color(names, BELOW),
            dash(names, BELOW),
        )
    )
    one, other = (f"format(datum[{quote(name)}], '.3f')" for name in names)
    mean = (
        alt.Chart()
        .transform_aggregate(groupby=["series"], mean="mean(rate)")
        .transform_pivot("series", value="mean")
        .transform_calculate(label=f"'mean rate: yours ' + {one} + ', cosine ' + {other}")
    )
    layered = alt.layer(lines, written(mean), data=chart.data)
    layered.transform = chart.transform
    text = (
        "The rate of each of 500 updates as a share of the peak: a straight warmup, the peak, and "
        "a cooldown of a chosen shape and length, beside a cosine to zero after the same warmup. "
        "Above stands the mean rate of both."
    )
    return Explorer(layered, text, sliders)


def averaging() -> Explorer:
    """Return chapter 13's chart: averaged weights against linear decay, with two curvatures.

    Returns
    -------
    Explorer
        Expected loss of SGD with noisy slopes after 200 updates, against the first rate; both
        axes are logarithmic. The curvatures are 1 and 1 / ratio, the start is as far out in both.

    Notes
    -----
    A constant rate and its average have closed forms, sums of powers of ``1 - rate * curvature``
    over the draws (see `lrdecay.theory.averaged_loss` for the recursion); linear decay has none.

    Examples
    --------
    >>> [slider.name for slider in averaging().sliders]
    ['share', 'end', 'ratio', 'start']
    """
    sliders = (
        Slider("share", "averaged share of the run, the last", 0.5, 0.05, 1.0, 0.05),
        Slider("end", "last rate / first rate of the decay", 0.0, 0.0, 0.5, 0.01),
        Slider("ratio", "curvature ratio", 1, 1, 100, 1),
        Slider("start", "starting point x₀", 10, 1, 100, 1),
    )
    steps, places, low, high = 200, 29, -2.5, 0.28
    index = f"floor(datum.i / {steps})"
    exponent = f"{low} + {(high - low) / (places - 1)!r} * ({index} % {places})"
    lr0 = "pow(10, datum.exponent)"
    decay = rate_of(LinearDecay, lr0=lr0, duration=str(steps), lr_end=f"end * {lr0}")
    # In units of curvature * x each direction is one of curvature 1, at the rate times curvature.
    pull = f"datum.curvature * ({decay})"
    chart = alt.Chart(rows(2 * places, steps)).transform_calculate(
        exponent=exponent, curvature=f"{index} < {places} ? 1 : 1 / ratio"
    )
    chart = chart.transform_calculate(**updates({"steep": pull, "flat": pull}, steps, places))
    chart = in_one(
        chart, "pow(datum.curvature * start, 2)", ["exponent", "series", "curvature"], noise="1"
    )
    chart = (
        chart.transform_calculate(
            r=f"{lr0} * datum.curvature",
            n=f"round(share * {steps})",
            u="pow(datum.curvature * start, 2)",
        )
        .transform_calculate(
            a="1 - datum.r",
            both="datum.r * (2 - datum.r)",  # 1 - a**2
            before=f"{steps} - datum.n + 1",  # updates up to the first point that is averaged
        )
        .transform_calculate(held="1 - pow(datum.a, datum.n)")
        .transform_calculate(
            last=f"datum.u * pow(datum.a, {2 * steps})"
            f" + datum.r * (1 - pow(datum.a, {2 * steps})) / (2 - datum.r)",
            way="datum.u * pow(pow(datum.a, datum.before) * datum.held / datum.r, 2)",
            early="datum.held * datum.held * (1 - pow(datum.a, 2 * datum.before)) / datum.both",
            late="datum.n - 1 - 2 * (datum.a - pow(datum.a, datum.n)) / datum.r"
            " + (pow(datum.a, 2) - pow(datum.a, 2 * datum.n)) / datum.both",
        )
        .transform_calculate(
            constant="datum.last / (2 * datum.curvature)",
            average="(datum.way + datum.early + datum.late)"
            " / (2 * datum.curvature * datum.n * datum.n)",
            linear="datum.added_0 / (2 * datum.curvature)",
        )
        .transform_aggregate(
            groupby=["exponent"],
            constant="sum(constant)",
            average="sum(average)",
            linear="sum(linear)",
        )
    )
    names = {
        "constant": "constant",
        "average": "its average",
        "linear": "linear decay",
    }
    chosen = " : ".join(f"datum.kind == '{kind}' ? '{name}'" for kind, name in names.items())
    shown = list(names.values())
    lines = (
        alt.Chart()
        .transform_fold(list(names), as_=["kind", "loss"])
        .transform_calculate(series=f"{chosen} : ''", drawn="max(datum.loss, 1e-300)")
        .mark_line(clip=True)
        .encode(
            x_axis("exponent", "log₁₀ of the first rate", [low, high]),
            y_axis("drawn", "expected loss at the end", [1e-3, 1e4], "log"),
            color(shown, BELOW),
            dash(shown, BELOW),
        )
    )
    best = (
        alt.Chart()
        .transform_aggregate(average="min(average)", linear="min(linear)")
        .transform_calculate(
            label="'best average / best linear: ' + format(datum.average / datum.linear, '.2f')"
        )
    )
    text = (
        "Expected loss after 200 updates of SGD with noisy slopes against the first rate, both "
        "axes logarithmic, summed over a steep and a flat direction: a constant rate, the "
        "average over the last part of the same run, and linear decay. Above stands the least "
        "loss with averaging as a multiple of the least with linear decay."
    )
    base = chart
    layered = alt.layer(lines, written(best), data=base.data)
    layered.transform = base.transform
    return Explorer(layered, text, sliders)


def flat_minima() -> Explorer:
    """Return chapter 15's chart: one minimum, as sharp as one likes.

    Returns
    -------
    Explorer
        The loss ``(a * b - 1)**2 / 2`` around its minimum a = scale, b = 1 / scale, along the
        direction in which it is steepest: in steps of the weights, and in relative ones.

    Notes
    -----
    With the sharpness ``S = scale**2 + 1 / scale**2``, a step d along the steepest direction has
    ``a * b - 1 = d * sqrt(S) + d**2 / S``. In relative steps S is 2 at each scale.

    Examples
    --------
    >>> [slider.name for slider in flat_minima().sliders]
    ['scale']
    """
    sliders = (Slider("scale", "first weight at the minimum", 3.0, 0.25, 4.0, 0.25),)
    names = ["steps of the weights", "relative steps"]
    steps, sharp = 101, "(scale * scale + 1 / (scale * scale))"
    lines = (
        alt.Chart()
        .mark_line(clip=True)
        .encode(
            x_axis("step", "length of the step", [-0.5, 0.5]),
            y_axis("loss", "loss", [0, 2.1]),
            color(names, BELOW),
            dash(names, BELOW),
        )
    )
    result = note(f"'sharpness: ' + format({sharp}, '.2f') + ', in relative steps: 2'")
    chart = alt.layer(lines, result, data=rows(2, steps)).transform_calculate(
        step=f"(datum.i % {steps}) / {steps - 1} - 0.5",
        series=f"datum.i < {steps} ? '{names[0]}' : '{names[1]}'",
        sharp=f"datum.i < {steps} ? {sharp} : 2",
    )
    chart = chart.transform_calculate(
        loss="pow(datum.step * sqrt(datum.sharp) + datum.step * datum.step / datum.sharp, 2) / 2"
    )
    text = (
        "Loss of a network of two weights, around its minimum, along the steepest direction. In "
        "steps of the weights the valley is as wide or as narrow as the slider says, though the "
        "network computes the same; in relative steps it stays as it is."
    )
    return Explorer(chart, text, sliders)
