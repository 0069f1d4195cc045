"""Read and write the four arrays of a data set, trusting no file that it has not checked."""

import hashlib
import os
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[np.uint8]]

SHAPES: Mapping[str, tuple[int, ...]] = {
    "x_train": (60_000, 28, 28),
    "y_train": (60_000,),
    "x_test": (10_000, 28, 28),
    "y_test": (10_000,),
}
"""The names and shapes of MNIST's arrays, all of them uint8."""

_DAMAGED = (EOFError, OSError, ValueError, KeyError, zipfile.BadZipFile, zlib.error)
"""What NumPy and zipfile raise for files that are cut short, altered, pickled or no archive."""


def fingerprint(arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return the SHA-256 over names, dtypes, shapes and values, whatever the file around them.

    Parameters
    ----------
    arrays : mapping of str to array
        The order of the names does not matter.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> fingerprint({"y": np.zeros(2, np.uint8)})[:8]
    '043b3179'
    """
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.data)
    return digest.hexdigest()


def read(
    file: Path | BinaryIO,
    expected: str,
    fix: str,
    shapes: Mapping[str, tuple[int, ...]] = SHAPES,
) -> Arrays:
    """Return the arrays of an ``.npz`` archive once names, shapes, dtypes and hash are right.

    Parameters
    ----------
    file : Path or binary file
        The archive. Pickled objects in it are refused, never loaded.
    expected : str
        The `fingerprint` that the arrays must have.
    fix : str
        What the reader can do when the file is no good; it ends every message.
    shapes : mapping of str to tuple of int
        The arrays that the archive must hold.

    Returns
    -------
    dict of str to uint8 array

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    ValueError
        When the file is not the expected one; the message names the file and what is wrong.
    """
    if isinstance(file, Path) and not file.exists():
        raise FileNotFoundError(f"{file}: no such file. {fix}")
    try:
        arrays = _load(file)
    except PermissionError as error:
        raise PermissionError(f"{file}: may not be read. {fix}") from error
    except _DAMAGED as error:
        raise ValueError(
            f"{file}: cut short, damaged, or not an .npz archive of plain arrays ({error}). {fix}"
        ) from error
    problem = _problem(arrays, expected, shapes)
    if problem:
        raise ValueError(f"{file}: {problem}. {fix}")
    return arrays


def _load(file: Path | BinaryIO) -> Arrays:
    if isinstance(file, Path):
        with file.open("rb") as stream:  # np.load leaves damaged files open
            return _load(stream)
    archive = np.load(file, allow_pickle=False)
    if not isinstance(archive, np.lib.npyio.NpzFile):
        raise ValueError("it holds one bare array")
    with archive:
        return {name: archive[name] for name in archive.files}


def _problem(
    arrays: Mapping[str, NDArray[Any]], expected: str, shapes: Mapping[str, tuple[int, ...]]
) -> str | None:
    """Say the first thing that is wrong with the arrays, the most telling one first."""
    if set(arrays) != set(shapes):
        return f"holds the arrays {sorted(arrays)}, not {sorted(shapes)}"
    for name, shape in shapes.items():
        array = arrays[name]
        if array.shape != shape:
            return f"{name} has the shape {array.shape}, not {shape}"
        if array.dtype != np.uint8:
            return f"{name} has the dtype {array.dtype}, not uint8"
    if fingerprint(arrays) != expected:
        return "its arrays are not the true ones (their SHA-256 differs)"
    return None


def write(path: Path, data: bytes | Arrays) -> None:
    """Write a file whole or not at all, so that no reader ever sees half of it.

    Parameters
    ----------
    path : Path
        Where to; missing folders are made.
    data : bytes or dict of arrays
        The content; arrays become an ``.npz`` archive.

    Raises
    ------
    OSError
        When the place cannot be written; nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            if isinstance(data, bytes):
                file.write(data)
            else:
                np.savez(file, allow_pickle=False, **data)
        os.replace(part, path)
    except BaseException:
        os.unlink(part)
        raise
