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
    drawn : bool
        Whether those are drawn at random; else they are the last ones.
    an_epoch : int, optional
        How many examples an epoch goes through, where going through all takes too long: then
        epoch after epoch takes the next ones. By default all.

    Raises
    ------
    ValueError
        When nothing would be left to train on, or an epoch has more examples than there are.

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
    drawn: bool = True
    an_epoch: int | None = None

    def __post_init__(self) -> None:
        checks.whole("examples", self.examples, 1)
        checks.whole("validation", self.validation, 1)
        if self.validation >= self.examples:
            raise ValueError(
                f"validation = {self.validation!r}: must be fewer than the {self.examples} examples"
            )
        if self.an_epoch is not None:
            checks.whole("an_epoch", self.an_epoch, 1, self.examples - self.validation)

    @property
    def epoch_examples(self) -> int:
        """How many examples an epoch goes through."""
        return self.an_epoch or self.examples - self.validation
