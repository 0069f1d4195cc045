"""The range test: a short run at a rising rate, to find which first rates are worth trying.

Smith's test (2015) in fast.ai's form: the rate rises exponentially, an update a batch, and the
smoothed loss is looked at. What people read off such a curve differs from seed to seed, so each
rule is given with its interval over the seeds. After ``from lrdecay.lab.range_test import
range_test`` it takes five lines for a network of your own::

    def build(seed):
        model = my_network()
        model.compile("adam", "sparse_categorical_crossentropy")
        return model
    print(range_test(build, x, y))
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from numpy.typing import NDArray
from scipy.signal import lfilter

from lrdecay import checks
from lrdecay.lab.statistics import mean_of
from lrdecay.schedules import Constant, Schedule
from lrdecay.views import plots

Floats = NDArray[np.float64]

RULES = {
    "steepest": "where the loss falls fastest, before its least value",
    "valley": "halfway down its longest fall",
    "minimum/4": "a quarter of the rate of its least value",
    "minimum/10": "a tenth of the rate of its least value",
    "divergence/10": "a tenth of the rate at which it diverges",
}
"""The usual rules, and what each takes from the curve of the smoothed loss."""

_LEAST_UPDATES = 20
_LEAST_POINTS = 5


@dataclass(frozen=True, eq=False)
class Suggestion:
    """What one rule says, and how much of it is chance.

    Parameters
    ----------
    rule : str
        One of `RULES`.
    rates : float64 array, one a seed
        What it says by each seed alone.
    rate : float
        Their geometric mean.
    low, high : float
        The 95 % interval of that mean, by Student's t on the logarithms. It says how far other
        seeds would move the rate, and nothing of how good a rate it is.
    """

    rule: str
    rates: Floats
    rate: float
    low: float
    high: float

    def __str__(self) -> str:
        if self.low == self.high:
            return f"{self.rate:.2g} by each of {len(self.rates)} seeds"
        ends = f"95 % interval {self.low:.2g} to {self.high:.2g}"
        return f"{self.rate:.2g}, {ends}, n = {len(self.rates)}"


@dataclass(frozen=True, eq=False, repr=False)
class RangeTest:
    """The losses of a range test, and what the usual rules make of them.

    Parameters
    ----------
    rates : float64 array of shape (updates,)
        The rate of each update.
    losses : float64 array of shape (seeds, updates)
        The loss of each batch *before* its update: ``losses[:, k]`` is what the rates before
        ``rates[k]`` have led to. NaN from where the run was stopped.
    seeds : tuple of int
    fresh : bool
        Whether each seed had first weights of its own; else only the order of the examples varied.
    smoothing : float
        What share of the smoothed loss is kept at each update.
    factor : float
        How many times the least smoothed loss counts as diverged.
    """

    rates: Floats
    losses: Floats
    seeds: tuple[int, ...]
    fresh: bool
    smoothing: float
    factor: float

    @property
    def smoothed(self) -> Floats:
        r"""The smoothed loss of each seed and update.

        .. math:: \hat s_k = \frac{(1 - \beta) \sum_{i \le k} \beta^{k-i} \ell_i}{1 - \beta^{k+1}}
        """
        return _smooth(self.losses, self.smoothing)

    @property
    def lag(self) -> float:
        """By what factor the rate rises while a loss passes into the smoothed one, on average."""
        step = math.log(self.rates[-1] / self.rates[0]) / (len(self.rates) - 1)
        return math.exp(step * self.smoothing / (1 - self.smoothing))

    @property
    def diverged(self) -> Floats:
        """The rate at which each seed diverged, NaN where it never did."""
        places = [_diverges(row, self.smoothing, self.factor) for row in self.losses]
        return np.array([math.nan if k is None else self.rates[k] for k in places])

    def suggest(self, rule: str) -> Suggestion:
        """Return what a rule says, with its interval over the seeds.

        Parameters
        ----------
        rule : str
            One of `RULES`. The first tenth of the updates counts for none of them, as in fast.ai:
            there the loss is not smooth yet.

        Raises
        ------
        ValueError
            When there is no such rule, or a tenth of the divergence is asked for and not every
            seed diverged.
        """
        name = checks.one_of(*RULES)("rule", rule)
        kind, _, divisor = name.partition("/")
        if kind == "divergence":
            found = self.diverged
            if np.isnan(found).any():
                raise ValueError(f"rule = {name!r}: {self._undiverged()}")
        else:
            places = [_PLACES[kind](*self._curve(seed)) for seed in range(len(self.seeds))]
            found = self.rates[places]
        found = found / int(divisor or 1)
        low = high = middle = math.log(found[0])
        if np.ptp(found) > 0:
            mean = mean_of(np.log(found).tolist())
            middle = mean.mean
            low, high = middle - mean.half_width, middle + mean.half_width
        return Suggestion(name, found, math.exp(middle), math.exp(low), math.exp(high))

    @property
    def suggestions(self) -> dict[str, Suggestion]:
        """What each rule says that can say something, by its name."""
        all_diverged = not np.isnan(self.diverged).any()
        names = [rule for rule in RULES if all_diverged or not rule.startswith("divergence")]
        return {rule: self.suggest(rule) for rule in names}

    def plot(self) -> Figure:
        """Draw the smoothed loss of each seed, and below it the rules' rates with their intervals.

        Returns
        -------
        Figure
        """
        found = self.suggestions
        drawing = plots.figure(rows=2, size=(plots.SIZE[0], 4.6))
        curves, below = drawing.axes
        cast(GridSpec, curves.get_gridspec()).set_height_ratios([2, 1])
        below.sharex(curves)
        rows = self.smoothed
        first = self._first
        ink = plots.series(0)["color"]
        with plots.style():
            for row, losses in zip(rows, self.losses, strict=True):
                curves.plot(self.rates, losses, color="#D0D4D9", linewidth=0.6)
                curves.plot(self.rates, row, color=ink, linewidth=1.4, alpha=0.8)
            curves.set_xscale("log")
            curves.text(0.02, 0.05, "thin: each batch\nthick: smoothed", transform=curves.transAxes)
            least, top = np.nanmin(rows), np.nanmax(rows[:, : first + 1])
            curves.set_ylim(least - 0.1 * (top - least), top + 0.3 * (top - least))
            curves.set_ylabel("loss")
            curves.tick_params(labelbottom=False)
            for place, one in enumerate(found.values()):
                below.plot([one.low, one.high], [place, place], color=ink, linewidth=3)
                below.plot(one.rates, [place] * len(one.rates), "|", color="black", markersize=9)
                below.plot([one.rate], [place], "D", color=ink, markersize=6)
            below.set_yticks(range(len(found)), list(found))
            below.set_ylim(len(found) - 0.5, -0.5)
            below.grid(axis="y", visible=False)
            below.set_xlabel("learning rate η")
        words = "; ".join(f"{rule} {one}" for rule, one in found.items())
        return drawing.describe(
            f"Loss against a rate that rises from {self.rates[0]:g} to {self.rates[-1]:g}, for "
            f"{len(self.seeds)} seeds. Below, what the rules say: {words}."
        )

    def __str__(self) -> str:
        weights = "new first weights each" if self.fresh else "the same first weights"
        lines = [
            f"Range test: {len(self.rates)} updates, rates from {self.rates[0]:g} to "
            f"{self.rates[-1]:g}, {len(self.seeds)} seeds, {weights}.",
            *(f"{rule:14} {one}: {RULES[rule]}" for rule, one in self.suggestions.items()),
            *self._remarks(),
            "A rule gives the order of magnitude; try its rate and those around it in real runs.",
        ]
        return "\n".join(lines)

    __repr__ = __str__

    @property
    def _first(self) -> int:
        return _settled(len(self.rates))

    def _curve(self, seed: int) -> tuple[Floats, Floats, int]:
        """Return logarithms of the rates and smoothed losses of one seed, and where it ends."""
        row = self.smoothed[seed]
        end = _diverges(self.losses[seed], self.smoothing, self.factor)
        return np.log(self.rates), row, len(row) if end is None else end

    def _undiverged(self) -> str:
        count = int(np.isnan(self.diverged).sum())
        return (
            f"{count} of {len(self.seeds)} seeds never diverged up to a rate of "
            f"{self.rates[-1]:g}; raise high"
        )

    def _remarks(self) -> list[str]:
        remarks = []
        if np.isnan(self.diverged).any():
            remarks.append(f"No tenth of the divergence: {self._undiverged()}.")
        if not self.fresh:
            remarks.append("Only the order of the examples varied: give a function of the seed.")
        return remarks


def range_test(
    build: Any,
    x: Any,
    y: Any,
    *,
    low: float = 1e-5,
    high: float = 10.0,
    updates: int = 300,
    batch_size: int = 32,
    seeds: Sequence[int] = range(5),
    smoothing: float = 0.9,
    factor: float = 4.0,
) -> RangeTest:
    r"""Train a Keras model at a rate that rises from far too low to far too high.

    .. math:: \eta_k = \mathrm{low} \, (\mathrm{high} / \mathrm{low})^{k / (\mathrm{updates} - 1)}

    Parameters
    ----------
    build : callable or keras.Model
        A function that, given a seed, returns a compiled model: each seed then has first weights
        of its own. Keras', NumPy's and Python's seeds are set before it is called. Or one compiled
        model, from whose weights every run starts; only the order of the examples varies then. It
        is left as it was: weights, optimizer, metrics and random numbers.
    x, y : array
        Examples and labels. Data sets, generators and models with several inputs are not taken.
    low, high : float
        The first and the last rate.
    updates : int
        How many, from 20; a batch each.
    batch_size : int
        Examples an update: as many as you will train with, since the rate depends on it.
    seeds : sequence of int
        Two or more, for the intervals.
    smoothing : float
        From 0 to below 1; fast.ai's is 0.98. More of it makes a smoother and a later curve: see
        `RangeTest.lag`.
    factor : float
        Above 1: a run stops when its smoothed loss is above so many times the least one, or when
        its loss is not finite.

    Returns
    -------
    RangeTest

    Raises
    ------
    TypeError, ValueError, RuntimeError
        When an argument is out of its range, the model cannot be trained here, its loss is not
        finite at the start, or a run diverges at once. The message says what to change.

    Notes
    -----
    The rules are fast.ai's ``steep``, ``valley`` and ``minimum`` (a tenth), Smith's quarter of the
    largest rate that still learns, and a tenth of where it diverges. Slopes are taken along the
    logarithm of the rate, and before the least loss: with little smoothing the falls after it
    would win, which fast.ai's do. All depend on the range and on the smoothing, too.

    Examples
    --------
    >>> import keras
    >>> def build(seed):
    ...     model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    ...     model.compile("sgd", "mse")
    ...     return model
    >>> x = np.random.default_rng(0).normal(size=(64, 2))
    >>> found = range_test(build, x, x.sum(1), low=1e-4, updates=60, batch_size=16)
    >>> print(found.suggest("divergence/10"))  # doctest: +ELLIPSIS
    0..., 95 % interval 0... to 0..., n = 5
    """
    updates = checks.whole("updates", updates, _LEAST_UPDATES)
    schedule = _rising(low, high, updates)
    numbers = tuple(checks.whole(f"seeds[{i}]", s, 0, 2**32 - 1) for i, s in enumerate(seeds))
    if len(set(numbers)) < max(2, len(numbers)):
        raise ValueError(f"seeds = {seeds!r}: expected two or more, all different")
    if not 0 <= checks.number("smoothing", smoothing) < 1:
        raise ValueError(f"smoothing = {smoothing!r}: expected a number from 0 to below 1")
    if not checks.number("factor", factor) > 1:
        raise ValueError(f"factor = {factor!r}: expected a number above 1")
    # Here: what else stands in this file needs no TensorFlow.
    from lrdecay.lab.updates import Updates, arrays, batches, made  # noqa: PLC0415

    examples, labels = arrays(x, y)
    batch_size = checks.whole("batch_size", batch_size, 1, len(examples))
    first = made(build, numbers[0], examples)
    update = Updates(first, schedule)
    rows = []
    for seed in numbers:
        update.restart(first if seed == numbers[0] else made(build, seed, examples))
        row = np.full(updates, math.nan)
        stream = batches(examples, labels, batch_size, seed)
        for k, batch in zip(range(updates), stream, strict=False):
            loss = update(*batch)
            row[k] = loss if math.isfinite(loss) else math.nan
            if _diverges(row[: k + 1], smoothing, factor, updates) is not None:
                break
        _require_a_curve(row, seed, smoothing, factor)
        rows.append(row)
    return RangeTest(
        rates=schedule.curve(updates),
        losses=np.array(rows),
        seeds=numbers,
        fresh=build is not first,
        smoothing=float(smoothing),
        factor=float(factor),
    )


def _rising(low: float, high: float, updates: int) -> Schedule:
    first, last = checks.positive_rate("low", low), checks.positive_rate("high", high)
    if not first < last:
        raise ValueError(f"low = {low!r}: must be below high = {high!r}")
    return Constant(last).warmup(updates - 1, start=first, shape="exponential")


def _require_a_curve(row: Floats, seed: int, smoothing: float, factor: float) -> None:
    """Refuse a run that has no part in which it learned."""
    if math.isnan(row[0]):
        raise ValueError(
            f"x, y: the loss is not finite before any update (seed {seed}); look at the data, the "
            "last layer and the loss"
        )
    first = _settled(len(row))
    typical = np.median(row[:first])
    end = _diverges(row, smoothing, factor)
    at_once = end is not None and end < first + _LEAST_POINTS
    if at_once or _smooth(row, smoothing)[first] > typical + (factor - 1) * abs(typical):
        raise ValueError(f"low: the loss diverges at once (seed {seed}); lower low")


def _settled(updates: int) -> int:
    """Return the number of the first update that counts."""
    return updates // 10


def _smooth(losses: Floats, smoothing: float) -> Floats:
    count = np.arange(1, losses.shape[-1] + 1)
    total: Floats = lfilter([1 - smoothing], [1, -smoothing], losses)
    return total / (1 - smoothing**count)


def _diverges(losses: Floats, smoothing: float, factor: float, updates: int = 0) -> int | None:
    """Return the number of the update at which a run has diverged."""
    first = _settled(updates or len(losses))
    finite = np.isfinite(losses)
    end = len(losses) if finite.all() else int(finite.argmin())
    row = _smooth(losses[:end], smoothing)[first:]
    best = np.minimum.accumulate(row)
    above = row > best + (factor - 1) * np.abs(best)  # so that it means something below 0 too
    if above.any():
        return first + int(above.argmax())
    return end if end < len(losses) else None


def _steepest(logs: Floats, row: Floats, end: int) -> int:
    """Before the least loss: later on it leaps, and what follows a leap is a fall that is none."""
    first, last = _settled(len(row)), max(_minimum(logs, row, end), _settled(len(row)) + 1)
    return first + int(np.argmin(np.diff(row[first : last + 1]) / np.diff(logs[first : last + 1])))


def _minimum(logs: Floats, row: Floats, end: int) -> int:
    first = _settled(len(row))
    return first + int(np.argmin(row[first:end]))


def _valley(logs: Floats, row: Floats, end: int) -> int:
    """Return the middle of the longest fall, other values between left out, as fast.ai has it."""
    first = _settled(len(row))
    part = row[first:end]
    lengths = np.ones(len(part), int)
    for i in range(1, len(part)):
        before = lengths[:i][part[:i] > part[i]]
        lengths[i] = 1 + before.max(initial=0)
    last = int(lengths.argmax())
    length = int(lengths[last]) if last else 0
    return first + last - length + int(length / 3) + int(length / 6)


_PLACES: dict[str, Callable[[Floats, Floats, int], int]] = {
    "steepest": _steepest,
    "valley": _valley,
    "minimum": _minimum,
}
