"""The form of a task: what is learned, and by what."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lrdecay import checks
from lrdecay.lab.data import Dataset


@dataclass(frozen=True)
class Task:
    """Data and the model that learns it.

    Parameters
    ----------
    name : str
        What tables and files call it.
    load : callable
        Given a source, as `lrdecay.lab.data.load` is, it returns the data; without one, the
        best that can be had.
    build_model : callable
        Given a seed, it returns a new Keras model, not compiled yet, whose last layer gives the
        shares of the classes. The seed fixes its first weights and the order of the data.
    examples : int
        How many training examples `load` returns.
    validation : int
        How many of them a sweep keeps aside, to tune on.

    Raises
    ------
    ValueError
        When nothing would be left to train on.

    Examples
    --------
    >>> from lrdecay.lab.tasks.images import IMAGES
    >>> IMAGES.name, IMAGES.build_model(0).output_shape
    ('images', (None, 10))
    """

    name: str
    load: Callable[..., Dataset]
    build_model: Callable[[int], Any]
    examples: int = 60_000
    validation: int = 5_000

    def __post_init__(self) -> None:
        checks.whole("examples", self.examples, 1)
        checks.whole("validation", self.validation, 1)
        if self.validation >= self.examples:
            raise ValueError(
                f"validation = {self.validation!r}: must be fewer than the {self.examples} examples"
            )
