"""What a schedule is, and the algebra: the ways to make new schedules of given ones.

A schedule is a frozen dataclass that answers one question: at which rate is update ``t``
made? It has no state, so calling, plotting or saving it never changes what it trains. Of
itself it also knows what happens when (`lrdecay.schedules.landmarks`) and how its parameters are
called (`lrdecay.schedules.parameters`), so that whatever shows or checks schedules knows no class.
"""

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from functools import cached_property, wraps
from itertools import pairwise
from operator import itemgetter
from typing import Any, ClassVar, Self, TypeVar, cast, overload

import numpy as np
from numpy.typing import NDArray

from lrdecay import checks, formulas
from lrdecay.arrays import (
    FLOATS,
    LAST_STEP,
    NUMPY,
    Library,
    WholeAsFloat,
    in_jax,
    is_letter,
    prepare,
    sympy_library,
    traced,
)
from lrdecay.schedules.landmarks import Landmark, Part, when
from lrdecay.schedules.parameters import (
    AT,
    BY,
    DURATION,
    EVERY,
    FLAG,
    HIGH_OR_NONE,
    LOW,
    LR0,
    LR_END,
    PACE_BOUNDARIES,
    PACES,
    POSITIVE_LR_END,
    POSITIVE_START,
    POWER,
    RATES,
    SCALE,
    START,
    STRETCH,
    Bound,
    Parameter,
    Place,
    is_number,
    word,
)

FEW = 1024
"""Steps that are looked at one by one."""

BLOCK = 2**16
"""Steps that are computed at once: so few that they stay in the processor's cache."""

NO_STEP: Any = object()
"""What stands for a step that was forgotten, as Keras does with a function."""

Init = TypeVar("Init", bound=Callable[..., None])


def _is_schedule(name: str, value: Any) -> "Schedule":
    if not isinstance(value, Schedule):
        raise TypeError(f"{name} = {value!r}: expected a schedule, such as LinearDecay(0.1, 1000)")
    return value


PART = Parameter(_is_schedule)
"""A schedule that another one is made of."""


def takes_fields(init: Init) -> Init:
    """Let an ``__init__`` take its fields' own names too, as `dataclasses.replace` gives them.

    ``replace(s, warmup=5)`` gives both ``warmup=5`` and the old ``warmup_length``: 5 is meant.
    """

    @wraps(init)
    def taking(self: Schedule, *args: Any, **kwargs: Any) -> None:
        arguments = {item.name: item.metadata["argument"] or item.name for item in fields(self)}
        given = {arguments.get(name, name): value for name, value in kwargs.items()}
        init(self, *args, **given | {name: kwargs[name] for name in given if name in kwargs})

    return cast(Init, taking)


def _holds(value: Any, name: str, stands: Callable[[Any], bool]) -> bool:
    """Return whether `value`, or anything in it, stands for a number that is not known."""
    if isinstance(value, Schedule):
        return bool(getattr(value, name))
    if isinstance(value, tuple):
        return any(_holds(member, name, stands) for member in value)
    return stands(value)


def _flat(place: Place, value: Any) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, tuple):
        for i, member in enumerate(value):
            yield from _flat(place.member(i), member)
    elif is_number(value) and not isinstance(value, Schedule):
        yield place, value


