"""What was recorded against the rivals as they run here, each that is installed."""

import json
from functools import cache

import defects
import numpy as np
import pytest
import qualities
import rosetta
from make_recorded import RECORDED, today

RECORD = json.loads(RECORDED.read_text(encoding="utf-8"))


@cache
def reason(library: str) -> str:
    """Return why `library` cannot be run, or nothing."""
    if library not in rosetta.LIBRARIES or rosetta.installed(library):
        return ""
    package = rosetta.LIBRARIES[library].package
    return f"{library} is not run live: {package} is not installed; `make rivals` installs it"


def need(library: str) -> None:
    """Skip the test when `library` is not installed."""
    if reason(library):
        pytest.skip(reason(library))


@pytest.mark.parametrize("library", rosetta.LIBRARIES)
def test_the_recorded_rates_are_todays(library):
    need(library)
    for row in rosetta.ROWS:
        if row.library == library:
            rates = rosetta.rates(library, row.call, row.steps)
            # float32 may be rounded otherwise on another processor
            exact = rosetta.LIBRARIES[library].tolerance < 1e-9
            np.testing.assert_allclose(
                rates,
                RECORD["rates"][row.key],
                rtol=1e-12 if exact else 2e-6,
                atol=1e-14 if exact else 2e-8,
                err_msg=f"{row.key} in {library} {rosetta.version(library)}, "
                f"recorded with {RECORD['versions'][library]}",
            )
            assert rosetta.difference(row, rates) <= row.allowed, row.key


@pytest.mark.parametrize("defect", defects.DEFECTS, ids=defects.key)
def test_the_recorded_defect_is_todays(defect):
    need(defect.library)
    assert defects.same(today(defect), RECORD["defects"][defects.key(defect)])


@pytest.mark.parametrize("library", qualities.RIVALS)
def test_the_recorded_qualities_are_todays(library):
    need(library)
    found = {name: qualities.share(name, library) for name in qualities.QUALITIES}
    assert found == {name: RECORD["qualities"][name][library] for name in qualities.QUALITIES}


@pytest.mark.parametrize("quality", sorted(qualities.WITH_RIVALS))
def test_ours_has_the_qualities_that_need_the_rivals(quality):
    need("Keras")
    need("Optax")
    passed, of = qualities.share(quality, qualities.OURS).split("/")
    assert passed == of
