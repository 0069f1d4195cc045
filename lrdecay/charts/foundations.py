"""The charts with sliders of the chapters on foundations."""

import math

import altair as alt

from lrdecay.schedules import (
    Constant,
    ExponentialDecay,
    InverseTimeDecay,
    LinearDecay,
    PolynomialDecay,
    StepDecay,
)
from lrdecay.views.explorers import Explorer, Slider
from lrdecay.views.marks import (
    BELOW,
    BY_T,
    DRAWN,
    LOSS,
    MADE,
    SO_FAR,
    color,
    dash,
    in_one,
    losses,
    note,
    quote,
    rate_of,
    rows,
    rule,
    updates,
    written,
    x_axis,
    y_axis,
)


def noise_floor() -> Explorer:
    """Return chapter 1's chart: a constant rate stops at its noise floor, a decayed one sinks.

    Returns
    -------
    Explorer
        Expected loss of SGD on ``x**2 / 2`` with noisy slopes, from x = 3, over 400 updates.

    Examples
    --------
    >>> [slider.name for slider in noise_floor().sliders]
    ['lr0', 'decay_rate', 'noise']
    """
    sliders = (
        Slider("lr0", "first rate η₀", 0.2, 0.05, 1.95, 0.05),
        Slider("decay_rate", "decay rate k (per update)", 0.02, 0.0, 0.3, 0.005, "per update"),
        Slider("noise", "noise (standard deviation)", 1.0, 0.1, 3.0, 0.1),
    )
    rates = {
        "constant rate": rate_of(Constant, lr0="lr0"),
        "decayed rate": rate_of(InverseTimeDecay, lr0="lr0", decay_rate="decay_rate"),
    }
    floor, domain = "lr0 * noise * noise / (2 * (2 - lr0))", [1e-5, 1e3]
    line = rule(floor, y=y_axis("place", LOSS, domain, "log"))
    result = note(f"'noise floor of the constant rate: ' + format({floor}, '.3g')")
    chart = losses(rates, 400, "9", domain, more=[line, result])
    text = (
        "Expected loss of SGD with noisy slopes over 400 updates, on a logarithmic axis. With a "
        "constant rate it stops at the noise floor, a dotted line; with a rate that decays as "
        "η₀ / (1 + k t) it keeps falling."
    )
    return Explorer(chart, text, sliders)


def parking() -> Explorer:
    """Return chapter 2's chart: without noise, a rate that decays too fast stops short.

    Returns
    -------
    Explorer
        Distance to the minimum of ``λ x**2 / 2``, as a share of the first, over 300 updates.

    Examples
    --------
    >>> [slider.name for slider in parking().sliders]
    ['decay_rate', 'lr0', 'curvature']
    """
    sliders = (
        Slider("decay_rate", "decay rate k (per update)", 0.1, 0.0, 0.3, 0.005, "per update"),
        Slider("lr0", "first rate η₀", 0.2, 0.01, 1.0, 0.01),
        Slider("curvature", "curvature λ", 0.5, 0.1, 2.0, 0.1),
    )
    rates = {
        "constant rate": rate_of(Constant, lr0="lr0"),
        "decayed rate": rate_of(ExponentialDecay, lr0="lr0", decay_rate="decay_rate"),
    }
    steps, names, title = 300, list(rates), "distance / first distance"
    estimate = "exp(-curvature * lr0 / decay_rate)"
    x, y = x_axis("after", MADE, [0, steps]), y_axis("distance", title, [0, 1])
    lines = alt.Chart().mark_line().encode(x, y, color(names, BELOW), dash(names, BELOW))
    stop = rule(estimate, y=y_axis("place", title, [0, 1]))
    result = note(f"'estimate of where it stops: ' + format({estimate}, '.3f')")
    chart = (
        alt.layer(lines, stop, result, data=rows(2, steps))
        .transform_calculate(**updates(rates, steps))
        .transform_calculate(left="1 - datum.rate * curvature")
        .transform_window(way="product(left)", groupby=["series"], sort=BY_T, frame=SO_FAR)
        .transform_calculate(after="datum.t + 1", distance="abs(datum.way)")
    )
    text = (
        "Distance to the minimum over 300 updates of gradient descent without noise. With a "
        "constant rate it falls to 0; with the rate η₀ exp(-k t) it stops near "
        "exp(-λ η₀ / k) of the first distance, a dotted line."
    )
    return Explorer(chart, text, sliders)


