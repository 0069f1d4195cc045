"""Which notebook cells nbval compares with their stored outputs, how, and a summary that says so.

The stored outputs are those of MNIST. Where there is only the stand-in, cells tagged
``depends-on-data`` are run but not compared.

Text is compared to the last character, but for the last digits of numbers that have all a float
has: ``exp``, ``pow`` and sums of many terms are rounded otherwise on other processors. For the same
reason a picture within text is not compared, as nbval compares no other picture.
"""

import math
import os
import re
from collections import Counter
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import pytest

COMPARED = "compared with the stored output"
VARIES = "run only: floats or times vary with the processor (nbval-ignore-output)"
NO_MNIST = "run only: depends on the data, and MNIST is not here (depends-on-data)"
SILENT = "run: no output is stored"

# A number with the spaces before it: where it has a digit more, columns have a space less.
NUMBER = re.compile(r"( *(?<![\w.])[-+]?\d[\d,]*\.?\d*(?:e[-+]?\d+)?)")
PICTURE = re.compile(r"(?<=data:image/png;base64,)[\w+/=]+")
# Up to 12 digits a number is compared as text; beyond, to this share of it. What float32 can hold
# and is printed with all its digits came out of float32, which has 7.
DIGITS, FLOAT64, FLOAT32 = 12, 1e-12, 5e-7


def same_number(found: str, stored: str) -> bool:
    """Tell whether two printed numbers are the same, but for digits that vary.

    Whole numbers have none.
    """
    if not re.search(r"[.e]", found + stored):
        return False
    found, stored = (text.strip().replace(",", "") for text in (found, stored))
    digits, more = (len(re.sub(r"e.*|\D", "", text).lstrip("0")) for text in (stored, found))
    if max(digits, more) <= DIGITS:
        return False
    single = digits > DIGITS and float(np.float32(float(stored))) == float(stored)
    return math.isclose(float(found), float(stored), rel_tol=FLOAT32 if single else FLOAT64)


def settle_text(found: str, stored: str) -> str:
    """Return `found`, or `stored` where they are the same but for digits and pixels that vary."""
    pictures = iter(PICTURE.findall(stored))
    found = PICTURE.sub(lambda match: next(pictures, match[0]), found)
    pieces = list(zip_longest(NUMBER.split(found), NUMBER.split(stored), fillvalue=""))
    same = all(f == s or (place % 2 and same_number(f, s)) for place, (f, s) in enumerate(pieces))
    return stored if same else found


def settle(found: Any, stored: Any) -> Any:
    """Return `found` with each number as `stored` has it, where they differ by rounding only."""
    if isinstance(found, dict) and isinstance(stored, dict):
        return type(found)({key: settle(found[key], stored.get(key)) for key in found})
    if isinstance(found, list) and isinstance(stored, list) and len(found) == len(stored):
        return [settle(f, s) for f, s in zip(found, stored, strict=True)]
    if isinstance(found, str) and isinstance(stored, str):
        return settle_text(found, stored)
    numbers = isinstance(found, float) and isinstance(stored, float)
    return stored if numbers and math.isclose(found, stored, rel_tol=FLOAT64) else found


def compare(strictly: Any, found: list, stored: list, skip_compare: Any = None) -> bool:
    """Compare as nbval does, `strictly`, after settling what varies with the processor."""
    return strictly(settle(found, stored), stored, skip_compare)


def mnist_is_here() -> bool:
    """Tell whether ``lrdecay.lab.data.load`` will find MNIST without asking the network."""
    keras = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
    return bool(os.environ.get("LRDECAY_MNIST")) or (keras / "datasets" / "mnist.npz").is_file()


def decide(tags: list[str], has_output: bool, mnist: bool) -> str:
    """Return what is done with a cell that has these tags."""
    if "nbval-ignore-output" in tags:
        return VARIES
    if "depends-on-data" in tags and not mnist:
        return NO_MNIST
    return COMPARED if has_output else SILENT


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Turn the comparison off where it cannot hold."""
    mnist = mnist_is_here()
    for item in items:
        cell = getattr(item, "cell", None)
        if cell is None:
            continue
        decision = decide(cell.metadata.get("tags", []), bool(cell.outputs), mnist)
        item.compare_outputs = partial(compare, item.compare_outputs)
        item.options["check"] = decision in {COMPARED, SILENT}
        item.user_properties.append(("notebook cell", decision))


class Tally:
    """Counts the decisions of the cells that passed, in the process that prints the summary."""

    def __init__(self) -> None:
        self.cells: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count one cell."""
        if report.when == "call" and report.passed:
            self.cells.update(v for k, v in report.user_properties if k == "notebook cell")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the counts."""
        if self.cells:
            terminalreporter.section("notebook cells that passed")
            for decision, count in self.cells.most_common():
                terminalreporter.line(f"{count:5} {decision}")


def pytest_configure(config: pytest.Config) -> None:
    """Start counting."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Tally(), "notebook-tally")