@dataclass(frozen=True, repr=False)
class Schedule(ABC):
    """The rate of update `t`, for every ``t >= 0``.

    ``t`` has no unit of its own: it is whatever the lengths of the schedule are counted in,
    steps or epochs. Update 0 is the first; the last of N updates is ``t = N - 1``.
    """

    bounds: ClassVar[tuple[Bound, ...]] = ()
    """What its parameters leave to each other."""

    _traced = False
    """Whether JAX traces a parameter, so that every rate is one of JAX's."""

    _lettered = False
    """Whether a parameter is a letter, so that every rate is a formula."""

    @abstractmethod
    def _rate(self, xp: Library, t: Any) -> Any:
        """Return the rate for a `t` that has been checked."""

    @abstractmethod
    def _landmarks(self, part: Part) -> Iterator[Landmark]:
        """Yield what it does and when, as `part` of a run."""

    @abstractmethod
    def _span(self) -> float:
        """Return a number of updates that shows what it does."""

    @abstractmethod
    def _ceiling(self, highest: float, n: int) -> float:
        """Return what no rate passes, wherever the sliders of its parameters stand."""

    def _check_together(self) -> None:
        """Raise when valid parameters do not fit each other."""
        for bound in self.bounds:
            value = self._arguments()[bound.argument]
            if value is not None:
                bound.check(self, value)

    def __post_init__(self) -> None:
        for item, (place, value) in zip(fields(self), self._values(), strict=True):
            checked = place.parameter.check(place.argument, value)
            object.__setattr__(self, item.name, checked)
        values = [value for _, value in self._values()]
        for name, stands in (("_traced", traced), ("_lettered", is_letter)):
            object.__setattr__(self, name, any(_holds(value, name, stands) for value in values))
        if self._traced:
            self._check_what_is_known()
        elif not self._lettered:
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

    def _rate_at(self, t: Any) -> Any:
        """Return the rate of update `t`: a number, or a formula where parameters are letters."""
        lettered = self._lettered or is_letter(t)
        if lettered:
            return self._rate(sympy_library(exact=False), t)
        return self(float(t) if type(t) is WholeAsFloat else t)

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
        return self.mapped(lambda _, x: WholeAsFloat(x) if type(x) is int and x > largest else x)

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

    def landmarks(self, horizon: float) -> list[Landmark]:
        """Return what it does and when, in order of time, up to a first restart after `horizon`.

        Examples
        --------
        >>> from lrdecay import PiecewiseConstant
        >>> s = PiecewiseConstant([30, 60], [0.1, 0.01, 0.001]).stretch(100).warmup(500)
        >>> [(mark.kind, mark.at) for mark in s.landmarks(horizon=9000)]
        [('warmup', 500), ('milestone', 3500), ('milestone', 6500)]
        """
        marks = self._landmarks(Part(lambda u: u, horizon))
        return sorted(marks, key=lambda mark: mark.at)

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
        scale = {1: lambda x: x * factor, -1: lambda x: x / factor, 0: lambda x: x}
        return self.mapped(lambda place, x: scale[place.parameter.time](x))

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

    def warmup(
        self,
        duration: float,
        start: float = 0.0,
        shape: str = "linear",
        power: float = 1.0,
        over: bool = False,
    ) -> "Schedule":
        """Return this schedule after a rise from `start` to its first rate.

        ``start + (s(0) - start) * t / duration`` until `duration`, then ``s(t - duration)``:
        the warmup comes before the schedule and does not shorten it. With `over` it lies over
        the schedule, whose own clock runs on below: a rise to ``s(duration)``, then ``s(t)``.

        Parameters
        ----------
        duration : float
            The length of the rise, in the unit of t; 0 is no warmup.
        start : float
            The rate of update 0. At 0, that update changes nothing.
        shape : {"linear", "cosine", "sine", "exponential", "power"}
            The shape of the rise: straight, half a wave, a quarter of a wave, straight on a
            logarithmic axis (from a `start` above 0), or ``(t / duration) ** power``.
        power : float
            The exponent of the shape "power".
        over : bool
            Whether the schedule does not wait for the end of the warmup.

        Raises
        ------
        ValueError
            When `duration` is no length, `start` is no rate or above the rate that the warmup
            ends at, or a `power` is given for another shape.

        Notes
        -----
        A warmup whose first update has its share already, ``(t + 1) / W``, is
        ``s.hold(1).warmup(W - 1, start=s(0) / W)``.

        Examples
        --------
        >>> from lrdecay import LinearDecay
        >>> LinearDecay(1.0, duration=4).warmup(2, start=0.5).curve(7)
        array([0.5 , 0.75, 1.  , 0.75, 0.5 , 0.25, 0.  ])
        >>> LinearDecay(1.0, duration=4).warmup(2, over=True).curve(5)
        array([0.  , 0.25, 0.5 , 0.25, 0.  ])
        """
        warmup = Warmup(self, 1 if no_length(duration) else duration, start, shape, power, over)
        return self if no_length(duration) else warmup

    def hold(self, duration: float) -> "Schedule":
        """Return this schedule after its first rate, held for `duration`.

        ``s(0)`` until `duration`, then ``s(t - duration)``. Holding a rate on purpose tells
        `audit` that it is meant.

        Parameters
        ----------
        duration : float
            How long the rate is held, in the unit of t; 0 leaves the schedule as it is.

        Raises
        ------
        ValueError
            When `duration` is no length.

        Examples
        --------
        >>> from lrdecay import LinearDecay
        >>> LinearDecay(1.0, duration=4).hold(2).curve(7)
        array([1.  , 1.  , 1.  , 0.75, 0.5 , 0.25, 0.  ])
        """
        return self if no_length(duration) else Hold(self, duration)

    def cooldown(
        self, duration: float, at: float, shape: str = "linear", lr_end: float = 0.0
    ) -> "Cooldown":
        """Return this schedule until `at`, and from there a fall to `lr_end` in `duration`.

        The fall begins at the schedule's own rate, ``s(at)``, and ends at ``at + duration``.

        Parameters
        ----------
        duration : float
            The length of the fall, in the unit of t.
        at : float
            When it begins.
        shape : {"linear", "cosine", "1-sqrt", "log-linear"}
            Its shape; "log-linear" is straight on a logarithmic axis and needs an `lr_end` above 0.
        lr_end : float
            The last rate, at most ``s(at)``.

        Raises
        ------
        ValueError
            When a parameter is outside its range, or the rate would rise.

        Notes
        -----
        Zhai et al. (2106.04560) put such a fall on other schedules; Haegele et al. (2405.18392)
        compare its shapes.

        Examples
        --------
        >>> from lrdecay import Constant
        >>> Constant(1.0).cooldown(4, at=2).curve(7)
        array([1.  , 1.  , 1.  , 0.75, 0.5 , 0.25, 0.  ])
        """
        return Cooldown(self, duration, at, shape, lr_end)

    def paced(self, boundaries: Sequence[float], paces: Sequence[float]) -> "Paced":
        """Return this schedule with time running ``paces[i]`` times as fast from a boundary on.

        For a batch that grows: a schedule over examples or tokens becomes one over updates when
        each update counts as many as its batch has.

        Parameters
        ----------
        boundaries : sequence of float
            When the pace changes, rising, in the unit of t, as it runs outside.
        paces : sequence of float
            The paces: one more than there are boundaries.

        Raises
        ------
        ValueError
            When the boundaries do not rise, a pace is not above 0, or their numbers do not fit.

        Examples
        --------
        >>> from lrdecay import LinearDecay
        >>> LinearDecay(1.0, duration=8).paced([2], [1, 2]).curve(6)
        array([1.   , 0.875, 0.75 , 0.5  , 0.25 , 0.   ])
        """
        return Paced(self, boundaries, paces)

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

    def __truediv__(self, other: float) -> "Product":
        """Return `self` with every rate multiplied by ``1 / other``."""
        return self * (1 / checks.divisor("divisor", other))

    def _has_no_order(self, other: Any = None) -> Any:
        """Raise, with what to do: optimizers of PyTorch compare their rate with 0, or negate it."""
        raise TypeError(
            f"{type(self).__name__} is a schedule and no number: give an optimizer of PyTorch a "
            "number and let lrdecay.to_torch(s, optimizer) set its rate; compare rates, as s(0)"
        )

    __lt__ = __le__ = __gt__ = __ge__ = __neg__ = __float__ = _has_no_order
    __rsub__ = __rtruediv__ = __pow__ = __rpow__ = _has_no_order  # 1 - rate * decay, in a step

    # What it is made of

    def _values(self) -> Iterator[tuple[Place, Any]]:
        """Yield each argument of its class, with its value."""
        for item in fields(self):
            argument = item.metadata["argument"] or item.name
            yield Place(argument, item.metadata["parameter"]), getattr(self, item.name)

    def _arguments(self) -> dict[str, Any]:
        """Return what to call its class with."""
        return {place.argument: value for place, value in self._values()}

    def _numbers(self) -> Iterator[tuple[Place, Any]]:
        """Yield each of its own numbers, those in lists too."""
        for place, value in self._values():
            yield from _flat(place, value)

    def parts(self) -> tuple["Schedule", ...]:
        """Return the schedules that it is made of: none for one formula.

        Examples
        --------
        >>> from lrdecay import LinearDecay
        >>> LinearDecay(0.1, 10).warmup(5).parts()
        (LinearDecay(lr0=0.1, duration=10, lr_end=0.0),)
        """
        return tuple(value for _, value in self._values() if isinstance(value, Schedule))

    def mapped(self, change: Callable[[Place, Any], Any]) -> Self:
        """Return this schedule with ``change(place, number)`` for each of its numbers.

        The one walk through a schedule and its parts, in the order of the arguments. What comes
        back is checked as always; a letter of SymPy made by `lrdecay.views.symbols` passes.

        Examples
        --------
        >>> from lrdecay import LinearDecay
        >>> LinearDecay(0.1, 10).mapped(lambda place, x: 2 * x)
        LinearDecay(lr0=0.2, duration=20, lr_end=0.0)
        """

        def walked(place: Place, value: Any) -> Any:
            if isinstance(value, Schedule):
                return value.mapped(change)
            if isinstance(value, tuple):
                return tuple(walked(place.member(i), member) for i, member in enumerate(value))
            return change(place, value) if is_number(value) else value

        return type(self)(
            **{place.argument: walked(place, value) for place, value in self._values()}
        )

    # How it is written down

    def __repr__(self) -> str:
        """Return the Python text that makes this schedule again."""
        values = ", ".join(f"{name}={value!r}" for name, value in self._arguments().items())
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
            return list(map(plain, value)) if isinstance(value, tuple) else value

        values = {name: plain(value) for name, value in self._arguments().items()}
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


