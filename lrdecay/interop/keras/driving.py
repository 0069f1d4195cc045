"""Weight decay and momentum of a Keras optimizer, driven by schedules.

Keras reads both as attributes in the code that it compiles, where a number would become a
constant. Here the attribute is the schedule's value at the optimizer's own count of batches, an
expression in the compiled code as the learning rate is.
"""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops, optimizers

from lrdecay.interop.keras.schedule import KerasSchedule
from lrdecay.schedules import Schedule


class _Number:
    """An attribute that is a number, or what a schedule gives now."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, optimizer: Any, owner: type) -> Any:
        if optimizer is None:
            return self
        schedule = optimizer.__dict__.get("driven", {}).get(self.name)
        if schedule:
            return schedule(optimizer._iterations)
        try:
            return optimizer.__dict__[self.name]
        except KeyError:
            raise AttributeError(self.name) from None

    def __set__(self, optimizer: Any, value: Any) -> None:
        optimizer.__dict__[self.name] = value


class _Driven:
    """What is added to Keras' class of an optimizer that is driven."""

    def get_config(self) -> dict[str, Any]:
        """Return Keras' config, with the schedules beside the numbers that they replace."""
        driven = self.__dict__["driven"]
        numbers = {name: self.__dict__[name] for name in driven}
        schedules = {
            name: keras.saving.serialize_keras_object(schedule) for name, schedule in driven.items()
        }
        config: dict[str, Any] = super().get_config()  # type: ignore[misc]
        return {**config, **numbers, "driven": schedules}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Return the optimizer that `get_config` wrote down."""
        schedules = {
            name: keras.saving.deserialize_keras_object(schedule)
            for name, schedule in config["driven"].items()
        }
        numbers = {name: value for name, value in config.items() if name != "driven"}
        optimizer = super().from_config(numbers, custom_objects)  # type: ignore[misc]
        optimizer.__dict__["driven"] = schedules
        return optimizer


class _DrivenSGD(_Driven, optimizers.SGD):  # type: ignore[misc]
    """SGD without its question in Python whether the momentum is 0."""

    def build(self, variables: Any) -> None:
        if "momentum" not in self.__dict__["driven"]:
            super().build(variables)
        elif not self.built:
            optimizers.Optimizer.build(self, variables)
            self.momentums = self.add_optimizer_variables(variables, "momentum")

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        if "momentum" not in self.__dict__["driven"]:
            super().update_step(gradient, variable, learning_rate)
            return
        velocity = self.momentums[self._get_variable_index(variable)]
        momentum = ops.cast(self.momentum, variable.dtype)
        step = ops.cast(gradient, variable.dtype) * ops.cast(learning_rate, variable.dtype)
        self.assign(velocity, velocity * momentum - step)
        self.assign_add(variable, velocity * momentum - step if self.nesterov else velocity)


_MOMENTUM: Mapping[type, str | None] = {
    optimizers.SGD: "momentum",
    optimizers.Muon: "momentum",
    optimizers.Adam: "beta_1",
    optimizers.AdamW: "beta_1",
    optimizers.Adamax: "beta_1",
    optimizers.Nadam: "beta_1",
    optimizers.Lamb: "beta_1",
    optimizers.Lion: "beta_1",
    optimizers.Adadelta: None,
    optimizers.Adafactor: None,
    optimizers.Adagrad: None,
    optimizers.Ftrl: None,
    optimizers.RMSprop: None,  # has one, but asks in Python whether it is 0
}
"""The optimizers that can be driven, and what each calls its momentum."""


def _driven(cls: type, momentum: str | None) -> type:
    bases = (_DrivenSGD,) if cls is optimizers.SGD else (_Driven, cls)
    numbers = {name: _Number(name) for name in ("weight_decay", momentum) if name}
    made = type(f"Driven{cls.__name__}", bases, {**numbers, "__module__": __name__})
    register: Any = keras.saving.register_keras_serializable(package="lrdecay")
    driven: type = register(made)
    return driven


_DRIVEN = {cls: _driven(cls, momentum) for cls, momentum in _MOMENTUM.items()}

globals().update({cls.__name__: cls for cls in _DRIVEN.values()})  # where pickle looks for them


def drive(
    optimizer: Any,
    weight_decay: Schedule | KerasSchedule | None = None,
    momentum: Schedule | KerasSchedule | None = None,
) -> Any:
    """Let schedules set the weight decay and the momentum of a Keras optimizer, and return it.

    Update t is made with ``weight_decay(t)`` and ``momentum(t)``, as it is made at the learning
    rate of `to_keras`: in any backend, compiled or not, several steps an execution or one.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        One of Keras' own, before its first update.
    weight_decay : Schedule or KerasSchedule, optional
        The weight decay of each update, for the weights that Keras decays.
    momentum : Schedule or KerasSchedule, optional
        The momentum of each update, which is ``beta_1`` for Adam and what is made after it.

    Returns
    -------
    keras.optimizers.Optimizer
        The same object. It is saved with the model; a program that loads the model imports
        ``lrdecay`` first.

    Raises
    ------
    TypeError
        When `optimizer` is none of Keras' own, or something else is no schedule.
    ValueError
        When the optimizer has no momentum that can be driven, or was built without.

    Notes
    -----
    A Schedule counts updates by the optimizer's ``gradient_accumulation_steps``. If that has
    changed, give ``to_keras(s, every={0: 4, 40: 2})`` instead.

    Examples
    --------
    >>> import keras
    >>> from lrdecay import LinearDecay
    >>> from lrdecay.interop.keras import drive
    >>> optimizer = drive(keras.optimizers.AdamW(0.001), weight_decay=LinearDecay(0.1, 100))
    >>> float(optimizer.weight_decay)
    0.10000000149011612
    """
    cls = next((cls for cls in type(optimizer).__mro__ if cls in _DRIVEN), None)
    if cls is None or not type(optimizer).__module__.startswith(("keras.", __name__)):
        raise TypeError(
            f"optimizer = {optimizer!r}: expected an optimizer of Keras itself, such as "
            f"{', '.join(sorted(cls.__name__ for cls in _DRIVEN))}"
        )
    every = optimizer.gradient_accumulation_steps or 1
    driven = dict(optimizer.__dict__.get("driven", {}))
    if weight_decay is not None:
        driven["weight_decay"] = _in_keras("weight_decay", weight_decay, every)
    if momentum is not None:
        name = _MOMENTUM[cls]
        if name is None:
            raise ValueError(
                f"momentum: that of {cls.__name__} cannot be driven; leave it out, or take SGD "
                "or one of the Adam family"
            )
        driven[name] = _in_keras("momentum", momentum, every)
        if cls is optimizers.SGD and optimizer.built and not optimizer.momentums:
            raise ValueError(
                "momentum: this optimizer was built without; make it anew with a momentum, "
                "SGD(momentum=0.9)"
            )
    optimizer.__class__ = _DRIVEN[cls]
    optimizer.__dict__["driven"] = driven
    return optimizer


def _in_keras(name: str, schedule: Any, every: int) -> KerasSchedule:
    if isinstance(schedule, KerasSchedule):
        return schedule
    if not isinstance(schedule, Schedule):
        raise TypeError(
            f"{name} = {schedule!r}: expected an lrdecay schedule, such as Constant(0.1)"
        )
    return KerasSchedule(schedule, every)
