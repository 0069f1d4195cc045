"""Reading, writing and identifying the book's notebooks."""

import hashlib
import json
import platform
from collections.abc import Iterator
from pathlib import Path

import nbformat
import yaml
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "book"
TEMPLATE = BOOK / "foundations" / "_template.ipynb"
"""What a new chapter begins as; it is no page of the site."""


def chapters() -> list[Path]:
    """Return the notebooks that ``_toc.yml`` lists, in its order."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    files = (BOOK / f"{entry['file']}.ipynb" for part in toc["parts"] for entry in part["chapters"])
    return [path for path in files if path.is_file()]


def name(path: Path) -> str:
    """Return a notebook's name in messages: 'foundations/03-four-schedules'."""
    return path.relative_to(BOOK).with_suffix("").as_posix()


def read(path: Path) -> NotebookNode:
    """Return the notebook at `path`, validated."""
    return nbformat.read(path, as_version=4)


def write(notebook: NotebookNode, path: Path) -> None:
    """Write `notebook` to `path` in the one form that version control should see."""
    nbformat.validate(notebook)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    path.write_text(text, encoding="utf-8")


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the code cells of `notebook`."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _parts(notebook: NotebookNode, data: str) -> Iterator[bytes]:
    """Yield everything that an executed notebook's outputs depend on."""
    yield f"{platform.python_version()} {platform.machine()} {data}".encode()
    for cell in code_cells(notebook):
        yield json.dumps([cell.source, cell.metadata.get("tags", [])]).encode()
    code = "\n".join(cell.source for cell in code_cells(notebook))
    sources = [ROOT / "constraints.txt", ROOT / "tools" / "execute.py"]
    sources += sorted((ROOT / "lrdecay").rglob("*.py"))
    results = (path for path in (BOOK / "results").rglob("*.*") if path.is_file())
    # A file or a folder that the code names
    sources += sorted(
        path for path in results if path.name in code or f"results/{path.parent.name}" in code
    )
    for path in sources:
        yield path.relative_to(ROOT).as_posix().encode()
        yield path.read_bytes()


def key(notebook: NotebookNode, data: str) -> str:
    """Return a key that changes when a new execution could give other outputs."""
    digest = hashlib.sha256()
    for part in _parts(notebook, data):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()[:20]
