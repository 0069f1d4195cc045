"""Schedulers of PyTorch, stepped as copies that hold no tensor."""

import copy
import warnings
from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrdecay.auditing.foreign import functions
from lrdecay.auditing.foreign.source import Foreign, Rates
from lrdecay.schedules import Schedule

RISING = {"CosineAnnealingWarmRestarts", "CyclicLR"}
"""Classes whose rates are meant to rise again and again."""


def read(scheduler: Any, total_steps: int) -> Sequence[Schedule | Foreign]:
    """Return the rates of a scheduler from where it is now, one by one for its groups.

    Raises
    ------
    TypeError
        For `ReduceLROnPlateau`, which follows the loss.
    ValueError
        When it cannot be copied, or fails at a step.
    """
    name = type(scheduler).__name__
    if name == "TorchSchedule":  # ours: it knows what it does and when
        count, every = scheduler.last_epoch, scheduler.every
        return [_from_count(s, count, every) for s in scheduler.schedules]
    if name == "ReduceLROnPlateau":
        raise TypeError(f"s = {name}: it follows the loss, so no step has a rate before the run")
    twin = twin_of(scheduler)
    if name == "LambdaLR":  # a function of the step, so there is no need to go through all
        first = int(twin.last_epoch)
        return [
            _scaled(float(base), function, first, total_steps)
            for base, function in zip(twin.base_lrs, twin.lr_lambdas, strict=True)
        ]
    rises = any(type(part).__name__ in RISING for part in parts(scheduler))
    return _stepped(twin, name, total_steps, rises)


def _from_count(s: Schedule, count: int, every: int) -> Schedule:
    s = s if every == 1 else s.staircase(1).stretch(every)
    return s.shift(count) if count else s


def _scaled(base: float, function: Any, first: int, total_steps: int) -> Foreign:
    return functions.read(lambda t: base * function(first + t), total_steps)


def _stepped(twin: Any, name: str, total_steps: int, rises: bool) -> Sequence[Foreign]:
    rates = [[float(rate) for rate in twin.get_last_lr()]]

    def refuses() -> bool:
        try:
            twin.step()
            rates.append([float(rate) for rate in twin.get_last_lr()])
        except ValueError:  # OneCycleLR, after its end
            return True
        except Exception as error:  # whatever a stranger's object may raise
            raise ValueError(
                f"s = {name}: stepped before the run, it raised {type(error).__name__}: {error}; "
                "give a function of the step instead"
            ) from error
        return False

    def go_to(t: int) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an optimizer that has made no step
            while len(rates) <= t and not refuses():
                pass

    def of(group: int) -> Rates:
        def asked(steps: NDArray[np.int64]) -> NDArray[np.float64]:
            go_to(int(steps.max()))
            return np.array([rates[min(int(t), len(rates) - 1)][group] for t in steps])

        return asked

    go_to(total_steps - 1)
    after = min(max(3 * total_steps, 20_000), 100_000)
    stops = len(rates) < total_steps
    horizon = len(rates) if stops else total_steps + after
    # All are there, so all can be looked at.
    return [Foreign(of(group), horizon, rises, 2**20) for group in range(len(rates[0]))]


def twin_of(scheduler: Any) -> Any:
    """Return a copy of `scheduler` whose optimizer is no more than a list of rates.

    Raises
    ------
    ValueError
        When it cannot be copied.
    """
    optimizer = scheduler.optimizer
    stand_in = SimpleNamespace(
        param_groups=[
            {k: v if k == "params" else copy.deepcopy(v) for k, v in group.items()}
            for group in optimizer.param_groups
        ],
        defaults=copy.deepcopy(getattr(optimizer, "defaults", {})),
        state=_Copied(getattr(optimizer, "state", {})),
        step=lambda: None,
    )
    try:
        return copy.deepcopy(scheduler, {id(optimizer): stand_in})
    except Exception as error:  # whatever a stranger's object may raise
        raise ValueError(
            f"s = {type(scheduler).__name__}: it cannot be copied ({error}); give a function of "
            "the step instead"
        ) from error


class _Copied(Mapping[Any, Any]):
    """The state of an optimizer, of which only what is asked for is copied."""

    def __init__(self, state: Mapping[Any, Any]) -> None:
        self.state, self.copies = state, dict[Any, Any]()

    def __getitem__(self, key: Any) -> Any:
        if key not in self.copies:
            self.copies[key] = copy.deepcopy(self.state[key]) if key in self.state else {}
        return self.copies[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.state)

    def __len__(self) -> int:
        return len(self.state)


def parts(scheduler: Any) -> Iterator[Any]:
    """Yield a scheduler and those that it is made of."""
    yield scheduler
    for part in getattr(scheduler, "_schedulers", ()):
        yield from parts(part)
