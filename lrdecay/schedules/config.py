"""Schedules as dictionaries that JSON can hold, and back."""

from inspect import isabstract
from typing import Any, TypeVar

from lrdecay.schedules.schedule import Schedule

Kind = TypeVar("Kind", bound=Schedule)


def classes(base: type[Kind] = Schedule) -> dict[str, type[Kind]]:  # type: ignore[assignment]
    """Return every class of schedules by its name, those that only share code aside."""
    found: dict[str, type[Kind]] = {}
    for cls in base.__subclasses__():
        found |= classes(cls) if isabstract(cls) else {cls.__name__: cls}
    return found


def from_config(config: dict[str, Any]) -> Schedule:
    """Return the schedule that ``to_config`` wrote down.

    Parameters
    ----------
    config : dict
        ``{"class_name": ..., "config": {field: value}}``, as JSON gives it back.

    Raises
    ------
    ValueError
        When the class is unknown or a field is missing, surplus or out of range.

    Examples
    --------
    >>> from_config({"class_name": "LinearDecay", "config": {"lr0": 0.1, "duration": 10}})
    LinearDecay(lr0=0.1, duration=10, lr_end=0.0)
    """
    if not isinstance(config, dict) or not isinstance(config.get("config"), dict):
        raise ValueError(f"config = {config!r}: expected the dictionary that to_config() returns")
    known: dict[str, type[Schedule]] = classes()
    name = config.get("class_name")
    if name not in known:
        raise ValueError(f"class_name = {name!r}: expected one of {', '.join(sorted(known))}")
    values = {
        key: from_config(value) if isinstance(value, dict) else value
        for key, value in config["config"].items()
    }
    try:
        return known[name](**values)
    except TypeError as error:
        raise ValueError(f"config = {config['config']!r}: {error}") from error
