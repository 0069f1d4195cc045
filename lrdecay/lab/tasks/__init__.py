"""What the experiments train: a task is data and the model that learns it."""

from importlib import import_module

from lrdecay.lab.tasks.task import Task

__all__ = ["TASKS", "Task", "find"]

TASKS = {
    "images": "lrdecay.lab.tasks.images:IMAGES",
    "convolution": "lrdecay.lab.tasks.networks:CONVOLUTION",
    "noise-10": "lrdecay.lab.tasks.noise:NOISE_10",
    "noise-30": "lrdecay.lab.tasks.noise:NOISE_30",
    "text": "lrdecay.lab.tasks.text:TEXT",
    "fine-tuning": "lrdecay.lab.tasks.text:FINE_TUNING",
}
"""The tasks of the book, by name."""


def find(name: str) -> Task:
    """Return a task by its name.

    Parameters
    ----------
    name : str
        One of `TASKS`, or ``"module:VARIABLE"`` for a task in a file of your own, which must lie
        where Python finds modules.

    Raises
    ------
    ValueError
        When there is no such task, or what is there is none.

    Examples
    --------
    >>> find("images").examples
    60000
    """
    module, colon, variable = TASKS.get(name, str(name)).partition(":")
    known = f"expected {', '.join(TASKS)}, or 'module:VARIABLE' for one of your own"
    if not colon:
        raise ValueError(f"task = {name!r}: {known}")
    try:
        task = getattr(import_module(module), variable)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"task = {name!r}: {error}; {known}") from error
    if not isinstance(task, Task):
        raise ValueError(f"task = {name!r}: is a {type(task).__name__}, not a Task")
    return task