@dataclass(frozen=True, repr=False)
class Formula(Schedule):
    """A schedule that is one formula; all others are made of such."""

    @classmethod
    @abstractmethod
    def _example(cls) -> Self:
        """Return one of its class: in its general formula, letters stand for these numbers."""

    def _ceiling(self, highest: float, n: int) -> float:
        bounded = {bound.argument for bound in self.bounds if not bound.least}
        return max(
            RATES.most(value, highest, n)
            for place, value in self._numbers()
            if place.parameter.is_rate and place.argument not in bounded
        )


@dataclass(frozen=True, repr=False)
class Constant(Formula):
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

    lr0: float = LR0.field()

    @classmethod
    def _example(cls) -> Self:
        return cls(0.1)

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.constant(xp, t, self.lr0)

    def _rates(self, n: int, steps: Callable[[int, int], NDArray[Any]]) -> NDArray[np.float64]:
        return np.full(n, self.lr0, np.float64)

    def _landmarks(self, part: Part) -> Iterator[Landmark]:
        return iter(())

    def _span(self) -> float:
        return 0


@dataclass(frozen=True, repr=False)
class Phased(Formula):
    """A schedule with another formula in each phase."""

    @cached_property
    @abstractmethod
    def _pieces(self) -> formulas.Pieces:
        """The formula of each phase."""

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.in_pieces(xp, t, self._pieces)


