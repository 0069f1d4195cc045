"""What stands in a chapter's text but is not typed: numbers, citations, references, folding.

The text of a chapter is plain Markdown, so that it reads alike on the site, in JupyterLab and
wherever else notebooks are shown. What is written by this tool is marked by HTML comments, which
no reader sees:

- ``0.167<!-- floor-high:.3f -->``: the value that a cell glued as ``floor-high``, in this format;
- ``[Robbins and Monro (1951)](...)<!-- cite robbins1951 -->``: a work of ``references.bib``, with
  its address;
- between ``<!-- references: begin -->`` and ``<!-- references: end -->``: the works that the
  chapter cites.

A cell's tags say what the site hides; the same is folded in JupyterLab. Solutions are headings
that JupyterLab opens closed.

A page without cells, such as the front page or the README, takes its numbers from a chapter:
``0.167<!-- 01-why-decay floor-high:.3f -->``.

    python tools/prose.py [NOTEBOOK ...]    write all this anew, from the stored outputs
"""

import argparse
import ast
import copy
import re
from functools import cache
from pathlib import Path
from typing import Any

import notebooks
import project_files
from nbformat import NotebookNode
from pybtex.backends.markdown import Backend
from pybtex.database import BibliographyData, Entry, parse_file
from pybtex.style.formatting.plain import Style

BEGIN, END = "<!-- references: begin -->", "<!-- references: end -->"
GLUE = "application/papermill.record/text/plain"
WORD = r"((?:(?<!\w)[+-])?\w(?:[\w.,]|(?<=e)[+-])*)?"
NUMBER = re.compile(WORD + r"<!-- ([\w-]+)(?::([^ ]+))? -->")
NUMBER_OF_CHAPTER = re.compile(WORD + r"<!-- (\d\d-[\w-]+) ([\w-]+)(?::([^ ]+))? -->")
CITATION = re.compile(r"\[([^\]]*)\]\([^)]*\)<!-- cite (\w+) -->")
REFERENCES = re.compile(f"{BEGIN}.*?{END}", re.DOTALL)
COLLAPSED = "jp-MarkdownHeadingCollapsed"
SOLUTION = re.compile(r"#+ (Solution|Answer)s?$")
SOURCE_HIDDEN = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
OUTPUTS_HIDDEN = {"hide-output", "hide-cell", "remove-output", "remove-cell"}


def glued(notebook: NotebookNode) -> dict[str, Any]:
    """Return the values that the cells of an executed notebook glued, by name."""
    return {
        output.metadata["scrapbook"]["name"]: ast.literal_eval(output.data[GLUE])
        for cell in notebooks.code_cells(notebook)
        for output in cell.outputs
        if GLUE in output.get("data", {})
    }


@cache
def _works() -> BibliographyData:
    return parse_file(notebooks.BOOK / "references.bib")


def _work(key: str) -> Entry:
    if key not in _works().entries:
        raise ValueError(f"book/references.bib has no work {key!r}, which a chapter cites")
    return _works().entries[key]


def citation(key: str, parens: bool) -> str:
    """Return a link to the work `key`: "Jordan (2024)" with `parens`, else "Jordan, 2024"."""
    fields = _work(key).fields
    names = [" ".join(p.prelast_names + p.last_names) for p in _work(key).persons["author"]]
    names = [re.sub(r"[{}]", "", name) for name in names]
    authors = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
    if "doi" in fields:
        address = f"https://doi.org/{fields['doi']}"
    elif "eprint" in fields:
        address = f"https://arxiv.org/abs/{fields['eprint']}"
    else:
        address = fields.get("url", "#References")
    text = f"{authors} ({fields['year']})" if parens else f"{authors}, {fields['year']}"
    return f"[{text}]({address})<!-- cite {key} -->"


def references(keys: set[str]) -> str:
    """Return the list of the works `keys`, by their authors."""
    works = [_work(key) for key in keys]
    lines = [BEGIN, ""]
    for entry in Style().format_entries(works):
        text = entry.text.render(Backend()).replace("\n", " ")
        lines.append("- " + re.sub(r"\\([^\w*\\`\[\]<>])", r"\1", text))
    return "\n".join([*lines, "", END])


