"""Build the environment that Binder builds, and execute a chapter in it.

Binder (repo2docker) makes a fresh environment of the Python in ``runtime.txt`` and installs
``requirements.txt`` into it from the project's folder, with ``-e .`` and ``-c constraints.txt``.
The same is done here, under ``_build/binder``.

    python tools/binder.py           build, execute, compare the size with the stored one
    python tools/binder.py --store   and store the size for the page "Execution status"
"""

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

from notebooks import BOOK, ROOT

ENVIRONMENT = ROOT / "_build" / "binder"
STORED = BOOK / "results" / "environment.json"
CHAPTER = BOOK / "foundations" / "03-four-schedules.ipynb"
TOLERANCE = 0.1  # of the size: a package's release for another machine differs by that much


def interpreter() -> str | None:
    """Return the Python that ``runtime.txt`` names, if it is here."""
    version = (ROOT / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return sys.executable
    return shutil.which(f"python{version}")


def megabytes(folder: Path) -> int:
    """Return the size of all files in `folder`, in millions of bytes."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return round(sum(path.stat().st_size for path in files) / 1e6)


def run(*command: str | Path, **options: object) -> None:
    """Run a command in the project's folder; end with its status where it fails."""
    status = subprocess.run([str(part) for part in command], cwd=ROOT, check=False, **options)
    if status.returncode:
        raise SystemExit(f"this failed: {' '.join(map(str, command))}")


def build(python: str) -> None:
    """Make the environment as Binder does."""
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    run(python, "-m", "venv", ENVIRONMENT)
    pip = (ENVIRONMENT / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check")
    # Nothing but the answer of a package index tells whether there is one.
    probe = [*map(str, pip), "download", "--no-deps", "--retries=0", "--no-cache-dir", "wheel"]
    probe += ["--dest", str(ENVIRONMENT / "probe")]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        print("not built: no package index can be reached from here")
        raise SystemExit(0)
    shutil.rmtree(ENVIRONMENT / "probe")
    run(*pip, "install", "-r", "requirements.txt")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Build Binder's environment, and try it.")
    parser.add_argument("--store", action="store_true", help="store its size for the book")
    options = parser.parse_args()
    python = interpreter()
    if python is None:
        print("not built: the Python that runtime.txt names is not here")
        return
    build(python)
    size = megabytes(ENVIRONMENT)
    run(ENVIRONMENT / "bin" / "python", "tools/execute.py", "--no-cache", CHAPTER)
    if options.store:
        STORED.write_text(json.dumps({"megabytes": size}) + "\n", encoding="utf-8")
    stored = json.loads(STORED.read_text(encoding="utf-8"))["megabytes"]
    print(f"Binder's environment: {size:,} MB; stored: {stored:,} MB")
    shutil.rmtree(ENVIRONMENT)
    if abs(size - stored) > TOLERANCE * stored:
        raise SystemExit("the stored size is out of date: run `make binder STORE=--store`")


if __name__ == "__main__":
    main()
