"""Charts with sliders that the page answers itself, without a server.

The rate in each is a schedule's own formula (`lrdecay.views.marks`), and the sliders are what its
parameters say of themselves.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import altair as alt

from lrdecay import checks
from lrdecay.views import symbolic
from lrdecay.views.marks import in_rows, x_axis, y_axis
from lrdecay.views.symbols import Letters, T

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
ROWS = 1000
"""A rate over more updates than this is computed at about as many, evenly spread."""


@dataclass(frozen=True)
class Slider:
    """A number that the reader may change: its name in formulas, label, value, range and unit.

    Where the numbers 0, 1, 2, ... stand for `words`, the page shows these.
    """

    name: str
    label: str
    value: float
    low: float
    high: float
    step: float
    unit: str = ""
    words: tuple[str, ...] = ()

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
            usermeta={
                "units": {s.name: s.unit for s in self.sliders if s.unit},
                **_words(self.sliders),
            },
        )
        spec: dict[str, Any] = chart.to_dict()
        # The page and JupyterLab know the version and have their own colors, light and dark.
        return {key: spec[key] for key in sorted(spec) if key not in {"$schema", "config"}}

    def __repr__(self) -> str:
        sliders = ", ".join(f"{slider.label} = {slider.value:g}" for slider in self.sliders)
        return f"<Explorer: {self.description} Sliders: {sliders}.>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        return {MIME: self.spec, "text/plain": repr(self)}, {MIME: {"embed_options": IN_LAB}}


def _words(sliders: Sequence[Slider]) -> dict[str, Any]:
    words = {slider.name: list(slider.words) for slider in sliders if slider.words}
    return {"words": words} if words else {}


def explore(schedule: Any, n: int | None = None) -> Explorer:
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
    rate, made = _formula_with_sliders(schedule, highest, n)
    rate = in_rows(rate)
    sliders = tuple(slider for slider in made if re.search(rf"\b{slider.name}\b", rate))
    stairs = "floor(" in rate or "?" in rate
    chart = alt.layer(
        alt.Chart()
        .mark_line(interpolate="step-after" if stairs else "linear", clip=True)
        .encode(
            x_axis("t", "update t", [0, n]),
            y_axis("rate", "learning rate η", [0, schedule._ceiling(highest, n)]),
        ),
        data=alt.sequence(0, n, math.ceil(n / ROWS), as_="t"),
    ).transform_calculate(rate=rate)
    follows = "a curve that follows a slider for each parameter"
    text = (
        f"The learning rate over {n:,} updates of {schedule!r}, "
        f"{follows if sliders else 'which has no parameter that a slider could move'}."
    )
    return Explorer(chart, text, sliders)


def _formula_with_sliders(schedule: Any, highest: float, n: int) -> tuple[str, list[Slider]]:
    """Return the rate of `schedule` in Vega, its numbers being sliders, and the sliders.

    Wherever the sliders stand there is such a schedule: a number that another one bounds goes no
    further than that.
    """
    seen: Counter[str] = Counter()
    made: list[Slider] = []
    letters = Letters()

    def letter(place: Any, value: float) -> Any:
        if value == place.parameter.without or place.parameter.range is None:
            return value
        seen[place.name] += 1
        name = place.name if seen[place.name] == 1 else f"{place.name}_{seen[place.name]}"
        made.append(_slider(name, place.parameter, value, highest, n))
        return letters.new(name, value)

    lettered = schedule.mapped(letter)
    _keep_bounds(schedule, lettered, letters)
    return symbolic.vega_text(lettered._rate(symbolic.code_library(), T), letters), made


def _keep_bounds(schedule: Any, lettered: Any, letters: Letters) -> None:
    """Let each slider go no further than what the others leave to it, innermost first."""
    for part, lettered_part in zip(schedule.parts(), lettered.parts(), strict=True):
        _keep_bounds(part, lettered_part, letters)
    values, bounds = lettered._arguments(), {bound.argument: bound for bound in schedule.bounds}
    for argument, letter in values.items():
        if argument not in bounds or letter not in letters.texts:
            continue
        bound, text = bounds[argument], letters.texts[letter]
        limit = symbolic.vega_text(bound.limit(lettered), letters)
        if bound.strict or bound.leaves_room:
            share = (letters.values[letter] / bound.limit(schedule) + 1) / 2
            limit = f"{max(0.98, share)!r} * ({limit})"
        letters.texts[letter] = f"{'max' if bound.least else 'min'}({text}, {limit})"


def _slider(name: str, parameter: Any, value: float, highest: float, n: int) -> Slider:
    """Return a slider around `value`, with a range that suits the parameter."""
    # The value and the ends lie on one grid, in decimals: a browser rounds to the grid.
    exact = Decimal(repr(value))
    limit = Decimal(repr(parameter.range.most(value, highest, n)))
    whole = isinstance(value, int) and parameter.time == 1
    step = max(_round_step(limit / 75), Decimal(int(whole)))
    above = parameter.range.above
    least = Decimal(0 if above is None else above)
    low = exact - (exact - least) // step * step
    low += step if above is not None and low == least else 0
    high = exact + (limit - exact) // step * step
    convert = int if whole else float
    label = f"{name} ({parameter.word})"
    return Slider(name, label, value, convert(low), convert(high), convert(step), parameter.unit)


def _round_step(most: Decimal) -> Decimal:
    """Return the largest of ..., 0.1, 0.2, 0.5, 1, 2, 5, ... that is at most `most`."""
    power = Decimal(10) ** most.adjusted()
    return next(power * digit for digit in (5, 2, 1) if power * digit <= most)


def _horizon(schedule: Any) -> int:
    """Return a number of updates that shows what `schedule` does: from 10 to 1,000,000."""
    return min(max(math.ceil(schedule._span() or 1000), 10), 1_000_000)
