"""Whoever points at a citation, or comes to it by keyboard, sees the work that is cited.

Citations are links with a mark, ``[Robbins and Monro (1951)](...)<!-- cite robbins1951 -->``; what
is added is the link's title, which ``lrdecay.css`` shows where the keyboard is.
"""

import re
from functools import cache
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from pybtex.database import parse_file
from pybtex.style.formatting.plain import Style
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

MARK = re.compile(r"<!-- cite (\w+) -->")


@cache
def works(path: Path) -> dict[str, str]:
    """Return the works of a file in words, by their keys."""
    formatted = Style().format_bibliography(parse_file(path))
    return {work.key: work.text.render_as("text") for work in formatted}


class Previews(SphinxTransform):
    """The link before a mark gets the work as its title."""

    default_priority: ClassVar[int] = 300

    def apply(self) -> None:
        """Change the document."""
        for link in list(self.document.findall(nodes.reference)):
            after = link.next_node(descend=False, siblings=True)
            if isinstance(after, nodes.raw) and (mark := MARK.fullmatch(after.astext())):
                link["reftitle"] = works(Path(self.env.srcdir, "references.bib"))[mark[1]]
                link["classes"].append("lrdecay-citation")


def setup(app: Sphinx) -> dict:
    """Register the extension with Sphinx."""
    app.add_transform(Previews)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
