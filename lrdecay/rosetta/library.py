"""What a library is to us: its calls, the rates that they give, and its defects.

The text of a call is what is run, so that what a page shows is what was compared. A library is
imported when it is run and not before.
"""

import re
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module, metadata
from pkgutil import iter_modules
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrdecay.schedules import parse

STEPS = 56
"""The updates over which a call is compared, unless it says otherwise."""

LR = 0.1
"""The rate of the optimizer that a scheduler is given."""

FRACTION = "`alpha` is a fraction of the first rate, not a rate."
TOTAL = "The rival's total includes the warmup."
END = "Compared up to its end: after it, the rival's rate rises again."
COS32 = "In float32, (1 + cos) / 2 has lost digits near the end."

COSINE32 = 2e-4
"""The tolerance of float32's ``(1 + cos) / 2``: near the end, 1e-7 of the peak is left over."""

LINE32 = 2e-5
"""The tolerance of float32's ``end + (start - end) * weight``, likewise."""

CHAINED = 1e-10
"""The tolerance of recursions, which carry their rounding along."""


@dataclass(frozen=True)
class Call:
    """A call of a library, and the lrdecay text that gives the same rates.

    Parameters
    ----------
    feature : str
        What it is an example of: one of `lrdecay.rosetta.tables.FEATURES`.
    call : str
        The call, in the names of the library's module; a scheduler's optimizer is ``optimizer``.
    ours : str
        A schedule, as `lrdecay.parse` reads it.
    note : str
        What a reader has to know to translate such a call.
    steps : int
        The updates compared: fewer where the library is only valid so far.
    tolerance : float
        The relative difference that passes; 0 is the library's own.
    """

    feature: str
    call: str
    ours: str
    note: str = ""
    steps: int = STEPS
    tolerance: float = 0.0

    def rates(self) -> NDArray[np.float64]:
        """Return lrdecay's rates of the updates that are compared."""
        return parse(self.ours).curve(self.steps)

    def difference(self, rival: Sequence[float]) -> float:
        """Return the largest difference to the rates `rival`, relative to the rate.

        Where a rate is below a thousandth of the highest, it is relative to that thousandth:
        0 and 1e-18 are the same rate.
        """
        if len(rival) != self.steps:
            raise ValueError(f"rival: {len(rival)} rates of {self.call}, not {self.steps}")
        expected = self.rates()
        scale = np.maximum(expected, expected.max() / 1000)
        return float(np.max(np.abs(np.asarray(rival) - expected) / scale))


Answer = Callable[[], list[Any]]


@dataclass(frozen=True)
class Defect:
    """A recipe that a library gets wrong, or otherwise than others.

    Parameters
    ----------
    name : str
        What it is recorded under.
    says : str
        What is wrong, in a sentence.
    seen : list
        The numbers of the library that give it away, as they were found first. When a new
        version gives others, the tests say so.
    right : list
        The right answer, by hand.
    today : callable
        Runs the library and returns its numbers.
    ours : callable, optional
        Runs lrdecay on the same recipe. None where `audit` or the lab answers: they stand above
        this package, and the tests ask them.
    needs : tuple of str
        The modules that `ours` needs beside lrdecay.
    source : str
        Where it was reported.
    """

    name: str
    says: str
    seen: list[Any]
    right: list[Any]
    today: Answer
    ours: Answer | None
    needs: tuple[str, ...] = ()
    source: str = ""


Answers = tuple[Answer, Answer | None]


def defect(
    name: str,
    says: str,
    seen: list[Any],
    right: list[Any],
    needs: tuple[str, ...] = (),
    source: str = "",
) -> Callable[[Callable[[], Answers]], Defect]:
    """Make a `Defect` of a function of no arguments that returns `today` and `ours`."""

    def declared(both: Callable[[], Answers]) -> Defect:
        return Defect(name, says, seen, right, *both(), needs, source)

    return declared


def defects_in(names: Mapping[str, Any]) -> tuple[Defect, ...]:
    """Return the defects among `names`, the ``globals()`` of a library's file, in order."""
    return tuple(value for value in names.values() if isinstance(value, Defect))


