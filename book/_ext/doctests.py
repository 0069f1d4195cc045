"""Examples end with their last line: only pytest needs the blank line that comes after it."""

from docutils import nodes
from sphinx.application import Sphinx


def trim(app: Sphinx, doctree: nodes.document) -> None:
    """Take the blank lines off the end of each block of code."""
    for block in doctree.findall(nodes.literal_block):
        if block.rawsource == block.astext():  # or else it is no plain text
            block.rawsource = block.rawsource.rstrip("\n")
            block.children[:] = []
            block.append(nodes.Text(block.rawsource))


def setup(app: Sphinx) -> dict:
    """Register the extension with Sphinx."""
    app.connect("doctree-read", trim)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
