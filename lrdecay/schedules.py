"""Schedules: a formula with its parameters, and the ways to combine schedules.

A schedule is a frozen dataclass that answers one question: at which rate is update ``t``
made? It has no state, so calling, plotting or saving it never changes what it trains.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray

from lrdecay import checks, formulas
from lrdecay.arrays import FLOATS, LAST_STEP, NUMPY, Library, prepare

Check = Callable[[str, Any], Any]

BLOCK = 2**16
"""Steps that are computed at once: so few that they stay in the processor's cache."""


def _is_schedule(name: str, value: Any) -> "Schedule":
    if not isinstance(value, Schedule):
        raise TypeError(f"{name} = {value!r}: expected a schedule, such as LinearDecay(0.1, 1000)")
    return value


def _parameter(check: Check, time: int = 0, **options: Any) -> Any:
    """Declare a field: how it is checked, and how it scales with the unit of time.

    ``time`` is 1 for lengths, -1 for rates per unit of time, and 0 for what has no unit.
    """
    return field(metadata={"check": check, "time": time}, **options)


@dataclass(frozen=True, repr=False)
class Schedule(ABC):
    """The rate of update `t`, for every ``t >= 0``.

    ``t`` has no unit of its own: it is whatever the lengths of the schedule are counted in,
    steps or epochs. Update 0 is the first; the last of N updates is ``t = N - 1``.
    """

    @abstractmethod
    def _rate(self, xp: Library, t: Any) -> Any:
        """Return the rate for a `t` that has been checked."""

    def _check_together(self) -> None:  # noqa: B027  # most schedules have nothing to add
        """Raise when valid parameters do not fit each other."""

    def __post_init__(self) -> None:
        for item in fields(self):
            checked = item.metadata["check"](item.name, getattr(self, item.name))
            object.__setattr__(self, item.name, checked)
        self._check_together()

    # What it gives

    @overload
    def __call__(self, t: float) -> float: ...
    @overload
    def __call__(self, t: NDArray[Any]) -> NDArray[np.float64]: ...
    @overload
    def __call__(self, t: Any) -> Any: ...
    def __call__(self, t: Any) -> Any:
        """Return the rate of update `t`.

        Parameters
        ----------
        t : float, NumPy array, TensorFlow or JAX tensor, or SymPy expression
            The update or updates, counted from 0, in the unit of the schedule's lengths.

        Returns
        -------
        float or same kind as `t`
            A float for a number, float64 for NumPy and TensorFlow, JAX's default for JAX.

        Raises
        ------
        ValueError
            For a number or NumPy array with a `t` that is negative, NaN or above 2**53.
        TypeError
            When `t` is not numeric.

        Examples
        --------
        >>> from lrdecay import StepDecay
        >>> StepDecay(0.1, drop_rate=0.5, step_size=10)(25)
        0.025
        """
        if (type(t) is int or type(t) is float) and 0 <= t <= LAST_STEP:
            return self._rate(FLOATS, t)  # the short way for plain numbers
        xp, t = prepare(t)
        if xp is not NUMPY:
            return self._rate(xp, t)
        flat = t.ravel()
        # [()] makes a number of an array without dimensions
        return self._rates(t.size, lambda start, stop: flat[start:stop]).reshape(t.shape)[()]

    def _rates(self, n: int, steps: Callable[[int, int], NDArray[Any]]) -> NDArray[np.float64]:
        """Return `n` rates, those of ``steps(start, stop)`` at a time."""
        rates = np.empty(n)
        # A rate that underflows to 0, or a denominator that overflows, has a right limit: 0.
        with np.errstate(over="ignore", under="ignore"):
            for start in range(0, n, BLOCK):
                stop = min(start + BLOCK, n)
                rates[start:stop] = self._rate(NUMPY, steps(start, stop))
        return rates

    def curve(self, n: int) -> NDArray[np.float64]:
        """Return the rates of the first `n` updates, a float64 array of ``s(0) .. s(n - 1)``.

        Raises
        ------
        ValueError
            When `n` is not a whole number of 1 or more.

        Examples
        --------
        >>> from lrdecay import LinearDecay
        >>> LinearDecay(1.0, duration=4).curve(6)
        array([1.  , 0.75, 0.5 , 0.25, 0.  , 0.  ])
        """
        return self._rates(checks.count("n", n), np.arange)

    def first_below(self, lr: float, horizon: int = 10_000_000) -> int | None:
        """Return the first whole update whose rate is below `lr`, or None.

        Every update up to `horizon` is looked at, so the answer holds for rates that rise
        and fall too.

        Parameters
        ----------
        lr : float
            The rate to fall below, strictly.
        horizon : int
            The number of updates to search.

        Raises
        ------
        ValueError
            When `lr` is no rate or `horizon` is not a whole number of 1 or more.

        Examples
        --------
        >>> from lrdecay import StepDecay
        >>> StepDecay(0.1, drop_rate=0.96, step_size=1000).first_below(0.05)
        17000
        """
        lr, horizon = checks.rate("lr", lr), checks.count("horizon", horizon)
        start, block = 0, 1024
        while start < horizon:
            steps = np.arange(start, min(start + block, horizon))
            below = np.flatnonzero(self(steps) < lr)
            if below.size:
                return start + int(below[0])
            start, block = start + block, min(2 * block, 2**20)
        return None

    # How it is changed: each method returns a new schedule

    def stretch(self, factor: float) -> Self:
        """Return the same schedule with time counted in a unit `factor` times as fine.

        Every length is multiplied by `factor` and every rate per unit of time divided by it:
        ``s.stretch(f)(t) = s(t / f)``. A schedule over epochs becomes one over steps by
        ``.stretch(steps_per_epoch)``.

        Raises
        ------
        ValueError
            When `factor` is not a length above 0.

        Examples
        --------
        >>> from lrdecay import StepDecay
        >>> StepDecay(0.1, drop_rate=0.5, step_size=5).stretch(1875)
        StepDecay(lr0=0.1, drop_rate=0.5, step_size=9375)
        """
        factor = checks.length("factor", factor)

        def scaled(value: Any, time: int) -> Any:
            if isinstance(value, Schedule):
                return value.stretch(factor)
            if isinstance(value, tuple):
                return tuple(scaled(member, time) for member in value)
            return value * factor if time == 1 else value / factor if time == -1 else value

        values = {f.name: scaled(getattr(self, f.name), f.metadata["time"]) for f in fields(self)}
        return replace(self, **values)

    def staircase(self, every: float) -> "Staircase":
        """Return this schedule held still between multiples of `every`.

        ``s.staircase(e)(t) = s(e * floor(t / e))``. "Changes only between epochs" is
        ``.staircase(1)`` on a schedule over epochs, before `stretch`.

        Raises
        ------
        ValueError
            When `every` is not a length above 0.

        Examples
        --------
        >>> from lrdecay import LinearDecay
        >>> LinearDecay(1.0, duration=4).staircase(2).curve(5)
        array([1. , 1. , 0.5, 0.5, 0. ])
        """
        return Staircase(self, every)

    def clip(self, low: float = 0.0, high: float | None = None) -> "Clip":
        """Return this schedule with its rate kept from `low` to `high`.

        Raises
        ------
        ValueError
            When a limit is no rate, or `low` is above `high`.

        Examples
        --------
        >>> from lrdecay import ExponentialDecay
        >>> ExponentialDecay(0.1, decay_rate=1.0).clip(low=0.01)(100)
        0.01
        """
        return Clip(self, low, high)

    def __mul__(self, other: "Schedule | float") -> "Product":
        """Return the schedule ``t -> self(t) * other(t)``; a number is a constant factor."""
        return Product(self, _as_schedule(other))

    def __rmul__(self, other: float) -> "Product":
        """Return `self` with every rate multiplied by `other`."""
        return Product(_as_schedule(other), self)

    def __add__(self, other: "Schedule | float") -> "Sum":
        """Return the schedule ``t -> self(t) + other(t)``; a number is a constant."""
        return Sum(self, _as_schedule(other))

    def __radd__(self, other: float) -> "Sum":
        """Return `self` with `other` added to every rate."""
        return Sum(_as_schedule(other), self)

    # How it is written down

    def __repr__(self) -> str:
        """Return the Python text that makes this schedule again."""
        values = ", ".join(f"{f.name}={getattr(self, f.name)!r}" for f in fields(self))
        return f"{type(self).__name__}({values})"

    def to_config(self) -> dict[str, Any]:
        """Return the schedule as a dictionary that JSON can hold; `from_config` reads it.

        Examples
        --------
        >>> from lrdecay import Constant, from_config
        >>> Constant(0.1).to_config()
        {'class_name': 'Constant', 'config': {'lr0': 0.1}}
        >>> from_config(Constant(0.1).to_config())
        Constant(lr0=0.1)
        """

        def plain(value: Any) -> Any:
            if isinstance(value, Schedule):
                return value.to_config()
            return list(value) if isinstance(value, tuple) else value

        values = {f.name: plain(getattr(self, f.name)) for f in fields(self)}
        return {"class_name": type(self).__name__, "config": values}

    # How it is shown: doors to `lrdecay.views`, which import what they need when called

    def latex(self) -> str:
        """Return the formula, with its numbers, in LaTeX (`lrdecay.views.symbolic.latex`)."""
        from lrdecay.views import symbolic  # noqa: PLC0415

        return symbolic.latex(self)

    def javascript(self) -> str:
        """Return the formula as JavaScript in ``t`` (`lrdecay.views.symbolic.javascript`)."""
        from lrdecay.views import symbolic  # noqa: PLC0415

        return symbolic.javascript(self)

    def plot(self, n: int, **options: Any) -> Any:
        """Draw the rates of the first `n` updates (`lrdecay.views.plots.plot`)."""
        from lrdecay.views import plots  # noqa: PLC0415

        return plots.plot(self, n, **options)

    def explore(self, n: int | None = None) -> Any:
        """Return a chart with a slider a parameter (`lrdecay.views.explorers.explore`)."""
        from lrdecay.views import explorers  # noqa: PLC0415

        return explorers.explore(self, n)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"


