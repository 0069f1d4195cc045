r"""Laws of annealing: formulas that are fitted to loss curves and predict others from their rates.

Both are empirical: no derivation leads to them, and they are as good as their misfit on curves that
they were not fitted to. Both say that the loss falls as a power of the sum of the rates so far, and
further when the rate comes down. They differ in how much further: `AnnealingLaw` has one number for
it, `MultiPowerLaw` another power law for each step down.

The fit is that of the authors: Huber's loss of the residuals of the logarithms, from several
starts. It is robust, and needs SciPy.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lrdecay import checks
from lrdecay.theory.problem import numbers, require

HUBER = 1e-3
"""Residuals of the logarithm beyond this count by their size, below it by their square."""

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curve:
    """The losses of a run, and the rates that led to them.

    Parameters
    ----------
    rates : sequence of float
        The rate of each update, 0 or more.
    losses : sequence of float
        What was measured, above 0.
    made : sequence of int, optional
        After how many updates each loss was measured, from 1; by default, after each.
    warmup : int
        How many of the rates are a warmup, which the laws see as `warmed` says.

    Raises
    ------
    ValueError
        When an argument is out of range, or `losses` and `made` differ in length.

    Examples
    --------
    >>> Curve([0.1, 0.1, 0.05], losses=[2.0, 1.5], made=[1, 3]).made
    array([1, 3])
    """

    rates: Any
    losses: Any
    made: Any = None
    warmup: int = 0

    def __post_init__(self) -> None:
        rates, _ = _rates(self.rates, self.warmup)
        losses, made = numbers("losses", self.losses), _made(self.made, len(rates))
        fits = losses.shape == made.shape
        require(fits, "losses", self.losses, f"expected {made.size}, one for each of made")
        _each(losses > 0, "losses", losses, "must be above 0: its logarithm is fitted")
        for name, value in (("rates", rates), ("losses", losses), ("made", made)):
            object.__setattr__(self, name, value)


@dataclass(frozen=True)
class Misfit:
    """How far a law is from curves, as shares of their losses: 0.01 is one percent.

    Parameters
    ----------
    mean, largest : float
        Of the absolute errors, over all that was measured.
    last : float
        The largest absolute error of the last loss of a curve, which is what one wants to know.
    """

    mean: float
    largest: float
    last: float


@dataclass(frozen=True)
class AnnealingLaw:
    r"""The law of Tissue, Wang and Wang: a power of the sum of the rates, less an annealing area.

    ``loss = l0 + a * S1**-alpha - c * S2``

    with ``S1 = sum of rates[:n]`` after n updates, and ``S2 = sum of m[:n]``, where
    ``m[t] = decay * m[t-1] + rates[t-1] - rates[t]`` remembers how far the rate came down lately

    Parameters
    ----------
    l0, a, alpha, c : float
        What is fitted, all 0 or more.
    decay : float
        What `m` keeps at each update, 0 or more and below 1; it is chosen, not fitted. The authors
        use 0.999 for runs of tens of thousands of updates.

    Raises
    ------
    ValueError
        When a number is out of range.

    Notes
    -----
    Tissue, Wang and Wang (2025), Scaling Law with Learning Rate Annealing. During a warmup they
    count the rate as if it were already at its peak, and so does `warmup` here. The law is
    empirical: in a trial of ours, fits to a constant and a cosine run met curves to about one
    percent, and still missed the last loss of WSD runs by 3 to 10 percent. See `misfit`.

    Examples
    --------
    >>> from lrdecay import Constant, CosineDecay
    >>> truth = AnnealingLaw(l0=2.0, a=0.5, alpha=0.5, c=0.3, decay=0.99)
    >>> runs = [s.curve(500) for s in (Constant(0.01), CosineDecay(0.01, 500))]
    >>> law = AnnealingLaw.fit([Curve(rates, truth.predict(rates)) for rates in runs], decay=0.99)
    >>> [round(value, 3) for value in (law.l0, law.a, law.alpha, law.c)]
    [2.0, 0.5, 0.5, 0.3]
    """

    l0: float
    a: float
    alpha: float
    c: float
    decay: float = 0.999

    def __post_init__(self) -> None:
        _not_negative(self)
        require(self.decay < 1, "decay", self.decay, "must be below 1")

    def predict(self, rates: ArrayLike, made: ArrayLike | None = None, warmup: int = 0) -> Array:
        """Return the losses of a run with these rates.

        Parameters
        ----------
        rates : sequence of float
            The rate of each update, 0 or more; the first above 0.
        made : sequence of int, optional
            After how many updates; by default, after each.
        warmup : int
            How many of the rates are a warmup.

        Returns
        -------
        float64 array of the shape of `made`

        Raises
        ------
        ValueError
            When an argument is out of range.
        """
        values, warmup = _rates(rates, warmup)
        at = _made(made, len(values)) - 1
        total, area = _sums(values, warmup, self.decay)
        with np.errstate(over="ignore"):
            loss: Array = self.l0 + self.a * total[at] ** -self.alpha - self.c * area[at]
        return loss

    @classmethod
    def fit(cls, curves: Iterable[Curve], decay: float = 0.999) -> Self:
        """Return the law that is nearest to the curves.

        Parameters
        ----------
        curves : sequence of Curve
            Together four losses or more, of which some come after a fall of the rate: a constant
            rate says nothing of `c`.
        decay : float
            As of the law. To choose it, fit with several and compare their misfit on a curve that
            was held back.

        Returns
        -------
        AnnealingLaw

        Raises
        ------
        ValueError
            When there are too few losses, or `decay` is out of range.
        """
        known = _curves(curves)
        cls(1.0, 1.0, 1.0, 1.0, decay)
        parts = [tuple(part[c.made - 1] for part in _sums(c.rates, c.warmup, decay)) for c in known]
        total, area = (np.concatenate(part) for part in zip(*parts, strict=True))
        unit = float(np.exp(np.log(total).mean()))  # so that `a` does not hang on alpha

        def terms(shape: Any) -> list[Array]:
            return [np.ones_like(total), (total / unit) ** -shape[0], -area]

        linear, (alpha,) = _nearest(known, terms, [[x] for x in (0.1, 0.3, 0.5, 0.8, 1.2)], [0])
        return cls(linear[0], linear[1] * unit**alpha, alpha, linear[2], decay)


@dataclass(frozen=True)
class MultiPowerLaw:
    r"""The law of Luo and others: each step down of the rate brings a power law of its own.

    ``loss = l0 + a * S1**-alpha - b * sum over t of (rates[t-1] - rates[t]) * G(t)``

    with ``G(t) = 1 - (1 + c * rates[t]**-gamma * (rates[t] + ... + rates[n-1]))**-beta`` after n
    updates, and ``S1 = sum of rates[:n]``

    Parameters
    ----------
    l0, a, alpha, b, c, beta, gamma : float
        What is fitted, all 0 or more.

    Raises
    ------
    ValueError
        When a number is out of range.

    Notes
    -----
    Luo et al. (2025), A Multi-Power Law for Loss Curve Prediction Across Learning Rate Schedules.
    A warmup counts in S1 with its own rates, and its steps up bring nothing. Three of the seven
    numbers, `c`, `beta` and `gamma`, are badly determined by few curves: believe the predictions
    rather than them. The law is empirical.

    Examples
    --------
    >>> from lrdecay import Constant
    >>> law = MultiPowerLaw(l0=2.0, a=0.5, alpha=0.5, b=30.0, c=1.0, beta=0.5, gamma=0.5)
    >>> law.predict(Constant(0.01).curve(100), made=[100])  # no step down: 2 + 0.5 / sqrt(1)
    array([2.5])
    """

    l0: float
    a: float
    alpha: float
    b: float
    c: float
    beta: float
    gamma: float

    def __post_init__(self) -> None:
        _not_negative(self)

    def predict(self, rates: ArrayLike, made: ArrayLike | None = None, warmup: int = 0) -> Array:
        """Return the losses of a run with these rates.

        Parameters
        ----------
        rates : sequence of float
            The rate of each update: 0 or more in the warmup, above 0 after it.
        made : sequence of int, optional
            After how many updates; by default, after each. Each costs as many operations as the
            rates before it have changes.
        warmup : int
            How many of the rates are a warmup.

        Returns
        -------
        float64 array of the shape of `made`

        Raises
        ------
        ValueError
            When an argument is out of range.
        """
        values, warmup = _rates(rates, warmup)
        at = _made(made, len(values)) - 1
        total = np.cumsum(values)[at]
        drops = _Drops.of(values, at, warmup)
        with np.errstate(over="ignore"):
            power = self.a * total**-self.alpha
        loss: Array = self.l0 + power - self.b * drops.gain(self.c, self.beta, self.gamma)
        return loss

    @classmethod
    def fit(cls, curves: Iterable[Curve]) -> Self:
        """Return the law that is nearest to the curves.

        Parameters
        ----------
        curves : sequence of Curve
            Together seven losses or more, of which some come after a fall of the rate. A hundred
            losses a curve are plenty: the cost grows with each.

        Returns
        -------
        MultiPowerLaw

        Raises
        ------
        ValueError
            When there are too few losses.
        """
        known = _curves(curves)
        total = np.concatenate([np.cumsum(c.rates)[c.made - 1] for c in known])
        unit = float(np.exp(np.log(total).mean()))
        drops = [_Drops.of(c.rates, c.made - 1, c.warmup) for c in known]
        high = max(float(c.rates.max()) for c in known)

        # Rates in units of the highest, and the sum in units of a typical one, so that the numbers
        # that are looked for are near 1.
        def terms(shape: Any) -> list[Array]:
            alpha, scale, beta, gamma = shape
            c = np.exp(scale) * high**gamma / unit
            gain = np.concatenate([drop.gain(c, beta, gamma) for drop in drops]) / high
            return [np.ones_like(total), (total / unit) ** -alpha, -gain]

        starts = [
            [alpha, scale, beta, 0.5]
            for alpha in (0.2, 0.5, 0.9)
            for scale in (0.0, 2.0, 4.0)
            for beta in (0.3, 0.8)
        ]
        linear, (alpha, scale, beta, gamma) = _nearest(known, terms, starts, [0, -np.inf, 0, 0])
        c = float(np.exp(scale)) * high**gamma / unit
        return cls(linear[0], linear[1] * unit**alpha, alpha, linear[2] / high, c, beta, gamma)


def misfit(law: AnnealingLaw | MultiPowerLaw, curves: Iterable[Curve]) -> Misfit:
    """Return how far a law is from what was measured.

    ``abs(predicted / measured - 1)``

    Parameters
    ----------
    law : AnnealingLaw or MultiPowerLaw
    curves : sequence of Curve
        One or more, best those that it was not fitted to.

    Returns
    -------
    Misfit

    Raises
    ------
    ValueError
        When there is no curve.

    Examples
    --------
    >>> law = AnnealingLaw(l0=2.0, a=0.0, alpha=0.5, c=0.0)
    >>> misfit(law, [Curve([0.1, 0.1], losses=[2.0, 1.6])])
    Misfit(mean=0.125, largest=0.25, last=0.25)
    """
    errors = [
        np.abs(law.predict(curve.rates, curve.made, curve.warmup) / curve.losses - 1)
        for curve in _curves(curves)
    ]
    every = np.concatenate(errors)
    last = max(float(error[-1]) for error in errors)
    return Misfit(float(every.mean()), float(every.max()), last)


@dataclass(frozen=True, eq=False)
class _Drops:
    """The steps of the rate after the warmup, and how far each point has come since each."""

    rates: Array
    steps: Array
    since: Array
    """Of shape (points, steps): the sum of the rates from the step on, 0 if it comes later."""

    @classmethod
    def of(cls, rates: Array, at: NDArray[np.int64], warmup: int) -> Self:
        used = (rates > 0) | (np.arange(len(rates)) < warmup)
        _each(used, "rates", rates, "must be above 0 after the warmup: the law divides by it")
        steps = rates[:-1] - rates[1:]
        places = np.flatnonzero(steps) + 1
        places = places[places > warmup]
        before = np.concatenate([[0.0], np.cumsum(rates)])
        since = np.maximum(before[at + 1][:, None] - before[places], 0)
        return cls(rates[places], steps[places - 1], since)

    def gain(self, c: float, beta: float, gamma: float) -> Array:
        """Return the sum of the steps, each times the share of its power law that is reached."""
        with np.errstate(over="ignore", under="ignore"):
            left = (1 + c * self.rates**-gamma * self.since) ** -beta
        reached: Array = (1 - left) @ self.steps
        return reached


def _sums(rates: Array, warmup: int, decay: float) -> tuple[Array, Array]:
    """Return S1 and S2 after each update, the warmup counted at its peak."""
    from scipy.signal import lfilter  # noqa: PLC0415  (`import lrdecay` loads NumPy alone)

    rates = np.where(np.arange(len(rates)) < warmup, rates[min(warmup, len(rates) - 1)], rates)
    first = float(rates[0])
    require(first > 0, "rates[0]", first, "must be above 0: give the length of the warmup")
    falls = -np.diff(rates, prepend=rates[0])
    return np.cumsum(rates), np.cumsum(lfilter([1.0], [1.0, -decay], falls))


def _nearest(
    curves: Sequence[Curve],
    terms: Callable[[Any], list[Array]],
    starts: Sequence[Sequence[float]],
    lowest: Sequence[float],
) -> tuple[list[float], list[float]]:
    """Return the factors of `terms` and their shape that are nearest to the curves, all 0 or more.

    For a shape, the factors are a linear problem, which is solved first; from the best of these
    all are then improved together.
    """
    from scipy.optimize import least_squares, nnls  # noqa: PLC0415

    losses = np.concatenate([curve.losses for curve in curves])
    width = 3 + len(lowest)
    require(losses.size >= width, "curves", curves, f"expected {width} losses or more")

    def factors(shape: Sequence[float]) -> tuple[float, list[float]]:
        matrix = np.stack(terms(shape), axis=1) / losses[:, None]
        size = np.abs(matrix).max(axis=0)
        size[size == 0] = 1  # no step down, and nothing to fit to it
        found, rest = nnls(matrix / size, np.ones(losses.size))
        return float(rest), [*(found / size), *shape]

    def residuals(free: Array) -> Array:
        predicted = sum(f * term for f, term in zip(free[:3], terms(free[3:]), strict=True))
        with np.errstate(invalid="ignore", divide="ignore"):
            apart: Array = np.log(predicted) - np.log(losses)
        return np.where(np.isfinite(apart), apart, 1e3)  # far from any loss

    begun = sorted(factors(shape) for shape in starts)[:4]
    ends = [
        least_squares(
            residuals,
            np.maximum(start, 1e-12),
            bounds=([0.0, 0.0, 0.0, *lowest], np.inf),
            x_scale="jac",
            loss="huber",
            f_scale=HUBER,
            ftol=1e-14,
            xtol=1e-14,
            gtol=1e-14,
            max_nfev=400,
        )
        for _, start in begun
    ]
    best = min(ends, key=lambda end: end.cost).x.tolist()
    return best[:3], best[3:]


def _curves(curves: Iterable[Curve]) -> list[Curve]:
    known = list(curves)
    require(bool(known), "curves", curves, "expected one or more")
    for curve in known:
        require(isinstance(curve, Curve), "curves", curve, "expected Curve(rates, losses)")
    return known


def _rates(rates: ArrayLike, warmup: int) -> tuple[Array, int]:
    """Return checked rates and the checked length of their warmup."""
    values = numbers("rates", rates)
    require(values.ndim == 1 and values.size, "rates", rates, "expected a list of one rate or more")
    _each(values >= 0, "rates", values, "a learning rate must be 0 or more")
    return values, checks.whole("warmup", warmup, 0, values.size)


def _made(made: ArrayLike | None, steps: int) -> NDArray[np.int64]:
    """Return after how many updates losses are asked for."""
    if made is None:
        return np.arange(1, steps + 1)
    values = np.asarray(made)
    whole = values.ndim == 1 and values.size and values.dtype.kind in "iu"
    require(whole, "made", made, "expected a list of whole numbers of updates")
    within = (values >= 1) & (values <= steps)
    _each(within, "made", values, f"must be from 1 to {steps}, the number of rates")
    return values.astype(np.int64)


def _each(holds: Any, name: str, values: NDArray[Any], allowed: str) -> None:
    """Name the first of the values that is not allowed: curves are long."""
    for place in np.flatnonzero(~holds)[:1]:
        raise ValueError(f"{name}[{place}] = {values[place]}: {allowed}")


def _not_negative(law: Any) -> None:
    """Check the numbers of a law."""
    for name, value in zip(law.__dataclass_fields__, astuple(law), strict=True):
        require(checks.number(name, value) >= 0, name, value, "must be 0 or more")