def _as_schedule(value: Schedule | float) -> Schedule:
    return value if isinstance(value, Schedule) else Constant(checks.rate("factor or term", value))


@dataclass(frozen=True, repr=False)
class Combination(Schedule):
    """A schedule that is made of others."""

    method: ClassVar[str] = ""
    """The method of `Schedule` that makes it, and stands in its repr."""

    def _ceiling(self, highest: float, n: int) -> float:
        return max(part._ceiling(highest, n) for part in self.parts())

    def __repr__(self) -> str:
        (_, first), *others = self._arguments().items()
        left_out = {
            f.name for f in fields(self) if not f.repr and getattr(self, f.name) == f.default
        }
        arguments = (
            repr(value) if isinstance(value, Schedule) else f"{name}={value!r}"
            for name, value in others
            if name not in left_out
        )
        return f"{first!r}.{self.method}({', '.join(arguments)})"


def check_boundaries(
    boundaries: Sequence[float], name: str, values: Sequence[float], for_one: str
) -> None:
    """Raise ValueError when there is not one value more than boundaries, or they do not rise.

    `for_one` is what to use where there is no boundary.
    """
    if not boundaries:
        raise ValueError(f"boundaries = (): give one or more; {for_one}")
    if len(values) != len(boundaries) + 1:
        raise ValueError(
            f"{name} = {values!r}: there must be one more than there are boundaries, "
            f"{len(boundaries) + 1} and not {len(values)}"
        )
    if any(a >= b for a, b in pairwise(boundaries)):
        raise ValueError(f"boundaries = {boundaries!r}: must rise; sort them")


