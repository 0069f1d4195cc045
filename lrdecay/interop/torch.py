"""Schedules for PyTorch."""

from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from lrdecay.schedules import Schedule


class TorchSchedule(LambdaLR):  # type: ignore[misc]
    """An lrdecay schedule in the form that PyTorch steps: made by `to_torch`.

    It is a `LambdaLR` around a plain function, so its state holds no part of the schedule,
    and of a saved state it takes over the count of updates alone. What the program says,
    schedule and ratios, holds at once, for the next update too.
    """

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from the saved count of updates; load the optimizer's state before this.

        Parameters
        ----------
        state_dict : dict
            What `state_dict` of a scheduler gave, of any scheduler that counts updates.
        """
        self.last_epoch = state_dict["last_epoch"]
        # Unlike `step`, this neither counts nor warns
        self._update_lr(self.last_epoch)
        self._step_count = self.last_epoch + 1


def to_torch(s: Schedule, optimizer: Optimizer, keep_ratios: bool = False) -> TorchSchedule:
    """See `lrdecay.interop.to_torch`."""
    if not isinstance(s, Schedule):
        raise TypeError(f"s = {s!r}: expected an lrdecay schedule, such as Constant(0.1)")
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer = {optimizer!r}: expected an optimizer of torch.optim")
    if not isinstance(keep_ratios, bool):
        raise TypeError(f"keep_ratios = {keep_ratios!r}: expected True or False")
    groups = optimizer.param_groups
    # A scheduler that was here before has left the rates of the start in "initial_lr".
    rates = [float(group.get("initial_lr", group["lr"])) for group in groups]
    if keep_ratios and not rates[0] > 0:
        raise ValueError(
            f"keep_ratios = True: the first group's rate is {rates[0]!r}, and ratios to it have "
            "no meaning; give it a rate above 0"
        )
    for group, first in zip(groups, rates, strict=True):
        group["initial_lr"] = first / rates[0] if keep_ratios else 1.0

    # A plain function: of an object, even a frozen one, LambdaLR saves and restores the attributes.
    def rate(update: int) -> float:
        return s(update)

    return TorchSchedule(optimizer, rate)