def _check_falls(schedule: "PolynomialDecay | LinearDecay") -> None:
    if schedule.lr_end > schedule.lr0:
        raise ValueError(
            f"lr_end = {schedule.lr_end!r}: must be at most lr0 = {schedule.lr0!r}, or the "
            "rate would rise; swap them or lower lr_end"
        )


@dataclass(frozen=True, repr=False)
class Constant(Schedule):
    """The same rate for ever: ``lr0``.

    Parameters
    ----------
    lr0 : float
        The rate.

    Raises
    ------
    ValueError
        When `lr0` is negative or no finite number.

    Notes
    -----
    The baseline that every decay has to beat.

    Examples
    --------
    >>> Constant(0.1)(1000)
    0.1
    """

    lr0: float = _parameter(checks.rate)

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.constant(xp, t, self.lr0)


@dataclass(frozen=True, repr=False)
class StepDecay(Schedule):
    """Multiply the rate by `drop_rate` after every `step_size`.

    ``lr0 * drop_rate ** floor(t / step_size)``

    Parameters
    ----------
    lr0 : float
        The first rate.
    drop_rate : float
        What the rate is multiplied by at each drop, above 0 and at most 1.
    step_size : float
        The length between drops, in the unit of t.

    Raises
    ------
    ValueError
        When a parameter is outside its range.

    Notes
    -----
    The seed article's first formula, with the floor that it left out.

    Examples
    --------
    >>> StepDecay(0.1, drop_rate=0.96, step_size=1000)(1999)
    0.096
    """

    lr0: float = _parameter(checks.rate)
    drop_rate: float = _parameter(checks.ratio)
    step_size: float = _parameter(checks.length, time=1)

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.step_decay(xp, t, self.lr0, self.drop_rate, self.step_size)


