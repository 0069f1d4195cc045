import os
import pickle
import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest

from lrdecay.lab.data import archive, digits
from lrdecay.lab.data import dataset as data


def files_below(folder):
    return [name for _, _, names in os.walk(folder) for name in names]


def never(url):
    pytest.fail("asked the network")


# The order of the sources


def test_auto_takes_the_named_file_first(pretend, pretend_arrays, monkeypatch):
    archive.write(data._keras_file(), b"not looked at")
    monkeypatch.setenv(data.VARIABLE, str(pretend))
    monkeypatch.setattr(data.download, "fetch", never)
    for source in ("auto", "mnist"):
        loaded = data.load(source)
        assert loaded.name == "MNIST"
        np.testing.assert_array_equal(loaded.x_train, pretend_arrays[0]["x_train"])


def test_auto_takes_the_file_of_keras_next(pretend, monkeypatch):
    archive.write(data._keras_file(), pretend.read_bytes())
    monkeypatch.setattr(data.download, "fetch", never)
    assert data.load().name == "MNIST"
    assert data.load("mnist").name == "MNIST"


def test_auto_downloads_next_and_keeps_the_file_for_keras(pretend, monkeypatch, capfd):
    asked = []

    def fetch(url):
        asked.append(url)
        return pretend.read_bytes()

    monkeypatch.setattr(data.download, "fetch", fetch)
    assert data.load().name == "MNIST"
    assert data._keras_file().read_bytes() == pretend.read_bytes()
    assert files_below(data._keras_file().parent) == ["mnist.npz"]
    assert data.load().name == "MNIST"
    assert asked == [data.URL]  # the second time the file is there
    assert capfd.readouterr() == ("", "")


def test_auto_takes_the_digits_last(pretend, pretend_arrays, capfd, tmp_path):
    loaded = data.load()
    assert loaded.name == "digits"
    np.testing.assert_array_equal(loaded.x_test, pretend_arrays[1]["x_test"])
    assert files_below(tmp_path / "keras") == []
    assert capfd.readouterr() == ("", "")


def test_mnist_never_falls_back_to_the_digits(pretend):
    with pytest.raises(FileNotFoundError, match=r"neither in Keras' cache .* source='digits'"):
        data.load("mnist")


def test_an_empty_variable_counts_as_unset(pretend, monkeypatch):
    monkeypatch.setenv(data.VARIABLE, "")
    assert data.load().name == "digits"


def test_the_file_of_keras_is_where_keras_looks_for_it(monkeypatch, tmp_path):
    assert data._keras_file() == tmp_path / "keras" / "datasets" / "mnist.npz"
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data._keras_file() == tmp_path / ".keras" / "datasets" / "mnist.npz"


# Files that the user named


def test_a_path_is_read_as_text_and_as_a_path(pretend):
    assert data.load(str(pretend)).name == data.load(pretend).name == "MNIST"


def test_a_path_may_begin_at_home(pretend, monkeypatch):
    monkeypatch.setenv("HOME", str(pretend.parent))
    assert data.load("~/mnist.npz").name == "MNIST"


@pytest.mark.parametrize("by", ["variable", "source"])
@pytest.mark.parametrize(
    ("content", "error"),
    [
        (None, FileNotFoundError),
        (b"", ValueError),
        (b"half a file", ValueError),
        (pickle.dumps([1, 2]), ValueError),
    ],
)
def test_a_bad_file_that_was_named_is_an_error(pretend, monkeypatch, by, content, error):
    path = pretend.with_name("bad.npz")
    if content is not None:
        path.write_bytes(content)
    archive.write(data._keras_file(), pretend.read_bytes())  # there is a good one, not named
    monkeypatch.setenv(data.VARIABLE, str(path if by == "variable" else pretend))
    with pytest.raises(error, match=r"bad\.npz: ") as caught:
        data.load("auto" if by == "variable" else path)
    fix = f"Let {data.VARIABLE} name" if by == "variable" else "Give 'auto', 'mnist', 'digits'"
    assert fix in str(caught.value)