def positive(
    values: Iterator[tuple[Place, Any]], argument: str, parameter: Parameter, must_be: bool
) -> Iterator[tuple[Place, Any]]:
    """Yield `values` with another parameter for `argument` where it must be above 0."""
    for place, value in values:
        changes = must_be and place.argument == argument
        yield (replace(place, parameter=parameter) if changes else place), value


def no_length(duration: Any) -> bool:
    """Return whether `duration` is 0, and known to be."""
    return (
        not traced(duration) and not is_letter(duration) and checks.span("duration", duration) == 0
    )


@dataclass(frozen=True, repr=False)
class Staircase(Combination):
    """A schedule that only changes at multiples of a length; made by `Schedule.staircase`."""

    method = "staircase"

    schedule: Schedule = PART.field()
    every: float = EVERY.field()

    def _rate(self, xp: Library, t: Any) -> Any:
        return self.schedule._rate(xp, xp.floor_divide(t, self.every) * self.every)

    def _landmarks(self, part: Part) -> Iterator[Landmark]:
        return self.schedule._landmarks(part.held(self.every))

    def _span(self) -> float:
        return max(self.schedule._span(), 4 * self.every)

    def _lowest(self, a: float, b: float) -> float:
        def floor(t: float) -> float:
            return float(FLOATS.floor_divide(t, self.every) * self.every)

        return self.schedule._lowest(floor(a), floor(b))


@dataclass(frozen=True, repr=False)
class Clip(Combination):
    """A schedule kept between two rates; made by `Schedule.clip`."""

    method = "clip"

    schedule: Schedule = PART.field()
    low: float = LOW.field(default=0.0)
    high: float | None = HIGH_OR_NONE.field(default=None)

    bounds = (Bound("high", lambda s: s.low, "low", "swap them", least=True),)

    def _rate(self, xp: Library, t: Any) -> Any:
        rate = xp.maximum(self.schedule._rate(xp, t), self.low)
        return rate if self.high is None else xp.minimum(rate, self.high)

    def _landmarks(self, part: Part) -> Iterator[Landmark]:
        return self.schedule._landmarks(part)

    def _span(self) -> float:
        return self.schedule._span()

    def _ceiling(self, highest: float, n: int) -> float:
        return max(self.schedule._ceiling(highest, n), RATES.most(self.low, highest, n))

    def _lowest(self, a: float, b: float) -> float:
        rate = max(self.schedule._lowest(a, b), self.low)
        return rate if self.high is None else min(rate, self.high)


