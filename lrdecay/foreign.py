"""Schedules of other libraries, read as what they are to us: a rate for each step, and no more."""

import copy
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrdecay.interop import from_keras
from lrdecay.schedules import Constant, Schedule
from lrdecay.schedules.landmarks import Landmark

RISING = {"CosineAnnealingWarmRestarts", "CosineDecayRestarts", "CyclicLR"}
"""Classes of PyTorch and Keras whose rates are meant to rise again and again."""

LOOKED_AT = 500
"""How many steps of a run are asked for; a run that is not longer is read whole."""

SMALL = 0.05
"""A change below this share of the highest rate is not taken for a rise or a fall."""

Rate = Callable[[int], float]


@dataclass(frozen=True)
class Foreign:
    """A schedule of another library.

    Parameters
    ----------
    rate : callable
        The rate of a step below `horizon`.
    horizon : int
        The number of steps that can be asked for; below that of the run when the schedule
        refuses to go on.
    rises : bool or None
        Whether the rate is meant to rise again after a fall; None where that is not known.
    """

    rate: Rate
    horizon: int
    rises: bool | None


def read(s: Any, total_steps: int) -> Sequence[Schedule | Foreign]:
    """Return `s` as a Schedule where it is one of Keras' that we have, else as its rates.

    A PyTorch scheduler has rates for each parameter group; all others have one member.

    Nothing of `s` changes: a PyTorch scheduler is copied, without its optimizer's tensors,
    and the copy is stepped.

    Raises
    ------
    TypeError
        When `s` is no schedule.
    ValueError
        When `s` cannot be copied, or fails at a step of the run.
    """
    if isinstance(s, list | tuple | np.ndarray):
        return [_listed(s)]
    if "keras" in _libraries(s) and hasattr(s, "_learning_rate"):  # an optimizer
        inner = s._learning_rate
        return read(inner, total_steps) if callable(inner) else [Constant(float(s.learning_rate))]
    if "keras" in _libraries(s) and callable(s):
        try:
            return [from_keras(s)]
        except (TypeError, ValueError):  # one that we do not have
            rises = type(s).__name__ in RISING or bool(getattr(s, "cycle", False))
            return [Foreign(_asked(s), _far(total_steps), rises)]
    if hasattr(s, "optimizer") and hasattr(s, "get_last_lr"):
        return _stepped(s, total_steps)
    if callable(s) and not isinstance(s, type):
        return [Foreign(_asked(s), _far(total_steps), None)]
    raise TypeError(
        f"s = {s!r}: expected a schedule of lrdecay, Keras, PyTorch or Optax, a list of rates, or "
        "a function of the step, such as lambda t: 0.1"
    )


def _from_count(s: Schedule, count: int, every: int) -> Schedule:
    s = s if every == 1 else s.staircase(1).stretch(every)
    return s.shift(count) if count else s