def test_one_changed_pixel_is_found(pretend, pretend_arrays):
    arrays = {name: array.copy() for name, array in pretend_arrays[0].items()}
    arrays["x_test"][9_999, 27, 27] ^= 1
    np.savez_compressed(pretend, **arrays)
    with pytest.raises(ValueError, match="SHA-256 differs"):
        data.load(pretend)


@pytest.mark.parametrize("source", ["", None, 1, True, b"auto", ["auto"]])
def test_a_source_that_is_no_text_is_an_error(source):
    with pytest.raises(ValueError, match=r"source = .*expected 'auto', 'mnist', 'digits' or"):
        data.load(source)


def test_a_mistyped_source_is_an_error():
    with pytest.raises(FileNotFoundError, match=r"mnits: no such file\. Give 'auto'"):
        data.load("mnits")


# The network


def test_a_download_that_is_something_else_is_a_no(pretend, monkeypatch, tmp_path):
    monkeypatch.setattr(data.download, "fetch", lambda url: b"<html>Please log in</html>")
    assert data.load().name == "digits"
    assert files_below(tmp_path / "keras") == []


def test_a_download_serves_even_where_it_cannot_be_kept(pretend, monkeypatch):
    def refuse(path, content):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(data.download, "fetch", lambda url: pretend.read_bytes())
    monkeypatch.setattr(archive, "write", refuse)
    assert data.load().name == "MNIST"


def test_a_damaged_file_of_keras_is_reported_and_replaced(pretend, monkeypatch):
    archive.write(data._keras_file(), b"half a download")
    with pytest.warns(UserWarning, match=r"mnist\.npz: cut short.*passed over; delete it"):
        assert data.load().name == "digits"
    monkeypatch.setattr(data.download, "fetch", lambda url: pretend.read_bytes())
    with pytest.warns(UserWarning, match="passed over"):
        assert data.load().name == "MNIST"
    assert data._keras_file().read_bytes() == pretend.read_bytes()


# The cache of the stand-in


def test_the_digits_are_made_once(pretend, pretend_arrays, monkeypatch, tmp_path):
    first = data.load("digits")
    monkeypatch.setattr(digits, "make", lambda: pytest.fail("made again"))
    np.testing.assert_array_equal(data.load("digits").x_train, first.x_train)
    assert data._digits_file().is_relative_to(tmp_path / "cache" / "lrdecay")


@pytest.mark.parametrize("damage", ["cut", "text", "tampered", "folder"])
def test_a_damaged_cache_is_made_anew(pretend, pretend_arrays, damage):
    data.load("digits")
    path = data._digits_file()
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    elif damage == "text":
        path.write_text("nothing")
    elif damage == "tampered":
        np.savez(path, **pretend_arrays[0])
    else:
        path.unlink()
        path.mkdir()
    np.testing.assert_array_equal(data.load("digits").x_train, pretend_arrays[1]["x_train"])
    if damage != "folder":
        archive.read(path, data.DIGITS, "")


def test_a_cache_that_cannot_be_written_only_costs_time(pretend, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert data.load("digits").name == "digits"


# What comes back


def test_a_dataset_cannot_be_changed(pretend):
    loaded = data.load("digits")
    with pytest.raises(FrozenInstanceError):
        loaded.name = "MNIST"
    with pytest.raises(ValueError, match="read-only"):
        loaded.x_train[0, 0, 0] = 1


def test_what_a_dataset_says_of_itself_does_not_depend_on_the_machine(pretend, monkeypatch):
    by_path = data.load(pretend)
    monkeypatch.setenv(data.VARIABLE, str(pretend))
    assert data.load().provenance == by_path.provenance
    assert by_path.provenance.startswith("MNIST: ")
    assert "accuracies are not" in data.load("digits").provenance
    assert str(Path.home()) not in by_path.provenance


def test_the_true_mnist_is_known(real_mnist):
    loaded = data.load(real_mnist)
    assert loaded.name == "MNIST"
    assert loaded.y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert loaded.x_train.mean().round(4) == 33.3184


def test_loading_needs_no_framework(tmp_path):
    code = "import sys; import lrdecay.lab.data; print({'tensorflow', 'keras'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
