"""Published tables are sealed: a manifest beside them tells whether they are as they were."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lrdecay.lab.sweep.record import write

MANIFEST = "manifest.json"


def seal(folder: Path, names: Iterable[str], **facts: Any) -> None:
    """Write down the SHA-256 of files of a folder, and facts about them.

    Raises
    ------
    OSError
        When the manifest cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> size = (folder / "runs.csv").write_text("hash,loss")
    >>> seal(folder, ["runs.csv"], runs=0)
    >>> sealed(folder)["runs"]
    0
    """
    digests = {name: _digest(folder / name) for name in names}
    text = json.dumps({"sha256": digests, **facts}, indent=1, sort_keys=True)
    write(folder / MANIFEST, text + "\n")


def sealed(folder: Path) -> dict[str, Any]:
    """Return the manifest of a folder whose files are as they were sealed.

    Raises
    ------
    FileNotFoundError
        When a file or the manifest is missing.
    ValueError
        When a file was cut short or changed; the message names it.
    """
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    for name, digest in manifest["sha256"].items():
        if _digest(folder / name) != digest:
            raise ValueError(
                f"{folder / name}: was cut short or changed after it was published (its SHA-256 "
                f"is not that of {MANIFEST}); fetch it again"
            )
    return manifest


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