@dataclass(frozen=True, repr=False)
class ExponentialDecay(Schedule):
    """Lose the same share of the rate in every unit of time.

    ``lr0 * exp(-decay_rate * t)``

    Parameters
    ----------
    lr0 : float
        The first rate.
    decay_rate : float
        The relative loss per unit of t, 0 or more.

    Raises
    ------
    ValueError
        When a parameter is outside its range.

    Notes
    -----
    The seed article's second formula.

    Examples
    --------
    >>> round(ExponentialDecay(0.1, decay_rate=0.5)(2), 6)
    0.036788
    """

    lr0: float = _parameter(checks.rate)
    decay_rate: float = _parameter(checks.decay_rate, time=-1)

    @classmethod
    def from_ratio(cls, lr0: float, ratio: float, every: float) -> Self:
        """Return the decay that multiplies the rate by `ratio` in each length `every`.

        ``lr0 * ratio ** (t / every)``, that is, ``decay_rate = -log(ratio) / every``: the
        convention of Keras, Optax and PyTorch.

        Raises
        ------
        ValueError
            When `ratio` is not above 0 and at most 1, or `every` is no length.

        Examples
        --------
        >>> round(ExponentialDecay.from_ratio(0.1, ratio=0.96, every=1000)(1000), 9)
        0.096
        """
        shrink = -math.log(checks.ratio("ratio", ratio))
        return cls(lr0, abs(shrink) / checks.length("every", every))  # abs: -log(1) is -0.0

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.exponential_decay(xp, t, self.lr0, self.decay_rate)


