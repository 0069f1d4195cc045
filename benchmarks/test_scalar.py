"""One rate at a time, as a training loop asks for it."""

import pytest
from cases import CASES, STEPS, call_all


def measure(benchmark, name, label, rate, steps=STEPS):
    benchmark.group = f"One rate, {name}"
    benchmark.extra_info["label"] = label
    benchmark.extra_info["calls"] = len(steps)
    benchmark.pedantic(call_all, args=(rate, steps), rounds=50, warmup_rounds=5)


@pytest.mark.parametrize("name", CASES)
def test_lrdecay(benchmark, name):
    most = 0.5 if name == "exponential decay" else 1.0
    benchmark.extra_info["limit"] = f"{most:g} µs"
    benchmark.extra_info["at_most"] = {"seconds": most * 1e-6}
    measure(benchmark, name, "lrdecay", CASES[name].schedule)


@pytest.mark.parametrize("name", CASES)
def test_plain_python(benchmark, name):
    measure(benchmark, name, "plain Python", CASES[name].plain)


@pytest.mark.parametrize("name", CASES)
def test_numpy(benchmark, name):
    measure(benchmark, name, "NumPy", CASES[name].numpy)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.keras])
def test_keras(benchmark, name):
    measure(benchmark, name, "Keras, eager", CASES[name].keras(), STEPS[::50])
