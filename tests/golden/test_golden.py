"""lrdecay against rates computed to 25 digits by make_golden.py, which knows nothing of it."""

import ast
import json
import math
import subprocess
import sys
from dataclasses import fields
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import lrdecay

HERE = Path(__file__).parent
MAKER = HERE / "make_golden.py"
GOLDEN = HERE / "golden.json"
VECTORS = json.loads(GOLDEN.read_text(encoding="utf-8"))

each_vector = pytest.mark.parametrize("vector", VECTORS, ids=[v["schedule"] for v in VECTORS])


def ulps_off(rate: float, true: str) -> float:
    """Return how far `rate` is from `true`, in units of the last place: infinite at a true 0."""
    error = abs(Fraction(rate) - Fraction(true))
    if Fraction(true) == 0:
        return 0.0 if error == 0 else math.inf
    return float(error / Fraction(math.ulp(float(true))))


def answers(vector):
    """Return each way to ask lrdecay for the rates: the steps and what came out."""
    schedule, steps = lrdecay.parse(vector["schedule"]), vector["steps"]
    whole = [t for t in steps if isinstance(t, int)]
    return {
        "numbers": (steps, [schedule(t) for t in steps]),
        "float numbers": (steps, [schedule(float(t)) for t in steps]),
        "float array": (steps, schedule(np.array(steps, np.float64)).tolist()),
        "integer array": (whole, schedule(np.array(whole, np.int64)).tolist()),
    }


def faults(answered, vector) -> list[str]:
    """Return every disagreement of what lrdecay `answered` with `vector`."""
    columns = vector["steps"], vector["rates"], vector["ulps"]
    expected = {t: (true, ulps) for t, true, ulps in zip(*columns, strict=True)}
    found = []
    for way, (steps, rates) in answered.items():
        for t, rate in zip(steps, rates, strict=True):
            true, ulps = expected[t]
            off = ulps_off(rate, true)
            if off > ulps:
                found.append(f"{way}: rate({t}) = {rate!r}, not {true}: {off:.1f} ulp")
    return found


@each_vector
def test_floats_and_arrays_agree(vector):
    assert faults(answers(vector), vector) == []


def with_changed_digit(true: str, place: int) -> str:
    """Return `true` with its significant digit number `place` one higher (9 becomes 8)."""
    digits, exponent = f"{Decimal(true):.24e}".split("e")
    at = place if place > 1 else 0  # the point is after the first
    changed = "8" if digits[at] == "9" else str(int(digits[at]) + 1)
    return f"{digits[:at]}{changed}{digits[at + 1 :]}e{exponent}"


@each_vector
def test_a_changed_digit_is_found(vector):
    answered = answers(vector)
    changes = 0
    for t, true, ulps in zip(vector["steps"], vector["rates"], vector["ulps"], strict=True):
        # The 14th digit is worth 45 units or more; subnormal rates have fewer digits.
        if ulps > 40 or float(true) < 1e-300:
            continue
        rates = {
            way: rates[steps.index(t)] for way, (steps, rates) in answered.items() if t in steps
        }
        changed = with_changed_digit(true, 14)
        assert min(ulps_off(rate, changed) for rate in rates.values()) > ulps, f"step {t}"
        changes += 1
    assert changes >= 3
    swapped = {**vector, "rates": [with_changed_digit(vector["rates"][0], 1), *vector["rates"][1:]]}
    assert len(faults(answered, swapped)) >= 4  # in each of the ways


def test_only_0_passes_where_0_is_true():
    vector = next(v for v in VECTORS if v["schedule"] == "LinearDecay(0.1, 15)")
    zeros = vector["rates"].count("0.0")
    assert zeros
    almost = [true if true != "0.0" else "1e-320" for true in vector["rates"]]
    assert len(faults(answers(vector), {**vector, "rates": almost})) >= zeros
    assert ulps_off(5e-324, "0.0") == math.inf
    assert ulps_off(0.0, "0.0") == 0


def test_the_bounds_are_4_ulp_but_for_exponentials_and_rounded_clocks():
    above = [v["schedule"] for v in VECTORS if max(v["ulps"]) > 4]
    reasons = ["xponential", "exp_range", "stretch=3", "LogLinear", "log-linear", "power=10"]
    assert all(any(reason in s for reason in reasons) for s in above)
    assert min(min(v["ulps"]) for v in VECTORS) == 4


def test_the_maker_writes_the_same_bytes(tmp_path):
    target = tmp_path / "golden.json"
    subprocess.run([sys.executable, str(MAKER), str(target)], check=True)
    assert target.read_bytes() == GOLDEN.read_bytes()


def test_the_maker_knows_nothing_of_lrdecay():
    tree = ast.parse(MAKER.read_text(encoding="utf-8"))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or "."]
        )
    }
    assert "mpmath" in imported
    assert imported <= {*sys.stdlib_module_names, "mpmath"}
    called = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not called & {"__import__", "exec", "eval", "importlib"}


def test_every_schedule_and_composition_has_vectors():
    texts = " ".join(vector["schedule"] for vector in VECTORS)
    classes = lrdecay.schedules.classes()
    composed = {"Product": " * ", "Sum": " + "}
    for name in classes:
        assert composed.get(name, f"{name}(") in texts or f".{name.lower()}(" in texts, name
    declared = [field.metadata["parameter"] for cls in classes.values() for field in fields(cls)]
    words = {word for parameter in declared for word in parameter.choices}
    assert len(words) > 8
    for word in words:
        assert f"'{word}'" in texts, word
    assert GOLDEN.stat().st_size < 300_000