def _listed(rates: Any) -> Foreign:
    """Read a list of rates, one for each update."""
    try:
        array = np.asarray(rates, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.empty(0)
    if array.ndim != 1 or not array.size:
        raise ValueError(f"s = {rates!r}: expected a list of rates, one for each update")
    return Foreign(lambda t: float(array[t]), len(array), None)


def counts_in_float32(s: Any) -> bool:
    """Return whether the library of `s` turns steps into float32."""
    return bool(_libraries(s) & {"keras", "optax", "jax"}) and "lrdecay" not in _libraries(s)


def _libraries(s: Any) -> set[str]:
    modules = [cls.__module__ for cls in type(s).__mro__] + [getattr(s, "__module__", None) or ""]
    return {module.partition(".")[0] for module in modules}


def _far(total_steps: int) -> int:
    """Return how many steps to look at, to see what would come after the run."""
    return max(8 * total_steps, 100_000)


def _asked(s: Callable[[int], Any]) -> Rate:
    def rate(t: int) -> float:
        try:
            return float(compiled(t))
        except Exception as error:  # whatever a stranger's function may raise
            raise ValueError(
                f"s: called with step {t}, it must return a number, but it raised "
                f"{type(error).__name__}: {error}"
            ) from error

    compiled = s
    with suppress(Exception):  # `rate` will tell
        if type(s(0)).__module__.partition(".")[0] in ("jax", "jaxlib"):
            compiled = _compiled(s)
    return rate


def _compiled(s: Callable[[int], Any]) -> Callable[[int], Any]:
    """Return a function of JAX compiled where it can be: it is asked for many steps."""
    import jax  # noqa: PLC0415

    compiled: Callable[[int], Any] = jax.jit(s)
    compiled(0)
    return compiled


def _stepped(scheduler: Any, total_steps: int) -> Sequence[Schedule | Foreign]:
    """Read a PyTorch scheduler from where it is now, one by one for its parameter groups."""
    name = type(scheduler).__name__
    if name == "TorchSchedule":  # ours: it knows what it does and when
        count, every = scheduler.last_epoch, scheduler.every
        return [_from_count(s, count, every) for s in scheduler.schedules]
    if name == "ReduceLROnPlateau":
        raise TypeError(f"s = {name}: it follows the loss, so no step has a rate before the run")
    twin = _twin(scheduler)
    rises = any(type(part).__name__ in RISING for part in _parts(scheduler))
    if name == "LambdaLR":  # a function of the step, so there is no need to go through all
        first = int(twin.last_epoch)

        def asked(base: float, function: Any) -> Rate:
            return _asked(lambda t: base * float(function(first + t)))

        return [
            Foreign(asked(float(base), function), _far(total_steps), None)
            for base, function in zip(twin.base_lrs, twin.lr_lambdas, strict=True)
        ]
    rates = [[float(rate) for rate in twin.get_last_lr()]]

    def refuses() -> bool:
        try:
            twin.step()
        except ValueError:  # OneCycleLR, after its end
            return True
        rates.append([float(rate) for rate in twin.get_last_lr()])
        return False

    def rates_of(t: int) -> list[float]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an optimizer that has made no step
            while len(rates) <= t and not refuses():
                pass
        return rates[min(t, len(rates) - 1)]

    def asked_of(group: int) -> Rate:
        return lambda t: rates_of(t)[group]

    rates_of(total_steps - 1)
    after = min(max(3 * total_steps, 20_000), 100_000)
    stops = len(rates) < total_steps
    horizon = len(rates) if stops else total_steps + after
    return [Foreign(asked_of(group), horizon, rises) for group in range(len(rates[0]))]


def _twin(scheduler: Any) -> Any:
    """Return a copy of `scheduler` whose optimizer is no more than a list of rates."""
    optimizer = scheduler.optimizer
    stand_in = SimpleNamespace(
        param_groups=[
            {key: copy.deepcopy(value) for key, value in group.items() if key != "params"}
            for group in optimizer.param_groups
        ],
        defaults=copy.deepcopy(getattr(optimizer, "defaults", {})),
        step=lambda: None,
    )
    try:
        return copy.deepcopy(scheduler, {id(optimizer): stand_in})
    except Exception as error:  # whatever a stranger's object may raise
        raise ValueError(
            f"s = {type(scheduler).__name__}: it cannot be copied ({error}); give a function of "
            "the step instead"
        ) from error


def _parts(scheduler: Any) -> Iterator[Any]:
    yield scheduler
    for part in getattr(scheduler, "_schedulers", ()):
        yield from _parts(part)


def grid(total_steps: int, most: int) -> NDArray[np.int64]:
    """Return steps that cover a run: all of them when there are at most `most`."""
    count = min(total_steps, most)
    return np.unique(np.linspace(0, total_steps - 1, count).round().astype(np.int64))


def inferred(foreign: Foreign, total_steps: int) -> list[Landmark]:
    """Return the landmarks that the rates of a schedule betray, in order of time.

    Within the run: where a fallen rate jumps up ("join") or turns up slowly ("rise"), or
    both again and again ("restart"). After it: where a rate that has come to rest changes
    ("milestone"), or one that is falling comes to its end ("end").
    """
    steps = grid(min(total_steps, foreign.horizon), LOOKED_AT)
    rates = np.array([foreign.rate(int(t)) for t in steps])
    peak = float(rates.max())
    if not (np.isfinite(rates).all() and peak > 0):
        return []
    rises = list(_rises(rates, SMALL * peak))
    marks = [_turn(foreign.rate, steps, *rise) for rise in rises]
    # To rise once may be a mistake. To rise several times, or to fall as low again after it,
    # is to go in cycles, unless the class says no.
    cycles = len(rises) > 1 or (rises and rates[-1] <= rates[rises[0][0]] + 2 * SMALL * peak)
    if foreign.rises or (foreign.rises is None and cycles):
        marks = [
            Landmark("again" if n else "restart", mark.at, f"the start of cycle {n + 2}")
            for n, mark in enumerate(marks)
        ]
    else:
        marks += _settled(foreign.rate, steps, rates)
        if foreign.horizon > total_steps:
            with suppress(ValueError):  # a function need not have rates after the run
                marks += _after_the_run(foreign, total_steps, peak)
    if foreign.horizon < total_steps:
        marks.append(Landmark("refusal", foreign.horizon, "its own end"))
    return sorted(marks, key=lambda mark: mark.at)


def _rises(rates: NDArray[np.float64], least: float) -> Iterator[tuple[int, int]]:
    """Yield the low and the top of each rise of at least `least` that follows such a fall."""
    low = top = 0
    falling = fallen = False
    for i, rate in enumerate(rates):
        if falling:
            if rate < rates[low]:
                low = i
            elif rate >= rates[low] + least:
                falling, top = False, i
        elif rate > rates[top]:
            top = i
        elif rate <= rates[top] - least:
            if fallen:
                yield low, top
            falling, fallen, low = True, True, i
    if fallen and not falling:
        yield low, top


def _turn(rate: Rate, steps: NDArray[np.int64], low: int, top: int) -> Landmark:
    """Return where a rise begins: at one jump that makes up most of it, or slowly."""
    at, size = _steepest(rate, int(steps[low]), int(steps[top]))
    if size >= 0.5 * (rate(int(steps[top])) - rate(int(steps[low]))):
        return Landmark("join", at, "a jump")
    return Landmark("rise", _lowest(rate, steps, low), "the lowest rate")


def _settled(
    rate: Rate, steps: NDArray[np.int64], rates: NDArray[np.float64]
) -> Iterator[Landmark]:
    """Yield the step from which the rate stays what it is at the end, if it fell before."""
    moving = np.flatnonzero(rates != rates[-1])
    if moving.size and moving[-1] < len(steps) - 2 and rates[moving[-1]] > rates[-1]:
        last = rates[-1]
        at = first_step(
            lambda t: rate(t) == last, int(steps[moving[-1]]), int(steps[moving[-1] + 1])
        )
        yield Landmark("milestone", at, "the last change")


def _after_the_run(foreign: Foreign, total_steps: int, peak: float) -> Iterator[Landmark]:
    rate, last_step = foreign.rate, total_steps - 1
    spread = np.geomspace(total_steps, foreign.horizon - 1, 128).round().astype(np.int64)
    steps = np.unique(np.concatenate([[last_step], spread]))
    rates = np.array([rate(int(t)) for t in steps])
    if not np.isfinite(rates).all():
        return
    last = rates[0]
    before = rate(last_step - max(1, total_steps // 1000)) if total_steps > 1 else last
    if abs(before - last) <= 1e-6 * peak:
        changed = np.flatnonzero(abs(rates - last) > 1e-6 * peak)
        # Drops that go on for ever are no milestones that the run misses, unless it sees none.
        ends = rates[-1] == rates[len(rates) // 2]
        if changed.size and (ends or last >= (1 - SMALL) * peak):
            i = int(changed[0])
            at = first_step(
                lambda t: abs(rate(t) - last) > 1e-6 * peak, int(steps[i - 1]), int(steps[i])
            )
            # To come to the end at t = N is what any schedule of length N does.
            missed = at > total_steps or last >= (1 - SMALL) * peak
            yield Landmark("milestone" if missed else "end", at, "the next change")
    elif before > last:
        stops = np.flatnonzero(np.diff(rates) >= 0)
        i = int(stops[0]) if stops.size else 0
        if i and last - rates[i] >= SMALL * peak:
            yield Landmark("end", _lowest(rate, steps, i), "the end of the fall")


def first_step(is_so: Callable[[int], bool], no: int, yes: int) -> int:
    """Return the first step that `is_so`, between one that is not and one that is."""
    while yes - no > 1:
        middle = (no + yes) // 2
        no, yes = (no, middle) if is_so(middle) else (middle, yes)
    return yes


def _steepest(rate: Rate, low: int, top: int) -> tuple[int, float]:
    """Return the step of the largest jump up between two steps, and its size."""
    while top - low > 1:
        middle = (low + top) // 2
        first, second = rate(middle) - rate(low), rate(top) - rate(middle)
        low, top = (low, middle) if first > second else (middle, top)
    return top, rate(top) - rate(low)


def _lowest(rate: Rate, steps: NDArray[np.int64], i: int) -> int:
    """Return the first step of the lowest rate near ``steps[i]``."""
    low, top = int(steps[max(i - 1, 0)]), int(steps[min(i + 1, len(steps) - 1)])
    while True:
        inner = low + grid(top - low + 1, 33)
        best = int(np.argmin([rate(int(t)) for t in inner]))
        if len(inner) == top - low + 1:
            return int(inner[best])
        low, top = int(inner[max(best - 1, 0)]), int(inner[min(best + 1, len(inner) - 1)])
