"""Figures in one house style: the rate of every update, and any other curves beside it.

Nothing here touches pyplot, so no figure is left open and no setting changes for anyone else.
What draws returns a `Drawing`, a Matplotlib figure that shows itself in a notebook.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from html import escape
from io import BytesIO
from itertools import pairwise
from statistics import fmean
from typing import Any, Protocol, cast

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import ScaledTranslation, Transform, blended_transform_factory
from numpy.typing import ArrayLike, NDArray


class Rates(Protocol):
    """A schedule as a figure sees it."""

    def __call__(self, t: Any) -> Any:
        """Return the rates of the updates `t`."""

    def curve(self, n: int) -> NDArray[np.float64]:
        """Return the rates of the first `n` updates."""


SIZE = (5.6, 3.5)
"""Width and height of a figure in inches."""

SERIES = (
    ("#0072B2", "-"),
    ("#D55E00", (0, (6, 2))),
    ("#009E73", (0, (6, 2, 1.2, 2))),
    ("#CC79A7", (0, (1.2, 1.4))),
    ("#000000", (0, (10, 2.5))),
    ("#A36F00", (0, (4, 1.5, 1.2, 1.5, 1.2, 1.5))),
)
"""Color and dashes of each series: Okabe and Ito's palette, its light orange darkened for white."""

STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 11,
    "axes.labelsize": 12,
    "axes.titlesize": 12,
    "axes.facecolor": "white",
    "axes.edgecolor": "#444444",
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.8,
    "lines.linewidth": 2.0,
    "figure.figsize": SIZE,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}
"""Matplotlib's settings for a figure of the book."""

DPI = 200
GAP = 9  # points between a curve's end and its label
SAMPLED = 2_000_000  # of a run with more updates, not every rate is computed
GOLDEN = (5**0.5 - 1) / 2
POINTS = 4000  # a curve is thinned to about this many points
LEAST = 1e-290  # below it the margin of a logarithmic axis would underflow to 0
DOTTED = 50  # up to this many points, each one gets a dot
LABEL = "lrdecay-label"  # the group id of labels, so that they can be placed anew


