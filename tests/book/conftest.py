"""What several tests of the site share."""

import other_site
import pytest


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The book as it is built once it has a repository and an address."""
    return other_site.build(
        tmp_path_factory.mktemp("home"),
        repository={"url": "https://github.com/someone/decay-book/", "branch": "trunk"},
        html={"baseurl": "https://someone.example/decay-book"},
    )
