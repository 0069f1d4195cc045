"""Public recipes: each said in one line, and compared with its own rates."""

import json
import sys

import numpy as np
import pytest
import recipe_table

from lrdecay import from_config, parse

RECIPES = recipe_table.load()
SAID = [recipe for recipe in RECIPES if recipe["schedule"]]

# The authors' rules and ours round differently, a few times each.
ROUNDING = 4 * sys.float_info.epsilon


def each(recipes):
    return pytest.mark.parametrize("recipe", recipes, ids=lambda recipe: recipe["name"])


def golden(recipe):
    """Return the steps and rates of the authors' own rule; no rate of ours is below 0."""
    rates = np.array(list(recipe["golden"].values()))
    assert "below_zero" in recipe or rates.min() >= 0
    return [int(t) for t in recipe["golden"]], np.maximum(rates, 0)


@each(SAID)
def test_the_rates_are_the_recipes_own(recipe):
    steps, rates = golden(recipe)
    s = parse(recipe["schedule"])
    ours, near = [s(t) for t in steps], ROUNDING * rates.max()
    np.testing.assert_allclose(ours, rates, rtol=recipe.get("tolerance", 0), atol=near)
    # Where a cosine ends, the authors' rules keep seven digits of what is left of the rate.
    np.testing.assert_allclose(ours, rates, rtol=1e-6, atol=0)
    np.testing.assert_allclose(s(np.array(steps)), ours, rtol=0, atol=near)


@each([recipe for recipe in SAID if recipe["before"]["schedule"] not in (None, recipe["schedule"])])
def test_it_is_what_was_said_at_more_length(recipe):
    """Eight rates of each do not show every part of it, such as a short warmup."""
    before, n = parse(recipe["before"]["schedule"]), recipe["total_steps"]
    marks = [mark.step for mark in before.landmarks(n) if mark.step < n]
    ranges = [range(min(n, 2000)), range(0, n, n // 2000 + 1), marks, [mark - 1 for mark in marks]]
    steps = np.unique(np.concatenate(ranges))
    rates = before(steps)
    now = parse(recipe["schedule"])(steps)
    np.testing.assert_allclose(now, rates, rtol=0, atol=ROUNDING * rates.max())


@each(SAID)
def test_it_is_read_back(recipe):
    s = parse(recipe["schedule"])
    assert parse(repr(s)) == s
    assert from_config(json.loads(json.dumps(s.to_config()))) == s


def test_how_many_can_be_said():
    counts = recipe_table.counts(RECIPES)
    assert counts == {"exact": (50, 74), "awkward": (27, 5), "impossible": (5, 3)}
    impossible = {recipe["name"]: recipe.get("kind") for recipe in RECIPES if recipe not in SAID}
    assert impossible == {
        "icefall Zipformer (Eden)": None,
        "PyTorch examples word LM": "plateau",
        "fairseq conv LM": "plateau",
    }


def test_most_are_shorter_than_they_were():
    before, today = recipe_table.lengths(RECIPES)
    assert today < before
    shown = recipe_table.table(RECIPES)
    assert f"| characters | {before} | {today} |" in shown
    assert "| mip-NeRF | impossible |  | `LogLinearDecay(" in shown


def test_each_says_where_it_comes_from_and_what_is_special_about_it():
    assert len({recipe["name"] for recipe in RECIPES}) == len(RECIPES) == 82
    for recipe in RECIPES:
        assert recipe["source"]
        assert recipe["confidence"]
        assert bool(recipe.get("why")) == (recipe["form"] != "exact")
        assert bool(recipe["schedule"]) == (recipe["form"] != "impossible")
        assert ("kind" in recipe) == (not recipe["golden"])
