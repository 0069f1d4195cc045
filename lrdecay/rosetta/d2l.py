"""A book, Dive into Deep Learning: what its class does, written again here."""

from lrdecay.rosetta.library import Answers, Functions, defect, defects_in
from lrdecay.schedules import StepDecay


@defect(
    "changes itself",
    "Its FactorScheduler ignores the step and multiplies its own rate at each call: the first rate "
    "is not 2, and asking twice gives two answers.",
    seen=[1.8, 1.62],
    right=[2.0, 2.0],
)
def _changes_itself() -> Answers:
    class Changing:
        rate = 2.0

        def __call__(self, t: int) -> float:
            self.rate = max(0.01, 0.9 * self.rate)
            return self.rate

    def today() -> list[float]:
        scheduler = Changing()
        return [scheduler(0), scheduler(0)]

    s = StepDecay(2.0, 0.9, step_size=1).clip(0.01)
    return today, lambda: [s(0), s(0)]


LIBRARY = Functions(
    name="d2l",
    module="math",
    package="",
    tolerance=1e-12,
    defects=defects_in(globals()),
)
