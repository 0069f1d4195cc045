"""Settings and fixtures shared by all tests."""

import os

import browsing
import pytest
from hypothesis import settings

# Tests of a schedule that only a copy of the project has; see test_new_schedule.py.
collect_ignore = ["new_schedule.py"]

# No deadline: a first call may import SymPy or TensorFlow, and machines are noisy. In continuous
# integration the same examples every time: new ones are looked for by whoever works on the code.
settings.register_profile(
    "lrdecay",
    deadline=None,
    print_blob=True,
    derandomize=os.environ.get("CI") == "true",
    max_examples=int(os.environ.get("EXAMPLES", "100")),  # `make quick` asks for fewer
)
settings.load_profile("lrdecay")


@pytest.fixture(scope="module")
def browser():
    """Chromium, once a file."""
    with browsing.chromium() as started:
        yield started


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The book as it is built once it has a repository and an address."""
    import other_site  # noqa: PLC0415  # what the book is built with is not in every environment

    return other_site.build(
        tmp_path_factory.mktemp("home"),
        repository={"url": "https://github.com/someone/decay-book/", "branch": "trunk"},
        html={"baseurl": "https://someone.example/decay-book"},
    )