@dataclass(frozen=True, repr=False)
class Shift(Combination):
    """A schedule that has already run for a while; made by `Schedule.shift`."""

    method = "shift"

    schedule: Schedule = PART.field()
    by: float = BY.field()

    def _rate(self, xp: Library, t: Any) -> Any:
        return self.schedule._rate(xp, xp.add(t, self.by))

    def _landmarks(self, part: Part) -> Iterator[Landmark]:
        return self.schedule._landmarks(part.delayed(-self.by))

    def _span(self) -> float:
        return self.schedule._span() - self.by

    def _lowest(self, a: float, b: float) -> float:
        return self.schedule._lowest(a + self.by, b + self.by)


@dataclass(frozen=True, repr=False)
class Warmup(Combination):
    """A schedule after a rise; made by `Schedule.warmup`."""

    method = "warmup"
    bounds = (
        Bound(
            "start",
            lambda s: s._peak(),
            "the rate that the warmup ends at",
            "lower it",
        ),
    )

    schedule: Schedule = PART.field()
    duration: float = DURATION.field()
    start: float = START.field(default=0.0)
    shape: str = word(*formulas.RISES).field(default="linear", repr=False)
    power: float = POWER.field(default=1.0, repr=False)
    over: bool = FLAG.field(default=False, repr=False)

    def _check_together(self) -> None:
        super()._check_together()
        if self.shape != "power" and not traced(self.power) and self.power != 1:
            raise ValueError(
                f"power = {self.power!r}: is for the shape 'power' only, not {self.shape!r}; leave "
                "it out or change the shape"
            )

    def _values(self) -> Iterator[tuple[Place, Any]]:
        return positive(super()._values(), "start", POSITIVE_START, self.shape == "exponential")

    def _peak(self) -> Any:
        """Return the rate that the warmup ends at."""
        return self.schedule._rate_at(self.duration if self.over else 0)

    def _rate(self, xp: Library, t: Any) -> Any:
        def rise(t: Any) -> Any:
            peak = self.schedule._rate(xp.numbers or xp, self.duration if self.over else 0)
            more = (self.power,) if self.shape == "power" else ()
            return formulas.RISES[self.shape](xp, t, self.start, self.duration, peak, *more)

        rest = self.schedule._rate
        return xp.switch(t, self.duration, rise, lambda t: rest(xp, t), not self.over)

    def _lowest(self, a: float, b: float) -> float:
        if b < self.duration:
            return float(self._rate(FLOATS, a))
        shift = 0 if self.over else self.duration
        since = self.schedule._lowest(max(a, self.duration) - shift, b - shift)
        return min(self._rate(FLOATS, a), since) if a < self.duration else since

    def _landmarks(self, part: Part) -> Iterator[Landmark]:
        text = f"the end of the warmup of {when(self.duration)}"
        yield from part.mark("warmup", self.duration, text)
        after = part.unseen_before if self.over else part.after
        yield from self.schedule._landmarks(after(self.duration))

    def _span(self) -> float:
        span = self.schedule._span() if self.over else self.duration + self.schedule._span()
        return max(span, 1.25 * self.duration)


@dataclass(frozen=True, repr=False)
class Hold(Combination):
    """A schedule after its first rate, held for a while; made by `Schedule.hold`."""

    method = "hold"

    schedule: Schedule = PART.field()
    duration: float = DURATION.field()

    def _rate(self, xp: Library, t: Any) -> Any:
        def level(t: Any) -> Any:
            return formulas.constant(xp, t, self.schedule._rate(xp.numbers or xp, 0))

        return xp.switch(t, self.duration, level, lambda t: self.schedule._rate(xp, t))

    def _lowest(self, a: float, b: float) -> float:
        return self.schedule._lowest(max(a - self.duration, 0), max(b - self.duration, 0))

    def _landmarks(self, part: Part) -> Iterator[Landmark]:
        yield from part.mark(
            "clock", self.duration, f"the end of the hold of {when(self.duration)}"
        )
        yield from self.schedule._landmarks(part.delayed(self.duration))

    def _span(self) -> float:
        return self.duration + self.schedule._span()


