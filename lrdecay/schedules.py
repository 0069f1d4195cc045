"""Schedules: a formula with its parameters, and the ways to combine schedules.

A schedule is a frozen dataclass that answers one question: at which rate is update ``t``
made? It has no state, so calling, plotting or saving it never changes what it trains.
"""

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray

from lrdecay import checks, formulas
from lrdecay.arrays import FLOATS, LAST_STEP, NUMPY, Library, in_jax, log, prepare, traced

Check = Callable[[str, Any], Any]

FEW = 1024
"""Steps that are looked at one by one."""

BLOCK = 2**16
"""Steps that are computed at once: so few that they stay in the processor's cache."""


NO_STEP: Any = object()
"""What stands for a step that was forgotten, as Keras does with a function."""


def _is_schedule(name: str, value: Any) -> "Schedule":
    if not isinstance(value, Schedule):
        raise TypeError(f"{name} = {value!r}: expected a schedule, such as LinearDecay(0.1, 1000)")
    return value


def _is_traced(value: Any) -> bool:
    if isinstance(value, Schedule):
        return value._traced
    return any(map(traced, value)) if isinstance(value, tuple) else traced(value)


def _parameter(check: Check, time: int = 0, name: str = "", **options: Any) -> Any:
    """Declare a field: how it is checked, and how it scales with the unit of time.

    ``time`` is 1 for lengths, -1 for rates per unit of time, and 0 for what has no unit.
    ``name`` is the argument's, where the field cannot bear it since a method does.
    """
    return field(metadata={"check": check, "time": time, "name": name}, **options)


