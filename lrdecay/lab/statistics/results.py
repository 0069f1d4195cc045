"""What a comparison found, as numbers and as a sentence."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Result:
    """A mean over `n` seeds, of whose runs some may have diverged."""

    n: int
    mean: float
    diverged: int = 0

    def seeds(self) -> str:
        """Return the number of seeds and of diverged runs in words."""
        return f"n = {self.n}" + (f", {self.diverged} diverged" if self.diverged else "")


@dataclass(frozen=True, kw_only=True)
class Mean(Result):
    """The mean of one arm; `half_width` is its "±". ``f"{mean:.2f}"`` sets the digits."""

    half_width: float

    def __format__(self, digits: str = "") -> str:
        digits = digits or two_digits(self.half_width)
        return f"{self.mean:{digits}} ± {self.half_width:{digits}} ({self.seeds()})"

    __str__ = __format__


@dataclass(frozen=True, kw_only=True)
class Difference(Result):
    """The mean of "arm - baseline" and its interval. ``f"{difference:.2f}"`` sets the digits.

    `p` is the paired t test's, whichever the interval; `p_holm`, from `compare`, is corrected.
    """

    low: float
    high: float
    level: float
    method: str
    p: float
    p_holm: float | None = None

    def __format__(self, digits: str = "") -> str:
        digits = digits or two_digits((self.high - self.low) / 2)

        def words(value: float) -> str:
            text = f"{abs(value):{digits}}"
            side = "lower" if value < 0 else "higher"
            return f"{text} {side}" if text.strip("0.%") else text

        ends = f"{words(self.low)} to {words(self.high)}"
        if min(self.low * self.mean, self.high * self.mean) > 0:  # on the side of the mean
            near, far = sorted((abs(self.low), abs(self.high)))
            ends = f"{near:{digits}} to {far:{digits}}"
        level = f"{100 * self.level:.4g} % interval"
        return f"{words(self.mean)}, {level} {ends}, {self.seeds()}"

    __str__ = __format__


@dataclass(frozen=True, kw_only=True)
class Equivalence(Result):
    """Whether a mean difference lies within a margin; `p` is the larger of two one-sided."""

    margin: float
    alpha: float
    p: float

    @property
    def shown(self) -> bool:
        """Whether a difference larger than the margin is ruled out."""
        return self.p < self.alpha

    def __str__(self) -> str:
        found = "no difference larger than {:g}" if self.shown else "one larger than {:g} is open"
        tests = f"two one-sided tests: p = {self.p:.2g}, {self.seeds()}"
        return f"{found.format(self.margin)} ({tests})"


def two_digits(half_width: float) -> str:
    """Return the format that shows two digits of a half width."""
    return f".{max(0, 1 - math.floor(math.log10(half_width)))}f"
