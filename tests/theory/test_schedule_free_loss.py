"""Schedule-free SGD on the quadratic: against SymPy, against simulation, and what it contains."""

import mpmath
import numpy as np
import pytest
import sympy
from problems import PROBLEM

from lrdecay import Constant
from lrdecay.lab import schedule_free
from lrdecay.theory import averaged_loss, schedule_free_loss


def unrolled(steps):
    """Return the expected loss by the paper's definition: x as the mean of all z, in symbols."""
    lr, beta, h, sigma, start = sympy.symbols("lr beta h sigma start")
    draws = sympy.symbols(f"xi:{steps}")
    z, x, moved = start, start, []
    for t in range(steps):
        y = (1 - beta) * z + beta * x
        z = sympy.expand(z - lr * (h * y + sigma * draws[t]))
        moved.append(z)
        x = sympy.expand(sum(moved) / len(moved))
    by_draw = sympy.Poly(x, *draws)
    # The draws are independent, with mean 0 and variance 1: squares of coefficients add up.
    square = sum(by_draw.coeff_monomial(m) ** 2 for m in (1, *draws))
    return sympy.lambdify((lr, beta, h, sigma, start), h * square / 2)


@pytest.mark.parametrize("steps", [1, 2, 3, 5])
def test_the_recursion_is_the_definition_in_symbols(steps):
    of_symbols = unrolled(steps)
    for problem in ((0.3, 0.9, 1.0, 1.0, 1.0), (1.4, 0.5, 0.7, 2.0, -3.0), (5.0, 1.0, 1.3, 0.1, 2)):
        lr, beta, curvature, noise, start = problem
        loss = schedule_free_loss(lr, steps, beta, curvature, noise, start)
        assert loss[-1] == pytest.approx(of_symbols(*problem), rel=1e-11)


@pytest.mark.parametrize(
    ("lr", "beta", "steps"), [(37.4, 0.95, 400), (89.0, 0.98, 400), (0.01, 0.9, 400)]
)
def test_a_run_that_swings_far_out_and_comes_back_keeps_its_digits(lr, beta, steps):
    """Against the mean products as a matrix, with 200 digits."""
    with mpmath.workdps(200):
        rate, between = mpmath.mpf(lr), mpmath.mpf(beta)
        first = mpmath.matrix([1, 1])  # x, z
        square = first * first.T
        for t in range(1, steps + 1):
            c = mpmath.mpf(1) / t
            to_z = [-rate * between, 1 - rate * (1 - between)]
            step = mpmath.matrix([[1 - c + c * to_z[0], c * to_z[1]], to_z])
            drawn = mpmath.matrix([c * rate, rate])
            square = step * square * step.T + drawn * drawn.T
        right = float(square[0, 0] / 2)
    assert schedule_free_loss(lr, steps, beta)[-1] == pytest.approx(right, rel=1e-9)


@pytest.mark.parametrize("beta", [0.0, 0.6, 0.9, 1.0])
def test_simulated_runs_have_the_expected_loss(beta):
    # Coin flips as noise: only mean and variance may matter.
    runs, steps, lr, curvature, noise, start = 40_000, 60, 0.8, 1.3, 0.7, 2.0
    draws = np.random.default_rng(5)
    state = schedule_free.begin([np.full(runs, start)])
    losses = []
    for _ in range(steps):
        (y,) = schedule_free.gradient_point(state, beta)
        slope = curvature * y + noise * draws.choice([-1.0, 1.0], runs)
        state = schedule_free.update(state, [slope], lr)
        losses.append(curvature * state.x[0] ** 2 / 2)
    exact = schedule_free_loss(lr, steps, beta, curvature, noise, start)[1:]
    for loss, right in zip(losses, exact, strict=True):
        error = loss.std() / np.sqrt(runs)
        assert abs(loss.mean() - right) < 5 * error + 1e-12


@pytest.mark.parametrize("lr", [0.05, 1.0, 1.7])
def test_without_interpolation_it_is_the_average_of_plain_sgd(lr):
    problem = {"curvature": [1.0, 0.03], "noise": 0.8, "start": 5.0}
    averaged = averaged_loss(Constant(lr), 300, **problem)
    assert schedule_free_loss(lr, 300, 0.0, **problem) == pytest.approx(averaged, rel=1e-8)


def test_arguments_are_broadcast():
    curvature = np.array([1.0, 0.1, 0.01])
    loss = schedule_free_loss([[0.5], [2.0]], 20, 0.9, curvature, 1.0, 3.0)
    assert loss.shape == (2, 3, 21)
    alone = schedule_free_loss(2.0, 20, 0.9, 0.1, 1.0, 3.0)
    assert loss[1, 1] == pytest.approx(alone, rel=1e-13)


def test_where_it_diverges_the_loss_is_infinite():
    loss = schedule_free_loss(50.0, 2000, beta=0.0)
    assert loss[-1] == np.inf
    assert not np.isnan(loss).any()


@pytest.mark.parametrize(("name", "value", "message"), PROBLEM)
def test_a_bad_problem_is_named(name, value, message):
    with pytest.raises(ValueError, match=f"{name} = .*({message})"):
        schedule_free_loss(0.1, 5, **{name: value})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"lr": 0.0}, "lr = 0.0: must be above 0"),
        ({"beta": 1.5}, "beta = 1.5: must be from 0 to 1"),
        ({"beta": -0.1}, "beta = -0.1: must be from 0 to 1"),
        ({"steps": 0}, "steps = 0"),
    ],
)
def test_a_bad_argument_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        schedule_free_loss(**{"lr": 0.1, "steps": 5, **arguments})
