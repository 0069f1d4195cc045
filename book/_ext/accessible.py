"""Mend the markup of the theme and the extensions where screen readers or keys stumble over it.

Each rule is a fault that axe finds in the written pages (``tests/book/test_axe.py``).
"""

import re
from collections.abc import Callable
from itertools import count
from pathlib import Path

from sphinx.application import Sphinx

SEARCH = re.compile(r'(<button class="[^"]*search-button-field[^>]*?) aria-label="[^"]*"')
SIDEBAR = 'id="pst-primary-sidebar"'
SCROLLS = '<div class="pst-scrollable-table-container">'
EXPLORER = 'class="lrdecay-explorer" id="'
SKIP = '<a href="#main-content">'


def _numbered() -> Callable[[re.Match], str]:
    """Return what names the tables of a page: one that scrolls is a stop of the tab key."""
    number = count(1)
    return lambda found: f'{found[0][:-1]} role="region" aria-label="Table {next(number)}">'


def mended(page: str) -> str:
    """Return the HTML of a page without the faults.

    >>> mended('<summary aria-label="Toggle hidden content">Show code</summary>')
    '<summary>Show code</summary>'
    """
    # A name that is not what one reads cannot be spoken to a computer that listens.
    page = page.replace('<summary aria-label="Toggle hidden content">', "<summary>")
    page = re.sub(
        r'(<button class="[^"]*search-button-field[^>]*?) aria-label="[^"]*"', r"\1", page
    )
    # What belongs to no landmark is not found by those who move from one to the next.
    page = page.replace(SIDEBAR, f'{SIDEBAR} role="region" aria-label="Book"')
    page = re.sub(re.escape(SCROLLS), _numbered(), page)
    # The roles that docutils gives to citations are no longer used, nor allowed in such a list.
    page = re.sub(r' role="doc-biblio(?:entry|graphy)"| role="doc-backlink"', "", page)
    page = page.replace('<div role="list" class="citation-list">', '<div class="citation-list">')
    return _with_ways(page)


def _with_ways(page: str) -> str:
    """Return the page with a link to its first explorer beside that to its text."""
    _, found, rest = page.partition(EXPLORER)
    if not found:
        return page
    name = rest.partition('"')[0]
    return page.replace(SKIP, f'<a href="#{name}">Skip to the explorer</a>{SKIP}', 1)


def mend(app: Sphinx, error: Exception | None) -> None:
    """Mend all pages of the site."""
    if error or app.builder.format != "html":
        return
    for path in Path(app.outdir).rglob("*.html"):
        if "_static" not in path.parts:
            path.write_text(mended(path.read_text(encoding="utf-8")), encoding="utf-8")


def setup(app: Sphinx) -> dict:
    """Register the extension with Sphinx."""
    app.connect("build-finished", mend)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
