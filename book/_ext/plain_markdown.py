"""Turn the plain Markdown of the chapters into what a site can do more with.

Chapters are written so that JupyterLab and other tools show them well, in each of their themes.
On the site a quotation that begins with a bold title and a kind,
``> **Predict first** <!-- admonition tip -->``, becomes an admonition, and a section called
"Solution" or "Answer" one that opens on a click.
"""

import re
from typing import ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

KIND = re.compile("<!-- admonition (tip|note|warning) -->")
FOLDED = re.compile("(Solution|Answer)s?")


def slug(title: str) -> str:
    """Return the anchor of a heading, the same one that JupyterLab gives it.

    >>> slug("Monte Carlo")
    'Monte-Carlo'
    """
    return title.replace(" ", "-")


def admonition(title: list[nodes.Node], body: list[nodes.Node], *classes: str) -> nodes.admonition:
    """Return an admonition."""
    return nodes.admonition("", nodes.title("", "", *title), *body, classes=list(classes))


class Admonitions(SphinxTransform):
    """A quotation whose title names a kind becomes an admonition of it."""

    default_priority: ClassVar[int] = 300

    def apply(self) -> None:
        """Change the document."""
        for quotation in list(self.document.findall(nodes.block_quote)):
            head, *body = quotation.children
            kinds = [KIND.fullmatch(raw.astext()) for raw in head.findall(nodes.raw)]
            if any(kinds):
                title = next(head.findall(nodes.strong))
                quotation.replace_self(admonition(title.children, body, kinds[0][1]))


class Solutions(SphinxTransform):
    """A section that gives an answer away is closed until the reader opens it."""

    default_priority: ClassVar[int] = 301

    def apply(self) -> None:
        """Change the document."""
        for section in list(self.document.findall(nodes.section)):
            title, *body = section.children
            if FOLDED.fullmatch(title.astext()):
                section.replace_self(admonition(title.children, body, "solution", "dropdown"))


def setup(app: Sphinx) -> dict:
    """Register the extension with Sphinx."""
    app.add_transform(Admonitions)
    app.add_transform(Solutions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
