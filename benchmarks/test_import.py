"""Starting Python and importing one package, in a process of its own."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("label", "code"),
    [("Python alone", "pass"), ("NumPy", "import numpy"), ("lrdecay", "import lrdecay")],
)
@pytest.mark.benchmark(group="Import")
def test_import(benchmark, label, code):
    benchmark.extra_info["label"] = label
    if label == "lrdecay":
        benchmark.extra_info["limit"] = "1.5 x NumPy"
        benchmark.extra_info["at_most"] = {"times": 1.5, "of": "NumPy"}
    benchmark.pedantic(
        subprocess.run,
        args=([sys.executable, "-c", code],),
        kwargs={"check": True},
        rounds=25,
        warmup_rounds=3,
    )
