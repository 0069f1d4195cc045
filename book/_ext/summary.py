"""What a page is about, in its own words: whole sentences from the start of its first paragraph."""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

LONGEST = 160
"""Of a summary of more than one sentence, in characters: what a search engine shows."""

SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[A-Z*`])")


def words(node: nodes.Node) -> str:
    """Return the text that a reader sees of `node`: no comment, and its formulas as they stand."""
    if isinstance(node, nodes.Text):
        return str(node)
    if isinstance(node, nodes.raw):
        return ""
    return "".join(map(words, node.children))


def first_paragraph(doctree: nodes.document) -> nodes.paragraph | None:
    """Return the first paragraph of the text, none inside a box."""
    section = next(iter(doctree.findall(nodes.section)), doctree)
    return next((child for child in section if isinstance(child, nodes.paragraph)), None)


def shorten(text: str) -> str:
    """Return as many whole sentences of `text` as fit, but one at least.

    >>> shorten("You train a model.  Is it finished? " + "More words. " * 20)[:45]
    'You train a model. Is it finished? More words'
    """
    first, *others = SENTENCE.split(" ".join(text.split()))
    for sentence in others:
        if len(f"{first} {sentence}") > LONGEST:
            break
        first = f"{first} {sentence}"
    return first


def collect(app: Sphinx, doctree: nodes.document) -> None:
    """Keep the summary of a page that was read."""
    paragraph = first_paragraph(doctree)
    summary = shorten(words(paragraph)) if paragraph else ""
    app.env.metadata[app.env.docname]["summary"] = summary


def of(env: BuildEnvironment, page: str) -> str:
    """Return the summary of a page, '' if it has no text of its own."""
    return env.metadata[page].get("summary", "")


def setup(app: Sphinx) -> dict:
    """Register the extension with Sphinx."""
    app.connect("doctree-read", collect)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
