"""The text of the chapters: plain Markdown, whose numbers and references come from elsewhere."""

import re
import sys
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

sys.path.append(str(Path(__file__).resolve().parents[2] / "tools"))

import notebooks
import prose

each_chapter = pytest.mark.parametrize(
    "path", [*notebooks.chapters(), notebooks.TEMPLATE], ids=lambda path: path.stem
)


def chapter(text, **values):
    """Return a notebook with `text` and a cell that glued `values`."""
    outputs = [
        new_output(
            "display_data",
            data={prose.GLUE: repr(value)},
            metadata={"scrapbook": {"name": name, "mime_prefix": ""}},
        )
        for name, value in values.items()
    ]
    return new_notebook(cells=[new_markdown_cell(text), new_code_cell("glue", outputs=outputs)])


def completed(text, **values):
    notebook = chapter(text, **values)
    prose.complete(notebook)
    return notebook.cells[0].source


@each_chapter
def test_the_text_is_what_the_stored_outputs_say(path):
    written = [cell.source for cell in prose.completed(path).cells]
    stored = [cell.source for cell in notebooks.read(path).cells]
    assert stored == written, "run `make refresh`, or tools/prose.py"


@each_chapter
def test_folding_and_descriptions_are_those_of_tags_and_outputs(path):
    written = [cell.metadata for cell in prose.completed(path).cells]
    assert [cell.metadata for cell in notebooks.read(path).cells] == written


@pytest.mark.parametrize("typed", ["0.17", "MNIST", "1,234.5", "-3", "+2e-05", ""])
def test_a_number_changed_by_hand_is_changed_back(typed):
    right = completed(f"It is **{typed}<!-- floor:.3f -->**, ({typed}<!-- floor:.1e -->).", floor=2)
    assert right == "It is **2.000<!-- floor:.3f -->**, (2.0e+00<!-- floor:.1e -->)."


def test_the_text_follows_the_data_that_was_used():
    text = "On MNIST<!-- data --> 97.9<!-- accuracy:.1f --> % are right."
    expected = "On digits<!-- data --> 71.3<!-- accuracy:.1f --> % are right."
    assert completed(text, data="digits", accuracy=71.26) == expected


@pytest.mark.parametrize("value", [-0.05, 12345.6, 1e-7, 3, "MNIST"])
def test_what_was_written_is_recognized(value):
    once = completed("a<!-- x -->, b.", x=value)
    assert completed(once, x=value) == once


def test_a_value_that_would_not_be_recognized_is_refused():
    with pytest.raises(ValueError, match="'x' is shown as 'two words': glue one number or word"):
        completed("<!-- x -->", x="two words")


def test_a_value_that_no_cell_gives_is_named():
    with pytest.raises(ValueError, match="'flor', which no cell glues; there are"):
        completed("0.17<!-- flor:.3f -->", floor=0.17)


def test_citations_and_the_list_of_references_come_from_the_bibliography():
    text = f"By [X (1)](#)<!-- cite robbins1951 --> ([Y](#)<!-- cite ge2019 -->).\n\n{prose.BEGIN}"
    text = completed(f"{text}\n{prose.END}")
    assert "By [Robbins and Monro (1951)](https://doi.org/10.1214/aoms/1177729586)<!--" in text
    assert "([Ge et al., 2019](https://arxiv.org/abs/" in text
    works = re.findall("^- (.*)", text, re.MULTILINE)
    assert ["A stochastic approximation method" in work for work in works] == [False, True]
    assert completed(text) == text


def test_a_work_that_is_not_in_the_bibliography_is_named():
    with pytest.raises(ValueError, match="no work 'robins1951'"):
        completed("[X](#)<!-- cite robins1951 -->")


# --- pages without cells ------------------------------------------------------------------------


@pytest.mark.parametrize("path", prose.pages(), ids=lambda path: path.stem)
def test_a_page_has_the_numbers_of_its_chapters(path):
    text = path.read_text(encoding="utf-8")
    assert text == prose.completed_page(text), "run `make refresh`, or tools/prose.py"


