import subprocess
import sys

import pytest

from lrdecay.__main__ import main

STEP = "StepDecay(0.1, 0.96, 1000)"


def run(*arguments):
    command = [sys.executable, "-m", "lrdecay", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def refused(capsys):
    """Run a command that must fail; return its one message."""

    def call(*arguments):
        try:
            status = main(arguments)
        except SystemExit as stop:
            status = stop.code
        printed, message = capsys.readouterr()
        assert (status, printed) == (2, "")
        assert "Traceback" not in message
        assert message.splitlines()[-1].startswith("python -m lrdecay")
        return message.splitlines()[-1]

    return call


@pytest.mark.tensorflow
def test_train_trains_and_prints_what_it_does(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    schedule = "LinearDecay(0.5, 2).staircase(1).stretch(100)"
    done = run(
        "train", "--schedule", schedule, "--epochs", "2", "--batch-size", "600", "--data", "digits"
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert (
        lines[0] == "Schedule: LinearDecay(lr0=0.5, duration=200, lr_end=0.0).staircase(every=100)"
    )
    assert lines[1].startswith("Data: digits, a stand-in for MNIST")
    assert "Epoch 01: learning rate = 0.50000" in lines
    assert "Epoch 02: learning rate = 0.25000" in lines
    assert sum(line.startswith("100/100 - ") for line in lines) == 2
    assert lines[-1] == "Update 199, the last: learning rate = 0.25000"
    name, accuracy = lines[-2].split(": ")
    assert name == "Test accuracy on digits"
    assert 0.5 < float(accuracy) <= 1


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("b.SVG", b"<?xml")])
def test_plot_draws_a_file(tmp_path, capsys, name, start):
    out = tmp_path / name
    assert main(["plot", STEP, "--steps", "5000", "--out", str(out)]) == 0
    assert out.read_bytes().startswith(start)
    assert capsys.readouterr() == (
        f"{out}: StepDecay(lr0=0.1, drop_rate=0.96, step_size=1000), 5,000 updates\n",
        "",
    )


def test_plot_can_add_epochs(tmp_path):
    sizes = []
    for more in ([], ["--steps-per-epoch", "1_875"], ["--steps-per-epoch", "37.5"]):
        out = tmp_path / "a.svg"
        assert main(["plot", STEP, "--steps", "28125", *more, "--out", str(out)]) == 0
        sizes.append(len(out.read_text()))
    assert sizes[1] > sizes[0]


def test_plot_needs_no_framework(tmp_path):
    code = (
        "import sys\nfrom lrdecay.__main__ import main\n"
        f"main(['plot', 'Constant(0.1)', '--steps', '10', '--out', {str(tmp_path / 'a.svg')!r}])\n"
        "print({'tensorflow', 'keras'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("set()\n")


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["plot", "-h"]])
def test_help_explains(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith("usage: python -m lrdecay")
    assert STEP in " ".join(text.split())


@pytest.mark.parametrize(
    "schedule",
    ["", "0.1", "StepDecay", "StepDecay(0.1)", "StepDecay(0.1, 96, 1000)", "__import__('os')", "("],
)
def test_a_bad_schedule_is_refused(refused, schedule, tmp_path):
    train = refused("train", "--schedule", schedule)
    plot = refused("plot", schedule, "--steps", "10", "--out", str(tmp_path / "a.png"))
    for message in (train, plot):
        assert f'schedule "{schedule}": ' in message
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "ten", "", "1e3", "²"])
def test_a_bad_number_is_refused(refused, value):
    for command, option in [
        (["train", "--schedule", STEP], "--epochs"),
        (["train", "--schedule", STEP], "--batch-size"),
        (["plot", STEP, "--out", "a.png"], "--steps"),
    ]:
        message = refused(*command, f"{option}={value}")
        assert f"argument {option}: {value!r}: expected a whole number, 1 or more" in message


@pytest.mark.parametrize("value", ["0", "-1", "ten", "", "nan", "inf", "1__0", "²", "."])
def test_a_bad_length_is_refused(refused, value):
    for command in (["plot", STEP, "--out", "a.png"], ["audit", STEP]):
        message = refused(*command, "--steps", "1", f"--steps-per-epoch={value}")
        assert f"argument --steps-per-epoch: {value!r}: expected a number above 0" in message


@pytest.mark.parametrize("value", ["-1", "4294967296", "x", "0.5"])
def test_a_bad_seed_is_refused(refused, value):
    assert "argument --seed: " in refused("train", "--schedule", STEP, f"--seed={value}")


@pytest.mark.parametrize("name", ["a", "a.txt", "png", ".png", ""])
def test_a_picture_of_another_kind_is_refused(refused, name):
    message = refused("plot", STEP, "--steps", "10", "--out", name)
    assert f"argument --out: {name!r}: must end in .png or .svg" in message


def test_a_place_that_does_not_exist_is_refused(refused, tmp_path):
    message = refused("plot", STEP, "--steps", "10", "--out", str(tmp_path / "none" / "a.png"))
    assert "No such file or directory" in message


def test_a_missing_data_file_is_refused(refused):
    message = refused("train", "--schedule", STEP, "--data", "nowhere.npz")
    assert "nowhere.npz: no such file. Give 'auto', 'mnist', 'digits' or the path of" in message


@pytest.mark.parametrize("arguments", [[], ["learn"], ["train"], ["plot", STEP], ["train", STEP]])
def test_what_is_missing_or_unknown_is_named(refused, arguments):
    message = refused(*arguments)
    assert "required" in message or "invalid choice" in message


def test_from_a_shell_the_status_is_2():
    done = run("train", "--schedule", "nonsense")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_an_interrupt_ends_quietly(monkeypatch, capsys, tmp_path):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("lrdecay.schedules.Schedule.plot", interrupt)
    assert main(["plot", STEP, "--steps", "10", "--out", str(tmp_path / "a.png")]) == 130
    assert capsys.readouterr() == ("", "interrupted\n")
