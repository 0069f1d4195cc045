"""A new schedule takes its formula, its class and its tests, and not a line anywhere else."""

import subprocess
import sys
from pathlib import Path

import project_files
import pytest

pytestmark = pytest.mark.whole

ROOT = Path(__file__).resolve().parents[1]

FORMULA = '''

def bell(xp: Library, t: Any, lr0: float, width: float) -> Any:
    """``lr0 * exp(-(t / width) ** 2)``."""
    return lr0 * xp.exp(-((t / width) ** 2))
'''

CLASS = '''

from lrdecay.schedules.parameters import LENGTHS, Parameter

__all__ += ["Bell"]
WIDTH = Parameter(checks.length, "W", "updates wide", unit="updates", time=1, range=LENGTHS)


@dataclass(frozen=True, repr=False)
class Bell(Formula):
    """Fall like the right half of a bell.

    ``lr0 * exp(-(t / width) ** 2)``
    """

    lr0: float = LR0.field()
    width: float = WIDTH.field()

    @classmethod
    def _example(cls) -> Self:
        return cls(0.1, 10)

    def _rate(self, xp: Library, t: Any) -> Any:
        return formulas.bell(xp, t, self.lr0, self.width)

    def _landmarks(self, part: Part) -> Iterator[Landmark]:
        yield from part.mark("scale", self.width, f"width = {when(self.width)}")

    def _span(self) -> float:
        return 3 * self.width
'''

GOLDEN = """

@exact
def bell(lr0: Any, width: Any) -> Rate:
    return lambda t: lr0 * exp(-((t / width) ** 2))


def schedules(without: Any = schedules) -> Iterator[Case]:
    yield from without()
    yield "Bell(0.1, width=40)", bell(0.1, 40), [0, 1, 2.5, 20, 39, 40], lambda t: (t / 40) ** 2


"""


def contents(folder):
    """Return the bytes of every file in `folder`, by its name there."""
    files = (path for path in folder.rglob("*") if path.is_file())
    there = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
    return {name: content for name, content in there.items() if "__pycache__" not in name}


@pytest.fixture(scope="module")
def added(tmp_path_factory):
    """A copy of the project with a schedule more, and the names of the files that were touched."""
    copy = tmp_path_factory.mktemp("project")
    for part in ("lrdecay", "tests", "tools", "pyproject.toml", "conftest.py"):
        whole = [ROOT / part] if (ROOT / part).is_file() else project_files.known(ROOT / part)
        for path in whole:
            target = copy / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    before = contents(copy)

    for name, text in (("formulas.py", FORMULA), ("schedules/decays.py", CLASS)):
        with (copy / "lrdecay" / name).open("a", encoding="utf-8") as file:
            file.write(text)
    maker = copy / "tests" / "golden" / "make_golden.py"
    head, end, tail = maker.read_text(encoding="utf-8").partition("def golden() -> str:")
    maker.write_text(head.rstrip() + "\n" + GOLDEN + end + tail, encoding="utf-8")
    subprocess.run([sys.executable, maker], check=True, cwd=copy)
    (copy / "tests" / "schedules" / "test_bell.py").write_bytes(
        (ROOT / "tests" / "new_schedule.py").read_bytes()
    )
    after = contents(copy)
    return copy, {name for name in after if before.get(name) != after[name]}


def run(folder, *options):
    """Run the tests of the new schedule in the copy, on the package of the copy."""
    code = (
        "import sys, lrdecay, pathlib, pytest;"
        "assert pathlib.Path(lrdecay.__file__).is_relative_to(pathlib.Path.cwd());"
        "sys.exit(pytest.main(sys.argv[1:]))"
    )
    tests = ["tests/schedules/test_bell.py", "tests/golden/test_golden.py"]
    picked = ["-q", "-p", "no:cacheprovider", "-k", "bell or Bell"]
    command = [sys.executable, "-c", code, *tests, *picked, *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_new_schedule_is_a_formula_a_class_and_tests(added):
    copy, touched = added
    assert {name for name in touched if not name.startswith("tests/")} == {
        "lrdecay/formulas.py",
        "lrdecay/schedules/decays.py",
    }
    out = run(copy, "-m", "not tensorflow")
    assert " passed" in out
    assert "skipped" not in out


@pytest.mark.tensorflow
def test_a_new_schedule_trains(added):
    copy, _ = added
    assert "1 passed" in run(copy, "-m", "tensorflow")


@pytest.mark.parametrize("fact", ["_example", "_rate", "_landmarks", "_span"])
def test_a_class_that_forgets_one_of_its_facts_cannot_be_made(fact):
    text = CLASS.replace(f"def {fact}(", "def other(")
    code = (
        "import lrdecay.schedules.decays as decays\n"
        f"exec({text!r}, vars(decays))\n"
        "try:\n    decays.Bell(0.1, 10)\nexcept TypeError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert fact in done.stdout
