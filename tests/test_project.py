"""What holds for the project as a whole: layers, light imports, and what no file may name."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import project_files
import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "lrdecay"


@pytest.fixture
def copy(tmp_path):
    """A copy of the package and of its settings."""
    package = [path for path in project_files.known(PACKAGE) if path.suffix == ".py"]
    for path in [*package, ROOT / "pyproject.toml"]:
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    return tmp_path


def layers(folder):
    """Check the imports of the package in `folder` by the contract in its settings."""
    code = "from importlinter.cli import lint_imports_command as run; run()"
    command = [sys.executable, "-c", code, "--no-logo", "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_imports_point_down(copy):
    done = layers(copy)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "line", "said"),
    [
        ("arrays.py", "from lrdecay import formulas", "lrdecay.arrays -> lrdecay.formulas"),
        ("checks.py", "from lrdecay import audit", "lrdecay.checks -> lrdecay "),
        (
            "theory/quadratic.py",
            "def f():\n    from lrdecay.lab import quiet",
            "lrdecay.theory.quadratic -> lrdecay.lab.quiet",
        ),
        ("interop/torch.py", "from ..theory import design", "lrdecay.interop.torch -> lrdecay."),
        ("scratch.py", "", "not listed as layers"),
    ],
)
def test_an_import_that_points_up_is_seen(copy, module, line, said):
    with (copy / "lrdecay" / module).open("a") as file:
        file.write(f"\n{line}\n")
    done = layers(copy)
    assert done.returncode == 1, done.stderr
    assert said in done.stdout


def test_no_import_is_exempt():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = settings["tool"]["importlinter"]["contracts"]
    assert contract["exhaustive"]
    assert "ignore_imports" not in contract


def test_import_lrdecay_loads_numpy_alone():
    code = (
        "import sys; import numpy; before = set(sys.modules); import lrdecay;"
        "new = {m.split('.')[0] for m in set(sys.modules) - before};"
        "ours = {'lrdecay', 'numpy'} | sys.stdlib_module_names; print(sorted(new - ours))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


# Neither where packages come from nor the folders of any one machine: written in pieces, so that
# this file does not contain them.
HOSTS = [a + "." + b for a, b in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"))]
FOLDERS = ["/" + name + "/" for name in ("work", "tmp", "root", "home")]
FORBIDDEN = re.compile(
    "|".join(map(re.escape, HOSTS)) + r"|(?<![\w.~-])(?:" + "|".join(FOLDERS) + ")"
)
BINARY = {".png", ".npz", ".woff2"}


def written_files() -> list[Path]:
    """Return the text files that are under version control."""
    return [path for path in project_files.known() if path.suffix not in BINARY]


def text_of(path: Path) -> str:
    """Return the text of a file, of a notebook without its pictures."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text

    def without_pictures(value):
        if isinstance(value, dict):
            return {k: without_pictures(v) for k, v in value.items() if k != "image/png"}
        return [without_pictures(v) for v in value] if isinstance(value, list) else value

    return json.dumps(without_pictures(json.loads(text)), ensure_ascii=False)


def test_no_file_names_a_package_host_or_a_folder_of_one_machine():
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in written_files()
        if (match := FORBIDDEN.search(text_of(path)))
    ]
    assert found == []


def test_the_search_for_forbidden_names_finds_them():
    assert FORBIDDEN.search("see https://" + HOSTS[0] + "/simple")
    assert FORBIDDEN.search('open("' + FOLDERS[0] + 'data")')
    assert not FORBIDDEN.search("book/home/page and _build/work/x")


def test_no_file_is_large():
    sizes = {path: path.stat().st_size for path in written_files()}
    published = {
        folder: [path for path in sizes if path.parent == ROOT / "book/results" / folder]
        for folder in ("comparison", "language")
    }
    tables = {path for paths in published.values() for path in paths}
    assert {
        path.name for path, size in sizes.items() if size > 2_000_000 and path not in tables
    } == set()
    for folder, paths in published.items():
        assert 0 < sum(sizes[path] for path in paths) <= 5_000_000, folder


def test_every_pinned_requirement_is_pinned_once():
    pins = [
        line.split("==")[0].lower().replace("_", "-").replace(".", "-")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    assert len(pins) == len(set(pins))
    for file in ("requirements.txt", "requirements-test.txt"):
        for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
            if line and not line.startswith(("#", "-")):
                name = line.split(";")[0].lower().replace("_", "-").replace(".", "-")
                assert name in pins, f"{file}: {line}"


# What Python calls these machines, in the terms of a requirement's marker.
MACHINES = {
    "Linux": {"platform_system": "Linux", "platform_machine": "x86_64"},
    "Linux on ARM": {"platform_system": "Linux", "platform_machine": "aarch64"},
    "macOS": {"platform_system": "Darwin", "platform_machine": "arm64"},
    "Windows": {"platform_system": "Windows", "platform_machine": "AMD64"},
}


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_each_machine_gets_one_tensorflow(machine):
    """Two would lie in one folder, and overwrite each other."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    needed = [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]
    here = [need.name for need in needed if not need.marker or need.marker.evaluate(machine)]
    linux = machine["platform_machine"] == "x86_64"
    found = [name for name in here if name.startswith("tensorflow")]
    assert found == ["tensorflow-cpu" if linux else "tensorflow"]


def test_the_tensorflows_are_of_one_version_and_nothing_else_brings_another():
    pins = dict(
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    )
    assert pins["tensorflow"] == pins["tensorflow-cpu"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    installed = project["dependencies"] + project["optional-dependencies"]["rivals"]
    assert not [need for need in installed if Requirement(need).name.startswith("tensorflow")]


def test_the_front_page_installs_what_there_is():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = (ROOT / "book" / "index.md").read_text(encoding="utf-8")
    asked = re.findall(r'pip install "\.\[([\w,]+)\]"', page)
    assert asked
    assert set(",".join(asked).split(",")) <= set(project["optional-dependencies"])
