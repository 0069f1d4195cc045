"""What is published: a wheel and a source archive, whole, that run on NumPy alone."""

import re
import subprocess
import sys
import tarfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

import project_files
import pytest

import lrdecay

pytestmark = pytest.mark.whole

ROOT = Path(__file__).resolve().parents[1]
FILES = {path.relative_to(ROOT).as_posix() for path in project_files.known(ROOT / "lrdecay")}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Build both from a copy, so that nothing is left in the project."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE", *FILES):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", "dist", "."]
    run = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    (wheel,), (archive,) = (source / "dist").glob("*.whl"), (source / "dist").glob("*.tar.gz")
    return wheel, archive


def test_the_version_stands_in_one_place(built):
    assert all(f"-{lrdecay.__version__}" in path.name for path in built)
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(r"^version: (.+)$", citation, re.MULTILINE)[1] == lrdecay.__version__
    assert lrdecay.__version__ in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_both_hold_the_whole_package(built):
    assert {"lrdecay/py.typed", "lrdecay/rosetta/recorded.json"} <= FILES
    wheel, archive = built
    with zipfile.ZipFile(wheel) as packed:
        inside = {name for name in packed.namelist() if name.startswith("lrdecay/")}
    assert inside == FILES
    with tarfile.open(archive) as packed:
        assert {name.partition("/")[2] for name in packed.getnames()} >= FILES


def test_the_wheel_runs_in_an_environment_with_numpy_alone(built, tmp_path):
    wheel, _ = built
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "env"], check=True)
    python = next(
        path
        for place in ("bin/python", "Scripts/python.exe")
        if (path := tmp_path / "env" / place).exists()
    )
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(subprocess.check_output([python, "-c", where], text=True).strip())
    # NumPy comes from here and not from the network.
    numpy = Path(find_spec("numpy").origin).parent
    for folder in (numpy, numpy.with_name("numpy.libs")):
        if folder.is_dir():
            (packages / folder.name).symlink_to(folder, target_is_directory=True)
    install = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel]
    subprocess.run(install, check=True, cwd=tmp_path)
    command = [python, "-m", "lrdecay", "audit", "StepDecay(0.1, 0.5, 5)", "--steps", "28125"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert run.stderr == ""
    assert "dead-rate" in run.stdout
