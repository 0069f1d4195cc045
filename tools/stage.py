"""Copy the sources to ``_build/stage``, where Sphinx builds, so that book/ stays untouched."""

import argparse
import shutil

import notebooks

STAGE = notebooks.ROOT / "_build" / "stage"
EXECUTED = notebooks.ROOT / "_build" / "executed"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Gather what the site is built from.")
    parser.add_argument("--executed", action="store_true", help="use what `make book` executed")
    options = parser.parse_args()
    shutil.rmtree(STAGE, ignore_errors=True)
    ignore = shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__", "conftest.py")
    shutil.copytree(notebooks.BOOK, STAGE, ignore=ignore)
    for file in ("_config.yml", "_toc.yml"):
        shutil.copy2(notebooks.ROOT / file, STAGE / file)
    if options.executed:
        for path in notebooks.chapters():
            relative = path.relative_to(notebooks.BOOK)
            shutil.copy2(EXECUTED / relative, STAGE / relative)


if __name__ == "__main__":
    main()
