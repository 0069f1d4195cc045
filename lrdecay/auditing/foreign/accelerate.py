"""The wrapper of Accelerate, which steps a scheduler once for each process."""

import sys
from typing import Any

from lrdecay.auditing.foreign.source import Foreign
from lrdecay.schedules import Schedule


def is_one(s: Any) -> bool:
    """Return whether `s` is such a wrapper."""
    return all(hasattr(s, name) for name in ("scheduler", "split_batches", "step_with_optimizer"))


def steps_per_update(s: Any) -> int:
    """Return how many steps its scheduler is taken at each update."""
    if not is_one(s) or not s.step_with_optimizer or s.split_batches:
        return 1
    for cls in type(s).__mro__:
        state = getattr(sys.modules.get(cls.__module__), "AcceleratorState", None)
        if state is not None:
            return int(state().num_processes)
    return 1


def faster(source: Schedule | Foreign, by: int, scheduler: Any) -> Schedule | Foreign:
    """Return `source` as it is when `scheduler` is stepped `by` times at each update."""
    if by == 1:
        return source
    if isinstance(source, Schedule):
        return source.stretch(1 / by)
    return source.faster(by, holds=hasattr(scheduler, "total_steps"))
