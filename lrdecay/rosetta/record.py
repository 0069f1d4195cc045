"""What the libraries gave when they were last run: ``recorded.json``.

``python -m lrdecay.rosetta.record`` runs them all and writes it anew, after a new version or a
new call; `make rivals` installs them.
"""

import json
import warnings
from functools import cache
from pathlib import Path
from typing import Any

from lrdecay.rosetta import qualities
from lrdecay.rosetta.library import Defect, Library, libraries

FILE = Path(__file__).with_name("recorded.json")


@cache
def recorded() -> dict[str, Any]:
    """Return what was recorded, by part: versions, rates, defects and qualities.

    Examples
    --------
    >>> recorded()["rates"]["timm: CosineLRScheduler(optimizer, t_initial=40)"][20]
    0.05
    """
    return dict(json.loads(FILE.read_text(encoding="utf-8")))


def today(defect: Defect) -> list[Any]:
    """Return what the library of `defect` gives now, its warnings left out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return defect.today()


def run() -> dict[str, Any]:
    """Run every library and return what there is to record."""
    found = libraries()
    return {
        "versions": {name: library.version() for name, library in found.items()},
        "rates": {
            library.key(call): [
                _short(library, rate) for rate in library.rates(call.call, call.steps)
            ]
            for library in found.values()
            for call in library.calls
        },
        "defects": {
            library.key(defect): today(defect)
            for library in found.values()
            for defect in library.defects
        },
        "qualities": {
            quality: {
                name: qualities.share(quality, name)
                for name in (qualities.OURS, *qualities.columns())
            }
            for quality in qualities.QUALITIES
        },
    }


def _short(library: Library, rate: float) -> float:
    """Return `rate` without the digits that float32 does not have."""
    return float(f"{rate:.9g}") if library.tolerance > 1e-9 else rate


def main() -> None:
    """Run everything and write it down, one line an entry, so that a change can be read."""
    parts = (
        f"{json.dumps(part)}: {{\n"
        + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in entries.items())
        + "\n}"
        for part, entries in run().items()
    )
    FILE.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
