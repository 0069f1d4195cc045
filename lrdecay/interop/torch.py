"""Schedules for PyTorch."""

import warnings
from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from lrdecay import checks
from lrdecay.schedules import Schedule


class TorchSchedule(LRScheduler):  # type: ignore[misc]
    """lrdecay schedules in the form that PyTorch steps: made by `to_torch`.

    Its state is the count of steps, with how many make an update, and nothing else, so what the
    program says, schedules and ratios, holds at once, for the next update too. ``initial_lr``
    stays as PyTorch means it: the rates that the optimizer was made with, which other schedulers
    start from.
    """

    def __init__(
        self,
        schedules: Sequence[Schedule],
        optimizer: Optimizer,
        every: int = 1,
        keep_ratios: bool = False,
        weight_decay: Schedule | None = None,
        momentum: Schedule | None = None,
    ) -> None:
        self.schedules = tuple(schedules)
        self.every = every
        self.weight_decay = weight_decay
        self.momentum = momentum
        self.optimizer = optimizer
        self._first = _rates_now(optimizer)[0] if keep_ratios else None
        self._ratios: list[float] = []
        self._decayed = _decayed(optimizer) if weight_decay else ()
        self._starts = 0
        self._meet_groups(_rates_now(optimizer))
        super().__init__(optimizer)

    def _initial_step(self) -> None:
        self._starts += 1
        super()._initial_step()

    @property
    def _is_in_sequence(self) -> bool:
        """Whether a ``SequentialLR`` is around."""
        # It starts its first scheduler once more, and takes the first step back from the others.
        return self._starts > 1 or self.last_epoch < 0

    def _meet_groups(self, rates: Sequence[float]) -> None:
        """Take in the groups that are new, at these rates."""
        groups = self.optimizer.param_groups
        if 1 < len(self.schedules) != len(groups):
            raise ValueError(
                f"s: {len(self.schedules)} schedules for {len(groups)} parameter groups; give one "
                "for each group, or one alone for all"
            )
        for rate in rates[len(self._ratios) :]:
            self._ratios.append(rate / self._first if self._first else 1.0)

    def get_lr(self) -> list[float]:
        """Return the rate of each group, at the present count of steps."""
        for group in self.optimizer.param_groups[len(self._ratios) :]:  # added since
            rate = group["lr"]
            group.setdefault("initial_lr", rate.clone() if isinstance(rate, Tensor) else rate)
        self._meet_groups([float(group["lr"]) for group in self.optimizer.param_groups])
        update = self.last_epoch // self.every
        rates = [s(update) for s in self.schedules]
        rates = rates if len(rates) > 1 else rates * len(self._ratios)
        return [rate * ratio for rate, ratio in zip(rates, self._ratios, strict=True)]

    def step(self, epoch: int | None = None) -> None:
        """Count one step, and set what the next update is made at."""
        if not (self._is_initial or self._is_in_sequence):
            self._notice_others()
        super().step(epoch)

    def _notice_others(self) -> None:
        # PyTorch's tensors are left out: to look into one may wait for a GPU.
        for group, written in zip(self.optimizer.param_groups, self._last_lr, strict=False):
            rate = group["lr"]
            if not isinstance(rate, Tensor) and rate != written:
                warnings.warn(
                    f"the rate was set to {written!r} and is {rate!r} now: something else changes "
                    "it, which has no effect from here on. Step one scheduler an optimizer: "
                    "combine schedules by then, * and +, or PyTorch's by SequentialLR",
                    UserWarning,
                    stacklevel=3,
                )
                return

    def _update_lr(self, epoch: int | None = None) -> None:
        super()._update_lr(epoch)
        update = self.last_epoch // self.every
        for i, group in enumerate(self.optimizer.param_groups):
            if self.weight_decay and (i >= len(self._decayed) or self._decayed[i]):
                group["weight_decay"] = self.weight_decay(update)
            if self.momentum and "momentum" in group:
                group["momentum"] = self.momentum(update)
            elif self.momentum:
                group["betas"] = (self.momentum(update), *group["betas"][1:])

    def state_dict(self) -> dict[str, Any]:
        """Return the count of steps and how many make an update, all that a saved run needs."""
        return {"last_epoch": self.last_epoch, "every": self.every}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from the saved update; load the optimizer's state before this.

        Where it was saved with another `every`, an update of which some steps had been counted
        begins anew, as the gradients that it had gathered are saved nowhere.

        Parameters
        ----------
        state_dict : dict
            What `state_dict` of a scheduler gave, of any scheduler that counts steps.

        Raises
        ------
        ValueError
            When it has no count, as that of a ``ChainedScheduler``.
        """
        self._starts += self.last_epoch < 0
        try:
            count, every = int(state_dict["last_epoch"]), state_dict.get("every", self.every)
        except (KeyError, TypeError):
            raise ValueError(
                f"state_dict = {state_dict!r}: has no count of steps, last_epoch; of a "
                "ChainedScheduler, give the state of one of its schedulers, in _schedulers"
            ) from None
        waits = count < 0  # for its turn in a sequence
        same = waits or every == self.every
        self.last_epoch: int = count if same else count // every * self.every
        # In a sequence it need not be this one's turn: the optimizer's state has the rates.
        if not self._is_in_sequence:
            self._update_lr(self.last_epoch)  # unlike `step`, this neither counts nor warns
        self._step_count = self.last_epoch + 1


def _rates_now(optimizer: Optimizer) -> list[float]:
    """Return the groups' rates, or those that they were made with where the first is 0 now."""
    groups = optimizer.param_groups
    if groups[0]["lr"] > 0:
        return [float(group["lr"]) for group in groups]
    return [float(group.get("initial_lr", group["lr"])) for group in groups]