@dataclass(frozen=True, repr=False)
class Cooldown(Combination):
    """A schedule that falls to an end from some time on; made by `Schedule.cooldown`."""

    method = "cooldown"
    bounds = (
        Bound(
            "lr_end",
            lambda s: s.schedule._rate_at(s.at),
            "the rate that the cooldown begins at",
            "or the rate would rise; lower it",
        ),
    )

    schedule: Schedule = PART.field()
    duration: float = DURATION.field()
    at: float = AT.field()
    shape: str = word(*formulas.FALLS).field(default="linear")
    lr_end: float = LR_END.field(default=0.0)

    def _values(self) -> Iterator[tuple[Place, Any]]:
        return positive(super()._values(), "lr_end", POSITIVE_LR_END, self.shape == "log-linear")

    def _rate(self, xp: Library, t: Any) -> Any:
        def fall(t: Any) -> Any:
            first = self.schedule._rate(xp.numbers or xp, self.at)
            return formulas.FALLS[self.shape](xp, t, first, self.duration, self.lr_end)

        return xp.switch(t, self.at, lambda t: self.schedule._rate(xp, t), fall)

    def _lowest(self, a: float, b: float) -> float:
        parts = []
        if a < self.at:
            parts.append(self.schedule._lowest(a, min(b, self.at)))
        if b >= self.at:
            parts.append(float(self._rate(FLOATS, b)))
        return min(parts)

    def _landmarks(self, part: Part) -> Iterator[Landmark]:
        yield from self.schedule._landmarks(part.before(self.at, "join"))
        text = f"the start of the cooldown of {when(self.duration)}"
        yield from part.mark("milestone", self.at, text)
        end = self.at + self.duration
        yield from part.mark("end", end, f"the end of the cooldown, at {when(end)}")

    def _span(self) -> float:
        return self.at + 1.25 * self.duration


@dataclass(frozen=True, repr=False)
class Paced(Combination):
    """A schedule whose time runs at several paces; made by `Schedule.paced`."""

    method = "paced"

    schedule: Schedule = PART.field()
    boundaries: Sequence[float] = PACE_BOUNDARIES.field()
    paces: Sequence[float] = PACES.field()

    def _check_together(self) -> None:
        instead = "s.stretch(1 / pace) is for one pace"
        check_boundaries(self.boundaries, "paces", self.paces, instead)

    @cached_property
    def _clock(self) -> formulas.Pieces:
        return formulas.paces(self.boundaries, self.paces)

    def _inside(self, t: float) -> float:
        """Return the time of the schedule at `t`."""
        time: float = formulas.in_pieces(FLOATS, t, self._clock)
        return time

    def _outside(self, u: float) -> float:
        """Return when the schedule's own time is `u`."""
        pieces = self._clock[1]
        since, _, passed, _, pace = pieces[max(bisect_right(pieces, u, key=itemgetter(2)) - 1, 0)]
        return since + (u - passed) / pace

    def _rate(self, xp: Library, t: Any) -> Any:
        def clock(t: Any) -> Any:
            return formulas.in_pieces(xp, t, self._clock)

        return xp.paced(t, clock, lambda time: self.schedule._rate(xp, xp.clock(time)))

    def _lowest(self, a: float, b: float) -> float:
        return self.schedule._lowest(self._inside(a), self._inside(b))

    def _landmarks(self, part: Part) -> Iterator[Landmark]:
        for i, boundary in enumerate(self.boundaries):
            yield from part.mark("clock", boundary, f"boundaries[{i}] = {when(boundary)}")
        yield from self.schedule._landmarks(part.paced(self._outside))

    def _span(self) -> float:
        return self._outside(self.schedule._span())


