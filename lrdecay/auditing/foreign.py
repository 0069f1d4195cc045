"""Schedules of other libraries, read as what they are to us: a rate for each step, and no more."""

import copy
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from lrdecay.auditing.rates import Rate
from lrdecay.interop import from_keras
from lrdecay.schedules import Constant, Schedule

RISING = {"CosineAnnealingWarmRestarts", "CosineDecayRestarts", "CyclicLR"}
"""Classes of PyTorch and Keras whose rates are meant to rise again and again."""


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
