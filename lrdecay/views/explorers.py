"""Charts with sliders that the page answers itself, without a server.

The rate in each chart is a schedule's own formula, printed in the language of Vega
(`lrdecay.views.symbolic.vega`), so that what moves under the reader's hand is what trains.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

import altair as alt

from lrdecay import checks
from lrdecay.schedules import (
    WSD,
    Clip,
    Constant,
    Cyclic,
    ExponentialDecay,
    InverseSqrt,
    InverseTimeDecay,
    LinearDecay,
    OneCycle,
    PiecewiseConstant,
    PolynomialDecay,
    Product,
    Repeat,
    Schedule,
    Shift,
    Staircase,
    StepDecay,
    Sum,
    Then,
    Warmup,
)
from lrdecay.views import symbolic
from lrdecay.views.symbols import Name

MIME = "application/vnd.vegalite.v5+json"
"""The newest type that JupyterLab 4 draws by itself; the charts use nothing newer."""

IN_LAB = {
    "actions": False,
    "renderer": "svg",
    "config": {"range": {"category": ["#0072B2", "#D55E00", "#009E73", "#CC79A7"]}},
    # JupyterLab's box is as narrow as the sliders, so there the chart sets its own width.
    "patch": [{"op": "replace", "path": "/signals/0", "value": {"name": "width", "value": 560}}],
}
"""What JupyterLab tells Vega-Embed; the book's pages have their own settings."""

HEIGHT = 260
POINTS = 400
"""A loss is drawn at no more points than this."""
ROWS = 1000
"""A rate over more updates than this is computed at about as many, evenly spread."""


@dataclass(frozen=True)
class Slider:
    """A number that the reader may change: its name in formulas, label, value, range and unit."""

    name: str
    label: str
    value: float
    low: float
    high: float
    step: float
    unit: str = ""

    def parameter(self) -> alt.Parameter:
        """Return the slider as Altair's variable parameter."""
        bind = alt.binding_range(min=self.low, max=self.high, step=self.step, name=self.label)
        return alt.param(name=self.name, value=self.value, bind=bind)


@dataclass(frozen=True, eq=False)
class Explorer:
    """A chart with sliders. The last line of a cell shows it, in JupyterLab and in the book.

    Parameters
    ----------
    chart : altair.LayerChart
        The chart, for anyone who wants to change it.
    description : str
        What it shows, in words: the text that a screen reader reads.
    sliders : sequence of Slider
        What the reader can change.
    """

    chart: Any
    description: str
    sliders: Sequence[Slider]

    @property
    def spec(self) -> dict[str, Any]:
        """The chart in Vega-Lite, always the same for the same explorer."""
        chart = self.chart.add_params(*(slider.parameter() for slider in self.sliders))
        chart = chart.properties(
            width="container",
            height=HEIGHT,
            autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
            description=self.description,
            usermeta={"units": {s.name: s.unit for s in self.sliders if s.unit}},
        )
        spec: dict[str, Any] = chart.to_dict()
        # The page and JupyterLab know the version and have their own colors, light and dark.
        return {key: spec[key] for key in sorted(spec) if key not in {"$schema", "config"}}

    def __repr__(self) -> str:
        sliders = ", ".join(f"{slider.label} = {slider.value:g}" for slider in self.sliders)
        return f"<Explorer: {self.description} Sliders: {sliders}.>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        return {MIME: self.spec, "text/plain": repr(self)}, {MIME: {"embed_options": IN_LAB}}


