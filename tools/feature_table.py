"""Make the feature table of the README and the reference page "Features", from executed checks.

Reads the Rosetta table and what the rivals gave (`tests/rivals`), runs lrdecay on every row, and
marks what agrees. Needs none of the rivals.

    python tools/feature_table.py           write both
    python tools/feature_table.py --check   exit 1 when one of them is out of date
    python tools/feature_table.py --print   print the README's block
"""

import argparse
import json
import sys
import textwrap
from fractions import Fraction
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "rivals")]

import defects  # noqa: E402
import qualities  # noqa: E402
import rosetta  # noqa: E402

README = ROOT / "README.md"
PAGE = ROOT / "book" / "reference" / "features.md"
BEGIN, END = "<!-- features: begin -->", "<!-- features: end -->"
RECORD = json.loads((ROOT / "tests" / "rivals" / "recorded.json").read_text(encoding="utf-8"))
COLUMNS = qualities.RIVALS

LEGEND = """\
Against {versions}. ✓ for a rival: it has such a schedule, or parts of its own that make one; its
call was run, and `lrdecay` gave the same rates. A function that you write yourself, as for
PyTorch's `LambdaLR`, does not count. In the last {count} rows a check was run on every call, and a
fraction says how many passed. Made by `tools/feature_table.py`; the calls are on the book's page
[Features](book/reference/features.md).
"""

INTRO = """\
# Features: every schedule beside its rivals

Which call of yours is which schedule here? Find your library's call in the tables below, and
`lrdecay`'s beside it. Both were run and compared, update by update; the page is made from the
result.

- The rivals are {versions}.
- `optimizer` is one whose rate is 0.1; schedulers of PyTorch's kind multiply that rate. timm's
  are stepped once an epoch, all others once an update.
- "Off by" is the largest difference of all updates, relative to the rate (where that is below a
  thousandth of the highest rate, relative to that thousandth). Rivals in Python's floats agree to
  1e-12, whatever the last digits are; Keras and Optax compute in float32, which has 7 digits.
- `lrdecay` counts updates from 0; the last of N is `t = N - 1`.
"""

NOT_T = """\
## What is no function of t

A schedule says the rate from the number of the update alone. Two relatives do not, so no
`lrdecay` schedule stands beside them:
"""

QUALITIES = """\
## What one can do with a schedule

Each line is a check that was executed on every call of the tables above, for the libraries named
here: ✓ all calls pass, "-" none does, a fraction says how many.
"""

DEFECTS = """\
## What the rivals do otherwise today

Each line was run: the rival's numbers, and those of `lrdecay` for the same recipe. Where the recipe
has no meaning, `lrdecay` raises an error that names the argument. Some lines are conventions
rather than mistakes; they are listed because they change the rates of anyone
who does not know them.
"""


def table(head: list[str], rows: list[list[str]], align: str = "") -> list[str]:
    """Return a Markdown table; `align` holds a character a column, c for centered."""
    rule = [":-:" if mark == "c" else "---" for mark in align.ljust(len(head), "l")]
    return ["| " + " | ".join(cells) + " |" for cells in (head, rule, *rows)]


def of_class(name: str, lines: list[str]) -> list[str]:
    """Return lines of Markdown in a box of the class `name`, for the style sheet."""
    return [f":::{{div}} {name}", *lines, ":::"]


def code(text: str) -> str:
    """Return `text` as code that may stand in a table."""
    return "`" + text.replace("|", r"\|") + "`"


def differences() -> dict[str, float]:
    """Return how far lrdecay is from the rival in each row, run now."""
    return {row.key: rosetta.difference(row, RECORD["rates"][row.key]) for row in rosetta.ROWS}


def mark(feature: str, library: str, found: dict[str, float]) -> str:
    """Return ✓ when every comparison passes, ✗ when one does not, - when there is none."""
    rows = [row for row in rosetta.ROWS if row.feature == feature]
    rows = [row for row in rows if library in (row.library, qualities.OURS)]
    passed = [found[row.key] <= row.allowed for row in rows]
    return ("✓" if all(passed) else "✗") if passed else "-"


