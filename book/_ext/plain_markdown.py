"""Turn the plain Markdown of the chapters into what a site can do more with.

Chapters are written so that JupyterLab and other tools show them well. On the site a
``<div class="alert alert-success">`` whose text begins with a bold title becomes an admonition, and
a section called "Solution" or "Answer" one that opens on a click.
"""

import re
from typing import ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

KINDS = {"success": "tip", "info": "note", "warning": "warning"}
OPENS = re.compile(rf'<div class="alert alert-({"|".join(KINDS)})">\s*')
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


class Alerts(SphinxTransform):
    """From the raw ``<div>`` to the raw ``</div>`` all becomes an admonition."""

    default_priority: ClassVar[int] = 300

    def apply(self) -> None:
        """Change the document."""
        for start in list(self.document.findall(nodes.raw)):
            found = OPENS.fullmatch(start.astext())
            if not found:
                continue
            parent, first = start.parent, start.parent.index(start)
            last = next(
                n
                for n, node in enumerate(parent.children)
                if n > first and node.astext().strip() == "</div>"
            )
            title, *body = parent.children[first + 1 : last]
            title = next(title.findall(nodes.strong))
            kind = KINDS[found[1]]
            parent[first : last + 1] = [admonition(title.children, body, kind)]


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
    app.add_transform(Alerts)
    app.add_transform(Solutions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
