"""Run every rival of the Rosetta table and write down what it gives: `recorded.json`.

Needs all of them: `make rivals` installs them. Run it again after a new version or a new row.
"""

import json
import warnings
from pathlib import Path
from typing import Any

import defects
import qualities
import rosetta

RECORDED = Path(__file__).parent / "recorded.json"


def short(library: str, rate: float) -> float:
    """Return `rate` without the digits that float32 does not have."""
    if rosetta.LIBRARIES[library].tolerance > 1e-9:
        return float(f"{rate:.9g}")
    return rate


def today(defect: defects.Defect) -> list[Any]:
    """Return what the rival gives now, its warnings left out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return defect.today()


def main() -> None:
    """Run everything."""
    record = {
        "versions": {name: rosetta.version(name) for name in rosetta.LIBRARIES},
        "rates": {
            row.key: [
                short(row.library, rate) for rate in rosetta.rates(row.library, row.call, row.steps)
            ]
            for row in rosetta.ROWS
        },
        "defects": {defects.key(defect): today(defect) for defect in defects.DEFECTS},
        "qualities": {
            name: {
                library: qualities.share(name, library)
                for library in (qualities.OURS, *qualities.RIVALS)
            }
            for name in qualities.QUALITIES
        },
    }
    # one line an entry, so that a change can be read
    parts = (
        f"{json.dumps(part)}: {{\n"
        + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in entries.items())
        + "\n}"
        for part, entries in record.items()
    )
    RECORDED.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
