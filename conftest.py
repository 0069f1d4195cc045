"""What needs a library that is not installed is left out, and says so; what took how long."""

import sys
from collections import Counter
from importlib.util import find_spec

import pytest

NEEDS = {"torch": "lrdecay.interop.to_torch", "optax": "lrdecay.interop.to_optax"}
MISSING = [library for library in NEEDS if find_spec(library) is None]

ALONE = {"book/foundations", "book/practice", "tests/book"}
"""Folders whose files are told one by one, since each takes long."""

collect_ignore = [f"lrdecay/interop/{library}.py" for library in MISSING]


def pytest_collection_modifyitems(items):
    """Skip the examples of adapters whose library is missing."""
    for item in items:
        for library in MISSING:
            if item.name == NEEDS[library]:
                reason = f"{library} is not installed: see `make rivals`"
                item.add_marker(pytest.mark.skip(reason=reason))


def pytest_runtest_teardown(item):
    """Keep `make quick` quick."""
    if item.config.option.markexpr == "not tensorflow" and "tensorflow" in sys.modules:
        pytest.exit(f"{item.nodeid} imports TensorFlow: mark it so", returncode=1)


def pytest_terminal_summary(terminalreporter):
    """Say how long each part took; parts run side by side, so the sum is no waiting time."""
    walks: list[dict] = []
    seconds: Counter[str] = Counter()
    measured: list[str] = []
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "call":  # the teardown repeats them
                walks += [value for name, value in report.user_properties if name == "walk"]
                measured += [value for name, value in report.user_properties if name == "measured"]
            if hasattr(report, "duration"):
                file = report.nodeid.partition("::")[0]
                folder = file.rpartition("/")[0] or file
                part = file if folder in ALONE else folder
                seconds[part] += report.duration
    terminalreporter.section("seconds of work by part")
    for part, time in seconds.most_common():
        if time >= 1:
            terminalreporter.write_line(f"{time:7.1f}  {part}")
    if measured:
        terminalreporter.section("measured")
        for line in measured:
            terminalreporter.write_line(line)
    if walks:
        charts, moves = (sum(walk[key] for walk in walks) for key in ("charts", "moves"))
        answers = sorted(answer for walk in walks for answer in walk["answers"])
        slow = answers[int(0.95 * len(answers))]
        terminalreporter.section("explorers")
        terminalreporter.write_line(
            f"{charts} charts, {moves} moves, each compared with a fresh chart and with Python; "
            f"{len(answers)} answers, 95% of them within {slow:.0f} ms"
        )
