"""Copy the sources to ``_build/stage``, where Sphinx builds, so that book/ stays untouched.

What git does not know is left behind: nothing is published by lying in the folder.
"""

import argparse
import shutil
from pathlib import Path

import notebooks
import project_files

STAGE = notebooks.ROOT / "_build" / "stage"
EXECUTED = notebooks.ROOT / "_build" / "executed"


def copy(source: Path, target: Path) -> None:
    """Copy a file, into a folder that need not be there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)


def stage(folder: Path = STAGE) -> None:
    """Copy the sources of the book to `folder`, and say what is left behind."""
    shutil.rmtree(folder, ignore_errors=True)
    for path in project_files.known(notebooks.BOOK):
        if path.name != "conftest.py" and path != notebooks.TEMPLATE:
            copy(path, folder / path.relative_to(notebooks.BOOK))
    for file in ("_config.yml", "_toc.yml"):
        copy(notebooks.ROOT / file, folder / file)
    for path in project_files.strays(notebooks.BOOK):
        print(f"not in the site, since git does not know it: {path.relative_to(notebooks.ROOT)}")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Gather what the site is built from.")
    parser.add_argument("--executed", action="store_true", help="use what `make book` executed")
    options = parser.parse_args()
    stage()
    if options.executed:
        for path in notebooks.chapters():
            relative = path.relative_to(notebooks.BOOK)
            shutil.copy2(EXECUTED / relative, STAGE / relative)


if __name__ == "__main__":
    main()