def explore(schedule: Schedule, n: int | None = None) -> Explorer:
    """Return a chart of the rate against the update, with a slider for each parameter.

    Parameters
    ----------
    schedule : Schedule
        Where the sliders stand at first.
    n : int, optional
        The number of updates to show; by default enough to see the schedule fall.

    Returns
    -------
    Explorer

    Raises
    ------
    ValueError
        When `n` is not a whole number of 1 or more.

    Examples
    --------
    >>> from lrdecay import StepDecay
    >>> [slider.name for slider in explore(StepDecay(0.1, 0.96, 1000), 5000).sliders]
    ['lr0', 'drop_rate', 'step_size']
    """
    n = _horizon(schedule) if n is None else checks.count("n", n)
    highest = float(schedule.curve(n).max()) or 1.0
    made, texts = _sliders_for(schedule, highest, n)
    rate = _in_rows(symbolic.vega(schedule, name=_one_by_one(texts)))
    sliders = tuple(slider for slider in made if re.search(rf"\b{slider.name}\b", rate))
    stairs = "floor(" in rate or "?" in rate
    chart = alt.layer(
        alt.Chart()
        .mark_line(interpolate="step-after" if stairs else "linear", clip=True)
        .encode(
            _x("t", "update t", [0, n]),
            _y("rate", "learning rate η", [0, _bound(schedule, highest)]),
        ),
        data=alt.sequence(0, n, math.ceil(n / ROWS), as_="t"),
    ).transform_calculate(rate=rate)
    follows = "a curve that follows a slider for each parameter"
    text = (
        f"The learning rate over {n:,} updates of {schedule!r}, "
        f"{follows if sliders else 'which has no parameter that a slider could move'}."
    )
    return Explorer(chart, text, sliders)


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
        "constant rate": _rate(Constant, lr0="lr0"),
        "decayed rate": _rate(InverseTimeDecay, lr0="lr0", decay_rate="decay_rate"),
    }
    floor, domain = "lr0 * noise * noise / (2 * (2 - lr0))", [1e-5, 1e3]
    rule = _rule(floor, y=_y("place", LOSS, domain, "log"))
    note = _note(f"'noise floor of the constant rate: ' + format({floor}, '.3g')")
    chart = _losses(rates, 400, "9", domain, more=[rule, note])
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
        "constant rate": _rate(Constant, lr0="lr0"),
        "decayed rate": _rate(ExponentialDecay, lr0="lr0", decay_rate="decay_rate"),
    }
    steps, names, title = 300, list(rates), "distance / first distance"
    estimate = "exp(-curvature * lr0 / decay_rate)"
    x, y = _x("after", MADE, [0, steps]), _y("distance", title, [0, 1])
    lines = alt.Chart().mark_line().encode(x, y, _color(names, _BELOW), _dash(names, _BELOW))
    stop = _rule(estimate, y=_y("place", title, [0, 1]))
    note = _note(f"'estimate of where it stops: ' + format({estimate}, '.3f')")
    chart = (
        alt.layer(lines, stop, note, data=_rows(2, steps))
        .transform_calculate(**_updates(rates, steps))
        .transform_calculate(left="1 - datum.rate * curvature")
        .transform_window(way="product(left)", groupby=["series"], sort=_BY_T, frame=_SO_FAR)
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
        "step": _rate(
            StepDecay,
            lr0="1",
            drop_rate="pow(ratio, 1 / drops)",
            step_size="(duration / drops)",
        ),
        "exponential": _rate(ExponentialDecay, lr0="1", decay_rate="(log(1 / ratio) / duration)"),
        "inverse time": _rate(InverseTimeDecay, lr0="1", decay_rate="((1 / ratio - 1) / duration)"),
        "polynomial": _rate(
            PolynomialDecay, lr0="1", lr_end="ratio", duration="duration", power="power"
        ),
    }
    steps, names = 1001, list(rates)
    x, y = _x("t", "update t", [0, 1000]), _y("rate", "rate / first rate", [0, 1])
    lines = (
        alt.Chart().mark_line(clip=True).encode(x, y, _color(names, _BELOW), _dash(names, _BELOW))
    )
    end = _rule("duration", x=_x("place", "update t", [0, 1000]))
    chart = alt.layer(lines, end, data=_rows(4, steps)).transform_calculate(
        **_updates(rates, steps)
    )
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
        "c times best rates": _rate(InverseTimeDecay, lr0=f"(c * {first})", decay_rate=first),
        "best rates": _rate(InverseTimeDecay, lr0=first, decay_rate=first),
    }
    note = (
        alt.Chart()
        .transform_filter("datum.after == 2000")
        .transform_aggregate(moved="max(loss)", best="min(loss)")
        .transform_calculate(
            label="format(datum.moved / datum.best, '.3f') + ' times the least loss at the end'"
        )
    )
    chart = _losses(rates, 2000, "start * start", [1e-6, 1e3], more=[_written(note)], x_scale="log")
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
        The article's step decay over its 28,125 updates.

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
    updates, names = 28_125, ["each update", "epoch starts"]
    rate = _rate(StepDecay, lr0="0.1", drop_rate="drop_rate", step_size="step_size")
    x, y = _x("t", "update t", [0, updates]), _y("rate", "learning rate η", [0, 0.11])
    color = _color(names, _BELOW)
    # Every 25 updates: a row at each place where the sliders can put a drop.
    line = (
        alt.Chart(alt.sequence(0, updates, 25, as_="t"))
        .transform_calculate(rate=rate, series=_quote(names[0]))
        .mark_line(interpolate="step-after")
        .encode(x, y, color)
    )
    prints = (
        alt.Chart(alt.sequence(0, updates // 250 + 1, as_="epoch"))
        .transform_calculate(t="datum.epoch * steps_per_epoch", rate=rate, series=_quote(names[1]))
        .transform_filter(f"datum.t < {updates}")
        .mark_point(filled=True, size=45, opacity=1)
        .encode(x, y, color)
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
        both axes are logarithmic. Inverse time decay ends at a tenth of its first rate.

    Examples
    --------
    >>> [slider.name for slider in robustness().sliders]
    ['updates', 'noise', 'start']
    """
    sliders = (
        Slider("updates", "number of updates", 100, 10, 200, 5, "updates"),
        Slider("noise", "noise (standard deviation)", 1.0, 0.0, 3.0, 0.1),
        Slider("start", "starting point x₀", 3.0, 0.5, 10.0, 0.5),
    )
    lr0 = "pow(10, datum.exponent)"
    rates = {
        "constant": _rate(Constant, lr0=lr0),
        "linear": _rate(LinearDecay, lr0=lr0, duration="updates", lr_end="0"),
        "inverse time": _rate(InverseTimeDecay, lr0=lr0, decay_rate="(9 / updates)"),
    }
    steps, places, low, high, names = 200, 29, -2.5, 0.3, list(rates)
    exponent = f"{low} + {(high - low) / (places - 1)!r} * (floor(datum.i / {steps}) % {places})"
    lines = (
        alt.Chart()
        .mark_line(clip=True)
        .encode(
            _x("exponent", "log₁₀ of the first rate", [low, high]),
            _y("drawn", "expected loss at the end", [1e-5, 1e4], "log"),
            _color(names, _BELOW),
            _dash(names, _BELOW),
        )
    )
    chart = (
        alt.layer(lines, data=_rows(len(names) * places, steps))
        .transform_calculate(exponent=exponent, **_updates(rates, steps, places))
        .transform_filter("datum.t < updates")
    )
    chart = _in_one(chart, "start * start", ["series", "exponent"])
    chart = chart.transform_calculate(loss="datum.added_0 / 2").transform_calculate(drawn=_DRAWN)
    text = (
        "Expected loss at the end of SGD with noisy slopes against the first rate, both axes "
        "logarithmic, for a constant rate, linear decay and inverse time decay. The constant "
        "rate has one good value; the decays are good over a range of first rates."
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
        "constant rate": _rate(Constant, lr0=lr0),
        "linear decay": _rate(LinearDecay, lr0=lr0, duration="duration", lr_end="0"),
    }
    end = _rule("duration", x=_x("place", MADE, [0, 2000]))
    chart = _losses(rates, 2000, "100", [1e-6, 100], more=[end])
    text = (
        "Expected loss of SGD with noisy slopes over 2,000 updates, on a logarithmic axis, with a "
        "constant rate and with a linear decay that ends at the dotted line. A decay that ends "
        "early freezes there; one that would end later is cut off while still noisy."
    )
    return Explorer(chart, text, sliders)


# How a chart is put together

LOSS = "expected loss"
MADE = "updates made"
_BY_T: list[alt.SortField | dict[str, str]] = [alt.SortField("t")]
_SO_FAR = [None, 0]
_BELOW = alt.Legend(orient="bottom", columns=2, title=None, symbolSize=400)
_DRAWN = "max(datum.loss, 1e-300)"
"""A loss of 0 has no place on a logarithmic axis; its curve goes straight out of the chart."""
_DASHES = [[1, 0], [7, 3], [7, 3, 2, 3], [2, 2]]


def _rate(schedule: type[Schedule], **texts: str) -> str:
    """Return the formula of `schedule` for rows, with an expression for each parameter."""
    return _in_rows(symbolic.vega(schedule, name=lambda parameter, _: texts[parameter]))


_AT_T = re.compile(r"(?<![\w.])t\b")


def _in_rows(formula: str) -> str:
    """Return `formula` with ``datum.t``, the t of a row, for ``t``."""
    return _AT_T.sub("datum.t", formula)


def _quote(text: str) -> str:
    return json.dumps(text)


def _choose(index: str, options: Sequence[str]) -> str:
    """Return the expression that is `options[0]` where `index` is 0, and so on."""
    *others, chosen = options
    for place, option in reversed(list(enumerate(others))):
        chosen = f"{index} == {place} ? ({option}) : ({chosen})"
    return chosen


def _rows(series: int, steps: int) -> Any:
    return alt.sequence(0, series * steps, as_="i")


def _updates(rates: Mapping[str, str], steps: int, places: int = 1) -> dict[str, str]:
    """Return what a row is: update t of a series, at that series' rate."""
    index = f"floor(datum.i / {steps * places})"
    return {
        "t": f"datum.i % {steps}",
        "series": _choose(index, [_quote(name) for name in rates]),
        "rate": _choose(index, list(rates.values())),
    }


def _in_one(chart: Any, start: str, groupby: list[str]) -> Any:
    """Make one row of each group of updates: what they do together to the mean square m.

    Each update does ``m <- kept * m + added``, and so does a group: `kept_0` is the product of
    the factors, and `added_0` the sum of what was added, each times the factors after it. The
    very first update adds what it keeps of the start, so that nothing stands before it.
    """
    backwards: Any = {"groupby": groupby, "sort": [alt.SortField("t", "descending")]}
    return (
        chart.transform_calculate(factor="pow(1 - datum.rate, 2)")
        .transform_calculate(
            kept="datum.t == 0 ? 0 : datum.factor",
            noised="pow(datum.rate * noise, 2)",
            begun=f"datum.t == 0 ? datum.factor * {start} : 0",
        )
        .transform_window(from_here="product(kept)", frame=_SO_FAR, **backwards)
        .transform_window(later="lag(from_here)", **backwards)
        .transform_calculate(
            share="(datum.noised + datum.begun) * (datum.later === null ? 1 : datum.later)"
        )
        .transform_aggregate(
            kept_0="product(kept)", added_0="sum(share)", last="max(t)", groupby=groupby
        )
    )


def _mean_square(chart: Any, steps: int, start: str, point: str) -> Any:
    """Leave one row for each `point` of a curve: the loss after the updates up to there.

    Vega-Lite has no loop, but two neighbours are one update again: in each round a row takes in
    the one before it, then the one 2, 4, 8, ... before it, until all up to the first are in.
    """
    chart = _in_one(chart.transform_calculate(point=point), start, ["series", "point"])
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
    return chart.transform_calculate(
        after="datum.last + 1", loss=f"datum.added_{rounds} / 2"
    ).transform_calculate(drawn=_DRAWN)


def _losses(
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
    x = _x("after", MADE, [1 if log_x else 0, steps], x_scale)
    y = _y("drawn", LOSS, domain, "log")
    share = f"log(datum.t + 1) / {math.log(steps)!r}" if log_x else f"(datum.t + 1) / {steps}"
    lines = (
        alt.Chart().mark_line(clip=True).encode(x, y, _color(names, _BELOW), _dash(names, _BELOW))
    )
    rows = alt.layer(lines, *more, data=_rows(2, steps))
    rows = rows.transform_calculate(**_updates(rates, steps))
    return _mean_square(rows, steps, start, f"ceil({POINTS} * {share})")


def _note(text: str) -> Any:
    """Return the line above the chart that says its result: `text`, an expression."""
    return _written(alt.Chart(alt.sequence(0, 1, as_="only")).transform_calculate(label=text))


def _written(chart: Any) -> Any:
    """Return `chart` as its rows' labels, above the top right corner."""
    return chart.mark_text(align="right", baseline="bottom", fontSize=12).encode(
        x=alt.value("width"), y=alt.value(-6), text=alt.Text("label:N")
    )


def _rule(place: str, **channel: Any) -> Any:
    """Return a dotted line across the chart where `place`, an expression, says."""
    return (
        alt.Chart(alt.sequence(0, 1, as_="only"))
        .transform_calculate(place=place)
        .mark_rule(strokeDash=[2, 3], clip=True)
        .encode(**channel)
    )


def _x(field: str, title: str, domain: list[float], scale: str = "linear") -> Any:
    return alt.X(f"{field}:Q", title=title, **_axis(domain, scale, grid=False))


def _y(field: str, title: str, domain: list[float], scale: str = "linear") -> Any:
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


def _color(names: Sequence[str], legend: Any = None) -> Any:
    return alt.Color("series:N", sort=None, legend=legend).scale(domain=list(names))


def _dash(names: Sequence[str], legend: Any = None) -> Any:
    dashes = _DASHES[: len(names)]
    return alt.StrokeDash("series:N", sort=None, legend=legend).scale(
        domain=list(names), range=dashes
    )


# Which sliders a schedule gets

_GROWTH = 1.5
"""A rate's slider goes so far above its value."""

Text = str | None
"""What stands for a number in a formula: None leaves the number as it is."""


def _sliders_for(schedule: Schedule, highest: float, n: int) -> tuple[list[Slider], list[Text]]:
    """Return the sliders of `schedule`, and what stands in its formula for each of its numbers.

    Wherever the sliders stand there is such a schedule: a number that another one bounds goes no
    further than that.
    """
    seen: Counter[str] = Counter()
    made: list[Slider] = []

    def walk(part: Schedule) -> list[Text]:
        texts: list[Text] = []
        own: dict[str, str] = {}
        for item in fields(part):
            parameter, value = item.metadata["name"] or item.name, getattr(part, item.name)
            if isinstance(value, Schedule):
                texts += walk(value)
            elif isinstance(value, tuple):
                texts += [place(f"{parameter}_{i}", member) for i, member in enumerate(value)]
            elif isinstance(value, int | float) and not isinstance(value, bool):
                text = place(parameter, value)
                own[parameter] = "0" if text is None else _bounded(part, parameter, text, own)
                texts.append(None if text is None else own[parameter])
            if isinstance(part, Warmup) and parameter == "schedule":
                own["first"] = _first_rate(part.schedule, texts)
        return texts

    def place(parameter: str, value: float) -> Text:
        if value == _WITHOUT.get(parameter):
            return None
        seen[parameter] += 1
        name = parameter if seen[parameter] == 1 else f"{parameter}_{seen[parameter]}"
        made.append(_slider(name, parameter, value, highest, n))
        return name

    return made, walk(schedule)


def _bounded(schedule: Schedule, parameter: str, text: str, own: Mapping[str, str]) -> str:
    """Return `text` within what the other numbers of `schedule`, in `own`, leave to it."""
    match schedule, parameter:
        case Cyclic() | Clip(), "high":
            return f"max({text}, {own['low']})"
        case OneCycle(), "lr_end":
            most = own["start"]
        case _, "lr_end":
            most = own.get("lr0") or own["peak"]
        case Warmup(), "start":
            most = own["first"]
        case OneCycle(), "start":
            most = own["peak"]
        case WSD(cooldown=0), "warmup":
            most = own["duration"]
        case OneCycle() | WSD(), "warmup":  # the fall has a length
            limit = 0.5 if isinstance(schedule, OneCycle) and schedule.three_phase else 1.0
            share = (schedule.warmup_length / schedule.duration + limit) / 2
            most = f"{max(0.98 * limit, share)!r} * {own['duration']}"
        case WSD(), "cooldown":
            most = f"{own['duration']} - {own['warmup']}"
        case _:
            return text
    return f"min({text}, {most})"


def _first_rate(schedule: Schedule, texts: Sequence[Text]) -> str:
    """Return the formula of the rate at update 0."""
    formula = symbolic.vega(schedule, name=_one_by_one(texts))
    return f"({_AT_T.sub('0', formula)})"


def _one_by_one(texts: Sequence[Text]) -> Name:
    """Return what gives the numbers of a formula these texts, in the order of the numbers."""
    left = iter(texts)
    return lambda *_: next(left)


_WORDS = {
    "lr0": "first rate",
    "lr_end": "last rate",
    "peak": "highest rate",
    "start": "rate at the start",
    "drop_rate": "factor at each drop",
    "scale": "factor of each cycle's rates",
    "stretch": "factor of each cycle's length",
    "step_size": "updates between drops",
    "decay_rate": "per update",
    "duration": "updates",
    "warmup": "updates up",
    "cooldown": "updates down",
    "half_cycle": "updates up, and down again",
    "timescale": "updates",
    "power": "exponent",
    "every": "updates",
    "at": "update",
    "by": "updates left out",
    "low": "lowest rate",
    "high": "highest rate",
    "values": "rate",
    "boundaries": "update",
}

_LENGTHS = (
    "step_size",
    "duration",
    "warmup",
    "cooldown",
    "half_cycle",
    "timescale",
    "every",
    "at",
    "boundaries",
)

_WITHOUT = {"stretch": 1, "warmup": 0, "cooldown": 0}
"""Values that leave a part out of the formula: a slider could not bring it back."""


def _slider(name: str, parameter: str, value: float, highest: float, n: int) -> Slider:
    """Return a slider around `value`, with a range that suits the parameter."""
    stem = parameter if parameter in _WORDS else parameter.rpartition("_")[0]
    most = {
        "drop_rate": 1.0,
        "scale": 1.0,
        "stretch": 2 * value,
        "decay_rate": 3 * value or 10 / n,
        "power": max(4.0, 2 * value),
        "by": max(2 * value, n // 2),
        **dict.fromkeys(_LENGTHS, 2 * value),
    }.get(stem, _top(value, highest))
    # The value and the ends lie on one grid, in decimals: a browser rounds to the grid.
    exact, limit = Decimal(repr(value)), Decimal(repr(most))
    whole = isinstance(value, int) and stem != "stretch"
    step = max(_round_step(limit / 75), Decimal(int(whole)))
    above = {"drop_rate": 0, "scale": 0, "power": 0, "stretch": 1, **dict.fromkeys(_LENGTHS, 0)}
    least = Decimal(above.get(stem, -1))
    low = exact - (exact - max(least, Decimal(0))) // step * step
    low += step if low == least else 0
    high = exact + (limit - exact) // step * step
    convert = int if whole else float
    label = f"{name} ({_WORDS[stem]})"
    unit = "per update" if stem == "decay_rate" else "updates" if stem in _LENGTHS else ""
    return Slider(name, label, value, convert(low), convert(high), convert(step), unit)


def _round_step(most: Decimal) -> Decimal:
    """Return the largest of ..., 0.1, 0.2, 0.5, 1, 2, 5, ... that is at most `most`."""
    power = Decimal(10) ** most.adjusted()
    return next(power * digit for digit in (5, 2, 1) if power * digit <= most)


def _top(rate: float, highest: float) -> float:
    """Return the highest place of a rate's slider."""
    return _GROWTH * rate or highest


def _bound(schedule: Schedule, highest: float) -> float:
    """Return a rate that the curve does not pass, wherever its sliders stand.

    The axis keeps its numbers, then, and the reader's eye its measure.
    """
    match schedule:
        case Product(left=a, right=b):
            return _bound(a, highest) * _bound(b, highest)
        case Sum(left=a, right=b):
            return _bound(a, highest) + _bound(b, highest)
        case Then(schedule=a, other=b):
            return max(_bound(a, highest), _bound(b, highest))
        case Clip(schedule=inner, low=low):
            return max(_bound(inner, highest), _top(low, highest))
        case _ if hasattr(schedule, "schedule"):
            return _bound(schedule.schedule, highest)
    rates = [getattr(schedule, name) for name in ("lr0", "peak", "high") if hasattr(schedule, name)]
    return max(_top(rate, highest) for rate in (*rates, *getattr(schedule, "values", ())))


def _horizon(schedule: Schedule) -> int:
    """Return a number of updates that shows what `schedule` does: from 10 to 1,000,000."""
    return min(max(math.ceil(_span(schedule)), 10), 1_000_000)


def _span(schedule: Schedule) -> float:  # noqa: PLR0911, PLR0912  # one case a class
    match schedule:
        case Constant():
            return 1000
        case Shift(schedule=inner, by=by):
            return _span(inner) - by
        case Warmup(schedule=inner, duration=length):
            return length + _span(inner)
        case Then(other=other, at=at):
            return at + _span(other)
        case Repeat(every=every, stretch_by=factor):
            return every * (1 + factor + factor**2)
        case Staircase(schedule=inner, every=every):
            return max(_span(inner), 4 * every)
        case Clip(schedule=inner):
            return _span(inner)
        case Product(left=a, right=b) | Sum(left=a, right=b):
            spans = [_span(part) for part in (a, b) if not isinstance(part, Constant)]
            return max(spans, default=1000)
        case StepDecay(step_size=length) | InverseSqrt(timescale=length):
            return 10 * length
        case Cyclic(half_cycle=length):
            return 6 * length
        case PiecewiseConstant(boundaries=boundaries):
            return 1.25 * boundaries[-1]
        case ExponentialDecay(decay_rate=rate) | InverseTimeDecay(decay_rate=rate):
            return 4 / rate if rate else 1000
        case _:
            return float(1.25 * schedule._arguments()["duration"][0])
