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
    turn : (int, int), optional
        After how many epochs the data becomes another, and how many examples, the first ones,
        are the data before that. By default it stays the same.

    Raises
    ------
    ValueError
        When nothing would be left to train on, before the turn or after it, or an epoch has more
        examples than there are.

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
    turn: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        checks.whole("examples", self.examples, 1)
        checks.whole("validation", self.validation, 1)
        if self.validation >= self.examples:
            raise ValueError(
                f"validation = {self.validation!r}: must be fewer than the {self.examples} examples"
            )
        there = self.examples - self.validation
        least = there
        if self.turn is not None:
            if self.an_epoch is None:
                raise ValueError(f"turn = {self.turn!r}: say how many examples are an_epoch")
            checks.whole("turn[0]", self.turn[0], 1)
            before = checks.whole("turn[1]", self.turn[1], 1, there - 1)
            least = min(before, there - before)
        if self.an_epoch is not None:
            checks.whole("an_epoch", self.an_epoch, 1, least)

    @property
    def epoch_examples(self) -> int:
        """How many examples an epoch goes through."""
        return self.an_epoch or self.examples - self.validation

    def stage(self, epoch: int) -> tuple[range, int]:
        """Return which training examples are the data in an epoch, and since which epoch.

        Examples
        --------
        >>> task = Task("two", list, list, 1_000, 100, an_epoch=50, turn=(3, 600))
        >>> task.stage(2), task.stage(3)
        ((range(0, 600), 0), (range(600, 900), 3))
        """
        there = self.examples - self.validation
        if self.turn is None:
            return range(there), 0
        epochs, before = self.turn
        return (range(before), 0) if epoch < epochs else (range(before, there), epochs)
