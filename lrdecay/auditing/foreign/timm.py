"""Schedulers of timm: told the epoch or the update, they remember nothing."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrdecay.auditing.foreign.source import Foreign, Rates, far
from lrdecay.auditing.foreign.torch import twin_of


def read(scheduler: Any, total_steps: int, steps_per_epoch: float | None) -> Sequence[Foreign]:
    """Return the rates of a scheduler, one by one for its groups.

    One that counts epochs changes between them: `steps_per_epoch` says when. Without it, or in
    a run that is shorter than an epoch, the steps of the run are taken for epochs.

    Raises
    ------
    TypeError
        For one that follows the loss.
    ValueError
        When it cannot be copied.
    """
    name = type(scheduler).__name__
    if "Plateau" in name:
        raise TypeError(f"s = {name}: it follows the loss, so no step has a rate before the run")
    twin, known = twin_of(scheduler), dict[int, list[float]]()
    in_epochs = bool(getattr(scheduler, "t_in_epochs", True))
    tell = twin.step if in_epochs else twin.step_update
    epoch = steps_per_epoch if in_epochs and steps_per_epoch else 1
    if total_steps < epoch:
        epoch = 1

    def told(count: int) -> list[float]:
        if count not in known:
            tell(count)
            known[count] = [float(group["lr"]) for group in twin.optimizer.param_groups]
        return known[count]

    def of(group: int) -> Rates:
        def asked(steps: NDArray[np.int64]) -> NDArray[np.float64]:
            return np.array([told(int(t // epoch))[group] for t in steps])

        return asked

    return [Foreign(of(group), far(total_steps)) for group in range(len(told(0)))]
