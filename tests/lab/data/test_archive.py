import os
import pickle
import threading
from pathlib import Path

import numpy as np
import pytest

from lrdecay.lab.data import archive

SHAPES = {"x": (40, 30), "y": (40,)}


def good():
    return {
        "x": np.arange(1200, dtype=np.int64).reshape(40, 30).astype(np.uint8),
        "y": np.arange(40, dtype=np.uint8),
    }


EXPECTED = archive.fingerprint(good())


def read(path):
    return archive.read(path, EXPECTED, "Do this.", SHAPES)


def test_a_good_file_is_read(tmp_path):
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "good.npz", **good())
        arrays = read(tmp_path / "good.npz")
        assert {name: (a.shape, a.dtype) for name, a in arrays.items()} == {
            "x": ((40, 30), np.uint8),
            "y": ((40,), np.uint8),
        }
        np.testing.assert_array_equal(arrays["x"], good()["x"])


def truncated(path):
    np.savez(path, **good())
    path.write_bytes(path.read_bytes()[:-200])


def cut_inside(path):
    np.savez(path, **good())
    content = path.read_bytes()
    path.write_bytes(content[:300] + content[400:])


def flipped(path):
    np.savez(path, **good())
    content = bytearray(path.read_bytes())
    content[content.index(bytes([1, 2, 3, 4, 5, 6, 7]))] ^= 1  # zip's own checksum notices
    path.write_bytes(content)


def empty(path):
    path.write_bytes(b"")


def a_text(path):
    path.write_text("<html>Please log in</html>")


def a_pickle(path):
    path.write_bytes(pickle.dumps(good()))


def a_bare_array(path):
    with path.open("wb") as file:
        np.save(file, good()["x"])


def object_arrays(path):
    np.savez(path, x=np.array([{"a": 1}], dtype=object), y=good()["y"])


def a_folder(path):
    path.mkdir()


def tampered(path):
    arrays = good()
    arrays["x"][3, 4] += 1
    np.savez(path, **arrays)


def swapped(path):
    arrays = good()
    arrays["x"] = arrays["x"][::-1]
    np.savez(path, **arrays)


def a_missing_array(path):
    np.savez(path, x=good()["x"])


def another_array(path):
    np.savez(path, **good(), z=good()["y"])


def a_short_array(path):
    np.savez(path, x=good()["x"][:39], y=good()["y"])


def floats(path):
    np.savez(path, x=good()["x"] / 255.0, y=good()["y"])


def signed(path):
    np.savez(path, x=good()["x"], y=good()["y"].astype(np.int8))


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (truncated, "cut short, damaged"),
        (cut_inside, "cut short, damaged"),
        (flipped, "cut short, damaged"),
        (empty, "cut short, damaged"),
        (a_text, "not an .npz archive"),
        (a_pickle, "not an .npz archive of plain arrays"),
        (a_bare_array, "one bare array"),
        (object_arrays, "not an .npz archive of plain arrays"),
        (a_folder, "not an .npz archive"),
        (tampered, "SHA-256 differs"),
        (swapped, "SHA-256 differs"),
        (a_missing_array, r"holds the arrays \['x'\], not \['x', 'y'\]"),
        (another_array, r"holds the arrays \['x', 'y', 'z'\], not \['x', 'y'\]"),
        (a_short_array, r"x has the shape \(39, 30\), not \(40, 30\)"),
        (floats, "x has the dtype float64, not uint8"),
        (signed, "y has the dtype int8, not uint8"),
    ],
)
def test_a_bad_file_is_named_with_its_fault_and_the_fix(tmp_path, make, reason):
    path = tmp_path / "bad.npz"
    make(path)
    with pytest.raises(ValueError, match=reason) as caught:
        read(path)
    assert str(caught.value).startswith(str(path))
    assert str(caught.value).endswith("Do this.")


def test_no_pickle_is_ever_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return Path.touch, (tmp_path / "sprung",)

    for content in (pickle.dumps(Trap()), None):
        path = tmp_path / "trap.npz"
        if content:
            path.write_bytes(content)
        else:
            np.savez(path, x=np.array([Trap()], dtype=object), y=good()["y"])
        with pytest.raises(ValueError, match="plain arrays"):
            read(path)
    assert not (tmp_path / "sprung").exists()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.npz: no such file\. Do this\."):
        read(tmp_path / "none.npz")


def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    path = tmp_path / "secret.npz"
    path.touch()

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")  # root may read everything, so: by hand

    monkeypatch.setattr(np, "load", refuse)
    with pytest.raises(PermissionError, match=r"secret\.npz: may not be read\. Do this\."):
        read(path)


def test_the_fingerprint_is_that_of_the_values_only():
    x, y = good()["x"], good()["y"]
    assert archive.fingerprint({"y": y, "x": x}) == EXPECTED
    assert archive.fingerprint({"x": np.asfortranarray(x), "y": y}) == EXPECTED
    for other in (
        {"x": x.reshape(30, 40), "y": y},
        {"x": x.view(np.int8), "y": y},
        {"x": x, "z": y},
        {"x": x},
        {"x": x[::-1], "y": y},
    ):
        assert archive.fingerprint(other) != EXPECTED


def test_what_is_written_can_be_read(tmp_path):
    path = tmp_path / "new" / "folder" / "a.npz"
    archive.write(path, good())
    np.testing.assert_array_equal(read(path)["x"], good()["x"])
    archive.write(path, b"bytes")
    assert path.read_bytes() == b"bytes"
    assert os.listdir(path.parent) == ["a.npz"]


@pytest.mark.parametrize("step", ["savez", "replace"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, step):
    path = tmp_path / "a.npz"
    archive.write(path, b"old")

    def fail(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(*((np, "savez") if step == "savez" else (os, "replace")), fail)
    with pytest.raises(OSError, match="disk full"):
        archive.write(path, good())
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.npz"]


def test_readers_never_see_half_a_file(tmp_path):
    path = tmp_path / "a.npz"
    contents = [bytes([i]) * 300_000 for i in range(4)]
    archive.write(path, contents[0])
    writers = [
        threading.Thread(target=lambda c=c: [archive.write(path, c) for _ in range(20)])
        for c in contents
    ]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert path.read_bytes() in contents
    for writer in writers:
        writer.join()
    assert os.listdir(tmp_path) == ["a.npz"]
