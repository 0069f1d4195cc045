"""How long public recipes are in lrdecay's language, today and with its first vocabulary.

    python tools/recipe_table.py        print the table, in Markdown

A number written twice, or worked out by hand, makes a form awkward: each recipe in
``book/results/recipes.json`` says so of itself.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

STORED = Path(__file__).resolve().parents[1] / "book" / "results" / "recipes.json"
FORMS = ("exact", "awkward", "impossible")


def load() -> list[dict[str, Any]]:
    """Return the recipes, each with its own rates and its forms."""
    return json.loads(STORED.read_text(encoding="utf-8"))["recipes"]


def counts(recipes: list[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    """Return how many recipes were of each form before, and are today."""
    before, today = (Counter(r["form"] for r in said) for said in _said(recipes))
    return {form: (before[form], today[form]) for form in FORMS}


def lengths(recipes: list[dict[str, Any]]) -> tuple[int, int]:
    """Return the characters before and today of those recipes that could be said before."""
    both = [recipe for recipe in recipes if recipe["before"]["schedule"]]
    before, today = (sum(len(r["schedule"]) for r in said) for said in _said(both))
    return before, today


def table(recipes: list[dict[str, Any]]) -> str:
    """Return the counts, and the two forms of each recipe that is said in another way today."""
    lines = ["| form | before | today |", "|--|--|--|"]
    lines += [f"| {form} | {a} | {b} |" for form, (a, b) in counts(recipes).items()]
    lines += ["| characters | {} | {} |".format(*lengths(recipes)), ""]
    lines += ["| recipe | before | characters | today | characters |", "|--|--|--|--|--|"]
    for recipe in recipes:
        said = [_cell(s["schedule"]) for s in (recipe["before"], recipe)]
        if said[0] != said[1]:
            lines.append(f"| {recipe['name']} | {said[0]} | {said[1]} |")
    return "\n".join(lines)


def _said(recipes: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    return [recipe["before"] for recipe in recipes], recipes


def _cell(schedule: str | None) -> str:
    return f"`{schedule}` | {len(schedule)}" if schedule else "impossible | "


if __name__ == "__main__":
    print(table(load()))
