import subprocess
import sys
from dataclasses import replace

import pytest

from lrdecay.lab.tasks import TASKS, find
from lrdecay.lab.tasks.images import IMAGES


@pytest.mark.parametrize("name", TASKS)
def test_each_task_has_its_name(name):
    assert find(name).name == name


def test_a_task_of_ones_own_is_found_in_its_file(tmp_path, monkeypatch):
    text = "from lrdecay.lab.tasks import Task\nMINE = Task('mine', None, None)\nOTHER = 3\n"
    (tmp_path / "one_own_task.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    assert find("one_own_task:MINE").name == "mine"
    with pytest.raises(ValueError, match="is a int, not a Task"):
        find("one_own_task:OTHER")
    with pytest.raises(ValueError, match="no attribute 'NONE'"):
        find("one_own_task:NONE")


@pytest.mark.parametrize("name", ["image", "", "nowhere_at_all:TASK"])
def test_an_unknown_task_is_named_with_those_there_are(name):
    with pytest.raises(ValueError, match=f"task = '{name}': .*expected images, convolution"):
        find(name)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"validation": 0}, "validation = 0"),
        ({"validation": 60_000}, "must be fewer"),
        ({"examples": 0.5}, "examples = 0.5"),
        ({"an_epoch": 55_001}, "an_epoch = 55001"),
        ({"an_epoch": 0}, "an_epoch = 0"),
        ({"turn": (3, 100)}, "turn = .*say how many examples are an_epoch"),
        ({"turn": (0, 100), "an_epoch": 10}, "turn.0. = 0"),
        ({"turn": (3, 55_000), "an_epoch": 10}, "turn.1. = 55000"),
        ({"turn": (3, 100), "an_epoch": 101}, "an_epoch = 101"),
    ],
)
def test_a_task_leaves_something_to_train_on(changes, said):
    with pytest.raises(ValueError, match=said):
        replace(IMAGES, **changes)


def test_to_find_a_task_loads_no_tensorflow():
    code = (
        "import sys; from lrdecay.lab.tasks import TASKS, find; [find(name) for name in TASKS];"
        "print(sorted({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