def four_shapes() -> Explorer:
    """Return chapter 3's chart: the four classic decays between the same two rates.

    Returns
    -------
    Explorer
        Rate as a share of the first rate, over 1,000 updates.

    Examples
    --------
    >>> [slider.name for slider in four_shapes().sliders]
    ['ratio', 'duration', 'drops', 'power']
    """
    sliders = (
        Slider("ratio", "last rate / first rate", 0.05, 0.01, 0.9, 0.01),
        Slider("duration", "length T (updates)", 800, 100, 1000, 50, "updates"),
        Slider("drops", "drops of the step decay", 4, 1, 10, 1),
        Slider("power", "power of the polynomial", 2.0, 0.5, 4.0, 0.1),
    )
    rates = {
        "step": rate_of(
            StepDecay,
            lr0="1",
            drop_rate="pow(ratio, 1 / drops)",
            step_size="(duration / drops)",
        ),
        "exponential": rate_of(ExponentialDecay, lr0="1", decay_rate="(log(1 / ratio) / duration)"),
        "inverse time": rate_of(
            InverseTimeDecay, lr0="1", decay_rate="((1 / ratio - 1) / duration)"
        ),
        "polynomial": rate_of(
            PolynomialDecay, lr0="1", lr_end="ratio", duration="duration", power="power"
        ),
    }
    steps, names = 1001, list(rates)
    x, y = x_axis("t", "update t", [0, 1000]), y_axis("rate", "rate / first rate", [0, 1])
    lines = alt.Chart().mark_line(clip=True).encode(x, y, color(names, BELOW), dash(names, BELOW))
    end = rule("duration", x=x_axis("place", "update t", [0, 1000]))
    chart = alt.layer(lines, end, data=rows(4, steps)).transform_calculate(**updates(rates, steps))
    text = (
        "Step, exponential, inverse time and polynomial decay of the rate, as a share of the first "
        "rate, over 1,000 updates. All four reach the same share at the dotted line, the "
        "length T, by different ways."
    )
    return Explorer(chart, text, sliders)


def optimal_inverse_time() -> Explorer:
    """Return chapter 4's chart: of the rates ``c / (1 + t + t0)``, c = 1 is best at all times.

    Returns
    -------
    Explorer
        Expected loss of SGD on ``x**2 / 2`` with noisy slopes, over 2,000 updates; both axes
        are logarithmic.

    Examples
    --------
    >>> [slider.name for slider in optimal_inverse_time().sliders]
    ['c', 'noise', 'start']
    """
    sliders = (
        Slider("c", "multiple c of the best rates", 2.0, 0.1, 4.0, 0.05),
        Slider("noise", "noise (standard deviation)", 2.0, 0.1, 4.0, 0.1),
        Slider("start", "starting point x₀", 3.0, 0.5, 10.0, 0.5),
    )
    first = "(1 / (1 + noise * noise / (start * start)))"
    rates = {
        "c times best rates": rate_of(InverseTimeDecay, lr0=f"(c * {first})", decay_rate=first),
        "best rates": rate_of(InverseTimeDecay, lr0=first, decay_rate=first),
    }
    result = (
        alt.Chart()
        .transform_filter("datum.after == 2000")
        .transform_aggregate(moved="max(loss)", best="min(loss)")
        .transform_calculate(
            label="format(datum.moved / datum.best, '.3f') + ' times the least loss at the end'"
        )
    )
    chart = losses(rates, 2000, "start * start", [1e-6, 1e3], more=[written(result)], x_scale="log")
    text = (
        "Expected loss of SGD with noisy slopes against the number of updates, both axes "
        "logarithmic, for the rates c / (1 + t + t₀). The dashed curve is c = 1; no other c "
        "gets below it at any time."
    )
    return Explorer(chart, text, sliders)


