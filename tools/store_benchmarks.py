"""Boil pytest-benchmark's report down to what the book shows: no host name, date or raw data."""

import argparse
import json
import os
from importlib.metadata import version
from pathlib import Path


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
    group = [other for other in benchmarks if other["group"] == benchmark["group"]]
    rival = next(other for other in group if label(other) == limit["of"])
    return per_call(benchmark) <= limit["times"] * per_call(rival)


def row(benchmark: dict, benchmarks: list[dict]) -> dict:
    """Return one benchmark's group, label, times per call in seconds, and limit."""
    info, stats = benchmark["extra_info"], benchmark["stats"]
    return {
        "group": benchmark["group"] or "Other",
        "label": label(benchmark),
        "median": per_call(benchmark),
        "iqr": stats["iqr"] / info.get("calls", 1),
        "rounds": stats["rounds"],
        "limit": info.get("limit", ""),
        "met": met(benchmark, benchmarks),
    }


def boil_down(report: dict) -> list[dict]:
    """Return the rows of a report of pytest-benchmark."""
    return [row(benchmark, report["benchmarks"]) for benchmark in report["benchmarks"]]


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
    rows = boil_down(report)
    stored = {"machine": machine, "rows": rows}
    options.stored.parent.mkdir(parents=True, exist_ok=True)
    options.stored.write_text(
        json.dumps(stored, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    for entry in rows:
        if entry["met"] is False:
            print(f"over its limit of {entry['limit']}: {entry['group']}, {entry['label']}")


if __name__ == "__main__":
    main()
