"""Show when and on what each chapter was executed, from the record in its notebook's metadata.

``tools/execute.py`` writes the record; the directive ``{execution-status}`` makes a table of all
records, and every executed page ends with its own.
"""

import json
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective


def record(path: Path) -> dict:
    """Return the execution record of the notebook at `path`."""
    metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
    if "lrdecay" not in metadata:
        raise ExtensionError(f"{path.name} was never executed by this project: run `make refresh`")
    return metadata["lrdecay"]


def versions_text(versions: dict[str, str]) -> str:
    """Return 'python 3.11.7, numpy 2.4.6, ...'."""
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def environment_text(path: Path) -> str:
    """Return how much room the environment of ``requirements.txt`` takes, as it was measured."""
    size = json.loads(path.read_text(encoding="utf-8"))["megabytes"]
    return f"What `requirements.txt` installs, on Binder too, takes {gigabytes(size)} GB on disk."


def gigabytes(megabytes: int | None) -> str:
    """Return a size with the digits that two machines have in common."""
    return "" if megabytes is None else f"{megabytes / 1000:.1f}"


class ExecutionStatus(SphinxDirective):
    """A table with one row a chapter, then the versions that all of them ran with."""

    def run(self) -> list[nodes.Node]:
        """Return the table and the list of versions."""
        pages = sorted(
            name for name in self.env.found_docs if self.env.doc2path(name).endswith(".ipynb")
        )
        records = {name: record(Path(self.env.doc2path(name))) for name in pages}
        rows = [
            f"| {{doc}}`/{name}` | {run['seconds']:.1f} | {gigabytes(run['peak_mb'])} "
            f"| {'' if run['data'] == 'none' else run['data']} |"
            for name, run in records.items()
        ]
        total = sum(run["seconds"] for run in records.values())
        versions = {k: v for run in records.values() for k, v in run["versions"].items()}
        lines = [
            "| Chapter | Run time (s) | Peak memory (GB) | Data |",
            "|:--|--:|--:|:--|",
            *rows,
            f"| Sum | {total:.1f} | | |",
            "",
            environment_text(Path(self.env.srcdir) / "results" / "environment.json"),
            "",
            "Versions:",
            "",
            *(f"- {name} {version}" for name, version in sorted(versions.items())),
        ]
        return self.parse_text_to_nodes("\n".join(lines))


def add_provenance(app: Sphinx, doctree: nodes.document) -> None:
    """Say on each executed page what it was executed with, and on which data."""
    path = Path(app.env.doc2path(app.env.docname))
    if path.suffix != ".ipynb":
        return
    run = record(path)
    section = next(iter(doctree.findall(nodes.section)))
    if run["data"] == "digits":
        text = (
            "This copy of the page was executed on digits, the stand-in for MNIST. Learning rates,"
            " shapes and step counts are those of MNIST; losses and accuracies are not."
        )
        section.insert(1, nodes.note("", nodes.paragraph(text=text)))
    data = "" if run["data"] == "none" else f" on {run['data']}"
    text = f"Executed in {run['seconds']:.1f} s{data}; {versions_text(run['versions'])}."
    section.append(nodes.paragraph(text=text, classes=["lrdecay-provenance"]))


def setup(app: Sphinx) -> dict:
    """Register the extension with Sphinx."""
    app.add_directive("execution-status", ExecutionStatus)
    app.connect("doctree-read", add_provenance)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
