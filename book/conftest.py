"""Which notebook cells nbval compares with their stored outputs, and a summary that says so.

The stored outputs are those of MNIST. Where there is only the stand-in, cells tagged
``depends-on-data`` are run but not compared.
"""

import os
from collections import Counter
from pathlib import Path

import pytest

COMPARED = "compared with the stored output"
VARIES = "run only: floats or times vary with the processor (nbval-ignore-output)"
NO_MNIST = "run only: depends on the data, and MNIST is not here (depends-on-data)"
SILENT = "run: no output is stored"


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
