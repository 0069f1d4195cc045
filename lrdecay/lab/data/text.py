"""Text that is already there: the source code of the installed SymPy, character by character."""

import hashlib
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lrdecay.lab.data.dataset import Dataset

CHARACTERS = "\n" + "".join(map(chr, range(32, 127)))
"""The 96 characters that are told apart: a line's end and what ASCII can print."""

CONTEXT = 64
"""How many characters an example has."""

TRAIN, VALIDATION, TEST = 120_000, 1_000, 1_000
"""How many examples `load` draws from the files of each part."""

KNOWN = {
    "source": "d17b079a4601e8e7bccd205930d56ae24493227b56df1a0fbb3cd02b430e76c2",
    "tests": "730b05b7b2808d81ce4200655e6e074cc2c6a20a6339fd049a1f6da6a26ce5fc",
}
"""The SHA-256 of each kind of text in SymPy 1.14.0, which the published runs have read."""

_SEED = 20_261_129


def encode(text: str) -> NDArray[np.uint8]:
    """Return the places of a text's characters in `CHARACTERS`; of any other that of "?".

    Examples
    --------
    >>> encode("a = π").tolist()
    [66, 1, 30, 1, 32]
    """
    places = np.full(128, CHARACTERS.index("?"), dtype=np.uint8)
    places[[ord(character) for character in CHARACTERS]] = np.arange(len(CHARACTERS))
    points = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    return places[np.minimum(points, 127)]


def decode(places: NDArray[np.uint8]) -> str:
    """Return the text that `encode` has taken.

    Examples
    --------
    >>> decode(encode("x**2 + 1"))
    'x**2 + 1'
    """
    return "".join(CHARACTERS[place] for place in np.asarray(places).ravel())


def load(source: str | Path = "auto", kind: str = "source") -> Dataset:
    """Return pieces of 64 characters of SymPy's source text, and of each the character after it.

    Whole files are kept apart for validation and test, chosen by a hash of their names: so a
    model is judged on files of which it has read nothing.

    Parameters
    ----------
    source : str or path
        ``"auto"``: the SymPy that is installed. Else a folder with files of Python.
    kind : {"source", "tests"}
        Everything but SymPy's tests; or its tests alone.

    Returns
    -------
    Dataset
        ``x_train`` of shape (121000, 64), the last 1,000 for validation; ``x_test`` of shape (1000,
        64); ``y_train`` and ``y_test`` are the same text one character later. The numbers are
        places in `CHARACTERS`. The name says which SymPy it is, and where the text is not that of
        the published runs, that it is another.

    Raises
    ------
    FileNotFoundError
        When SymPy is not installed, or the folder has no such files.
    ValueError
        When `kind` is unknown, a file is not UTF-8, or there is not enough text.

    Examples
    --------
    >>> data = load()
    >>> data.x_train.shape, data.x_test.shape
    ((121000, 64), (1000, 64))
    """
    if kind not in KNOWN:
        raise ValueError(f"kind = {kind!r}: expected one of {', '.join(KNOWN)}")
    root, named = _sympy() if source == "auto" else (Path(source), f"files of {Path(source).name}")
    found = parts(root, kind)
    digest = fingerprint(found)
    name = f"{named}, {kind}"
    if digest != KNOWN[kind]:
        name += " (not the text that the published runs have read)"
    examples = {
        part: _examples(part, found[part], count)
        for part, count in (("train", TRAIN), ("validation", VALIDATION), ("test", TEST))
    }
    train = np.concatenate([examples["train"], examples["validation"]])
    test = examples["test"]
    for array in (train, test):
        array.flags.writeable = False
    return Dataset(
        train[:, :-1],
        train[:, 1:],
        test[:, :-1],
        test[:, 1:],
        name,
        f"{sum(map(len, found.values())):,} characters (SHA-256 "
        f"{digest[:16]}), 64 of them an example; files of their own are kept for the test.",
    )


def fingerprint(found: dict[str, NDArray[np.uint8]]) -> str:
    """Return the SHA-256 of the text of `parts`."""
    return hashlib.sha256(b"".join(found[part].tobytes() for part in sorted(found))).hexdigest()


def _sympy() -> tuple[Path, str]:
    spec = find_spec("sympy")
    try:
        named = f"SymPy {version('sympy')}"
    except PackageNotFoundError:
        named = "SymPy of unknown version"
    if spec is None or spec.origin is None:
        raise FileNotFoundError("SymPy is not installed, whose source is the text: install sympy")
    return Path(spec.origin).parent, named


def _read(root: Path, kind: str) -> dict[str, str]:
    """Return the texts of all files of a kind by their names within the folder."""
    texts = {}
    for path in sorted(root.rglob("*.py")):
        place = path.relative_to(root)
        if ("tests" in place.parts) != (kind == "tests"):
            continue
        try:
            texts[place.as_posix()] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"{path}: is no UTF-8 ({error}); install SymPy anew") from error
    if not texts:
        raise FileNotFoundError(f"{root}: has no files of Python of the kind {kind!r}")
    return texts


def parts(root: Path, kind: str) -> dict[str, NDArray[np.uint8]]:
    """Return all of a folder's text of a kind, encoded, in three parts.

    A tenth of the files are kept for validation and a tenth for the test, by the hash of their
    names within the folder.
    """
    texts = _read(root, kind)
    of: dict[str, list[str]] = {"train": [], "validation": [], "test": []}
    for name in sorted(texts):
        chance = hashlib.sha256(name.encode()).digest()[0] % 10
        part = {0: "validation", 1: "test"}.get(chance, "train")
        of[part].append(texts[name])
    return {part: encode("\n".join(listed)) for part, listed in of.items()}


def _examples(part: str, text: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    """Return so many pieces of 65 characters, drawn; each begins with the last of one before."""
    there = (len(text) - 1) // CONTEXT
    if there < count:
        raise ValueError(
            f"text: the files for {part} have {len(text):,} characters, "
            f"{count * CONTEXT + 1:,} are needed; install SymPy anew, or name a folder with more"
        )
    bits = np.random.PCG64(_SEED).random_raw(there)
    starts = CONTEXT * np.sort(np.argsort(bits, kind="stable")[:count])
    examples: NDArray[np.uint8] = text[starts[:, None] + np.arange(CONTEXT + 1)]
    return examples
