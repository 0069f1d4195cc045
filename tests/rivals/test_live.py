"""What was recorded against the other libraries as they run here, each that is installed."""

from functools import cache

import numpy as np
import pytest

from lrdecay import rosetta
from lrdecay.rosetta import qualities
from lrdecay.rosetta.library import same
from lrdecay.rosetta.record import today

RECORD = rosetta.recorded()
LIBRARIES = rosetta.libraries()
DEFECTS = [(library, defect) for library in LIBRARIES.values() for defect in library.defects]


@cache
def reason(name: str) -> str:
    """Return why the library cannot be run, or nothing."""
    if LIBRARIES[name].installed():
        return ""
    package = LIBRARIES[name].package
    return f"{name} is not run live: {package} is not installed; `make rivals` installs it"


def need(name: str) -> None:
    """Skip the test when the library is not installed."""
    if reason(name):
        pytest.skip(reason(name))


@pytest.mark.parametrize("name", LIBRARIES)
def test_the_recorded_rates_are_todays(name):
    need(name)
    library = LIBRARIES[name]
    exact = library.tolerance < 1e-9
    for call in library.calls:
        rates = library.rates(call.call, call.steps)
        # float32 may be rounded otherwise on another processor
        np.testing.assert_allclose(
            rates,
            RECORD["rates"][library.key(call)],
            rtol=1e-12 if exact else 2e-6,
            atol=1e-14 if exact else 2e-8,
            err_msg=f"{library.key(call)} in {name} {library.version()}, "
            f"recorded with {RECORD['versions'][name]}",
        )
        assert call.difference(rates) <= library.allowed(call), library.key(call)


@pytest.mark.parametrize("pair", DEFECTS, ids=lambda pair: pair[0].key(pair[1]))
def test_the_recorded_defect_is_todays(pair):
    library, defect = pair
    need(library.name)
    assert same(today(defect), RECORD["defects"][library.key(defect)])


@pytest.mark.parametrize("name", qualities.columns())
def test_the_recorded_qualities_are_todays(name):
    need(name)
    found = {quality: qualities.share(quality, name) for quality in qualities.QUALITIES}
    assert found == {quality: RECORD["qualities"][quality][name] for quality in qualities.QUALITIES}


@pytest.mark.parametrize("quality", sorted(qualities.WITH_RIVALS))
def test_ours_has_the_qualities_that_need_the_rivals(quality):
    need("Keras")
    need("Optax")
    passed, of = qualities.share(quality, qualities.OURS).split("/")
    assert passed == of
