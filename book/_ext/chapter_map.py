"""The map of the book, and where in it a chapter stands.

``{chapter-map}`` lists what ``_toc.yml`` names: a chapter with its question, which stands bold in
its first paragraph, another page with its own first sentences.
"""

import re
from pathlib import Path, PurePosixPath

import summary
import yaml
from docutils import nodes
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
    for place in list(doctree.findall(map_node)):
        drawn: list[nodes.Node] = []
        for caption, pages in parts(Path(app.srcdir)).items():
            entries = [entry(app, page, name) for name in pages]
            drawn += [
                nodes.rubric("", caption),
                nodes.bullet_list("", *entries, classes=["lrdecay-map"]),
            ]
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
    app.connect("doctree-resolved", draw_map)
    # Before the theme drops what has nothing to show.
    app.connect("html-page-context", add_progress, priority=300)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
