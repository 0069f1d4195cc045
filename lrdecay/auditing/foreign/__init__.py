"""Schedules of other libraries, read as what they are to us: a rate for each step, and no more."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lrdecay.auditing.foreign import accelerate, functions, keras, lists, timm, torch
from lrdecay.auditing.foreign.source import Foreign
from lrdecay.schedules import Schedule

__all__ = ["Foreign", "History", "counts_in_float32", "history", "read"]


def read(  # noqa: PLR0911  # a library a line
    s: Any, total_steps: int, steps_per_epoch: float | None = None
) -> Sequence[Schedule | Foreign]:
    """Return `s` as a Schedule where it is one that we have, else as its rates.

    A scheduler of PyTorch or timm has rates for each parameter group; all others have one member.

    Nothing of `s` changes: a scheduler is copied, without its optimizer's tensors, and the copy
    is stepped.

    Raises
    ------
    TypeError
        When `s` is no schedule.
    ValueError
        When `s` cannot be copied, or fails at a step of the run.
    """
    if accelerate.is_one(s):
        by = accelerate.steps_per_update(s)
        inner = read(s.scheduler, total_steps * by, steps_per_epoch)
        return [accelerate.faster(source, by, s.scheduler) for source in inner]
    if "keras" in _libraries(s) and hasattr(s, "_learning_rate"):
        return keras.read_optimizer(s, total_steps)
    if "keras" in _libraries(s) and callable(s):
        return [keras.read(s, total_steps)]
    if hasattr(s, "optimizer") and hasattr(s, "step_update"):
        return timm.read(s, total_steps, steps_per_epoch)
    if hasattr(s, "optimizer") and hasattr(s, "get_last_lr"):
        return torch.read(s, total_steps)
    if callable(s) and not isinstance(s, type):
        return [functions.read(s, total_steps)]
    if isinstance(s, list | tuple | range) or hasattr(s, "__array__"):
        return [lists.read(s)]
    raise TypeError(
        f"s = {s!r}: expected a schedule of lrdecay, Keras, PyTorch, timm or Optax, a list of "
        "rates, or a function of the step, such as lambda t: 0.1"
    )


@dataclass(frozen=True)
class History:
    """What happened to a scheduler before the run.

    Parameters
    ----------
    steps : int
        How many steps it has made.
    trained : bool
        Whether its optimizer has learnt anything meanwhile.
    per_update : int
        How many steps it makes at each update.
    """

    steps: int = 0
    trained: bool = True
    per_update: int = 1


def history(s: Any) -> History:
    """Return what happened to `s` before the run, where it remembers."""
    if accelerate.is_one(s):
        before = history(s.scheduler)
        return History(before.steps, before.trained, accelerate.steps_per_update(s))
    if not hasattr(s, "optimizer"):
        return History()
    counts = [getattr(part, "last_epoch", 0) for part in torch.parts(s)]
    steps = max(count for count in counts if isinstance(count, int))
    return History(max(steps, 0), bool(getattr(s.optimizer, "state", True)))


def counts_in_float32(s: Any) -> bool:
    """Return whether the library of `s` turns steps into float32."""
    return bool(_libraries(s) & {"keras", "optax", "jax"}) and "lrdecay" not in _libraries(s)


def _libraries(s: Any) -> set[str]:
    modules = [cls.__module__ for cls in type(s).__mro__] + [getattr(s, "__module__", None) or ""]
    return {module.partition(".")[0] for module in modules}
