"""Differences of arms in pairs: a row an arm, a dot a pair, and the interval of the mean."""

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lrdecay.views import plots

ROW = 0.24
"""Height of a row in inches."""

Row = tuple[Sequence[float], float, float, float]
"""The differences of an arm, NaN where there is none, their mean, and the interval's two ends."""


def height(rows: int) -> float:
    """Return the height in inches of a panel with that many rows, axis and title included."""
    return ROW * rows + 0.75


def differences(data: Mapping[str, Row], *, xlabel: str, ax: Axes | None = None) -> Figure:
    """Draw differences from a baseline, the baseline being the line at 0.

    Parameters
    ----------
    data : mapping of str to (sequence of float, float, float, float)
        By arm, from top to bottom: its differences, one a pair, their mean, and the lower and the
        upper end of the interval.
    xlabel : str
        What is subtracted, and its unit.
    ax : Axes, optional
        Where to draw; by default on a figure of its own.

    Returns
    -------
    Figure
        The figure that was drawn on.

    Raises
    ------
    ValueError
        When there is nothing to draw.

    Examples
    --------
    >>> drawing = differences({"linear": ([-2, -1, 0], -1, -3.5, 1.5)}, xlabel="loss (nats)")
    >>> [label.get_text() for label in drawing.axes[0].get_yticklabels()]
    ['linear']
    """
    if not data:
        raise ValueError("nothing to draw: give at least one arm")
    if ax is None:
        ax = plots.figure(size=(plots.SIZE[0], height(len(data)))).axes[0]
    ink = plots.series(0)["color"]
    with plots.style():
        ax.axvline(0, color="#444444", linewidth=1)
        for place, (values, mean, low, high) in enumerate(data.values()):
            shown = np.asarray(values, dtype=float)
            shift = 0.3 * (np.arange(len(shown)) * plots.GOLDEN % 1 - 0.5)  # so that dots part
            ax.plot(shown, place + shift, "o", color="#8C959F", markersize=2.5, alpha=0.7)
            ax.plot([low, high], [place, place], color=ink, linewidth=3, solid_capstyle="butt")
            ax.plot([mean], [place], "D", color=ink, markersize=5, markeredgecolor="white")
        ax.set_yticks(range(len(data)), list(data))
        ax.set_ylim(len(data) - 0.5, -0.5)
        ax.tick_params(axis="y", length=0)
        ax.grid(axis="y", visible=False)
        ax.locator_params(axis="x", nbins=6)
        ax.set_xlabel(xlabel)
    return cast(Figure, ax.get_figure(root=True))