def share(text: str) -> str:
    """Return ✓ for 1, - for 0, and the fraction between them."""
    value = Fraction(text)
    return "✓" if value == 1 else "-" if value == 0 else text


def quality_rows() -> list[list[str]]:
    """Return a row for each quality: lrdecay run now, the rivals as recorded."""
    rows = []
    for name, recorded in RECORD["qualities"].items():
        if name in qualities.WITH_RIVALS:
            ours = recorded[qualities.OURS]
        else:
            ours = qualities.share(name, qualities.OURS)
        rows.append([name, share(ours), *(share(recorded[library]) for library in COLUMNS)])
    return rows


def block(found: dict[str, float], qualities_found: list[list[str]]) -> str:
    """Return the README's block between the markers, with them."""
    features = [
        [feature, mark(feature, qualities.OURS, found)]
        + [mark(feature, library, found) for library in COLUMNS]
        for group in rosetta.FEATURES.values()
        for feature in group
    ]
    head = ["Feature", qualities.OURS, *COLUMNS]
    versions = ", ".join(f"{name} {RECORD['versions'][name]}" for name in COLUMNS)
    lines = [
        BEGIN,
        "",
        *table(head, [*features, *qualities_found], "lcccccc"),
        "",
        textwrap.fill(
            LEGEND.format(versions=versions, count=len(qualities_found)),
            100,
            break_on_hyphens=False,
        ),
        "",
        END,
    ]
    return "\n".join(lines)


def shown(difference: float) -> str:
    """Return a difference to one digit; what is rounding in float64 is not told apart from 0.

    That rounding hangs on the processor.
    """
    return f"{difference:.0e}" if difference > 1e-12 else "< 1e-12"


def value(answer: object) -> str:
    """Return one member of a defect's answer."""
    if isinstance(answer, float):
        return f"{answer:.5g}"
    return str(answer)


def page(found: dict[str, float], qualities_found: list[list[str]]) -> str:
    """Return the reference page."""
    versions = ", ".join(
        f"{name} {version}" for name, version in RECORD["versions"].items() if name != "formula"
    )
    lines = [INTRO.format(versions=versions)]
    head = ["Feature, library", "Its call", "`lrdecay`", "Off by"]
    for group, features in rosetta.FEATURES.items():
        rows = []
        for feature in features:
            name = f"**{feature}**<br>"  # once, above the first of its libraries
            for row in (row for row in rosetta.ROWS if row.feature == feature):
                note = f"<br>{row.note}" if row.note else ""
                failed = "" if found[row.key] <= row.allowed else " ✗"
                difference = shown(found[row.key]) + failed
                rows.append([name + row.library, code(row.call) + note, code(row.ours), difference])
                name = ""
        lines += [f"## {group}", "", *of_class("lrdecay-calls", table(head, rows)), ""]
    lines += [NOT_T, *(f"- **{name}**: {why}." for name, why in rosetta.NOT_FUNCTIONS.items()), ""]
    head = ["Feature", qualities.OURS, *COLUMNS]
    lines += [QUALITIES, *table(head, qualities_found, "lcccccc"), ""]
    rows = [
        [
            defect.library,
            defect.says + (f" ({defect.source})" if defect.source else ""),
            ", ".join(code(value(answer)) for answer in RECORD["defects"][defects.key(defect)]),
            ", ".join(code(value(answer)) for answer in defect.right),
        ]
        for defect in defects.DEFECTS
    ]
    head = ["Library", "What", "Its answer", "`lrdecay`"]
    lines += [DEFECTS, *of_class("lrdecay-answers", table(head, rows)), ""]
    return "\n".join(lines)


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
    found, qualities_found = differences(), quality_rows()
    if options.print:
        print(block(found, qualities_found))
        return
    texts = {PAGE: page(found, qualities_found)}
    if not options.page_only:
        readme = README.read_text(encoding="utf-8")
        texts[README] = inserted(readme, block(found, qualities_found))
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
