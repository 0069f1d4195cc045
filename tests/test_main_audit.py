"""``python -m lrdecay audit``."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from lrdecay.__main__ import main

MISSED = ["PiecewiseConstant([31250], [0.01, 0.001])", "--steps", "17190"]
SOUND = ["StepDecay(0.1, 0.96, 1000)", "--steps", "28125", "--steps-per-epoch", "1875"]


def test_an_error_is_a_table_and_status_1(capsys):
    assert main(["audit", *MISSED]) == 1
    assert capsys.readouterr() == (
        "SEVERITY  CODE                   STEP  REASON AND FIX\n"
        "error     unreached-milestone  31,250  boundaries[0] = 31,250 comes after the run's last "
        "update, 17,189: the rate is at its highest at the end\n"
        "                                       fix: move it below 17,190\n",
        "",
    )


def test_the_page_shows_what_is_printed(capsys):
    page = Path(__file__).parents[1] / "book" / "reference" / "audit.md"
    text = page.read_text(encoding="utf-8")
    (call,) = re.findall(r"^python -m lrdecay (.*)$", text, re.MULTILINE)
    (printed,) = re.findall(r"^```text\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert main(shlex.split(call)) == 1
    assert capsys.readouterr() == (printed, "")


def test_columns_are_aligned(capsys):
    assert main(["audit", "LinearDecay(0.1, 20000, 0.01).warmup(500)", "--steps", "28125"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    column = head.index("REASON")
    assert len(rows) == 4
    assert all(row[column - 2 : column] == "  " and row[column] != " " for row in rows)
    assert rows[1].startswith(" " * column + "fix: ")
    assert rows[0][:column].split() == ["warning", "shorter-than-run", "20,500"]


def test_nothing_found_is_said_and_status_0(capsys):
    assert main(["audit", *SOUND]) == 0
    assert capsys.readouterr() == ("nothing found\n", "")


def test_notes_and_warnings_are_status_0(capsys):
    assert main(["audit", "LinearDecay(0.1, 100)", "--steps", "100"]) == 0
    assert "note" in capsys.readouterr().out


def test_json(capsys):
    assert main(["audit", *MISSED, "--json"]) == 1
    (finding,) = json.loads(capsys.readouterr().out)
    assert list(finding) == ["code", "severity", "step", "message", "fix"]
    assert (finding["code"], finding["step"]) == ("unreached-milestone", 31_250)
    assert main(["audit", *SOUND, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize(
    "run",
    [
        ["--steps", "28_125", "--steps-per-epoch", "1875"],
        ["--steps", "28125", "--steps-per-epoch", "1875.5"],
        ["--steps", "28125", "--steps-per-epoch", "1_875.0"],
    ],
)
def test_numbers_are_written_as_in_python(run, capsys):
    assert main(["audit", "StepDecay(0.1, 0.5, 5)", *run, "--json"]) == 1
    (finding,) = json.loads(capsys.readouterr().out)
    assert finding["code"] == "epochs-as-steps"
    assert f"by {float(run[-1]):,g}"[:8] in finding["fix"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["Constant", "--steps", "10"], "schedule"),
        (["Constant(-1)", "--steps", "10"], "lr0 = -1"),
        (["Constant(0.1)"], "--steps"),
        (["Constant(0.1)", "--steps", "0"], "--steps"),
        (["Constant(0.1)", "--steps", "1.5"], "--steps"),
        (["Constant(0.1)", "--steps", "1__5"], "--steps"),
        (["Constant(0.1)", "--steps", "_15"], "--steps"),
        (["Constant(0.1)", "--steps", "10", "--steps-per-epoch", "nan"], "--steps-per-epoch"),
        (["Constant(0.1)", "--steps", "10", "--steps-per-epoch", "1e999"], "steps_per_epoch"),
        (["Constant(0.1)", "--steps", "99999999999999999999"], "total_steps"),
        (["Constant(0.1)", "--steps", "10", "--steps-per-epoch", "0"], "--steps-per-epoch"),
        (["Constant(0.1)", "--steps", "10", "--steps-per-epoch", "-5"], "--steps-per-epoch"),
    ],
)
def test_bad_input_is_status_2_and_one_message(arguments, reason, capsys):
    try:
        status = main(["audit", *arguments])
    except SystemExit as stop:
        status = stop.code
    printed, message = capsys.readouterr()
    assert (status, printed) == (2, "")
    assert "Traceback" not in message
    assert reason in message.splitlines()[-1]


def test_the_status_reaches_the_shell_and_no_framework_is_loaded():
    code = (
        "import sys\nfrom lrdecay.__main__ import main\n"
        f"status = main(['audit', *{MISSED!r}])\n"
        "print({'tensorflow', 'keras', 'torch', 'jax', 'sympy'} & {*sys.modules})\n"
        "sys.exit(status)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.endswith("set()\n")
    done = subprocess.run(
        [sys.executable, "-m", "lrdecay", "audit", *SOUND],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
