"""Starting Python and importing one package, in a process of its own.

Compiled once, as Python does wherever it may write: the rounds before those that count do it.
"""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("label", "code"),
    [("Python alone", "pass"), ("NumPy", "import numpy"), ("lrdecay", "import lrdecay")],
)
@pytest.mark.benchmark(group="Import")
def test_import(benchmark, tmp_path_factory, label, code):
    compiled = tmp_path_factory.getbasetemp() / "compiled"
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    benchmark.extra_info["label"] = label
    if label == "lrdecay":
        benchmark.extra_info["limit"] = "1.5 x NumPy"
        benchmark.extra_info["at_most"] = {"times": 1.5, "of": "NumPy"}
    benchmark.pedantic(
        subprocess.run,
        args=([sys.executable, "-c", code],),
        kwargs={"check": True, "env": kept | {"PYTHONPYCACHEPREFIX": str(compiled)}},
        rounds=25,
        warmup_rounds=3,
    )
