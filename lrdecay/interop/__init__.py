"""Doors between lrdecay and the schedules of other libraries, each loaded when it is used."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from lrdecay.schedules import Schedule

__all__ = ["from_keras", "to_keras", "to_optax", "to_torch"]


def to_keras(s: Schedule, every: int | Mapping[int, int] = 1) -> Any:
    """Return `s` as a Keras learning-rate schedule: ``rate(step) = s(step // every)``.

    Parameters
    ----------
    s : Schedule
        A schedule over updates.
    every : int, or dict of int to int
        Batches an update, the ``gradient_accumulation_steps`` of the optimizer. Keras counts
        batches and asks for steps 3, 7, 11, ... when that is 4; `s` is asked for 0, 1, 2, ...
        A dict says since which batch: ``{0: 4, 40: 2}`` for a run that went on with 2 batches an
        update after 40 batches, 10 updates, with 4.

    Returns
    -------
    lrdecay.interop.keras.KerasSchedule
        To be given to any Keras optimizer as its ``learning_rate``. It is saved with the model;
        a program that loads the model imports ``lrdecay`` first.

    Raises
    ------
    TypeError, ValueError
        When `s` is not a Schedule, or `every` has a number that is no positive int.
    ImportError
        When Keras is not installed.

    Notes
    -----
    An optimizer that is loaded goes on counting batches where it was; a new one counts from 0,
    and ``s.shift(10)`` goes on after 10 updates.

    `lrdecay.interop.keras.drive` lets schedules set weight decay and momentum, too.

    Examples
    --------
    >>> import lrdecay
    >>> ks = lrdecay.to_keras(lrdecay.StepDecay(0.1, 0.96, 1000))
    >>> f"{float(ks(28_125)):.9f}"
    '0.031885594'
    """
    return _keras().to_keras(s, every)


def from_keras(ks: Any) -> Schedule:
    """Return the lrdecay schedule that gives the rates of a Keras schedule.

    Parameters
    ----------
    ks : keras.optimizers.schedules.LearningRateSchedule
        Any of Keras' own, or a schedule made by `to_keras`; no subclass of them.

    Returns
    -------
    Schedule
        Its rates are those that the Keras formula means, without its float32 rounding. A Keras
        boundary b belongs to the old value, ours to the new one, so b becomes b + 1.

    Raises
    ------
    TypeError
        When `ks` is not a Keras schedule.
    ValueError
        When lrdecay has no such schedule, or when Keras itself would silently give rates that
        nobody means: integer rates, unsorted boundaries, an end rate above the first rate, a
        warmup that falls.
    ImportError
        When Keras is not installed.

    Examples
    --------
    >>> import keras
    >>> from lrdecay import from_keras
    >>> from_keras(keras.optimizers.schedules.ExponentialDecay(0.1, 1000, 0.96, staircase=True))
    StepDecay(lr0=0.1, drop_rate=0.96, step_size=1000)
    """
    schedule: Schedule = _keras().from_keras(ks)
    return schedule


def to_torch(
    s: Schedule | Sequence[Schedule],
    optimizer: Any,
    every: int = 1,
    keep_ratios: bool = False,
    weight_decay: Schedule | None = None,
    momentum: Schedule | None = None,
) -> Any:
    """Return a PyTorch scheduler that sets the rate of `optimizer` to `s`.

    Update t is made at the rate ``s(t)``, exactly, in every parameter group: the rates that
    the optimizer was made with are replaced, not multiplied. Call the scheduler's ``step()``
    after each ``optimizer.step()``.

    Parameters
    ----------
    s : Schedule or list of Schedule
        A schedule over updates, or one for each parameter group.
    optimizer : torch.optim.Optimizer
        Its rates may be floats or tensors. Step one scheduler an optimizer: combine schedules
        with ``then``, ``*`` and ``+`` instead, or schedulers with ``SequentialLR``.
    every : int
        Calls of ``step()`` an update. Accelerate with n processes makes n calls for each.
    keep_ratios : bool
        Whether the groups keep the ratios that their rates have now. The first group is then
        trained at ``s(t)``, and one whose rate is a tenth of the first's at ``s(t) / 10``.
    weight_decay : Schedule, optional
        The weight decay of each update, in every group but those that have none beside others
        that have one.
    momentum : Schedule, optional
        The momentum of each update, which is the first of ``betas`` for Adam.

    Returns
    -------
    lrdecay.interop.torch.TorchSchedule
        A ``torch.optim.lr_scheduler.LRScheduler``, which can be pickled.

    Raises
    ------
    TypeError
        When an argument is of the wrong type.
    ValueError
        When `keep_ratios` is True and the first group's rate is 0, when there are not as many
        schedules as groups, `every` is no whole number of 1 or more, or the optimizer has no
        such thing as `weight_decay` or `momentum`.
    ImportError
        When PyTorch is not installed.

    Notes
    -----
    To go on with a saved run: make the model, the optimizer and the scheduler; then load the
    optimizer's state, and after it the scheduler's. The latter is the count of steps, with how
    many make an update, and nothing else: a schedule with another length holds from the next
    update on, and a scheduler with another `every` goes on from the same update. PyTorch's own
    schedulers go back to the saved length.

    A parameter group that is added later is trained at ``s(t)`` from the next ``step()`` on; with
    `keep_ratios`, at the ratio of the rate it was added with to that of the first group when the
    scheduler was made.

    Examples
    --------
    >>> import torch
    >>> from lrdecay import LinearDecay, to_torch
    >>> weight = torch.zeros(1, requires_grad=True)
    >>> optimizer = torch.optim.SGD([weight], lr=0.5)
    >>> scheduler = to_torch(LinearDecay(1.0, duration=4), optimizer)
    >>> for _ in range(3):
    ...     print(optimizer.param_groups[0]["lr"])
    ...     optimizer.step()
    ...     scheduler.step()
    1.0
    0.75
    0.5
    """
    adapter = _load("torch", {"torch": "torch"})
    return adapter.to_torch(s, optimizer, every, keep_ratios, weight_decay, momentum)


def to_optax(s: Schedule) -> Callable[[Any], Any]:
    """Return `s` as Optax takes it: a function from the count of updates to the rate.

    Parameters
    ----------
    s : Schedule
        A schedule over updates.

    Returns
    -------
    callable
        From a number or JAX array to a JAX array of JAX's float type, float32 unless x64 is
        on. It can be compiled, mapped and differentiated; JAX alone is enough to use it.

    Raises
    ------
    TypeError
        When `s` is not a Schedule.
    ImportError
        When JAX is not installed.

    Notes
    -----
    Whole counts are kept in integers as long as possible, so staircases and restarts are
    exact beyond the 2**24 of float32. A whole length above 2**30 - 1 becomes a float, unless
    x64 is on. JAX arrays are not checked: a negative count gives a rate without meaning.

    Examples
    --------
    >>> import jax
    >>> from lrdecay import LinearDecay, to_optax
    >>> rate = to_optax(LinearDecay(1.0, duration=4))
    >>> rate(3)
    Array(0.25, dtype=float32)
    >>> jax.grad(rate)(3.0)
    Array(-0.25, dtype=float32, weak_type=True)
    """
    rate: Callable[[Any], Any] = _load("optax", {"jax": "jax"}).to_optax(s)
    return rate


def _keras() -> Any:
    brings_keras = "tensorflow (it brings Keras)"
    return _load("keras", {"keras": brings_keras, "tensorflow": brings_keras})


def _load(adapter: str, packages: dict[str, str]) -> Any:
    """Import an adapter, or say which package to install for the one that is missing."""
    try:
        return import_module(f"lrdecay.interop.{adapter}")
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in packages:
            raise
        raise ImportError(f"{missing} is not installed: pip install {packages[missing]}") from error
