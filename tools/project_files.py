"""Which files belong to the project: those that git knows, whatever else lies in the folder.

An environment, an editor's folder or a notebook tried out in JupyterLab is nothing to check, to
test or to publish. A new file counts from `git add` on.

    python tools/project_files.py '*.py' '*.ipynb'      list those that match, for the Makefile
"""

import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Where git is no help (a downloaded archive): what is ours although its name begins with a dot,
# and what is made although it does not.
HIDDEN = {".ci", ".github", ".gitignore"}
MADE = {"_build", "__pycache__", "node_modules"}


def _git(folder: Path, *options: str) -> list[Path]:
    """Return the files that ``git ls-files`` names; raise where it cannot."""
    command = ["git", "-C", str(folder), "ls-files", "-z", *options]
    try:
        run = subprocess.run(command, capture_output=True, check=False)
    except OSError as error:
        raise LookupError("git is not installed") from error
    if run.returncode:
        raise LookupError(run.stderr.decode(errors="replace").strip())
    paths = (folder / name for name in run.stdout.decode(errors="surrogateescape").split("\0"))
    return sorted(path for path in paths if path.is_file())


def _is_ours(path: Path) -> bool:
    """Tell whether `path`, relative to the project, looks like a file of it."""
    made = MADE & set(path.parts) or any(part.endswith(".egg-info") for part in path.parts)
    return not made and not any(p.startswith(".") and p not in HIDDEN for p in path.parts)


@cache
def known(folder: Path = ROOT) -> tuple[Path, ...]:
    """Return the project's files under `folder`, sorted."""
    try:
        if found := _git(folder):
            return tuple(found)
        why = "git knows none of its files"
    except LookupError as error:
        why = str(error)
    print(f"{folder.name}: all that lies there counts, since {why}", file=sys.stderr)
    files = (path for path in folder.rglob("*") if path.is_file())
    return tuple(sorted(path for path in files if _is_ours(path.relative_to(folder))))


def strays(folder: Path = ROOT) -> list[Path]:
    """Return the files under `folder` that git neither knows nor ignores."""
    try:
        return _git(folder, "--others", "--exclude-standard")
    except LookupError:
        return []


if __name__ == "__main__":
    print(*(p.relative_to(ROOT) for p in known() if any(map(p.match, sys.argv[1:]))), sep="\n")
