"""The feature table: every schedule of ours beside those of other libraries, as Markdown.

It is made from what the libraries gave when they were recorded; lrdecay is run now.
"""

import textwrap
from fractions import Fraction

from lrdecay.rosetta import qualities
from lrdecay.rosetta.library import Call, Library, libraries
from lrdecay.rosetta.qualities import OURS, columns
from lrdecay.rosetta.record import recorded

FEATURES = {
    "Steps": ["constant", "step", "piecewise constant", "knots"],
    "Smooth decay": [
        "`ratio ** (t / T)`",
        "`exp(-k t)`",
        "inverse time",
        "power law",
        "log-linear",
        "polynomial",
        "polynomial, cycling",
        "linear",
        "REX",
    ],
    "Cosine": ["cosine", "cosine with a floor", "warm restarts (SGDR)"],
    "Warmup": [
        "warmup, constant",
        "warmup, linear",
        "warmup, polynomial",
        "warmup, exponential",
        "warmup, cosine",
        "warmup, cosine with a floor",
        "warmup, inverse square root (Noam)",
        "warmup in a curve",
        "warmup over the schedule",
    ],
    "Cycles": [
        "one-cycle, cosine",
        "one-cycle, linear",
        "one-cycle, three phases",
        "`triangular`",
        "`triangular2`",
        "`exp_range`",
    ],
    "Warmup, stay, decay": ["WSD, linear", "WSD, 1-sqrt", "WSD, cosine"],
    "Composition": [
        "one after another",
        "multiplied",
        "clipped",
        "delayed",
        "cooled down",
        "a batch that grows",
    ],
}
"""The features that are functions of t, in groups."""

NOT_FUNCTIONS = {
    "reduce on plateau": "a feedback rule on a measured loss: Keras and PyTorch "
    "`ReduceLROnPlateau`, timm `PlateauLRScheduler`",
    "learning-rate finder": "an experiment on the model, not a schedule: fastai `lr_find`",
}
"""What libraries offer beside schedules, and why a function of t cannot be it."""

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

Each line was run. The last two columns are what the rival gave and what `lrdecay` gives for the
same recipe: rates, unless the line asks for something else, and yes or no where it asks a question.
Where the recipe has no meaning, `lrdecay` raises an error that names the argument; a name with
hyphens, such as `unreached-milestone`, is what [`audit`](audit.md) finds. Some lines are
conventions rather than mistakes; they are listed because they change the rates of anyone who does
not know them.
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


def comparisons(feature: str = "", name: str = "") -> list[tuple[Library, Call]]:
    """Return the calls of all libraries: of one feature, of one library, where they are named."""
    return [
        (library, call)
        for library in libraries().values()
        for call in library.calls
        if feature in ("", call.feature) and name in ("", library.name)
    ]


def difference(library: Library, call: Call) -> float:
    """Return how far lrdecay, run now, is from what the library gave."""
    return call.difference(recorded()["rates"][library.key(call)])


def mark(feature: str, name: str) -> str:
    """Return ✓ when every comparison passes, ✗ when one does not, - when there is none."""
    pairs = comparisons(feature, "" if name == OURS else name)
    passed = [difference(library, call) <= library.allowed(call) for library, call in pairs]
    return ("✓" if all(passed) else "✗") if passed else "-"


def share(text: str) -> str:
    """Return ✓ for 1, - for 0, and the fraction between them."""
    value = Fraction(text)
    return "✓" if value == 1 else "-" if value == 0 else text


def quality_rows() -> list[list[str]]:
    """Return a row for each quality: lrdecay run now, the rivals as recorded."""
    rows = []
    for name, found in recorded()["qualities"].items():
        ours = found[OURS] if name in qualities.WITH_RIVALS else qualities.share(name, OURS)
        rows.append([name, share(ours), *(share(found[library]) for library in columns())])
    return rows


def block() -> str:
    """Return the README's table and its legend."""
    features = [
        [feature, *(mark(feature, name) for name in (OURS, *columns()))]
        for group in FEATURES.values()
        for feature in group
    ]
    checked = quality_rows()
    versions = ", ".join(f"{name} {recorded()['versions'][name]}" for name in columns())
    legend = LEGEND.format(versions=versions, count=len(checked))
    lines = [
        *table(["Feature", OURS, *columns()], [*features, *checked], "lcccccc"),
        "",
        textwrap.fill(legend, 100, break_on_hyphens=False),
    ]
    return "\n".join(lines)


def shown(difference: float) -> str:
    """Return a difference to one digit; what is rounding in float64 is not told apart from 0.

    That rounding hangs on the processor.
    """
    return f"{difference:.0e}" if difference > 1e-12 else "< 1e-12"


def value(answer: object) -> str:
    """Return one member of a defect's answer.

    >>> value(True), value(0.05), value("stops")
    ('yes', '`0.05`', '`stops`')
    """
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    return code(f"{answer:.5g}" if isinstance(answer, float) else str(answer))


def page() -> str:
    """Return the reference page "Features"."""
    versions = ", ".join(
        f"{library.name} {recorded()['versions'][library.name]}"
        for library in libraries().values()
        if library.package
    )
    lines = [INTRO.format(versions=versions)]
    head = ["Feature, library", "Its call", "`lrdecay`", "Off by"]
    for group, features in FEATURES.items():
        rows = []
        for feature in features:
            name = f"**{feature}**<br>"  # once, above the first of its libraries
            for library, call in comparisons(feature):
                found = difference(library, call)
                note = f"<br>{call.note}" if call.note else ""
                failed = "" if found <= library.allowed(call) else " ✗"
                rows.append(
                    [
                        name + library.name,
                        code(call.call) + note,
                        code(call.ours),
                        shown(found) + failed,
                    ]
                )
                name = ""
        lines += [f"## {group}", "", *of_class("lrdecay-calls", table(head, rows)), ""]
    lines += [NOT_T, *(f"- **{name}**: {why}." for name, why in NOT_FUNCTIONS.items()), ""]
    head = ["Feature", OURS, *columns()]
    lines += [QUALITIES, *table(head, quality_rows(), "lcccccc"), ""]
    rows = [
        [
            library.name,
            defect.says + (f" ({defect.source})" if defect.source else ""),
            ", ".join(value(answer) for answer in recorded()["defects"][library.key(defect)]),
            ", ".join(map(value, defect.right)),
        ]
        for library in libraries().values()
        for defect in library.defects
    ]
    head = ["Library", "What happens, or what was asked", "It gives", "`lrdecay` gives"]
    lines += [DEFECTS, *of_class("lrdecay-answers", table(head, rows)), ""]
    return "\n".join(lines)
