"""Show the last stored benchmark run: ``{benchmark-table}`` reads ``results/benchmarks.json``."""

import json
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def readable(seconds: float) -> str:
    """Return `seconds` with three figures and a unit.

    >>> [readable(s).replace("\u00a0", " ") for s in (1.234e-7, 0.0123, 2.0)]
    ['123 ns', '12.3 ms', '2 s']
    """
    factor, unit = next((u for u in UNITS if seconds >= u[0]), UNITS[-1])
    return f"{seconds / factor:.3g}\u00a0{unit}"


def ratio(number: float) -> str:
    """Return `number` with three figures.

    >>> ratio(0.1234), ratio(9364.2)
    ('0.123', '9,364')
    """
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def group_lines(rows: list[dict]) -> list[str]:
    """Return the Markdown table of one group, fastest first."""
    ours = next(row["median"] for row in rows if row["label"] == "lrdecay")
    lines = [
        "| Library | Median | Limit | Ratio to lrdecay | Spread (IQR) |",
        "|:--|--:|:--|--:|--:|",
    ]
    for row in sorted(rows, key=lambda row: row["median"]):
        verdict = {None: "", True: ", met", False: ", **not met**"}[row["met"]]
        cells = [
            row["label"],
            readable(row["median"]),
            row["limit"] + verdict,
            ratio(row["median"] / ours),
            readable(row["iqr"]),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


class BenchmarkTable(SphinxDirective):
    """One table a group of benchmarks, then the machine and the versions."""

    def run(self) -> list[nodes.Node]:
        """Return the tables, or a paragraph that says how to make them."""
        path = Path(self.env.srcdir) / "results" / "benchmarks.json"
        if not path.is_file():
            text = "No benchmark run is stored. `make bench` makes one on your machine."
            return self.parse_text_to_nodes(text)
        stored = json.loads(path.read_text(encoding="utf-8"))
        lines = []
        for group in sorted({row["group"] for row in stored["rows"]}):
            rows = [row for row in stored["rows"] if row["group"] == group]
            lines += [f"**{group}**", "", *group_lines(rows), ""]
        lines.append(
            "Run with " + ", ".join(f"{k} {v}" for k, v in stored["machine"].items()) + "."
        )
        return self.parse_text_to_nodes("\n".join(lines))


def setup(app: Sphinx) -> dict:
    """Register the extension with Sphinx."""
    app.add_directive("benchmark-table", BenchmarkTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
