"""Gradients in JAX by every parameter and by the step, of 500 schedules made at random.

What they are compared with knows nothing of JAX: differences of the rates that NumPy gives.
"""

import copy
from contextlib import suppress
from functools import cache

import numpy as np
import pytest
import strategies as some
from hypothesis import HealthCheck, Phase, given, seed, settings

from lrdecay import Constant, from_config
from lrdecay.schedules import classes

jax = pytest.importorskip("jax", reason="JAX is not installed: `make rivals` installs it")
jnp = jax.numpy

SCHEDULES = 500
CLOSE = 1e-6
"""A relative change for differences."""


def numbers(config, path=()):
    """Yield the path and the value of every number in a config."""
    for key, value in config.items() if isinstance(config, dict) else enumerate(config):
        if isinstance(value, dict | list):
            yield from numbers(value, (*path, key))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield (*path, key), value


def with_numbers(config, values):
    """Return the schedule of a config in which the numbers at these paths are replaced."""
    changed = copy.deepcopy(config)
    for path, value in values.items():
        inner = changed
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value
    return from_config(changed)


class Slopes:
    """Slopes of an array of functions at `x`, from differences, and which of them are steady.

    A kink or a jump that is near makes two differences differ, of two sizes or of two sides. So do
    stairs that are so many that a difference only sees their mean: a much smaller one is on one.
    """

    def __init__(self, function, x, highest):
        h = CLOSE * max(x, 1e-9)
        middle, far = function(x), 30 * h
        right, left = function(x + h), function(x - h)
        further = function(x + far), function(x - far)
        self.slopes = (right - left) / (2 * h)
        # Rounding, and what a difference of this size cannot see.
        self.scale = np.maximum(abs(self.slopes), highest / max(x, 1e-9))
        coarse = (further[0] - further[1]) / (2 * far)
        bend = abs(right - 2 * middle + left) / h
        self.steady = (abs(coarse - self.slopes) < 1e-3 * self.scale) & (bend < 1e-3 * self.scale)
        fine = (function(x + h / 1000) - function(x - h / 1000)) / (2 * h / 1000)
        self.steady &= abs(fine - self.slopes) < 1e-2 * self.scale
        self.steady &= np.isfinite(self.slopes)

    def close(self, slopes):
        slopes = np.asarray(slopes)
        assert np.isfinite(slopes).all()
        off = abs(slopes - self.slopes) / self.scale
        assert not self.steady.any() or off[self.steady].max() < 2e-3
        return int(self.steady.sum())


def moved(s, random):
    """Return `s` with its floats moved a little: Hypothesis likes equal ones, which are kinks."""
    config = s.to_config()
    values = {
        path: value * random.uniform(0.99, 1.01)
        for path, value in numbers(config)
        if isinstance(value, float)
    }
    try:
        return with_numbers(config, values)
    except ValueError:  # they no longer fit each other
        return None


@cache
def random_schedules():
    """Return distinct schedules, the same ones each time: leaves, and compositions of them."""
    found = {}

    @seed(2026)
    @given(some.schedules())
    @settings(
        max_examples=12 * SCHEDULES,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def collect(s):
        found[repr(s)] = s

    collect()
    random = np.random.default_rng(1)
    found = [moved(s, random) for s in found.values() if not isinstance(s, Constant)]
    found = [s for s in found if s]
    return [found[i] for i in random.permutation(len(found))[:SCHEDULES]]


def steps_of(config, random):
    lengths = [value for _, value in numbers(config) if value > 1] or [100.0]
    return 1 + random.choice(lengths, 6) * random.uniform(0.01, 3, 6)


WIDTH = 16
"""Slopes that are computed at once: always as many, since JAX compiles for each shape."""


def jacobian(function, point):
    """Return the slopes by each of the numbers, in columns."""
    rows = []
    for start in range(0, len(point), WIDTH):
        directions = np.eye(len(point))[start : start + WIDTH]
        padded = np.vstack([directions, np.zeros((WIDTH - len(directions), len(point)))])
        forward = jax.vmap(lambda *tangents: jax.jvp(function, point, tangents)[1])
        rows += [*np.asarray(forward(*map(jnp.asarray, padded.T)))[: len(directions)]]
    return np.stack(rows, axis=1)


def compare(s, random):
    """Return how many slopes, slopes by the step and mapped values were compared."""
    config = s.to_config()
    values = dict(numbers(config))
    ts = steps_of(config, random)
    highest = max(float(s(ts).max()), s(0), 1e-9)
    counts = np.zeros(3, int)

    def rates(changed, steps=ts):
        with np.errstate(over="ignore"):
            return with_numbers(config, {**values, **changed})(steps)

    def traced(*given):  # the last number is added to every step
        s = with_numbers(config, dict(zip(values, given[:-1], strict=True)))
        return s(jnp.asarray(ts) + given[-1])

    point = tuple(map(float, [*values.values(), 0.0]))
    slopes = jacobian(traced, point)
    assert slopes.dtype == np.float64
    if random.random() < 0.1:  # backwards, as training does
        weights, places = random.uniform(1, 2, len(ts)), tuple(range(len(point)))
        gradient = jax.grad(lambda *given: jnp.dot(weights, traced(*given)), places)(*point)
        np.testing.assert_allclose(gradient, weights @ slopes, rtol=1e-6, atol=1e-9 * highest)
    for i, (path, x) in enumerate(values.items()):
        with suppress(ValueError):  # at an end of its range
            counts[0] += Slopes(lambda v, path=path: rates({path: v}), x, highest).close(
                slopes[:, i]
            )
    for t, slope in zip(ts, slopes[:, -1], strict=True):
        counts[1] += Slopes(s, t, highest).close(slope)

    path = list(values)[random.integers(len(values))]
    xs = values[path] * np.array([1.0, 0.9, 1.1, 0.5])
    mapped = jax.vmap(lambda x: with_numbers(config, {**values, path: x})(jnp.asarray(ts)))
    for x, mapped_rates in zip(xs, np.asarray(mapped(jnp.asarray(xs))), strict=True):
        with suppress(ValueError):  # out of its range, which is not seen when mapped
            np.testing.assert_allclose(
                mapped_rates, rates({path: x}), atol=1e-9 * highest, rtol=1e-9
            )
            counts[2] += 1
    return counts


PARTS = 10


@pytest.mark.parametrize("part", range(PARTS))
def test_slopes_and_maps_of_random_schedules(part):
    schedules = random_schedules()[part::PARTS]
    assert len(schedules) == SCHEDULES // PARTS
    random = np.random.default_rng(part)
    with jax.enable_x64(True):
        counts = sum(compare(s, random) for s in schedules)
    print(f"{len(schedules)} schedules; slopes, by the step, mapped: {counts}")
    assert (counts >= np.array([20, 4, 2]) * len(schedules)).all()


def test_they_are_500_of_all_kinds():
    schedules = random_schedules()
    assert len({repr(s) for s in schedules}) == SCHEDULES == 500
    text = " ".join(str(s.to_config()) for s in schedules)
    assert [name for name in classes() if f"'{name}'" not in text] == []
