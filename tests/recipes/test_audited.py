"""Public recipes audited: what is wrong with a few of them, and no false alarm."""

import numpy as np
import pytest
import recipe_table

from lrdecay import audit, parse

SAID = [recipe for recipe in recipe_table.load() if recipe["schedule"]]


def each(recipes):
    return pytest.mark.parametrize("recipe", recipes, ids=lambda recipe: recipe["name"])


def findings(recipe, text):
    """Return what `audit` says of a run by the schedule in `text`, notes aside."""
    found = audit(parse(text), recipe["total_steps"], recipe["steps_per_epoch"])
    return [finding.code for finding in found if finding.severity != "note"]


@each(SAID)
def test_audit_finds_what_is_wrong_and_nothing_else(recipe):
    text = recipe["schedule"] + recipe.get("declared", "")
    assert findings(recipe, text) == list(recipe.get("findings", {}))


@each([recipe for recipe in SAID if recipe["before"]["schedule"] not in (None, recipe["schedule"])])
def test_audit_finds_the_same_where_it_is_said_at_more_length(recipe):
    before = recipe["before"]
    expected = before.get("findings", recipe.get("findings", {}))
    assert findings(recipe, before["schedule"] + recipe.get("declared", "")) == list(expected)


@each([recipe for recipe in SAID if "declared" in recipe])
def test_a_tail_is_declared_without_changing_a_rate(recipe):
    steps = np.arange(recipe["total_steps"])
    declared = parse(recipe["schedule"] + recipe["declared"])(steps)
    np.testing.assert_array_equal(declared, parse(recipe["schedule"])(steps))
    assert findings(recipe, recipe["schedule"]) == recipe["undeclared"]