class Drawing(Figure):
    """A Matplotlib figure that a notebook shows without pyplot's global list of figures."""

    alt: str = ""
    """What the figure shows, in words, for those who cannot see it."""

    def describe(self, alt: str) -> "Drawing":
        """Return the figure itself, described by `alt`.

        Parameters
        ----------
        alt : str
            What the figure shows, in words, for those who cannot see it.

        Returns
        -------
        Drawing

        Examples
        --------
        >>> figure().describe("Two empty axes.").alt
        'Two empty axes.'
        """
        self.alt = alt
        return self

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the picture twice: JupyterLab gives a bare one no description."""
        buffer = BytesIO()
        self.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
        picture = b64encode(_of_256_colours(buffer)).decode()
        width = round(100 * self.get_figwidth())
        alt = escape(self.alt)
        image = f'<img alt="{alt}" width="{width}" src="data:image/png;base64,{picture}">'
        bundle = {"text/plain": repr(self), "text/html": image, "image/png": picture}
        return bundle, {"image/png": {"width": width, "alt": self.alt}}


def _of_256_colours(png: BytesIO) -> bytes:
    """Return a picture that has its 256 commonest colours alone, and takes a third of the room."""
    from PIL import Image  # noqa: PLC0415  # as matplotlib does when it saves

    few = BytesIO()
    with Image.open(png) as whole:
        plain = whole.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        plain.save(few, format="png", optimize=True)
    return few.getvalue()


def style() -> AbstractContextManager[None]:
    """Return a context in which Matplotlib draws in the house style.

    Returns
    -------
    context manager
        Settings are as they were once it ends.

    Examples
    --------
    >>> import matplotlib
    >>> with style():
    ...     matplotlib.rcParams["lines.linewidth"]
    2.0
    >>> matplotlib.rcParams["lines.linewidth"]
    1.5
    """
    return mpl.rc_context(STYLE)


def figure(rows: int = 1, columns: int = 1, size: tuple[float, float] = SIZE) -> Drawing:
    """Return an empty figure in the house style, to draw on by hand.

    Parameters
    ----------
    rows, columns : int
        The number of panels below and beside each other.
    size : (float, float)
        Width and height in inches.

    Returns
    -------
    Drawing
        Its panels are in ``.axes``.

    Examples
    --------
    >>> drawing = figure(columns=2)
    >>> len(drawing.axes)
    2
    """
    with style():
        drawing = Drawing(figsize=size, layout="constrained")
        drawing.subplots(rows, columns)
        return drawing


def series(index: int) -> dict[str, Any]:
    """Return the color and line style of series `index`, as keywords for ``Axes.plot``.

    Parameters
    ----------
    index : int
        Counted from 0. Colors and dashes come back in new pairs after the first six.

    Returns
    -------
    dict

    Examples
    --------
    >>> series(0)
    {'color': '#0072B2', 'linestyle': '-'}
    """
    turn, place = divmod(index, len(SERIES))
    return {"color": SERIES[place][0], "linestyle": SERIES[(place + turn) % len(SERIES)][1]}


def plot(
    schedule: Rates,
    n: int,
    *,
    steps_per_epoch: float | None = None,
    ax: Axes | None = None,
    label: str | None = None,
    logy: bool = False,
) -> Figure:
    """Draw the rates of the first `n` updates of one schedule.

    Parameters
    ----------
    schedule : Schedule
        A schedule whose lengths are counted in updates.
    n : int
        The number of updates.
    steps_per_epoch : float, optional
        Updates an epoch: adds a second axis, in epochs, at the top.
    ax : Axes, optional
        Where to draw; by default on a figure of its own.
    label : str, optional
        The text at the end of the curve.
    logy : bool
        Whether the axis of the rate is logarithmic.

    Returns
    -------
    Figure
        The figure that was drawn on; ``.axes[0]`` is its panel.

    Raises
    ------
    ValueError
        When `n` is not a whole number of 1 or more, or `steps_per_epoch` is not above 0.

    Examples
    --------
    >>> from lrdecay import StepDecay
    >>> drawing = plot(StepDecay(0.1, drop_rate=0.5, step_size=10), 30)
    >>> drawing.axes[0].get_xlabel()
    'update t'
    """
    name = "_schedule" if label is None else label  # Matplotlib hides names that begin with _
    return compare({name: schedule}, n, steps_per_epoch=steps_per_epoch, ax=ax, logy=logy)


def compare(
    schedules: Mapping[str, Rates],
    n: int,
    *,
    steps_per_epoch: float | None = None,
    ax: Axes | None = None,
    logy: bool = False,
) -> Figure:
    """Draw the rates of the first `n` updates of several schedules, each named at its end.

    A schedule that holds its rate is drawn as a staircase, with upright jumps.

    Parameters
    ----------
    schedules : mapping of str to Schedule
        The schedules by the label to give them; all count in updates.
    n : int
        The number of updates.
    steps_per_epoch : float, optional
        Updates an epoch: adds a second axis, in epochs, at the top.
    ax : Axes, optional
        Where to draw; by default on a figure of its own.
    logy : bool
        Whether the axis of the rate is logarithmic; rates of 0 are then left out.

    Returns
    -------
    Figure
        The figure that was drawn on; ``.axes[0]`` is its panel.

    Raises
    ------
    ValueError
        When there is no schedule, `n` is not a whole number of 1 or more, or `steps_per_epoch`
        is not above 0.

    Examples
    --------
    >>> from lrdecay import Constant, LinearDecay
    >>> drawing = compare({"constant": Constant(0.1), "linear": LinearDecay(0.1, 100)}, 100)
    >>> [text.get_text() for text in drawing.axes[0].texts if text.get_text()]
    ['constant', 'linear']
    """
    if steps_per_epoch is not None and not steps_per_epoch > 0:
        raise ValueError(f"steps_per_epoch = {steps_per_epoch!r}: must be above 0, or None")
    rates = {label: _sampled(schedule, n) for label, schedule in schedules.items()}
    held = [_is_staircase(curve) for _, curve in rates.values()]
    ax = figure().axes[0] if ax is None else ax
    if n > DOTTED:
        ax.set_xlim(0, max(n, ax.get_xlim()[1]))
    _draw(ax, rates, held, ("update t", "learning rate η"), (False, logy))
    if steps_per_epoch is not None:
        _add_epochs(ax, steps_per_epoch)
        place_labels(ax)  # again: the second axis has made the panel lower
    return _figure_of(ax)


def curves(
    data: Mapping[str, ArrayLike | tuple[ArrayLike, ArrayLike]],
    *,
    xlabel: str,
    ylabel: str,
    logx: bool = False,
    logy: bool = False,
    stairs: bool = False,
    ax: Axes | None = None,
) -> Figure:
    """Draw any curves in the house style, each named at its right end.

    Parameters
    ----------
    data : mapping of str to array or (array, array)
        By label: y, drawn against 0, 1, 2, ..., or the pair (x, y). A label that begins with
        ``_`` is not shown.
    xlabel, ylabel : str
        The names of the axes, with units.
    logx, logy : bool
        Whether an axis is logarithmic.
    stairs : bool
        Whether each value is held until the next one, with upright jumps.
    ax : Axes, optional
        Where to draw; by default on a figure of its own.

    Returns
    -------
    Figure
        The figure that was drawn on; ``.axes[0]`` is its panel.

    Raises
    ------
    ValueError
        When there is nothing to draw, or x and y have different lengths.

    Examples
    --------
    >>> drawing = curves({"falling": [3, 2, 1]}, xlabel="update t", ylabel="loss")
    >>> drawing.axes[0].lines[0].get_ydata().tolist()
    [3.0, 2.0, 1.0]
    """
    ax = figure().axes[0] if ax is None else ax
    _draw(ax, data, [stairs] * len(data), (xlabel, ylabel), (logx, logy))
    return _figure_of(ax)


def place_labels(ax: Axes, lines: Sequence[Line2D] | None = None) -> list[Text]:
    """Write each line's label at its right end, moved up or down so that none overlap.

    Call it last: a later change of the limits or of the size moves the ends.

    Parameters
    ----------
    ax : Axes
        The panel.
    lines : sequence of Line2D, optional
        The lines to name; by default all of the panel. Those without a label are passed over.

    Returns
    -------
    list of Text
        The labels, in the order of the lines. A thin line leads to a label that had to move.

    Examples
    --------
    >>> drawing = figure()
    >>> for name in ("one", "two"):
    ...     _ = drawing.axes[0].plot([0, 1], [1, 0], label=name)
    >>> one, two = place_labels(drawing.axes[0])
    >>> bool(one.get_window_extent().overlaps(two.get_window_extent()))
    False
    """
    for old in [text for text in ax.texts if text.get_gid() == LABEL]:
        old.remove()
    canvas = _figure_of(ax)
    canvas.draw_without_rendering()  # settles the layout, so that pixels mean something
    candidates = ax.lines if lines is None else lines
    named = [line for line in candidates if not str(line.get_label()).startswith("_")]
    ends = [(line, end) for line in named if (end := _visible_end(ax, line)) is not None]
    with style():
        labels = [_label(ax, line, end) for line, end in ends]
    canvas.draw_without_rendering()  # the labels have made the panel narrower
    if labels:
        _stack(ax, ends, labels)
    return labels


def _figure_of(ax: Axes) -> Figure:
    return cast(Figure, ax.get_figure(root=True))


def _draw(
    ax: Axes,
    data: Mapping[str, Any],
    stairs: Sequence[bool],
    titles: tuple[str, str],
    logarithmic: tuple[bool, bool],
) -> None:
    """Draw curves on `ax`; `titles` and `logarithmic` are those of x and y."""
    if not data:
        raise ValueError("nothing to draw: give at least one curve")
    curves = {label: _as_points(label, item) for label, item in data.items()}
    with style():
        ax.set_xlabel(titles[0])
        ax.set_ylabel(titles[1])
        _set_scales(ax, *logarithmic)
        heights = np.concatenate([y for _, y in curves.values()])
        if logarithmic[1] and heights[heights > 0].min(initial=1) < LEAST:
            ax.set_ylim(LEAST, 2 * np.nanmax(heights))
        for (label, (x, y)), held in zip(curves.items(), stairs, strict=True):
            kept = _thin(y)
            line = ax.plot(x[kept], y[kept], label=label, **series(len(ax.lines)))[0]
            line.set_drawstyle("steps-post" if held else "default")
            if len(y) <= DOTTED:
                line.set(marker="o", markersize=4)
                ax.margins(x=0.03)
        lowest = min(np.nanmin(np.asarray(line.get_ydata(), dtype=float)) for line in ax.lines)
        if not logarithmic[1] and lowest >= 0:
            ax.set_ylim(bottom=0)
        place_labels(ax)


def _as_points(label: str, item: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if isinstance(item, tuple) and len(item) == 2 and np.ndim(item[0]) == 1:
        x, y = (np.asarray(part, dtype=float) for part in item)
    else:
        y = np.asarray(item, dtype=float)
        x = np.arange(len(y), dtype=float)
    if x.shape != y.shape or y.ndim != 1 or not np.isfinite(y).any():
        raise ValueError(
            f"{label!r}: x and y must be lists of numbers of one length, not {x.shape}, {y.shape}"
        )
    return x, y


def _sampled(schedule: Rates, n: int) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return steps of a run, and their rates: all, or so many that the eye misses none."""
    if not isinstance(n, int) or n <= SAMPLED:
        rates = schedule.curve(n)
        return np.arange(len(rates)), rates
    cells = np.arange(SAMPLED // 10)
    # One step in each cell, never at the same place in two, or cycles might all be met at their top
    steps = ((cells + cells * GOLDEN % 1) * (n / len(cells))).astype(np.int64)
    steps[-1] = n - 1
    return steps, schedule(steps)


def _is_staircase(y: NDArray[np.float64]) -> bool:
    """Tell whether values are held for two updates or more, and then left at once."""
    same = y[1:] == y[:-1]
    return bool(np.any(same[:-1] & ~same[1:]) and 2 * np.count_nonzero(~same) <= len(y))


def _thin(y: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return which points to draw: all, or enough to keep each extreme and the largest jumps."""
    n = len(y)
    if n <= POINTS:
        return np.arange(n)
    edges = np.linspace(0, n, POINTS // 4 + 1).astype(np.intp)
    extremes = [a + pick(y[a:b]) for a, b in pairwise(edges) for pick in (np.argmin, np.argmax)]
    change = np.abs(np.diff(y))
    jumps = np.argsort(change)[-POINTS // 8 :]
    jumps = jumps[change[jumps] > 0]
    return np.unique(np.concatenate([[0, n - 1], extremes, jumps, jumps + 1]).astype(np.intp))


def _set_scales(ax: Axes, logx: bool, logy: bool) -> None:
    # Before anything is drawn: a logarithmic axis then passes over zeros from the start.
    ax.margins(x=0)
    if logx:
        ax.set_xscale("log", nonpositive="mask")
    else:
        ax.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
        ax.xaxis.set_major_formatter(FuncFormatter(_with_commas))
    if logy:
        ax.set_yscale("log", nonpositive="mask")


def _with_commas(value: float, _: object) -> str:
    return f"{value:,.10g}".replace("-", "\N{MINUS SIGN}")


def _add_epochs(ax: Axes, steps_per_epoch: float) -> None:
    def to_epochs(t: Any) -> Any:
        return t / steps_per_epoch

    def to_updates(epoch: Any) -> Any:
        return epoch * steps_per_epoch

    with style():
        top = ax.secondary_xaxis("top", functions=(to_epochs, to_updates))
        top.set_xlabel("epoch")
        top.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))


def _visible_end(ax: Axes, line: Line2D) -> tuple[float, float] | None:
    """Return the last point of `line` inside the panel, None when it has none."""
    points = np.asarray(line.get_xydata(), dtype=float)
    (left, right), (bottom, top) = sorted(ax.get_xlim()), sorted(ax.get_ylim())
    x, y = points.T
    inside = np.flatnonzero((left <= x) & (x <= right) & (bottom <= y) & (y <= top))
    return tuple(points[inside[-1]]) if inside.size else None


def _label(ax: Axes, line: Line2D, end: tuple[float, float]) -> Text:
    """Write the label of `line` right of the panel, at the height of its end."""
    text = str(line.get_label())
    ink = _for_text(line.get_color())
    return ax.text(
        1, end[1], text, transform=_beside(ax, 0), color=ink, va="center", clip_on=False, gid=LABEL
    )


def _lead(ax: Axes, label: Text, end: tuple[float, float], shift: float) -> None:
    """Draw a thin line from the end of a curve to its label, which was moved by `shift`."""
    ax.annotate(
        "",
        xy=end,
        xytext=(1, end[1]),
        textcoords=_beside(ax, shift),
        arrowprops={
            "arrowstyle": "-",
            "color": label.get_color(),
            "linewidth": 0.8,
            "shrinkA": 3,
            "shrinkB": 1,
        },
        annotation_clip=False,
        gid=LABEL,
    )


def _beside(ax: Axes, shift: float) -> Transform:
    """Return coordinates: x in widths of the panel plus a gap, y in data plus `shift` points."""
    gap = ScaledTranslation(GAP / 72, shift / 72, _figure_of(ax).dpi_scale_trans)
    return blended_transform_factory(ax.transAxes, ax.transData) + gap


def _for_text(color: Any) -> tuple[float, ...]:
    """Return `color` dark enough to read as text on white."""
    return tuple(0.72 * part for part in to_rgb(color))


def _stack(
    ax: Axes, ends: Sequence[tuple[Line2D, tuple[float, float]]], labels: Sequence[Text]
) -> None:
    """Move `labels` up or down until none overlap, and lead to those that are far from home."""
    points = 72 / _figure_of(ax).dpi
    panel = ax.get_window_extent()
    home = [ax.transData.transform(end) for _, end in ends]
    # Curves that end together are stacked in the order in which they arrive there.
    order = sorted(range(len(labels)), key=lambda i: (round(home[i][1]), _late_mean(ends[i][0])))
    heights = [1.2 * labels[i].get_window_extent().height for i in order]
    centers = _spread([float(home[i][1]) for i in order], heights, panel.y0, panel.y1)
    for index, center in zip(order, centers, strict=True):
        x, y = home[index]
        shift = (center - y) * points
        labels[index].set_transform(_beside(ax, shift))
        if abs(shift) > 4 or (panel.x1 - x) * points > 12:
            _lead(ax, labels[index], ends[index][1], shift)


def _late_mean(line: Line2D) -> float:
    y = np.asarray(line.get_ydata(), dtype=float)
    return float(np.nanmean(y[len(y) // 2 :]))


def _spread(
    wanted: Sequence[float], heights: Sequence[float], low: float, high: float
) -> list[float]:
    """Return the centers of boxes that do not overlap, as near to `wanted` as can be.

    The least squares of the moves is an isotonic regression: boxes that would overlap are
    pooled into blocks, and each block is centered on the mean of what its boxes want.
    """
    offsets = [0.0]
    for one, two in pairwise(heights):
        offsets.append(offsets[-1] + (one + two) / 2)
    blocks: list[list[float]] = []
    for center, offset in zip(wanted, offsets, strict=True):
        blocks.append([center - offset])
        while len(blocks) > 1 and fmean(blocks[-2]) > fmean(blocks[-1]):
            last = blocks.pop()
            blocks[-1] += last
    least = low + heights[0] / 2
    most = max(least, high - heights[-1] / 2 - offsets[-1])
    starts = [min(max(fmean(block), least), most) for block in blocks for _ in block]
    return [start + offset for start, offset in zip(starts, offsets, strict=True)]
