"""Doors between lrdecay and the schedules of other libraries, each loaded when it is used."""

from importlib import import_module
from typing import Any

from lrdecay.schedules import Schedule

__all__ = ["from_keras", "to_keras"]


def to_keras(s: Schedule, every: int = 1) -> Any:
    """Return `s` as a Keras learning-rate schedule: ``rate(step) = s(step // every)``.

    Parameters
    ----------
    s : Schedule
        A schedule over updates.
    every : int
        Batches an update, the ``gradient_accumulation_steps`` of the optimizer. Keras counts
        batches and asks for steps 3, 7, 11, ... when that is 4; `s` is asked for 0, 1, 2, ...

    Returns
    -------
    lrdecay.interop.keras.KerasSchedule
        To be given to any Keras optimizer as its ``learning_rate``. It is saved with the model;
        a program that loads the model first imports ``lrdecay.interop.keras``.

    Raises
    ------
    TypeError, ValueError
        When `s` is not a Schedule, or `every` not a positive int.
    ImportError
        When Keras is not installed.

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
        An ExponentialDecay, InverseTimeDecay, PolynomialDecay without ``cycle``,
        PiecewiseConstantDecay, or a schedule made by `to_keras`.

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
        nobody means: integer rates, unsorted boundaries, an end rate above the first rate.
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


def _keras() -> Any:
    try:
        return import_module("lrdecay.interop.keras")
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in {"keras", "tensorflow"}:
            raise
        raise ImportError(
            f"{missing} is not installed: pip install tensorflow (it brings Keras)"
        ) from error