@dataclass(frozen=True, repr=False)
class InverseTimeDecay(Schedule):
    """Divide the rate by a number that grows in step with time.

    ``lr0 / (1 + decay_rate * t)``

    Parameters
    ----------
    lr0 : float
        The first rate.
    decay_rate : float
        The growth of the divisor per unit of t, 0 or more: at ``t = 1 / decay_rate`` the
        rate has halved.

    Raises
    ------
    ValueError
        When a parameter is outside its range.

    Notes
    -----
    The seed article's third formula, and the "mathematical representation" that it repeats.
    Robbins and Monro (1951) proved that rates like it converge.

    Examples
    --------
    >>> InverseTimeDecay(0.1, decay_rate=0.5)(2)
    0.05
    """

    lr0: float = _parameter(checks.rate)
    decay_rate: float = _parameter(checks.decay_rate, time=-1)

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.inverse_time_decay(xp, t, self.lr0, self.decay_rate)


@dataclass(frozen=True, repr=False)
class PolynomialDecay(Schedule):
    """Fall from `lr0` to `lr_end` along a power of the time that is left.

    ``lr_end + (lr0 - lr_end) * (1 - min(t, duration) / duration) ** power``

    Parameters
    ----------
    lr0 : float
        The first rate.
    duration : float
        The length of the fall, in the unit of t; the rate is `lr_end` from then on.
    power : float
        Above 0: 1 is a straight line, more falls early, less falls late.
    lr_end : float
        The last rate, at most `lr0`.

    Raises
    ------
    ValueError
        When a parameter is outside its range, or `lr_end` is above `lr0`.

    Notes
    -----
    The seed article's fourth formula, with the ``min`` and the end rate that it left out.

    Examples
    --------
    >>> PolynomialDecay(0.1, duration=100, power=2.0)(50)
    0.025
    """

    lr0: float = _parameter(checks.rate)
    duration: float = _parameter(checks.length, time=1)
    power: float = _parameter(checks.power, default=1.0)
    lr_end: float = _parameter(checks.rate, default=0.0)

    def _check_together(self) -> None:
        _check_falls(self)

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.polynomial_decay(xp, t, self.lr0, self.duration, self.power, self.lr_end)


@dataclass(frozen=True, repr=False)
class LinearDecay(Schedule):
    """Fall from `lr0` to `lr_end` in a straight line.

    ``lr_end + (lr0 - lr_end) * (1 - min(t, duration) / duration)``

    Parameters
    ----------
    lr0 : float
        The first rate.
    duration : float
        The length of the fall, in the unit of t; the rate is `lr_end` from then on.
    lr_end : float
        The last rate, at most `lr0`.

    Raises
    ------
    ValueError
        When a parameter is outside its range, or `lr_end` is above `lr0`.

    Notes
    -----
    `PolynomialDecay` with power 1. The worst-case optimal shape for the last iterate of SGD
    on convex problems (Defazio et al. 2023).

    Examples
    --------
    >>> LinearDecay(0.1, duration=100)(75)
    0.025
    """

    lr0: float = _parameter(checks.rate)
    duration: float = _parameter(checks.length, time=1)
    lr_end: float = _parameter(checks.rate, default=0.0)

    def _check_together(self) -> None:
        _check_falls(self)

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.linear_decay(xp, t, self.lr0, self.duration, self.lr_end)


@dataclass(frozen=True, repr=False)
class PiecewiseConstant(Schedule):
    """Go through a list of rates, one after the other.

    ``values[i]``, where i is the number of boundaries with ``boundary <= t``

    Parameters
    ----------
    boundaries : sequence of float
        When the rate changes, rising, in the unit of t. A boundary belongs to the new rate.
    values : sequence of float
        The rates: one more than there are boundaries.

    Raises
    ------
    ValueError
        When a parameter is outside its range, the boundaries do not rise, or the numbers of
        boundaries and values do not fit.

    Notes
    -----
    Keras changes one step later: its boundaries belong to the old rate.

    Examples
    --------
    >>> PiecewiseConstant([10, 20], [0.1, 0.01, 0.001]).curve(21)[[9, 10, 19, 20]]
    array([0.1  , 0.01 , 0.01 , 0.001])
    """

    boundaries: Sequence[float] = _parameter(checks.each(checks.length), time=1)
    values: Sequence[float] = _parameter(checks.each(checks.rate))

    def _check_together(self) -> None:
        if not self.boundaries:
            raise ValueError("boundaries = (): give one or more, or use Constant for one rate")
        if len(self.values) != len(self.boundaries) + 1:
            raise ValueError(
                f"values = {self.values!r}: there must be one value more than there are "
                f"boundaries, {len(self.boundaries) + 1} and not {len(self.values)}"
            )
        if any(a >= b for a, b in zip(self.boundaries, self.boundaries[1:], strict=False)):
            raise ValueError(f"boundaries = {self.boundaries!r}: must rise; sort them")

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.piecewise_constant(xp, t, self.boundaries, self.values)