def _decayed(optimizer: Optimizer) -> tuple[bool, ...]:
    """Return which groups have a weight decay; a group without one, beside others, keeps it so."""
    decayed = tuple(bool(group.get("weight_decay")) for group in optimizer.param_groups)
    return decayed if any(decayed) else (True,) * len(decayed)


def to_torch(
    s: Schedule | Sequence[Schedule],
    optimizer: Optimizer,
    every: int = 1,
    keep_ratios: bool = False,
    weight_decay: Schedule | None = None,
    momentum: Schedule | None = None,
) -> TorchSchedule:
    """See `lrdecay.interop.to_torch`."""
    listed = isinstance(s, list | tuple)
    schedules: Sequence[Any] = s if isinstance(s, list | tuple) else [s]
    for i, schedule in enumerate(schedules):
        _expect_schedule(f"s[{i}]" if listed else "s", schedule)
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer = {optimizer!r}: expected an optimizer of torch.optim")
    groups = optimizer.param_groups
    if listed and len(schedules) != len(groups):
        raise ValueError(
            f"s: {len(schedules)} schedules for {len(groups)} parameter groups; give one for each"
        )
    if not isinstance(keep_ratios, bool):
        raise TypeError(f"keep_ratios = {keep_ratios!r}: expected True or False")
    if keep_ratios and len(schedules) > 1:
        raise ValueError("keep_ratios = True: is for one schedule; a list says the rates itself")
    if keep_ratios and not (rate := _rates_now(optimizer)[0]) > 0:
        raise ValueError(
            f"keep_ratios = True: the first group's rate is {rate!r}, and ratios to it have "
            "no meaning; give it a rate above 0"
        )
    for name, other in (("weight_decay", weight_decay), ("momentum", momentum)):
        if other is not None:
            _expect_schedule(name, other)
    for group in groups:
        if weight_decay and "weight_decay" not in group:
            raise ValueError("weight_decay: this optimizer has none; leave it out")
        if momentum and "momentum" not in group and "betas" not in group:
            raise ValueError(
                "momentum: this optimizer has neither momentum nor betas; leave it out"
            )
    every = checks.count("every", every)
    return TorchSchedule(schedules, optimizer, every, keep_ratios, weight_decay, momentum)


def _expect_schedule(name: str, value: Any) -> None:
    if not isinstance(value, Schedule):
        raise TypeError(f"{name} = {value!r}: expected an lrdecay schedule, such as Constant(0.1)")
