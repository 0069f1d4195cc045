"""The page "Execution status": what was executed, how long, in how much room."""

import json
import re
import sys

import pytest
from built_site import BUILT, ROOT, WHY_NOT, soup

sys.path += [str(ROOT / "tools"), str(ROOT / "book" / "_ext")]

import chapters
import notebooks


@pytest.mark.parametrize(
    ("megabytes", "text"), [(208, "0.2"), (948, "0.9"), (1738, "1.7"), (None, "")]
)
def test_sizes_have_the_digits_that_machines_share(megabytes, text):
    assert chapters.gigabytes(megabytes) == text


@pytest.mark.skipif(not BUILT, reason=WHY_NOT)
def test_every_chapter_has_a_row_with_its_peak_memory():
    page = soup("reference/execution.html")
    head = [cell.text for cell in page.select("main table thead th")]
    rows = [[cell.text for cell in row.select("td")] for row in page.select("main tbody tr")]
    assert len(rows) == len(notebooks.chapters()) + 1  # their sum
    column = head.index("Peak memory (GB)")
    for row in rows[:-1]:
        assert re.fullmatch(r"[01]\.\d", row[column]), row


@pytest.mark.skipif(not BUILT, reason=WHY_NOT)
def test_the_size_of_the_environment_is_the_measured_one():
    stored = json.loads((ROOT / "book" / "results" / "environment.json").read_text())
    text = soup("reference/execution.html").select_one("main").text
    found = re.search(r"requirements.txt installs, on Binder too, takes ([\d.]+) GB on disk", text)
    assert float(found[1]) == pytest.approx(stored["megabytes"] / 1000, abs=0.05)
