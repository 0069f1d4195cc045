"""Write the feature table into the README, and the reference page "Features".

`lrdecay.rosetta.tables` makes both; none of the other libraries is needed.

    python tools/feature_table.py           write both
    python tools/feature_table.py --check   exit 1 when one of them is out of date
    python tools/feature_table.py --print   print the README's block
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from lrdecay.rosetta import tables  # noqa: E402

README = ROOT / "README.md"
PAGE = ROOT / "book" / "reference" / "features.md"
BEGIN, END = "<!-- features: begin -->", "<!-- features: end -->"


def block() -> str:
    """Return the README's block between the markers, with them."""
    return f"{BEGIN}\n\n{tables.block()}\n\n{END}"


def inserted(text: str, new: str) -> str:
    """Return the README's text with its block replaced by `new`."""
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise SystemExit(f"{README.name}: write the lines {BEGIN} and {END} once, for the table")
    return text[: text.index(BEGIN)] + new + text[text.index(END) + len(END) :]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Make the feature table and its page.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when outdated")
    parser.add_argument("--print", action="store_true", help="print the README's block alone")
    parser.add_argument("--page-only", action="store_true", help="leave the README out")
    options = parser.parse_args()
    if options.print:
        print(block())
        return
    texts = {PAGE: tables.page()}
    if not options.page_only:
        readme = README.read_text(encoding="utf-8")
        texts[README] = inserted(readme, block())
    outdated = [
        path
        for path, text in texts.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path in outdated:
        if options.check:
            print(f"{path.relative_to(ROOT)} is out of date: run python tools/feature_table.py")
        else:
            path.write_text(texts[path], encoding="utf-8")
    if options.check and outdated:
        sys.exit(1)


if __name__ == "__main__":
    main()
