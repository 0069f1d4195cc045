"""The README's table and the reference page are those that the checks of today make."""

import subprocess
import sys
from pathlib import Path

import pytest

from lrdecay.rosetta import tables

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools" / "feature_table.py"


def run(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, TOOL, *options], capture_output=True, text=True, check=False
    )


def test_page_and_readme_are_up_to_date():
    done = run("--check", *([] if (ROOT / "README.md").exists() else ["--page-only"]))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_block_has_a_check_mark_for_every_feature_of_ours():
    done = run("--print")
    assert done.returncode == 0, done.stderr
    rows = [line.split("|")[1:-1] for line in done.stdout.splitlines() if line.startswith("| ")]
    features = [[cell.strip() for cell in row] for row in rows if row[0].strip() != "Feature"]
    assert len(features) > 30
    assert {row[1] for row in features if row[0] != "---"} == {"✓"}
    assert all("✗" not in row for row in features)


@pytest.mark.parametrize("pair", tables.comparisons(), ids=lambda pair: pair[0].key(pair[1]))
def test_what_the_page_says_hangs_on_no_last_digit(pair):
    """Another processor's `exp` or `pow` moves each of our rates by a few units of 1e-16."""
    library, call = pair
    found = tables.difference(library, call)
    for moved in (found - 1e-14, found + 1e-14, 0.999 * found):
        assert tables.shown(moved) == tables.shown(found)
        assert (moved <= library.allowed(call)) == (found <= library.allowed(call))
