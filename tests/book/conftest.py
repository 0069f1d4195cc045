"""What the tests of the pages share."""

import browsing
import pytest


@pytest.fixture(scope="module")
def browser():
    """Chromium, once a file."""
    with browsing.chromium() as started:
        yield started