@dataclass(frozen=True, repr=False)
class Schedule(ABC):
    """The rate of update `t`, for every ``t >= 0``.

    ``t`` has no unit of its own: it is whatever the lengths of the schedule are counted in,
    steps or epochs. Update 0 is the first; the last of N updates is ``t = N - 1``.
    """

    _traced = False
    """Whether JAX traces a parameter, so that every rate is one of JAX's."""

    @abstractmethod
    def _rate(self, xp: Library, t: Any) -> Any:
        """Return the rate for a `t` that has been checked."""

    def _check_together(self) -> None:  # noqa: B027  # most schedules have nothing to add
        """Raise when valid parameters do not fit each other."""

    def __post_init__(self) -> None:
        for item in fields(self):
            name = item.metadata["name"] or item.name
            checked = item.metadata["check"](name, getattr(self, item.name))
            object.__setattr__(self, item.name, checked)
        if any(_is_traced(getattr(self, item.name)) for item in fields(self)):
            object.__setattr__(self, "_traced", True)
            self._check_what_is_known()
        else:
            self._check_together()

    def _check_what_is_known(self) -> None:
        from jax.errors import ConcretizationTypeError  # noqa: PLC0415

        with suppress(ConcretizationTypeError):  # compiled or mapped, numbers have no value yet
            self._check_together()

    def _set(self, **values: Any) -> None:
        """Do what the ``__init__`` of a dataclass does, for those that need their own."""
        for name, value in values.items():
            object.__setattr__(self, name, value)
        self.__post_init__()

    def _arguments(self) -> dict[str, tuple[Any, int]]:
        """Return what to call the class with: each value, and how it scales with time."""
        return {
            f.metadata["name"] or f.name: (getattr(self, f.name), f.metadata["time"])
            for f in fields(self)
        }

    # What it gives

    @overload
    def __call__(self, t: float) -> float: ...
    @overload
    def __call__(self, t: NDArray[Any]) -> NDArray[np.float64]: ...
    @overload
    def __call__(self, t: Any) -> Any: ...
    def __call__(self, t: Any = NO_STEP) -> Any:
        """Return the rate of update `t`.

        Parameters
        ----------
        t : float, NumPy array, tensor of TensorFlow, JAX or PyTorch, or SymPy expression
            The update or updates, counted from 0, in the unit of the schedule's lengths.

        Returns
        -------
        float, or what `t` is
            A float for a number, float64 for NumPy, TensorFlow and PyTorch, JAX's default for
            JAX.

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
        if (type(t) is int or type(t) is float) and 0 <= t <= LAST_STEP and not self._traced:
            return self._rate(FLOATS, t)  # the short way for plain numbers
        if t is NO_STEP:
            raise TypeError(
                "a schedule is called with a step, t; an optimizer of Keras takes "
                "lrdecay.to_keras(s) as its learning_rate"
            )
        xp, t = prepare(t)
        if self._traced:
            xp, t = in_jax(xp, t)
        if xp is not NUMPY:
            fitting = self._with_floats_above(xp.largest()) if xp.largest else self
            return fitting._rate(xp, t)
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

    def _with_floats_above(self, largest: int) -> Self:
        """Return a copy with floats for the whole lengths that are above `largest`."""

        def small(value: Any) -> Any:
            if isinstance(value, Schedule):
                return value._with_floats_above(largest)
            if isinstance(value, tuple):
                return tuple(map(small, value))
            return float(value) if type(value) is int and value > largest else value

        copy = object.__new__(type(self))
        for item in fields(self):
            object.__setattr__(copy, item.name, small(getattr(self, item.name)))
        return copy

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
        n = checks.count("n", n)
        return self(np.arange(n)) if self._traced else self._rates(n, np.arange)

    def first_below(self, lr: float, horizon: int = LAST_STEP) -> int | None:
        """Return the first whole update whose rate is below `lr`, or None.

        The answer holds for rates that rise and fall too: no update is passed over unless
        none in its stretch can be below `lr`.

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
        stretches = [(0, horizon - 1)]  # the earliest is the last
        while stretches:
            first, last = stretches.pop()
            if self._lowest(first, last) >= lr:
                continue
            if last - first < FEW:
                below = np.flatnonzero(self(np.arange(first, last + 1)) < lr)
                if below.size:
                    return first + int(below[0])
            else:
                middle = (first + last) // 2
                stretches += [(middle + 1, last), (first, middle)]
        return None

    def _lowest(self, a: float, b: float) -> float:
        """Return a rate that is not above any from step `a` to `b`, close where they are close.

        Of a schedule that falls, or rises and then falls, the lowest rate is at one end.
        """
        return float(min(self._rate(FLOATS, a), self._rate(FLOATS, b)))

    # How it is changed: each method returns a new schedule

    def stretch(self, factor: float) -> Self:
        """Return the same schedule with time counted in a unit `factor` times as fine.

        Every length is multiplied by `factor` and every rate per unit of time divided by it:
        ``s.stretch(f)(t) = s(t / f)``. A schedule over epochs becomes one over steps by
        ``.stretch(steps_per_epoch)``.

        Raises
        ------
        ValueError
            When `factor` is not a length above 0, or takes a parameter out of its range.

        Examples
        --------
        >>> from lrdecay import StepDecay
        >>> StepDecay(0.1, drop_rate=0.5, step_size=5).stretch(1875)
        StepDecay(lr0=0.1, drop_rate=0.5, step_size=9375)
        """
        factor = checks.length("factor", factor)
        try:
            return self._stretched(factor)
        except ValueError as error:
            raise ValueError(f"factor = {factor!r}: takes a parameter too far: {error}") from None

    def _stretched(self, factor: float) -> Self:
        def scaled(value: Any, time: int) -> Any:
            if isinstance(value, Schedule):
                return value._stretched(factor)
            if isinstance(value, tuple):
                return tuple(scaled(member, time) for member in value)
            return value * factor if time == 1 else value / factor if time == -1 else value

        return type(self)(**{name: scaled(*value) for name, value in self._arguments().items()})

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

    def warmup(self, duration: float, start: float = 0.0) -> "Warmup":
        """Return this schedule after a straight rise from `start` to its first rate.

        ``start + (s(0) - start) * t / duration`` until `duration`, then ``s(t - duration)``:
        the warmup comes before the schedule and does not shorten it.

        Parameters
        ----------
        duration : float
            The length of the rise, in the unit of t.
        start : float
            The rate of update 0. At 0, that update changes nothing.

        Raises
        ------
        ValueError
            When `duration` is no length, or `start` is no rate or above the first rate.

        Examples
        --------
        >>> from lrdecay import LinearDecay
        >>> LinearDecay(1.0, duration=4).warmup(2, start=0.5).curve(7)
        array([0.5 , 0.75, 1.  , 0.75, 0.5 , 0.25, 0.  ])
        """
        return Warmup(self, duration, start)

    def then(self, other: "Schedule", at: float) -> "Then":
        """Return this schedule until `at`, and `other`, its clock starting at 0, from then on.

        Raises
        ------
        TypeError
            When `other` is no schedule.
        ValueError
            When `at` is not a length above 0.

        Examples
        --------
        >>> from lrdecay import Constant, LinearDecay
        >>> Constant(1.0).then(LinearDecay(1.0, duration=2), at=2).curve(5)
        array([1. , 1. , 1. , 0.5, 0. ])
        """
        return Then(self, other, at)

    def repeat(self, every: float, stretch: float = 1, scale: float = 1.0) -> "Repeat":
        """Return this schedule started again and again: warm restarts.

        Cycle n begins at ``every * (1 + stretch + ... + stretch ** (n - 1))``, runs
        ``stretch ** n`` times as slowly, and has its rates multiplied by ``scale ** n``.
        SGDR (Loshchilov and Hutter, 1608.03983) is a `CosineDecay` repeated.

        Parameters
        ----------
        every : float
            The length of the first cycle, in the unit of t.
        stretch : float
            What each cycle's length is multiplied by, 1 or more.
        scale : float
            What each cycle's rates are multiplied by, above 0 and at most 1.

        Raises
        ------
        ValueError
            When a parameter is outside its range.

        Examples
        --------
        >>> from lrdecay import LinearDecay
        >>> LinearDecay(1.0, duration=2).repeat(2, stretch=2, scale=0.5).curve(7)
        array([1.   , 0.5  , 0.5  , 0.375, 0.25 , 0.125, 0.25 ])
        """
        return Repeat(self, every, stretch, scale)

    def shift(self, by: float) -> "Shift":
        """Return this schedule as it goes on after `by`: ``s.shift(by)(t) = s(t + by)``.

        For training that is resumed with its counter at 0. To delay a schedule, put it after
        another with `then`.

        Raises
        ------
        ValueError
            When `by` is not a length of 0 or more.

        Examples
        --------
        >>> from lrdecay import LinearDecay
        >>> LinearDecay(1.0, duration=4).shift(2).curve(3)
        array([0.5 , 0.25, 0.  ])
        """
        return Shift(self, by)

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

    __array_ufunc__ = None
    """NumPy leaves it to this class what a number times a schedule is."""

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

    def _has_no_order(self, other: Any = None) -> Any:
        """Raise, with what to do: optimizers of PyTorch compare their rate with 0, or negate it."""
        raise TypeError(
            f"{type(self).__name__} is a schedule and no number: give an optimizer of PyTorch a "
            "number and let lrdecay.to_torch(s, optimizer) set its rate; compare rates, as s(0)"
        )

    __lt__ = __le__ = __gt__ = __ge__ = __neg__ = __float__ = _has_no_order
    __rsub__ = __rtruediv__ = __pow__ = __rpow__ = _has_no_order  # 1 - rate * decay, in a step

    # How it is written down

    def __repr__(self) -> str:
        """Return the Python text that makes this schedule again."""
        values = ", ".join(f"{name}={value!r}" for name, (value, _) in self._arguments().items())
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

        values = {name: plain(value) for name, (value, _) in self._arguments().items()}
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


