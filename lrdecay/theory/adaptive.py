"""Adam on a noisy quadratic, by simulation: its division leaves no exact recursion."""

import numpy as np
from numpy.typing import NDArray

from lrdecay import checks
from lrdecay.schedules import Schedule
from lrdecay.theory.problem import checked, require


def simulate_adam(
    s: Schedule,
    steps: int,
    curvature: float = 1.0,
    noise: float = 1.0,
    start: float = 1.0,
    weight_decay: float = 0.0,
    runs: int = 1000,
    seed: int = 0,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> NDArray[np.float64]:
    """Return the paths of many runs of Adam, or of AdamW, with Gaussian noise.

    ``x <- x - lr * (m / (sqrt(v) + epsilon) + weight_decay * x)``

    with bias-corrected running means `m` of the slope and `v` of its square

    Parameters
    ----------
    s : Schedule
        The rate of update t, t counted in updates.
    steps : int
        The number of updates.
    curvature, noise, start : float
        As in `expected_loss`.
    weight_decay : float
        The pull towards 0, multiplied by the rate, as Keras and PyTorch do it; 0 is Adam.
    runs, seed : int
        As in `simulate`.
    beta1, beta2 : float
        What the running means keep at each update, from 0 to below 1.
    epsilon : float
        Keeps the division from 0, above 0.

    Returns
    -------
    float64 array of shape (runs, steps + 1)
        As `simulate`.

    Raises
    ------
    TypeError
        When `s` is not a schedule.
    ValueError
        When an argument is out of range.

    Notes
    -----
    Kingma and Ba (2015), Adam: A Method for Stochastic Optimization; Loshchilov and Hutter (2019),
    Decoupled Weight Decay Regularization.

    Examples
    --------
    The first update is as long as the rate, whatever the slope.

    >>> from lrdecay import Constant
    >>> simulate_adam(Constant(0.1), steps=1, noise=0.0, start=5.0, runs=1).round(6)
    array([[5. , 4.9]])
    """
    for name, value in (("curvature", curvature), ("noise", noise), ("start", start)):
        checks.number(name, value)
    rates, *_ = checked(s, steps, curvature, noise, start)
    for name, value in (("beta1", beta1), ("beta2", beta2)):
        require(0 <= checks.number(name, value) < 1, name, value, "must be 0 or more and below 1")
    require(checks.number("epsilon", epsilon) > 0, "epsilon", epsilon, "must be above 0")
    pull = checks.number("weight_decay", weight_decay)
    require(pull >= 0, "weight_decay", weight_decay, "must be 0 or more")
    require(type(seed) is int and seed >= 0, "seed", seed, "must be a whole number, 0 or more")
    draws = np.random.default_rng(seed)
    paths = np.empty((steps + 1, checks.count("runs", runs)))
    paths[0] = start
    m, v = np.zeros(runs), np.zeros(runs)
    for t, rate in enumerate(rates):
        slope = curvature * paths[t] + noise * draws.standard_normal(runs)
        m = beta1 * m + (1 - beta1) * slope
        v = beta2 * v + (1 - beta2) * slope**2
        unbiased = m / (1 - beta1 ** (t + 1)), v / (1 - beta2 ** (t + 1))
        step = unbiased[0] / (np.sqrt(unbiased[1]) + epsilon)
        paths[t + 1] = paths[t] - rate * (step + pull * paths[t])
    return paths.T
