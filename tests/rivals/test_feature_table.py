"""The README's table and the reference page are those that the checks of today make."""

import subprocess
import sys
from pathlib import Path

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
    features = [[cell.strip() for cell in row] for row in rows if row[0].strip()]
    assert len(features) > 30
    assert {row[1] for row in features if row[0] != "---"} == {"✓"}
    assert all("✗" not in row for row in features)
