"""How to cite a page: in plain text and as BibTeX, below each page, each with a copy button."""

from pathlib import PurePosixPath

from docutils import nodes
from pybtex.database import BibliographyData, Entry, Person
from sphinx.application import Sphinx

import lrdecay


def citation(
    page: str, title: str, book: str, author: str, year: str, url: str | None
) -> tuple[str, str]:
    """Return the plain text and the BibTeX entry of a page; of the book where both titles agree."""
    whole = f"{book}, version {lrdecay.__version__}"
    end = "" if title.endswith(("?", "!")) else "."
    text = f"{author} ({year}). " + (f"{whole}." if title == book else f"{title}{end} In: {whole}.")
    where = f"Version {lrdecay.__version__}" if title == book else f"In: {whole}"
    # Braces keep capitals, and an author that is a group in one piece.
    fields = {"title": f"{{{title}}}", "year": year, "howpublished": where}
    entry = Entry("misc", fields | ({"url": url} if url else {}))
    entry.persons["author"] = [Person(last=f"{{{author}}}")]
    key = "lrdecay" if title == book else f"lrdecay-{PurePosixPath(page).name}"
    bibtex = BibliographyData({key: entry}).to_string("bibtex")
    return f"{text} {url}" if url else text, bibtex.strip()


def add_citation(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Hand the citation to the template."""
    if doctree:
        title, config = app.env.titles[page].astext(), app.config
        context["citation"] = citation(
            page, title, config.html_title, config.author, config.copyright, context["pageurl"]
        )


def setup(app: Sphinx) -> dict:
    """Register the extension with Sphinx."""
    # After the page has its address, before the theme drops what has nothing to show.
    app.connect("html-page-context", add_citation, priority=310)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