LEAVES = (
    Constant,
    StepDecay,
    ExponentialDecay,
    InverseTimeDecay,
    PolynomialDecay,
    LinearDecay,
    PiecewiseConstant,
)
"""The schedules that are one formula each; all others are made of them."""


def _as_schedule(value: Schedule | float) -> Schedule:
    return value if isinstance(value, Schedule) else Constant(checks.rate("factor or term", value))


@dataclass(frozen=True, repr=False)
class Staircase(Schedule):
    """A schedule that only changes at multiples of a length; made by `Schedule.staircase`."""

    schedule: Schedule = _parameter(_is_schedule)
    every: float = _parameter(checks.length, time=1)

    def _rate(self, xp: Library, t: Any) -> Any:
        return self.schedule._rate(xp, xp.floor_divide(t, self.every) * self.every)

    def __repr__(self) -> str:
        return f"{self.schedule!r}.staircase(every={self.every!r})"


def _rate_or_none(name: str, value: Any) -> float | None:
    return None if value is None else checks.rate(name, value)


@dataclass(frozen=True, repr=False)
class Clip(Schedule):
    """A schedule kept between two rates; made by `Schedule.clip`."""

    schedule: Schedule = _parameter(_is_schedule)
    low: float = _parameter(checks.rate, default=0.0)
    high: float | None = _parameter(_rate_or_none, default=None)

    def _check_together(self) -> None:
        if self.high is not None and self.low > self.high:
            raise ValueError(f"low = {self.low!r}: must be at most high = {self.high!r}; swap them")

    def _rate(self, xp: Library, t: Any) -> Any:
        rate = xp.maximum(self.schedule._rate(xp, t), self.low)
        return rate if self.high is None else xp.minimum(rate, self.high)

    def __repr__(self) -> str:
        return f"{self.schedule!r}.clip(low={self.low!r}, high={self.high!r})"


@dataclass(frozen=True, repr=False)
class Product(Schedule):
    """Two schedules multiplied; made by ``a * b``."""

    left: Schedule = _parameter(_is_schedule)
    right: Schedule = _parameter(_is_schedule)

    def _rate(self, xp: Library, t: Any) -> Any:
        return self.left._rate(xp, t) * self.right._rate(xp, t)

    def __repr__(self) -> str:
        return f"({self.left!r} * {self.right!r})"


@dataclass(frozen=True, repr=False)
class Sum(Schedule):
    """Two schedules added; made by ``a + b``."""

    left: Schedule = _parameter(_is_schedule)
    right: Schedule = _parameter(_is_schedule)

    def _rate(self, xp: Library, t: Any) -> Any:
        return self.left._rate(xp, t) + self.right._rate(xp, t)

    def __repr__(self) -> str:
        return f"({self.left!r} + {self.right!r})"


def from_config(config: dict[str, Any]) -> Schedule:
    """Return the schedule that ``to_config`` wrote down.

    Parameters
    ----------
    config : dict
        ``{"class_name": ..., "config": {field: value}}``, as JSON gives it back.

    Raises
    ------
    ValueError
        When the class is unknown or a field is missing, surplus or out of range.

    Examples
    --------
    >>> from_config({"class_name": "LinearDecay", "config": {"lr0": 0.1, "duration": 10}})
    LinearDecay(lr0=0.1, duration=10, lr_end=0.0)
    """
    if not isinstance(config, dict) or not isinstance(config.get("config"), dict):
        raise ValueError(f"config = {config!r}: expected the dictionary that to_config() returns")
    classes = {cls.__name__: cls for cls in Schedule.__subclasses__()}
    name = config.get("class_name")
    if name not in classes:
        raise ValueError(f"class_name = {name!r}: expected one of {', '.join(sorted(classes))}")
    values = {
        key: from_config(value) if isinstance(value, dict) else value
        for key, value in config["config"].items()
    }
    try:
        return classes[name](**values)
    except TypeError as error:
        raise ValueError(f"config = {config['config']!r}: {error}") from error
