"""What else lies in the folder changes nothing: a copy of the project, littered, passes."""

import os
import shutil
import subprocess
import sys

import project_files
import pytest

pytestmark = pytest.mark.whole

ROOT = project_files.ROOT
# What people and programs leave, with what the tests forbid in the project's own files.
FORBIDDEN = "see /" + "home/someone"
LITTER = {
    ".venv-rivals/lib/site-packages/rival.py": FORBIDDEN,
    ".idea/workspace.xml": FORBIDDEN,
    "env/bin/activate": FORBIDDEN,
    "notes.txt": FORBIDDEN,
    "tests/scratch.py": "import os, sys\n",
    "lrdecay/scratch.py": "from lrdecay.lab import nothing\n",
    "book/foundations/Untitled.ipynb": "{}",
    "book/foundations/.ipynb_checkpoints/01-why-decay-checkpoint.ipynb": "{}",
    "book/private.md": FORBIDDEN,
    "book/_static/.DS_Store": "\0",
    "book/_static/private.css": FORBIDDEN,
}


def git(folder, *arguments):
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def littered(tmp_path):
    """A copy of the project as a repository of its own, with litter."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    for path in project_files.known():
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    write(tmp_path, LITTER)
    return tmp_path


def test_litter_changes_nothing(littered):
    def run(*command):
        done = subprocess.run(
            [sys.executable, *command],
            cwd=littered,
            capture_output=True,
            text=True,
            check=False,
            env={k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    listed = run("tools/project_files.py", "*.py", "*.ipynb", "*.txt").split()
    assert "requirements.txt" in listed
    assert not set(LITTER) & set(listed)
    run("-m", "ruff", "check", *(name for name in listed if name.endswith((".py", ".ipynb"))))
    run(
        *("-m", "pytest", "-q", "-p", "no:cacheprovider", "--deselect"),
        "tests/test_project.py::test_import_lrdecay_loads_numpy_alone",
        *("tests/test_project.py", "tests/book/test_notebooks.py"),
    )
    said = run("tools/stage.py")
    for name in ("Untitled.ipynb", "private.md", "private.css"):
        assert name in said
        assert not list((littered / "_build" / "stage").rglob(name))
    assert (littered / "_build" / "stage" / "index.md").is_file()


def test_a_new_file_counts_from_git_add_on(tmp_path):
    git(tmp_path, "init", "--quiet")
    write(tmp_path, {"old.py": "", "new.py": "", ".gitignore": "made.py\n", "made.py": ""})
    git(tmp_path, "add", "old.py", ".gitignore")
    assert [p.name for p in project_files.known(tmp_path)] == [".gitignore", "old.py"]
    assert [p.name for p in project_files.strays(tmp_path)] == ["new.py"]
    project_files.known.cache_clear()
    (tmp_path / "old.py").unlink()
    git(tmp_path, "add", "new.py")
    assert [p.name for p in project_files.known(tmp_path)] == [".gitignore", "new.py"]


@pytest.mark.parametrize("why", ["no git", "no repository", "another repository"])
def test_without_git_all_that_looks_like_the_project_counts(tmp_path, monkeypatch, capsys, why):
    folder = tmp_path / "project"
    write(folder, {"a.py": "", ".ci/run": "", ".venv/b.py": "", "x.egg-info/c": "", "_build/d": ""})
    if why == "no git":
        monkeypatch.setenv("PATH", "")
    if why == "another repository":
        git(tmp_path, "init", "--quiet")
        (tmp_path / ".gitignore").write_text("project/\n")
    else:
        monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    names = [path.relative_to(folder).as_posix() for path in project_files.known(folder)]
    assert names == [".ci/run", "a.py"]
    assert "project: all that lies there counts, since " in capsys.readouterr().err
