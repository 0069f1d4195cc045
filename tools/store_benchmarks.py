"""Boil pytest-benchmark's report down to what the book shows: no host name, date or raw data."""

import argparse
import json
import os
from importlib.metadata import version
from pathlib import Path


def row(benchmark: dict) -> dict:
    """Return one benchmark's group, label and times per call in seconds."""
    info, stats = benchmark["extra_info"], benchmark["stats"]
    calls = info.get("calls", 1)
    return {
        "group": benchmark["group"] or "Other",
        "label": info.get("label", benchmark["name"]),
        "median": stats["median"] / calls,
        "iqr": stats["iqr"] / calls,
        "rounds": stats["rounds"],
        "limit": info.get("limit", ""),
    }


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Store a benchmark run for the book.")
    parser.add_argument("report", type=Path, help="made by pytest --benchmark-json")
    parser.add_argument("stored", type=Path, help="for example book/results/benchmarks.json")
    options = parser.parse_args()
    report = json.loads(options.report.read_text(encoding="utf-8"))
    machine = {
        "processor": report["machine_info"]["cpu"].get("brand_raw", "unknown"),
        "cores": os.cpu_count(),
        "Python": report["machine_info"]["python_version"],
        **{name: version(name) for name in ("numpy", "keras", "tensorflow")},
    }
    stored = {"machine": machine, "rows": [row(entry) for entry in report["benchmarks"]]}
    options.stored.parent.mkdir(parents=True, exist_ok=True)
    options.stored.write_text(
        json.dumps(stored, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
