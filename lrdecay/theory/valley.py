r"""A river in a valley, exactly: why a rate that stays high makes progress that is not seen.

The loss is ``curvature * y**2 / 2 - slope * x``. Across the valley, along y, SGD sees its slope
with noise, as in `lrdecay.theory.quadratic`; along the river, along x, the descent is even and free
of noise. Every update moves ``x <- x + lr * slope`` and ``y <- y - lr * (curvature * y + noise *
xi)``, so the two do not mix: the *river* part of the loss follows the sum of the rates, and the
*hill* part is a noisy quadratic. A high rate goes far down the river and stays high on the hill; a
cooldown gives up a little of the first and most of the second.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lrdecay import checks
from lrdecay.schedules import Schedule
from lrdecay.theory.problem import checked, require
from lrdecay.theory.quadratic import expected_loss


@dataclass(frozen=True, eq=False)
class Valley:
    """Where SGD is in the valley before the first update and after each one.

    All are float64 arrays of shape (steps + 1,).

    Parameters
    ----------
    x : array
        The place along the river, which has no noise.
    mean : array
        The expected place across it; the river flows at 0.
    spread : array
        The standard deviation of that place.
    hill : array
        The expected loss across, ``curvature * (mean**2 + spread**2) / 2``.
    river : array
        The loss along, ``-slope * x``.
    """

    x: NDArray[np.float64]
    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    hill: NDArray[np.float64]
    river: NDArray[np.float64]

    @property
    def loss(self) -> NDArray[np.float64]:
        """The expected loss, of hill and river together."""
        return self.hill + self.river


def river_valley(
    s: Schedule,
    steps: int,
    curvature: float = 1.0,
    noise: float = 1.0,
    slope: float = 0.01,
    start: float = 0.0,
) -> Valley:
    """Return the exact path of SGD in a river valley, and the expected loss on it.

    ``loss = curvature * E[y**2] / 2 - slope * x`` with ``x = slope * (sum of the rates)``

    Parameters
    ----------
    s : Schedule
        The rate of update t, t counted in updates.
    steps : int
        The number of updates.
    curvature : float
        Across the valley, above 0.
    noise : float
        The standard deviation of the noise on the slope across, 0 or more.
    slope : float
        How steeply the river falls, 0 or more, in loss per x.
    start : float
        The first place across; the first place along is 0.

    Returns
    -------
    Valley
        Where SGD diverges, `spread` and `hill` are inf.

    Raises
    ------
    TypeError
        When `s` is not a schedule.
    ValueError
        When `steps` is not a whole number of 1 or more, or another argument is out of range.

    Notes
    -----
    The picture is that of Wen et al. (2024), Understanding Warmup-Stable-Decay Learning Rates: A
    River Valley Loss Landscape Perspective; theirs is a conjecture about language models, this is
    the simplest loss that has it.

    Examples
    --------
    A constant rate, and the same with a cooldown over the last fifth:

    >>> from lrdecay import WSD, Constant
    >>> for s in (Constant(0.3), WSD(0.3, 2000, warmup=0, cooldown=400)):
    ...     end = river_valley(s, steps=2000)
    ...     print(f"hill {end.hill[-1]:.4f}, river {end.river[-1]:.4f}, loss {end.loss[-1]:.4f}")
    hill 0.0882, river -0.0600, loss 0.0282
    hill 0.0061, river -0.0540, loss -0.0479
    """
    values = (("curvature", curvature), ("noise", noise), ("slope", slope), ("start", start))
    for name, value in values:
        checks.number(name, value)
    require(slope >= 0, "slope", slope, "must be 0 or more")
    rates, *_ = checked(s, steps, curvature, noise, start)
    hill, still = (expected_loss(s, steps, curvature, noise, y) for y in (start, 0.0))
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        mean = start * np.concatenate([[1.0], np.cumprod(1 - rates * curvature)])
    x = slope * np.concatenate([[0.0], np.cumsum(rates)])
    return Valley(x, mean, np.sqrt(2 * still / curvature), hill, -slope * x)