def staircase() -> Explorer:
    """Return chapter 5's chart: the rate of every update, and what a print per epoch shows of it.

    Returns
    -------
    Explorer
        The step decay of chapter 5 over its 28,125 updates.

    Examples
    --------
    >>> [slider.name for slider in staircase().sliders]
    ['drop_rate', 'step_size', 'steps_per_epoch']
    """
    sliders = (
        Slider("drop_rate", "factor at each drop", 0.96, 0.5, 1.0, 0.01),
        Slider("step_size", "updates between drops", 1000, 250, 5000, 250, "updates"),
        Slider("steps_per_epoch", "updates an epoch", 1875, 250, 5625, 125, "updates"),
    )
    total, names = 28_125, ["each update", "epoch starts"]
    rate = rate_of(StepDecay, lr0="0.1", drop_rate="drop_rate", step_size="step_size")
    x, y = x_axis("t", "update t", [0, total]), y_axis("rate", "learning rate η", [0, 0.11])
    colors = color(names, BELOW)
    # Every 25 updates: a row at each place where the sliders can put a drop.
    line = (
        alt.Chart(alt.sequence(0, total, 25, as_="t"))
        .transform_calculate(rate=rate, series=quote(names[0]))
        .mark_line(interpolate="step-after")
        .encode(x, y, colors)
    )
    prints = (
        alt.Chart(alt.sequence(0, total // 250 + 1, as_="epoch"))
        .transform_calculate(t="datum.epoch * steps_per_epoch", rate=rate, series=quote(names[1]))
        .transform_filter(f"datum.t < {total}")
        .mark_point(filled=True, size=45, opacity=1)
        .encode(x, y, colors)
    )
    text = (
        "A step decay from 0.1 over 28,125 updates, as a staircase, with a point at the first "
        "update of each epoch: a print per epoch shows only the points and misses drops."
    )
    return Explorer(alt.layer(line, prints), text, sliders)


def robustness() -> Explorer:
    """Return chapter 7's chart: with decay, a wider range of first rates ends with a low loss.

    Returns
    -------
    Explorer
        Expected final loss of SGD on ``x**2 / 2`` with noisy slopes, against the first rate;
        both axes are logarithmic. The decays end at the same share of their first rate.

    Examples
    --------
    >>> [slider.name for slider in robustness().sliders]
    ['updates', 'end', 'noise', 'start']
    """
    sliders = (
        Slider("updates", "number of updates", 300, 10, 1000, 10, "updates"),
        Slider("end", "log₁₀ of last rate / first rate", -2.0, -4.0, 0.0, 0.25),
        Slider("noise", "noise (standard deviation)", 1.0, 0.0, 3.0, 0.1),
        Slider("start", "starting point x₀", 10.0, 0.5, 10.0, 0.5),
    )
    lr0, share = "pow(10, datum.exponent)", "pow(10, end)"
    rates = {
        "constant": rate_of(Constant, lr0=lr0),
        "linear": rate_of(LinearDecay, lr0=lr0, duration="updates", lr_end=f"({share} * {lr0})"),
        "exponential": rate_of(
            ExponentialDecay, lr0=lr0, decay_rate=f"({-math.log(10)!r} * end / updates)"
        ),
        "inverse time": rate_of(
            InverseTimeDecay, lr0=lr0, decay_rate=f"((1 / {share} - 1) / updates)"
        ),
    }
    # Of these, no rate is 1 at any update, where its distance from 1 would be rounding alone.
    steps, places, low, high, names = 1000, 15, -2.4863, 0.3137, list(rates)
    exponent = f"{low} + {(high - low) / (places - 1)!r} * (floor(datum.i / {steps}) % {places})"
    lines = (
        alt.Chart()
        .mark_line(clip=True)
        .encode(
            x_axis("exponent", "log₁₀ of the first rate", [-2.5, 0.35]),
            y_axis("drawn", "expected loss at the end", [1e-6, 1e4], "log"),
            color(names, BELOW),
            dash(names, BELOW),
        )
    )
    chart = (
        alt.layer(lines, data=rows(len(names) * places, steps))
        .transform_filter(f"datum.i % {steps} < updates")  # first: what follows costs time
        .transform_calculate(exponent=exponent, **updates(rates, steps, places))
    )
    chart = in_one(chart, "start * start", ["series", "exponent"])
    chart = chart.transform_calculate(loss="datum.added_0 / 2").transform_calculate(drawn=DRAWN)
    text = (
        "Expected loss at the end of SGD with noisy slopes against the first rate, both axes "
        "logarithmic, for a constant rate and for linear, exponential and inverse time decay. The "
        "constant rate has one good value; the decays are good over a range of first rates."
    )
    return Explorer(chart, text, sliders)


def horizon() -> Explorer:
    """Return chapter 8's chart: linear decay must know when the training ends.

    Returns
    -------
    Explorer
        Expected loss of SGD on ``x**2 / 2`` with noisy slopes, from x = 10, over 2,000 updates.

    Examples
    --------
    >>> [slider.name for slider in horizon().sliders]
    ['duration', 'exponent', 'noise']
    """
    sliders = (
        Slider("duration", "duration of the decay T (updates)", 1000, 100, 3000, 50, "updates"),
        Slider("exponent", "log₁₀ of the first rate", -1.0, -3.0, 0.0, 0.1),
        Slider("noise", "noise (standard deviation)", 1.0, 0.1, 2.0, 0.1),
    )
    lr0 = "pow(10, exponent)"
    rates = {
        "constant rate": rate_of(Constant, lr0=lr0),
        "linear decay": rate_of(LinearDecay, lr0=lr0, duration="duration", lr_end="0"),
    }
    end = rule("duration", x=x_axis("place", MADE, [0, 2000]))
    chart = losses(rates, 2000, "100", [1e-6, 100], more=[end])
    text = (
        "Expected loss of SGD with noisy slopes over 2,000 updates, on a logarithmic axis, with a "
        "constant rate and with a linear decay that ends at the dotted line. A decay that ends "
        "early freezes there; one that would end later is cut off while still noisy."
    )
    return Explorer(chart, text, sliders)
