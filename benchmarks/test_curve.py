"""A million rates at once."""

import numpy as np
import pytest
from cases import CASES

N = 1_000_000


def measure(benchmark, name, label, make):
    benchmark.group = f"1,000,000 rates, {name}"
    benchmark.extra_info["label"] = label
    benchmark.pedantic(make, rounds=30, warmup_rounds=3)


@pytest.mark.parametrize("name", CASES)
def test_lrdecay(benchmark, name):
    benchmark.extra_info["limit"] = "1.1 x NumPy"
    benchmark.extra_info["at_most"] = {"times": 1.1, "of": "NumPy, closed form"}
    measure(benchmark, name, "lrdecay", lambda: CASES[name].schedule.curve(N))


@pytest.mark.parametrize("name", CASES)
def test_numpy(benchmark, name):
    measure(benchmark, name, "NumPy, closed form", lambda: CASES[name].numpy(np.arange(N)))


# Keras' piecewise schedule takes one step at a time.
@pytest.mark.parametrize(
    "name", [name for name, case in CASES.items() if case.keras and name != "piecewise constant"]
)
def test_keras(benchmark, name):
    schedule = CASES[name].keras()
    measure(benchmark, name, "Keras, float32", lambda: np.asarray(schedule(np.arange(N))))
