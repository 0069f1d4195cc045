"""What the tests of the pages share."""

import browsing
import other_site
import pytest


@pytest.fixture(scope="module")
def browser():
    """Chromium, once a file."""
    with browsing.chromium() as started:
        yield started


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The book as it is built once it has a repository and an address."""
    return other_site.build(
        tmp_path_factory.mktemp("home"),
        repository={"url": "https://github.com/someone/decay-book/", "branch": "trunk"},
        html={"baseurl": "https://someone.example/decay-book"},
    )