@dataclass(frozen=True, repr=False)
class Then(Combination):
    """One schedule after another; made by `Schedule.then`."""

    method = "then"

    schedule: Schedule = PART.field()
    other: Schedule = PART.field()
    at: float = AT.field()

    def _rate(self, xp: Library, t: Any) -> Any:
        return xp.switch(
            t,
            self.at,
            lambda t: self.schedule._rate(xp, t),
            lambda t: self.other._rate(xp, t),
        )

    def _landmarks(self, part: Part) -> Iterator[Landmark]:
        yield from self.schedule._landmarks(part.before(self.at, "join"))
        yield from part.mark("join", self.at, f"the join with {type(self.other).__name__}")
        yield from self.other._landmarks(part.after(self.at))

    def _span(self) -> float:
        return self.at + max(self.other._span(), 0.25 * self.at)

    def _lowest(self, a: float, b: float) -> float:
        parts = []
        if a < self.at:
            parts.append(self.schedule._lowest(a, min(b, self.at)))
        if b >= self.at:
            parts.append(self.other._lowest(max(a - self.at, 0), b - self.at))
        return min(parts)


@dataclass(frozen=True, repr=False, init=False)
class Repeat(Combination):
    """A schedule that starts again and again; made by `Schedule.repeat`."""

    method = "repeat"

    schedule: Schedule = PART.field()
    every: float = EVERY.field()
    stretch_by: float = STRETCH.field(argument="stretch")
    scale: float = SCALE.field()

    @takes_fields
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

    def _landmarks(self, part: Part) -> Iterator[Landmark]:
        yield from self.schedule._landmarks(part.before(self.every, "restart"))
        yield from part.cycles(self.every, self.stretch_by)

    def _span(self) -> float:
        return self.every * (1 + self.stretch_by + self.stretch_by**2)

    def _lowest(self, a: float, b: float) -> float:
        (first, since), (last, until) = (
            formulas.repeat(FLOATS, t, self.every, self.stretch_by) for t in (a, b)
        )
        # In a cycle that is over, the end may be seen too, or a little less.
        in_one = first == last
        lowest = self.schedule._lowest(since if in_one else 0, until if in_one else self.every)
        return float(lowest * self.scale**last)


@dataclass(frozen=True, repr=False)
class _Pair(Combination):
    """Two schedules, at the same time."""

    left: Schedule = PART.field()
    right: Schedule = PART.field()

    def _landmarks(self, part: Part) -> Iterator[Landmark]:
        yield from self.left._landmarks(part)
        yield from self.right._landmarks(part)

    def _span(self) -> float:
        return max(part._span() for part in self.parts())


@dataclass(frozen=True, repr=False)
class Product(_Pair):
    """Two schedules multiplied; made by ``a * b``."""

    def _rate(self, xp: Library, t: Any) -> Any:
        return self.left._rate(xp, t) * self.right._rate(xp, t)

    def __repr__(self) -> str:
        return f"({self.left!r} * {self.right!r})"

    def _ceiling(self, highest: float, n: int) -> float:
        return self.left._ceiling(highest, n) * self.right._ceiling(highest, n)

    def _lowest(self, a: float, b: float) -> float:
        return self.left._lowest(a, b) * self.right._lowest(a, b)


@dataclass(frozen=True, repr=False)
class Sum(_Pair):
    """Two schedules added; made by ``a + b``."""

    def _rate(self, xp: Library, t: Any) -> Any:
        return self.left._rate(xp, t) + self.right._rate(xp, t)

    def __repr__(self) -> str:
        return f"({self.left!r} + {self.right!r})"

    def _ceiling(self, highest: float, n: int) -> float:
        return self.left._ceiling(highest, n) + self.right._ceiling(highest, n)

    def _lowest(self, a: float, b: float) -> float:
        return self.left._lowest(a, b) + self.right._lowest(a, b)
