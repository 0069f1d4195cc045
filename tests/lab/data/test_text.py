"""Text that is there: the same on every machine, told when it is another, files kept apart."""

from importlib.metadata import version

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrdecay.lab.data import text

FEW = {"TRAIN": 40, "VALIDATION": 4, "TEST": 4}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Forty files, each full of a letter of its own, and two tests; a few examples are enough."""
    for name, count in FEW.items():
        monkeypatch.setattr(text, name, count)
    for i in range(40):
        (tmp_path / f"file{i}.py").write_text(chr(ord("0") + i) * 1000)
    (tmp_path / "tests").mkdir()
    for i in range(40):
        (tmp_path / "tests" / f"test{i}.py").write_text("~" * 1000)
    return tmp_path


@given(st.text(text.CHARACTERS))
def test_what_is_encoded_is_decoded(some):
    assert text.decode(text.encode(some)) == some


@given(st.text())
def test_what_is_no_such_character_is_a_question_mark(some):
    want = "".join(c if c in text.CHARACTERS else "?" for c in some)
    assert text.decode(text.encode(some)) == want


def test_there_are_96_characters():
    assert len(set(text.CHARACTERS)) == len(text.CHARACTERS) == 96


@pytest.mark.parametrize("kind", text.KNOWN)
def test_the_text_of_the_pinned_sympy_is_known(kind):
    data = text.load(kind=kind)
    assert data.name == f"SymPy {version('sympy')}, {kind}"  # and nothing of another text
    assert data.x_train.shape == (121_000, 64)
    assert data.x_test.shape == (1_000, 64)
    assert data.x_train.dtype == np.uint8
    assert not data.x_train.flags.writeable


def test_the_labels_are_the_characters_that_follow():
    data = text.load()
    for x, y in ((data.x_train, data.y_train), (data.x_test, data.y_test)):
        np.testing.assert_array_equal(x[:, 1:], y[:, :-1])
    assert "def " in text.decode(data.x_train[:200])


def test_no_example_is_there_twice():
    data = text.load()
    firsts = {row.tobytes() for row in np.concatenate([data.x_train, data.x_test])}
    # Where a text repeats itself, so do its examples; the licences and tables of numbers do.
    assert len(firsts) > 0.97 * (len(data.x_train) + len(data.x_test))


def test_files_of_their_own_are_kept_for_validation_and_test(folder):
    data = text.load(folder)
    assert data.name.startswith(f"files of {folder.name}, source (not the text that")
    assert data.provenance.startswith("40,037 characters")  # three parts joined by line ends
    kept = FEW["VALIDATION"]
    train, validation = data.x_train[:-kept], data.x_train[-kept:]
    letters = [set(text.decode(part)) - {"\n"} for part in (train, validation, data.x_test)]
    assert len(letters[0]) > 20
    assert all(letters)
    assert not letters[0] & letters[1]
    assert not letters[0] & letters[2]
    assert not letters[1] & letters[2]


def test_tests_are_another_kind_of_text(folder):
    assert set(text.decode(text.load(folder, "tests").x_train)) == {"~", "\n"}
    assert "~" not in text.decode(text.load(folder).x_train)


def test_one_character_changed_is_told_of(folder, monkeypatch):
    monkeypatch.setitem(text.KNOWN, "source", text.fingerprint(text.parts(folder, "source")))
    assert text.load(folder).name == f"files of {folder.name}, source"
    (folder / "file7.py").write_text("7" * 999 + "8")
    assert "not the text that the published runs have read" in text.load(folder).name


def test_a_folder_that_can_be_read_only_will_do(folder):
    folder.chmod(0o555)
    try:
        assert len(text.load(folder).x_test) == FEW["TEST"]
    finally:
        folder.chmod(0o755)


def test_a_text_cut_short_is_named(folder):
    for path in folder.glob("*.py"):
        path.write_text(path.read_text()[:20])
    with pytest.raises(ValueError, match=r"for train have [\d,]+ characters, 2,561 are needed"):
        text.load(folder)


def test_what_is_no_text_is_named(folder):
    (folder / "file3.py").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"file3\.py: is no UTF-8 .*install SymPy anew"):
        text.load(folder)


def test_no_files_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="has no files of Python of the kind 'source'"):
        text.load(tmp_path)


def test_an_unknown_kind_is_named():
    with pytest.raises(ValueError, match="kind = 'docs': expected one of source, tests"):
        text.load(kind="docs")


def test_no_sympy_is_named(monkeypatch):
    monkeypatch.setattr(text, "find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match=r"SymPy is not installed.*install sympy"):
        text.load()