@pytest.mark.parametrize("typed", ["0.9", "-1", "", "nothing"])
def test_a_number_of_a_page_that_was_changed_by_hand_is_changed_back(typed, monkeypatch):
    monkeypatch.setattr(prose, "_chapter_values", {"06-help": {"less": -0.0123}}.get)
    page = "<!-- pdf -->It is {}<!-- 06-help less:.3f --> nats, <!-- features: begin -->."
    assert prose.completed_page(page.format(typed)) == page.format("-0.012")


def test_a_page_that_shows_what_no_chapter_has_is_refused():
    with pytest.raises(ValueError, match="a number of '99-none', which is no chapter"):
        prose.completed_page("1<!-- 99-none less:.3f -->")
    chapter = notebooks.chapters()[0].stem
    with pytest.raises(ValueError, match=f"'no-such', which no cell of {chapter} glues"):
        prose.completed_page(f"1<!-- {chapter} no-such -->")


# --- plain Markdown ------------------------------------------------------------------------------

MYST = re.compile(r"\{[\w:-]+\}`|^ *(?::::|(?:```|~~~)\{)|^\([\w-]+\)=$|^%", re.MULTILINE)


@each_chapter
def test_the_text_is_plain_markdown(path):
    for cell in notebooks.read(path).cells:
        if cell.cell_type == "markdown":
            assert MYST.findall(cell.source) == [], cell.source


@each_chapter
def test_links_between_chapters_name_files_that_jupyterlab_can_open(path):
    for cell in notebooks.read(path).cells:
        if cell.cell_type == "markdown":
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", cell.source):
                assert (path.parent / target).is_file(), target


@each_chapter
def test_links_within_a_chapter_lead_to_a_heading(path):
    text = "\n".join(cell.source for cell in notebooks.read(path).cells)
    headings = {title.replace(" ", "-") for title in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]*)\)", text)) <= headings


# --- no number is typed --------------------------------------------------------------------------

# What is no statement of the text's own: formulas, code, addresses, quotations, and the numbers of
# chapters, sections and threads. A citation has its year from the bibliography.
NOT_OURS = re.compile(
    r"\$\$.*?\$\$|\$[^$]+\$|`[^`]*`|\[[^\]]*\]\([^)]*\)<!-- cite|\]\([^)]*\)|<[^>]*>|\"[^\"]*\""
    r"|^#+ [^\n]*|^[> ]*\d+\. |pull request \d+|from (?:19|20)\d\d\b",
    re.DOTALL | re.MULTILINE,
)
NUMERAL = re.compile(r"(?<![\w.])\d[\d,_]*(?:\.\d+)?(?:e[+-]?\d+)?(?!\w)")
COUNTED = 20  # whole numbers up to here may be counted by the reader


def numerals(text):
    return {float(n.replace(",", "").replace("_", "").rstrip(".")) for n in NUMERAL.findall(text)}


def typed(notebook):
    """Return the numbers in the text that no cell contains, prints or glues."""
    cells = notebooks.code_cells(notebook)
    printed = [output.get("text", "") for cell in cells for output in cell.outputs]
    known = numerals("\n".join([cell.source for cell in cells] + printed))
    found = set()
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            text = prose.REFERENCES.sub(" ", cell.source)
            found |= numerals(NOT_OURS.sub(" ", prose.NUMBER.sub(" ", text)))
    small = {n for n in found if n == int(n) <= COUNTED}
    return sorted(n for n in found - known - small if n / 100 not in known)


@each_chapter
def test_no_number_is_typed(path):
    """Every number in the text is written by prose.py, or stands in a cell: a setting, a claim."""
    assert typed(notebooks.read(path)) == []


def test_a_typed_number_is_found():
    text = (
        '## 77\n\nIt ends at 0.167 (0.5<!-- x --> and $99$, "44"), after 1,234 updates, 12 times.'
    )
    notebook = chapter(text, x=0.5)
    notebook.cells[1].source = "steps = 1_234"
    assert typed(notebook) == [0.167]