def _written(match: re.Match[str], values: dict[str, Any], chapter: str = "") -> str:
    name, spec = match.groups()[-2:]
    where = f" of {chapter}" if chapter else ""
    if name not in values:
        raise ValueError(
            f"the text shows {name!r}, which no cell{where} glues; there are {[*values]}"
        )
    text = format(values[name], spec or "")
    comment = f"<!-- {chapter} " if chapter else "<!-- "
    comment += f"{name}:{spec} -->" if spec else f"{name} -->"
    if not match.re.fullmatch(text + comment):
        raise ValueError(f"{name!r} is shown as {text!r}: glue one number or word")
    return text + comment


def _fold(cell: NotebookNode) -> None:
    """Fold in JupyterLab what the tags hide on the site."""
    if cell.cell_type == "markdown":
        cell.metadata.pop(COLLAPSED, None)
        if SOLUTION.match(cell.source):
            cell.metadata[COLLAPSED] = True
        return
    tags = set(cell.metadata.get("tags", []))
    folded = {"source_hidden": tags & SOURCE_HIDDEN, "outputs_hidden": tags & OUTPUTS_HIDDEN}
    cell.metadata.pop("jupyter", None)
    if any(folded.values()):
        cell.metadata["jupyter"] = {name: True for name, why in folded.items() if why}


def _describe(cell: NotebookNode) -> None:
    """Let the site describe a figure by the words that the figure itself carries."""
    cell.metadata.get("mystnb", {}).pop("image", None)
    for output in cell.get("outputs", []):
        if alt := output.get("metadata", {}).get("image/png", {}).get("alt"):
            cell.metadata.setdefault("mystnb", {})["image"] = {"alt": alt}


def complete(notebook: NotebookNode) -> None:
    """Write into an executed notebook, in place, what its text takes from its outputs."""
    values = glued(notebook)
    cited = {
        key
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for _, key in CITATION.findall(cell.source)
    }
    for cell in notebook.cells:
        _fold(cell)
        if cell.cell_type == "code":
            _describe(cell)
            continue
        text = CITATION.sub(lambda m: citation(m[2], parens=m[1].endswith(")")), cell.source)
        text = REFERENCES.sub(lambda _: references(cited), text)
        cell.source = NUMBER.sub(lambda m: _written(m, values), text)


def completed(path: Path) -> NotebookNode:
    """Return the notebook at `path` as this tool would write it."""
    notebook = copy.deepcopy(notebooks.read(path))
    complete(notebook)
    return notebook


def pages() -> list[Path]:
    """Return the pages without cells: those of the book, and the README."""
    known = [path for path in project_files.known(notebooks.BOOK) if path.suffix == ".md"]
    return [notebooks.ROOT / "README.md", *known]


@cache
def _chapter_values(chapter: str) -> dict[str, Any]:
    paths = [path for path in notebooks.chapters() if path.stem == chapter]
    if not paths:
        raise ValueError(f"the text shows a number of {chapter!r}, which is no chapter")
    return glued(notebooks.read(paths[0]))


def completed_page(text: str) -> str:
    """Return the text of a page with the numbers that it takes from chapters."""
    return NUMBER_OF_CHAPTER.sub(lambda m: _written(m, _chapter_values(m[2]), m[2]), text)


def write_pages() -> None:
    """Write into the pages what they take from the stored outputs of the chapters."""
    _chapter_values.cache_clear()
    for path in pages():
        text = path.read_text(encoding="utf-8")
        if (new := completed_page(text)) != text:
            path.write_text(new, encoding="utf-8")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Write the numbers and references of chapters.")
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all chapters")
    for path in parser.parse_args().notebooks or notebooks.chapters():
        notebooks.write(completed(path), path)
    write_pages()


if __name__ == "__main__":
    main()