def _check_falls(first: float, lr_end: float, name: str = "lr0") -> None:
    if lr_end > first:
        raise ValueError(
            f"lr_end = {lr_end!r}: must be at most {name} = {first!r}, or the rate would rise; "
            "swap them or lower lr_end"
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

    def _rates(self, n: int, steps: Callable[[int, int], NDArray[Any]]) -> NDArray[np.float64]:
        return np.full(n, self.lr0, np.float64)


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
    The first formula of the article that the book began with, with the floor that it left out.

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
        The relative loss per unit of t as it starts, 0 or more: after one unit
        ``exp(-decay_rate)`` of the rate is left.

    Raises
    ------
    ValueError
        When a parameter is outside its range.

    Notes
    -----
    The article's second formula.

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
        shrink = -log(checks.ratio("ratio", ratio))
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
    The article's third formula, and the "mathematical representation" that it repeats.
    Robbins and Monro (1951) proved that SGD converges with rates like it.

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
        The length of the fall, in the unit of t; without `cycle`, the rate is `lr_end` from then
        on.
    power : float
        Above 0: 1 is a straight line, more falls early, less falls late.
    lr_end : float
        The last rate, at most `lr0`.
    cycle : bool
        Whether to go on after the end, with twice the duration, then three times, ..., as
        Keras does: the rate jumps up at each multiple of `duration`.

    Raises
    ------
    ValueError
        When a parameter is outside its range, or `lr_end` is above `lr0`.

    Notes
    -----
    The article's fourth formula, with the ``min`` and the end rate that it left out.

    Examples
    --------
    >>> PolynomialDecay(0.1, duration=100, power=2.0)(50)
    0.025
    """

    lr0: float = _parameter(checks.rate)
    duration: float = _parameter(checks.length, time=1)
    power: float = _parameter(checks.power, default=1.0)
    lr_end: float = _parameter(checks.rate, default=0.0)
    cycle: bool = _parameter(checks.flag, default=False)

    def _check_together(self) -> None:
        _check_falls(self.lr0, self.lr_end)

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.polynomial_decay(
            xp, t, self.lr0, self.duration, self.power, self.lr_end, self.cycle
        )

    def _lowest(self, a: float, b: float) -> float:
        restarts = self.cycle and a // self.duration != b // self.duration
        return self.lr_end if restarts else super()._lowest(a, b)


@dataclass(frozen=True, repr=False)
class _Fall(Schedule):
    """A fall from `lr0` to `lr_end` in `duration`, whatever its shape."""

    lr0: float = _parameter(checks.rate)
    duration: float = _parameter(checks.length, time=1)
    lr_end: float = _parameter(checks.rate, default=0.0)

    def _check_together(self) -> None:
        _check_falls(self.lr0, self.lr_end)


@dataclass(frozen=True, repr=False)
class LinearDecay(_Fall):
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

    def _lowest(self, a: float, b: float) -> float:
        first, last = bisect_right(self.boundaries, a), bisect_right(self.boundaries, b)
        return min(self.values[first : last + 1])


@dataclass(frozen=True, repr=False)
class CosineDecay(_Fall):
    """Fall from `lr0` to `lr_end` along half a wave of the cosine.

    ``lr_end + (lr0 - lr_end) * (1 + cos(pi * min(t, duration) / duration)) / 2``

    Parameters
    ----------
    lr0 : float
        The first rate.
    duration : float
        The length of the fall, in the unit of t; the rate is `lr_end` from then on.
    lr_end : float
        The last rate, at most `lr0`: a rate, not a fraction of `lr0`.

    Raises
    ------
    ValueError
        When a parameter is outside its range, or `lr_end` is above `lr0`.

    Notes
    -----
    Loshchilov and Hutter, SGDR (1608.03983), without restarts; with them, see
    `Schedule.repeat`. Computed as a squared sine, which keeps every digit near the end.

    Examples
    --------
    >>> round(CosineDecay(0.1, duration=100)(50), 12)
    0.05
    """

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.cosine_decay(xp, t, self.lr0, self.duration, self.lr_end)


@dataclass(frozen=True, repr=False)
class InverseSqrt(Schedule):
    """Fall like one over the square root of time.

    ``lr0 / sqrt(1 + t / timescale)``

    Parameters
    ----------
    lr0 : float
        The first rate.
    timescale : float
        At ``t = 3 * timescale`` the rate has halved; in the unit of t.

    Raises
    ------
    ValueError
        When a parameter is outside its range.

    Notes
    -----
    Noam (Vaswani et al., 1706.03762) is ``InverseSqrt(peak, w).warmup(w)``.

    Examples
    --------
    >>> InverseSqrt(0.1, timescale=4000)(12_000)
    0.05
    """

    lr0: float = _parameter(checks.rate)
    timescale: float = _parameter(checks.length, time=1)

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.inverse_sqrt(xp, t, self.lr0, self.timescale)


@dataclass(frozen=True, repr=False)
class REX(_Fall):
    """Stay high for long, then fall fast: the reflected exponential.

    ``lr_end + (lr0 - lr_end) * 2 * z / (1 + z)`` with ``z = 1 - min(t, duration) / duration``

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
    Chen, Wolfe and Kyrillidis, REX (2107.04197).

    Examples
    --------
    >>> round(REX(0.3, duration=100)(50), 12)
    0.2
    """

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.rex(xp, t, self.lr0, self.duration, self.lr_end)


@dataclass(frozen=True, repr=False)
class _Phased(Schedule):
    """A schedule with another formula in each phase."""

    @cached_property
    @abstractmethod
    def _pieces(self) -> formulas.Pieces:
        """The formula of each phase."""

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.in_pieces(xp, t, self._pieces)


@dataclass(frozen=True, repr=False, init=False)
class OneCycle(_Phased):
    """Rise to a peak and fall far below the start, once.

    From `start` to `peak` in `warmup`, then to `lr_end` at `duration`; in three phases the
    fall to `start` takes `warmup` too, and the rest goes on to `lr_end`.

    Parameters
    ----------
    peak : float
        The highest rate.
    duration : float
        The length of it all, in the unit of t; the rate is `lr_end` from then on.
    warmup : float, optional
        The length of the rise, below `duration` (below half of it in three phases); by
        default ``0.3 * duration``.
    start : float, optional
        The first rate, at most `peak`; by default ``peak / 25``.
    lr_end : float, optional
        The last rate, at most `start`; by default ``start / 10_000``.
    shape : {"cosine", "linear"}
        The shape of each phase.
    three_phase : bool
        Whether the fall has two parts.

    Raises
    ------
    ValueError
        When a parameter is outside its range or the rates or lengths do not fit.

    Notes
    -----
    Smith, 1803.09820, with the defaults of fastai and PyTorch. PyTorch counts to the last
    update instead of one past it: its ``total_steps=N, pct_start=p`` is ``duration=N - 1,
    warmup=p * N - 1`` here.

    Examples
    --------
    >>> OneCycle(1.0, duration=100, start=0.1)(30)
    1.0
    """

    peak: float = _parameter(checks.rate)
    duration: float = _parameter(checks.length, time=1)
    warmup_length: float = _parameter(checks.length, time=1, name="warmup")
    start: float = _parameter(checks.rate)
    lr_end: float = _parameter(checks.rate)
    shape: str = _parameter(checks.one_of("cosine", "linear"))
    three_phase: bool = _parameter(checks.flag)

    def __init__(
        self,
        peak: float,
        duration: float,
        warmup: float | None = None,
        start: float | None = None,
        lr_end: float | None = None,
        shape: str = "cosine",
        three_phase: bool = False,
    ) -> None:
        start = checks.rate("peak", peak) / 25 if start is None else checks.rate("start", start)
        self._set(
            peak=peak,
            duration=duration,
            warmup_length=0.3 * checks.length("duration", duration) if warmup is None else warmup,
            start=start,
            lr_end=start / 10_000 if lr_end is None else lr_end,
            shape=shape,
            three_phase=three_phase,
        )

    def _check_together(self) -> None:
        if self.start > self.peak:
            raise ValueError(f"start = {self.start!r}: must be at most peak = {self.peak!r}")
        _check_falls(self.start, self.lr_end, "start")
        most = self.duration / (2 if self.three_phase else 1)
        if self.warmup_length >= most:
            raise ValueError(
                f"warmup = {self.warmup_length!r}: must be below {most!r}, to leave a fall"
            )

    @cached_property
    def _pieces(self) -> formulas.Pieces:
        return formulas.one_cycle(
            self.peak,
            self.duration,
            self.warmup_length,
            self.start,
            self.lr_end,
            self.shape,
            self.three_phase,
        )


@dataclass(frozen=True, repr=False)
class Cyclic(Schedule):
    """Rise and fall between two rates, again and again.

    ``low + (high - low) * w * a``, where w rises from 0 to 1 in `half_cycle` and falls again,
    and a is 1 ("triangular"), ``0.5 ** cycle`` ("triangular2") or ``exp(-decay_rate * t)``
    ("exp_range").

    Parameters
    ----------
    low, high : float
        The rates at the feet and at the first peak.
    half_cycle : float
        The length of a rise, and of a fall, in the unit of t.
    mode : {"triangular", "triangular2", "exp_range"}
        How the peaks shrink.
    decay_rate : float
        For "exp_range" alone: the relative loss of height per unit of t. PyTorch's ``gamma``
        is ``exp(-decay_rate)``.

    Raises
    ------
    ValueError
        When a parameter is outside its range, `low` is above `high`, or a `decay_rate` is
        given for another mode.

    Notes
    -----
    Smith, Cyclical Learning Rates (1506.01186).

    Examples
    --------
    >>> Cyclic(0.0, 1.0, half_cycle=4).curve(9)
    array([0.  , 0.25, 0.5 , 0.75, 1.  , 0.75, 0.5 , 0.25, 0.  ])
    """

    low: float = _parameter(checks.rate)
    high: float = _parameter(checks.rate)
    half_cycle: float = _parameter(checks.length, time=1)
    mode: str = _parameter(
        checks.one_of("triangular", "triangular2", "exp_range"), default="triangular"
    )
    decay_rate: float = _parameter(checks.decay_rate, time=-1, default=0.0)

    def _check_together(self) -> None:
        _check_limits(self.low, self.high)
        if self.decay_rate and self.mode != "exp_range":
            raise ValueError(
                f"decay_rate = {self.decay_rate!r}: is for mode 'exp_range' only, not "
                f"{self.mode!r}; leave it out or change the mode"
            )

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.cyclic(
            xp, t, self.low, self.high, self.half_cycle, self.mode, self.decay_rate
        )

    def _lowest(self, a: float, b: float) -> float:
        period = 2 * self.half_cycle
        return self.low if a // period != b // period else super()._lowest(a, b)


@dataclass(frozen=True, repr=False, init=False)
class WSD(_Phased):
    """Warm up, stay, decay: a constant rate between a rise and a fall.

    From 0 to `peak` in `warmup`, `peak` until ``duration - cooldown``, then to `lr_end`.

    Parameters
    ----------
    peak : float
        The rate between warmup and cooldown.
    duration : float
        The length of it all, in the unit of t; the rate is `lr_end` from then on.
    warmup, cooldown : float
        The lengths of the rise and the fall, parts of `duration`; 0 leaves one out.
    shape : {"linear", "1-sqrt", "cosine"}
        The shape of the cooldown.
    lr_end : float
        The last rate, at most `peak`.

    Raises
    ------
    ValueError
        When a parameter is outside its range, or warmup and cooldown are longer than
        `duration`.

    Notes
    -----
    Hu et al., MiniCPM (2404.06395); the shapes of Haegele et al. (2405.18392). The first
    update is made at rate 0 when there is a warmup: see `Schedule.warmup` for another start.

    Examples
    --------
    >>> WSD(1.0, duration=10, warmup=2, cooldown=4).curve(11)
    array([0.  , 0.5 , 1.  , 1.  , 1.  , 1.  , 1.  , 0.75, 0.5 , 0.25, 0.  ])
    """

    peak: float = _parameter(checks.rate)
    duration: float = _parameter(checks.length, time=1)
    warmup_length: float = _parameter(checks.span, time=1, name="warmup")
    cooldown: float = _parameter(checks.span, time=1)
    shape: str = _parameter(checks.one_of("linear", "1-sqrt", "cosine"))
    lr_end: float = _parameter(checks.rate)

    def __init__(
        self,
        peak: float,
        duration: float,
        warmup: float,
        cooldown: float,
        shape: str = "linear",
        lr_end: float = 0.0,
    ) -> None:
        self._set(
            peak=peak,
            duration=duration,
            warmup_length=warmup,
            cooldown=cooldown,
            shape=shape,
            lr_end=lr_end,
        )

    def _check_together(self) -> None:
        _check_falls(self.peak, self.lr_end, "peak")
        if self.warmup_length + self.cooldown > self.duration:
            raise ValueError(
                f"warmup = {self.warmup_length!r}: warmup and cooldown = {self.cooldown!r} are "
                f"parts of duration = {self.duration!r}, and their sum is above it; shorten one"
            )

    @cached_property
    def _pieces(self) -> formulas.Pieces:
        return formulas.wsd(
            self.peak,
            self.duration,
            self.warmup_length,
            self.cooldown,
            self.shape,
            self.lr_end,
        )


def _check_limits(low: float, high: float) -> None:
    if low > high:
        raise ValueError(f"low = {low!r}: must be at most high = {high!r}; swap them")


LEAVES = (
    Constant,
    StepDecay,
    ExponentialDecay,
    InverseTimeDecay,
    PolynomialDecay,
    LinearDecay,
    PiecewiseConstant,
    CosineDecay,
    InverseSqrt,
    OneCycle,
    Cyclic,
    REX,
    WSD,
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

    def _lowest(self, a: float, b: float) -> float:
        def floor(t: float) -> float:
            return float(FLOATS.floor_divide(t, self.every) * self.every)

        return self.schedule._lowest(floor(a), floor(b))


@dataclass(frozen=True, repr=False)
class Clip(Schedule):
    """A schedule kept between two rates; made by `Schedule.clip`."""

    schedule: Schedule = _parameter(_is_schedule)
    low: float = _parameter(checks.rate, default=0.0)
    high: float | None = _parameter(checks.optional(checks.rate), default=None)

    def _check_together(self) -> None:
        if self.high is not None:
            _check_limits(self.low, self.high)

    def _rate(self, xp: Library, t: Any) -> Any:
        rate = xp.maximum(self.schedule._rate(xp, t), self.low)
        return rate if self.high is None else xp.minimum(rate, self.high)

    def __repr__(self) -> str:
        return f"{self.schedule!r}.clip(low={self.low!r}, high={self.high!r})"

    def _lowest(self, a: float, b: float) -> float:
        rate = max(self.schedule._lowest(a, b), self.low)
        return rate if self.high is None else min(rate, self.high)


@dataclass(frozen=True, repr=False)
class Shift(Schedule):
    """A schedule that has already run for a while; made by `Schedule.shift`."""

    schedule: Schedule = _parameter(_is_schedule)
    by: float = _parameter(checks.span, time=1)

    def _rate(self, xp: Library, t: Any) -> Any:
        return self.schedule._rate(xp, xp.add(t, self.by))

    def __repr__(self) -> str:
        return f"{self.schedule!r}.shift(by={self.by!r})"

    def _lowest(self, a: float, b: float) -> float:
        return self.schedule._lowest(a + self.by, b + self.by)


@dataclass(frozen=True, repr=False)
class Warmup(Schedule):
    """A schedule after a straight rise to its first rate; made by `Schedule.warmup`."""

    schedule: Schedule = _parameter(_is_schedule)
    duration: float = _parameter(checks.length, time=1)
    start: float = _parameter(checks.rate, default=0.0)

    def _check_together(self) -> None:
        peak = self.schedule(0)
        if self.start > peak:
            raise ValueError(
                f"start = {self.start!r}: must be at most the first rate after the warmup, {peak!r}"
            )

    def _rate(self, xp: Library, t: Any) -> Any:
        def rise(t: Any) -> Any:
            peak = self.schedule._rate(xp.numbers or xp, 0)
            return formulas.linear_rise(xp, t, self.start, self.duration, peak)

        return xp.switch(t, self.duration, rise, lambda t: self.schedule._rate(xp, t))

    def __repr__(self) -> str:
        return f"{self.schedule!r}.warmup(duration={self.duration!r}, start={self.start!r})"

    def _lowest(self, a: float, b: float) -> float:
        if b < self.duration:
            return float(self._rate(FLOATS, a))
        since = self.schedule._lowest(max(a - self.duration, 0), b - self.duration)
        return min(self._rate(FLOATS, a), since) if a < self.duration else since


@dataclass(frozen=True, repr=False)
class Then(Schedule):
    """One schedule after another; made by `Schedule.then`."""

    schedule: Schedule = _parameter(_is_schedule)
    other: Schedule = _parameter(_is_schedule)
    at: float = _parameter(checks.length, time=1)

    def _rate(self, xp: Library, t: Any) -> Any:
        return xp.switch(
            t,
            self.at,
            lambda t: self.schedule._rate(xp, t),
            lambda t: self.other._rate(xp, t),
        )

    def __repr__(self) -> str:
        return f"{self.schedule!r}.then({self.other!r}, at={self.at!r})"

    def _lowest(self, a: float, b: float) -> float:
        parts = []
        if a < self.at:
            parts.append(self.schedule._lowest(a, min(b, self.at)))
        if b >= self.at:
            parts.append(self.other._lowest(max(a - self.at, 0), b - self.at))
        return min(parts)


@dataclass(frozen=True, repr=False, init=False)
class Repeat(Schedule):
    """A schedule that starts again and again; made by `Schedule.repeat`."""

    schedule: Schedule = _parameter(_is_schedule)
    every: float = _parameter(checks.length, time=1)
    stretch_by: float = _parameter(checks.growth, name="stretch")
    scale: float = _parameter(checks.ratio)

    def __init__(
        self, schedule: Schedule, every: float, stretch: float = 1, scale: float = 1.0
    ) -> None:
        self._set(schedule=schedule, every=every, stretch_by=stretch, scale=scale)

    def _rate(self, xp: Library, t: Any) -> Any:
        cycle, since = formulas.repeat(xp, t, self.every, self.stretch_by)
        rate = self.schedule._rate(xp, since)
        if not traced(self.scale) and self.scale == 1:
            return rate
        return rate * xp.compound(self.scale, cycle)

    def __repr__(self) -> str:
        more = f", stretch={self.stretch_by!r}, scale={self.scale!r}"
        return f"{self.schedule!r}.repeat(every={self.every!r}{more})"

    def _lowest(self, a: float, b: float) -> float:
        (first, since), (last, until) = (
            formulas.repeat(FLOATS, t, self.every, self.stretch_by) for t in (a, b)
        )
        # In a cycle that is over, the end may be seen too, or a little less.
        in_one = first == last
        lowest = self.schedule._lowest(since if in_one else 0, until if in_one else self.every)
        return float(lowest * self.scale**last)


@dataclass(frozen=True, repr=False)
class Product(Schedule):
    """Two schedules multiplied; made by ``a * b``."""

    left: Schedule = _parameter(_is_schedule)
    right: Schedule = _parameter(_is_schedule)

    def _rate(self, xp: Library, t: Any) -> Any:
        return self.left._rate(xp, t) * self.right._rate(xp, t)

    def __repr__(self) -> str:
        return f"({self.left!r} * {self.right!r})"

    def _lowest(self, a: float, b: float) -> float:
        return self.left._lowest(a, b) * self.right._lowest(a, b)


@dataclass(frozen=True, repr=False)
class Sum(Schedule):
    """Two schedules added; made by ``a + b``."""

    left: Schedule = _parameter(_is_schedule)
    right: Schedule = _parameter(_is_schedule)

    def _rate(self, xp: Library, t: Any) -> Any:
        return self.left._rate(xp, t) + self.right._rate(xp, t)

    def __repr__(self) -> str:
        return f"({self.left!r} + {self.right!r})"

    def _lowest(self, a: float, b: float) -> float:
        return self.left._lowest(a, b) + self.right._lowest(a, b)


def classes(base: type[Schedule] = Schedule) -> dict[str, type[Schedule]]:
    """Return every class of schedules by its name, those that only share code aside."""
    found: dict[str, type[Schedule]] = {}
    for cls in base.__subclasses__():
        found |= classes(cls) if cls.__name__.startswith("_") else {cls.__name__: cls}
    return found


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
    known = classes()
    name = config.get("class_name")
    if name not in known:
        raise ValueError(f"class_name = {name!r}: expected one of {', '.join(sorted(known))}")
    values = {
        key: from_config(value) if isinstance(value, dict) else value
        for key, value in config["config"].items()
    }
    try:
        return known[name](**values)
    except TypeError as error:
        raise ValueError(f"config = {config['config']!r}: {error}") from error
