"""The map of the book, and where in it a chapter stands.

``{chapter-map}`` lists what ``_toc.yml`` names: a chapter with its question, which stands bold in
its first paragraph, another page with its own first sentences. Where numbers are left out, for
chapters that are still to be written, the map and the navigation say so.
"""

import re
from pathlib import Path, PurePosixPath

import summary
import yaml
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective


def parts(folder: Path) -> dict[str, list[str]]:
    """Return the pages of each part of the book."""
    toc = yaml.safe_load((folder / "_toc.yml").read_text(encoding="utf-8"))
    return {part["caption"]: [page["file"] for page in part["chapters"]] for part in toc["parts"]}


def chapter_number(page: str) -> int | None:
    """Return the number of a chapter, which begins the name of its file; None for other pages."""
    match = re.match(r"\d+", PurePosixPath(page).name)
    return int(match.group()) if match else None


def missing(book: dict[str, list[str]]) -> dict[str, str]:
    """Return, by part, the numbers that are left out before its last chapter, in words.

    >>> missing({"One": ["1-a", "2-b"], "Two": ["6-c", "8-d", "9-e"], "More": ["glossary"]})
    {'Two': '3 to 5 and 7'}
    """
    expected, found = 1, {}
    for caption, pages in book.items():
        runs: list[str] = []
        for number in filter(None, map(chapter_number, pages)):
            gap = [str(n) for n in range(expected, number)]
            runs += [f"{gap[0]} to {gap[-1]}"] if len(gap) > 2 else gap
            expected = number + 1
        if runs:
            found[caption] = " and ".join(filter(None, [", ".join(runs[:-1]), runs[-1]]))
    return found


def note(numbers: str) -> str:
    """Return what is said of chapters that are not there.

    >>> note("3 to 5 and 7"), note("7")
    ('Chapters 3 to 5 and 7 are in preparation.', 'Chapter 7 is in preparation.')
    """
    if numbers.isdecimal():
        return f"Chapter {numbers} is in preparation."
    return f"Chapters {numbers} are in preparation."


def announce(app: Sphinx, doctree: nodes.document) -> None:
    """Say in the navigation, below the name of a part, which chapters are not there yet."""
    if app.env.docname != app.config.root_doc:
        return
    gaps = missing(parts(Path(app.srcdir)))
    for toctree in doctree.findall(addnodes.toctree):
        if numbers := gaps.get(toctree["caption"]):
            toctree["caption"] += f" ({numbers} in preparation)"


def collect_question(app: Sphinx, doctree: nodes.document) -> None:
    """Keep the question of a chapter that was read."""
    page = app.env.docname
    if chapter_number(page) is None:
        return
    paragraph = summary.first_paragraph(doctree)
    bold = paragraph.findall(nodes.strong) if paragraph else []
    question = next((text for text in map(summary.words, bold) if text.endswith("?")), "")
    if not question:
        raise ExtensionError(
            f"{page}: write the chapter's question in bold, in its first paragraph"
        )
    app.env.metadata[page]["question"] = question[0].upper() + question[1:]


class map_node(nodes.General, nodes.Element):  # noqa: N801  # docutils names nodes so
    """Where the map will stand, once all pages are read."""


class ChapterMap(SphinxDirective):
    """A list of all pages, part by part."""

    def run(self) -> list[nodes.Node]:
        """Return the place of the map."""
        return [map_node()]


def entry(app: Sphinx, here: str, page: str) -> nodes.list_item:
    """Return the line of a page: its number, its title, which is a link, and what it is about."""
    number, about = chapter_number(page), app.env.metadata[page]
    title = app.env.titles[page].astext()
    text = f"{number}. {title}" if number else title
    uri = app.builder.get_relative_uri(here, page)
    link = nodes.reference("", text, internal=True, refuri=uri)
    words = about.get("question") or about["summary"]
    return nodes.list_item(
        "", nodes.paragraph("", "", link), nodes.paragraph("", words), classes=["lrdecay-place"]
    )


def draw_map(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Put the map into its place."""
    book = parts(Path(app.srcdir))
    gaps = missing(book)
    for place in list(doctree.findall(map_node)):
        drawn: list[nodes.Node] = []
        for caption, pages in book.items():
            entries = [entry(app, page, name) for name in pages]
            drawn += [
                nodes.rubric("", caption),
                nodes.bullet_list("", *entries, classes=["lrdecay-map"]),
            ]
            if numbers := gaps.get(caption):
                drawn.append(nodes.paragraph("", note(numbers)))
        place.replace_self(drawn)


def add_progress(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Hand the chapter's number and the last one to the template."""
    numbers = [chapter_number(name) for name in app.env.found_docs]
    if doctree and (number := chapter_number(page)):
        context["chapter"], context["last_chapter"] = number, max(filter(None, numbers))


def setup(app: Sphinx) -> dict:
    """Register the extension with Sphinx."""
    app.setup_extension("summary")
    app.add_node(map_node)
    app.add_directive("chapter-map", ChapterMap)
    app.connect("doctree-read", collect_question)
    # After the table of contents was put into the front page.
    app.connect("doctree-read", announce, priority=600)
    app.connect("doctree-resolved", draw_map)
    # Before the theme drops what has nothing to show.
    app.connect("html-page-context", add_progress, priority=300)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
