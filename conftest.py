"""What needs a library that is not installed is left out, and says so."""

from importlib.util import find_spec

import pytest

NEEDS = {"torch": "lrdecay.interop.to_torch", "optax": "lrdecay.interop.to_optax"}
MISSING = [library for library in NEEDS if find_spec(library) is None]

collect_ignore = [f"lrdecay/interop/{library}.py" for library in MISSING]


def pytest_collection_modifyitems(items):
    """Skip the examples of adapters whose library is missing."""
    for item in items:
        for library in MISSING:
            if item.name == NEEDS[library]:
                reason = f"{library} is not installed: see `make rivals`"
                item.add_marker(pytest.mark.skip(reason=reason))
