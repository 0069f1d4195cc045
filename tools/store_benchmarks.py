"""Boil pytest-benchmark's report down to what the book shows: no host name, date or raw data."""

import argparse
import json
import os
from importlib.metadata import packages_distributions, version
from pathlib import Path

LIBRARIES = ("numpy", "keras", "tensorflow", "torch", "jax", "optax")


def per_call(benchmark: dict) -> float:
    """Return the median time of one call, in seconds."""
    return benchmark["stats"]["median"] / benchmark["extra_info"].get("calls", 1)


def label(benchmark: dict) -> str:
    """Return what the row of a benchmark is called."""
    return benchmark["extra_info"].get("label", benchmark["name"])


def met(benchmark: dict, benchmarks: list[dict]) -> bool | None:
    """Tell whether a benchmark kept its limit, in seconds or in times of another in its group."""
    limit = benchmark["extra_info"].get("at_most")
    if limit is None:
        return None
    if "seconds" in limit:
        return per_call(benchmark) <= limit["seconds"]
    beside = benchmark["extra_info"].get("beside")
    if beside is None:
        group = [other for other in benchmarks if other["group"] == benchmark["group"]]
        beside = {"median": per_call(next(o for o in group if label(o) == limit["of"]))}
    return per_call(benchmark) <= limit["times"] * beside["median"]


def rows(benchmark: dict, benchmarks: list[dict]) -> list[dict]:
    """Return a benchmark's group, label, times per call in seconds, and limit.

    A rival that was timed by turns with it, in the same benchmark, is a second row.
    """
    info, stats = benchmark["extra_info"], benchmark["stats"]
    shared = {"group": benchmark["group"] or "Other", "rounds": stats["rounds"]}
    row = {
        "label": label(benchmark),
        "median": per_call(benchmark),
        "iqr": stats["iqr"] / info.get("calls", 1),
        "limit": info.get("limit", ""),
        "met": met(benchmark, benchmarks),
    }
    found = [{**shared, **row}]
    if "beside" in info:
        found.append({**shared, **info["beside"], "limit": "", "met": None})
    return found


def boil_down(report: dict) -> list[dict]:
    """Return the rows of a report of pytest-benchmark."""
    benchmarks = report["benchmarks"]
    return [row for benchmark in benchmarks for row in rows(benchmark, benchmarks)]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Store a benchmark run for the book.")
    parser.add_argument("report", type=Path, help="made by pytest --benchmark-json")
    parser.add_argument("stored", type=Path, help="for example book/results/benchmarks.json")
    options = parser.parse_args()
    report = json.loads(options.report.read_text(encoding="utf-8"))
    packages = packages_distributions()  # tensorflow is also installed as tensorflow-cpu
    machine = {
        "processor": report["machine_info"]["cpu"].get("brand_raw", "unknown"),
        "cores": os.cpu_count(),
        "Python": report["machine_info"]["python_version"],
        **{name: version(packages[name][0]) for name in LIBRARIES if name in packages},
    }
    found = boil_down(report)
    stored = {"machine": machine, "rows": found}
    options.stored.parent.mkdir(parents=True, exist_ok=True)
    options.stored.write_text(
        json.dumps(stored, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    for entry in found:
        if entry["met"] is False:
            print(f"over its limit of {entry['limit']}: {entry['group']}, {entry['label']}")


if __name__ == "__main__":
    main()