@dataclass(frozen=True)
class Library(ABC):
    """A library, as its file in this folder declares it under the name ``LIBRARY``.

    Parameters
    ----------
    name : str
        As people write it.
    module : str
        Where the names in its calls come from.
    package : str
        What is installed to run it; empty where Python is enough.
    tolerance : float
        The relative difference that passes: 1e-12 in Python's floats, a few roundings of
        float32.
    calls : tuple of Call
        Its schedules beside ours.
    defects : tuple of Defect
        What it gets wrong today.
    column : bool
        Whether it has a column in the feature table.
    """

    name: str
    module: str
    package: str
    tolerance: float
    calls: tuple[Call, ...] = ()
    defects: tuple[Defect, ...] = ()
    column: bool = False

    def key(self, what: Call | Defect) -> str:
        """Return what `what` is recorded under: a changed call is a new recording."""
        return f"{self.name}: {what.call if isinstance(what, Call) else what.name}"

    def allowed(self, call: Call) -> float:
        """Return the difference that passes for `call`."""
        return call.tolerance or self.tolerance

    def version(self) -> str:
        """Return the version that is installed here.

        Raises
        ------
        importlib.metadata.PackageNotFoundError
            When none is.
        """
        return metadata.version(self.package).split("+")[0] if self.package else "any"

    def installed(self) -> bool:
        """Return whether the library can be run here."""
        try:
            self.version()
        except metadata.PackageNotFoundError:
            return False
        return True

    def names(self) -> Mapping[str, Any]:
        """Import the library's module and return its names."""
        while True:
            try:
                return vars(import_module(self.module))
            except RuntimeError as error:
                missing = re.search(r"operator (torchvision::\w+) does not exist", str(error))
                if not missing:
                    raise
                # timm imports torchvision, whose operators do not load beside a PyTorch without
                # CUDA. No schedule uses them, so it is enough to declare them.
                import torch  # noqa: PLC0415

                torch.library.define(missing[1], "() -> ()")

    def make(self, call: str, optimizer: Any = None) -> Any:
        """Return what the text `call` makes, run now."""
        return eval(call, {**self.names(), "optimizer": optimizer})  # texts of this folder alone

    @abstractmethod
    def new(self, call: str) -> Any:
        """Return what `call` makes, with an optimizer of its own where it needs one."""

    @abstractmethod
    def rates(self, call: str, n: int) -> list[float]:
        """Return the library's rates of updates 0 .. n - 1, run now."""


@dataclass(frozen=True)
class Functions(Library):
    """A library whose schedules are functions of the number of the update."""

    def new(self, call: str) -> Any:
        """Return what `call` makes."""
        return self.make(call)

    def rates(self, call: str, n: int) -> list[float]:
        """Return the library's rates of updates 0 .. n - 1, run now."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library's own
            schedule = self.make(call)
            return [float(schedule(t)) for t in range(n)]


def _once_an_update(scheduler: Any, t: int) -> None:
    scheduler.step()


@dataclass(frozen=True)
class Schedulers(Library):
    """A library whose schedules are objects that set the rate of a PyTorch optimizer.

    Parameters
    ----------
    step : callable
        Called with the scheduler and t after update t.
    """

    step: Callable[[Any, int], None] = _once_an_update

    def new(self, call: str) -> Any:
        """Return what `call` makes, with an optimizer of its own."""
        return self.make(call, new_optimizer())

    def rates(self, call: str, n: int) -> list[float]:
        """Return the rates that the first `n` updates are made at, run now."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library's own
            optimizer = new_optimizer()
            return self.stepped(self.make(call, optimizer), optimizer, n)

    def stepped(self, scheduler: Any, optimizer: Any, n: int) -> list[float]:
        """Return the rates that the next `n` updates of `optimizer` are made at."""
        rates = []
        for t in range(n):
            rates.append(float(optimizer.param_groups[0]["lr"]))
            optimizer.step()
            self.step(scheduler, t)
        return rates


def new_optimizer(lr: float = LR) -> Any:
    """Return a PyTorch optimizer with one weight, its rate `lr`."""
    import torch  # noqa: PLC0415

    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr, momentum=0.9)


def error(call: Callable[[], Any]) -> str:
    """Return what `call` raises: its class, and for lrdecay the argument that it names."""
    try:
        value = call()
    except Exception as raised:
        if isinstance(raised, ValueError) and " = " in str(raised):
            return f"ValueError: {str(raised).split(' = ')[0]}"
        return type(raised).__name__
    return f"no error: {value!r}"


def same(found: list[Any], expected: list[Any]) -> bool:
    """Return whether two answers are the same: numbers to 1e-6 of them, all else exactly."""
    return len(found) == len(expected) and all(
        abs(a - b) <= 1e-6 * abs(b) + 1e-12
        if isinstance(a, float) and isinstance(b, int | float)
        else a == b
        for a, b in zip(found, expected, strict=True)
    )


@cache
def libraries() -> Mapping[str, Library]:
    """Return every library that has a file in this folder, by name.

    Those with a column in the feature table come first.

    Examples
    --------
    >>> [step] = [call for call in libraries()["timm"].calls if call.feature == "step"]
    >>> step.call
    'StepLRScheduler(optimizer, decay_t=10, decay_rate=0.5)'
    >>> step.ours
    'StepDecay(0.1, drop_rate=0.5, step_size=10)'
    """
    here = __name__.rpartition(".")[0]
    files = iter_modules(import_module(here).__path__, f"{here}.")
    found = [vars(import_module(file.name)).get("LIBRARY") for file in files]
    declared = [library for library in found if isinstance(library, Library)]
    declared.sort(key=lambda library: (not library.column, library.name))
    return {library.name: library for library in declared}
