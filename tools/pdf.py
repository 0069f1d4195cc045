"""Print the built site as one PDF: title page, contents with page numbers, every page of the book.

The pages are joined into one document, in which each id carries the name of its page, so that a
link from one page to another becomes a link within the PDF. Chromium prints it.
"""

import logging
import posixpath
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import chromium
import notebooks
import yaml
from bs4 import BeautifulSoup, Tag
from pypdf import PdfReader, PdfWriter

import lrdecay

HTML = notebooks.ROOT / "_build" / "html"
NAME = "lrdecay-book.pdf"
MARK = "<!-- pdf -->"
"""Where the front page gets its link."""

STYLE = Path(__file__).with_suffix(".css")
NAVIGATION = "nav.bd-links :is(p.caption, a.reference.internal)"
REFERENCES = ("for", "headers", "aria-labelledby", "aria-describedby", "aria-controls")
UNPRINTED = "script, noscript, .headerlink, .d-print-none, .lrdecay-sliders"
SETTINGS = {
    "prefer_css_page_size": True,
    "print_background": True,
    "tagged": True,
}


class Entry(NamedTuple):
    """A line of the contents; a part has no place."""

    level: int
    title: str
    place: str = ""


def parsed(path: Path) -> BeautifulSoup:
    """Return the page at `path`."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def place(page: str, fragment: str = "") -> str:
    """Return the id that `fragment` of `page` has in the joined document.

    >>> place("foundations/01-why-decay.html", "try-it"), place("index.html")
    ('foundations-01-why-decay--try-it', 'index')
    """
    name = page.removesuffix(".html").replace("/", "-")
    return f"{name}--{fragment}" if fragment else name


def article(html: Path, page: str, pages: list[str]) -> Tag:
    """Return what `page` says, for the joined document, which lies beside the folder `html`."""
    body = parsed(html / page).select_one("article.bd-article")
    for element in body.select(UNPRINTED):
        element.decompose()
    for element in body.find_all(True):
        if "id" in element.attrs:
            element["id"] = place(page, element["id"])
        for name in REFERENCES:
            if name in element.attrs:
                element[name] = " ".join(place(page, word) for word in element[name].split())
        if "src" in element.attrs and ":" not in element["src"]:
            element["src"] = posixpath.join(html.name, posixpath.dirname(page), element["src"])
    for link in body.find_all("a", href=True):
        target, _, fragment = link["href"].partition("#")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), target))
        if re.match(r"[a-z]+:", link["href"]):
            continue
        if link["href"].startswith("#"):
            target = page
        if target in pages:
            link["href"] = "#" + place(target, fragment)
        else:
            link.unwrap()  # a picture or a file of the site
    for section in body.select("section[id]"):
        # A heading can stand a page below the place where its section begins.
        section.find(re.compile("h[1-6]"))["id"] = section.attrs.pop("id")
    body["id"] = place(page)
    return body


def entries(page: str, body: Tag, title: str) -> Iterator[Entry]:
    """Yield the lines that `page` has in the contents: itself and its sections."""
    yield Entry(1, title, place(page))
    for heading in body.select("section > h2[id]"):
        yield Entry(2, heading.get_text(), heading["id"])


def contents(lines: list[Entry], numbers: dict[str, int]) -> str:
    """Return the table of contents."""
    shown = "".join(
        f'<p class="level-{line.level}"><a href="#{line.place}"><span>{line.title}</span>'
        f"<span>{numbers.get(line.place, '')}</span></a></p>"
        if line.place
        else f'<p class="part">{line.title}</p>'
        for line in lines
    )
    return f'<nav class="book-contents"><h1>Contents</h1>{shown}</nav>'


class Book(NamedTuple):
    """The joined document, to be read from `folder`; its contents are still to be numbered."""

    folder: Path
    head: str
    title_page: str
    lines: list[Entry]
    body: str

    def document(self, numbers: dict[str, int]) -> str:
        """Return the document, with `numbers` in its contents."""
        return (
            f'<!DOCTYPE html><html lang="en" data-theme="light"><head>{self.head}</head>'
            f"<body>{self.title_page}{contents(self.lines, numbers)}<main>{self.body}</main>"
            "</body></html>"
        )


def join(html: Path) -> Book:
    """Return all pages of the site in `html`, in the order of its navigation."""
    front = parsed(html / "index.html")
    navigation = [
        (link.get("href"), " ".join(link.get_text().split())) for link in front.select(NAVIGATION)
    ]
    pages = ["index.html" if href == "#" else href for href, _ in navigation if href]
    lines, bodies, styles = [], [], {}
    for href, title in navigation:
        if href is None:
            lines.append(Entry(0, title))
            continue
        page = "index.html" if href == "#" else href
        body = article(html, page, pages)
        lines += entries(page, body, title)
        # A drawing's clips and gradients are named by their ids.
        bodies.append(str(body).replace("url(#", f"url(#{place(page)}--"))
        for link in parsed(html / page).select("link[rel=stylesheet]"):
            style = link["href"].partition("?")[0]
            styles[posixpath.normpath(posixpath.join(posixpath.dirname(page), style))] = None
    config = yaml.safe_load((notebooks.ROOT / "_config.yml").read_text(encoding="utf-8"))
    head = "".join(
        [
            f'<meta charset="utf-8"><title>{config["title"]}</title>',
            f'<meta name="author" content="{config["author"]}">',
            *(f'<link rel="stylesheet" href="{html.name}/{style}">' for style in styles),
            f"<style>{STYLE.read_text(encoding='utf-8')}</style>",
        ]
    )
    title_page = (
        f'<header class="title-page"><p>{config["title"]}</p><p>{config["author"]}</p>'
        f"<p>Version {lrdecay.__version__}<br>© {config['copyright']}. "
        f"{config['html']['extra_footer']}</p></header>"
    )
    return Book(html.parent, head, title_page, lines, "".join(bodies))


def page_numbers(reader: PdfReader) -> dict[str, int]:
    """Return the page on which each id of the document lies; the title page is page 1."""
    return {
        name.removeprefix("/"): reader.get_destination_page_number(destination) + 1
        for name, destination in reader.named_destinations.items()
    }


def add_bookmarks(pdf: Path, lines: list[Entry], numbers: dict[str, int]) -> None:
    """Give the PDF the contents as bookmarks; those that Chromium makes lose spaces."""
    writer = PdfWriter(clone_from=pdf)
    above: dict[int, Any] = {}
    for index, line in enumerate(lines):
        target = next(later.place for later in lines[index:] if later.place)
        above = {level: item for level, item in above.items() if level < line.level}
        above[line.level] = writer.add_outline_item(
            title=line.title,
            page_number=numbers[target] - 1,
            parent=above[max(above)] if above else None,
        )
    writer.write(pdf)


def write(book: Book, target: Path, browser: Any) -> None:
    """Print `book` to `target`: once to learn the page numbers, once with them."""
    document = book.folder / "book.html"
    page = browser.new_page()
    numbers: dict[str, int] = {}
    for _ in range(2):
        document.write_text(book.document(numbers), encoding="utf-8")
        page.goto(document.as_uri())
        page.pdf(path=target, **SETTINGS)
        numbers = page_numbers(PdfReader(target))
    page.close()
    add_bookmarks(target, book.lines, numbers)


def link(html: Path) -> None:
    """Put a link to the PDF into the front page of the site in `html`."""
    index, pdf = html / "index.html", html / NAME
    text = index.read_text(encoding="utf-8")
    size = f"{len(PdfReader(pdf).pages)} pages, {pdf.stat().st_size / 1e6:.0f} MB"
    link = f'<p><a href="{NAME}">The whole book as one PDF</a> ({size}).</p>'
    if MARK in text:
        index.write_text(text.replace(MARK, link), encoding="utf-8")
    elif NAME not in text:
        raise ValueError(f"{index} has no place for the link: write {MARK} into book/index.md")


def main() -> None:
    """Run from the command line."""
    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it warns of how Chromium counts objects
    if chromium.PATH is None:
        sys.exit(chromium.WHY_NOT)
    with chromium.started() as browser:
        write(join(HTML), HTML / NAME, browser)
    link(HTML)
    print(f"The book is printed: file://{HTML / NAME}")


if __name__ == "__main__":
    main()
