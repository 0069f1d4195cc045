"""The protocol stood before the runs: git says so."""

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROMISES = {
    "comparison": ("Primary: the loss", "Seeds 100 to 129", "Nothing in the choice reads"),
    "language": ("Primary: the loss", "Seeds 100 to 107", "Nothing in the choice"),
}
"""What the protocol of each published comparison has said before its first run."""


def git(*arguments):
    try:
        run = subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    return run.stdout if run.returncode == 0 else None


def commits(folder):
    """Return the commits of the code that made the published runs."""
    makers = json.loads((ROOT / folder / "manifest.json").read_text(encoding="utf-8"))["makers"]
    return sorted({maker["commit"].removesuffix("+") for maker in makers})


@pytest.mark.parametrize("name", PROMISES)
def test_the_code_that_made_each_run_had_the_protocol_beside_it(name):
    folder = f"book/results/{name}"
    if not (ROOT / folder / "manifest.json").exists():
        pytest.skip("no runs are published yet")
    found = commits(folder)
    assert found
    assert all(found), "a run without a commit"
    known = [c for c in found if git("cat-file", "-e", f"{c}^{{commit}}") is not None]
    if not known:
        pytest.skip("no history here: a copy without git, or a shallow one")
    for commit in known:
        protocol = git("show", f"{commit}:{folder}/protocol.md")
        assert protocol is not None, f"{commit[:8]} made runs, and had no protocol"
        for promise in PROMISES[name]:
            assert promise in protocol, commit


def test_the_choice_reads_no_test_column():
    """Not even by a name: the word stands in what it says of itself alone."""
    text = (ROOT / "lrdecay/lab/sweep/choosing.py").read_text(encoding="utf-8")
    code = text.split('"""', 2)[2]
    assert "test" not in code
    for tool in ("compare", "language"):
        assert "test_" not in (ROOT / f"tools/{tool}.py").read_text(encoding="utf-8")
