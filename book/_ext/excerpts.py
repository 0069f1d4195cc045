"""The search shows the text of a page, not the menus around it.

Sphinx takes an excerpt from all that has the role of main content, where this theme also has the
buttons and the page's table of contents.
"""

from docutils import nodes
from sphinx.application import Sphinx

SCRIPT = """\
document.addEventListener("DOMContentLoaded", () => {
  const toText = Search.htmlToText;
  Search.htmlToText = (html, anchor) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    const text = page.querySelector("article");
    text.querySelectorAll("h1, button, .lrdecay-explorer").forEach((e) => e.remove());
    page.querySelector("[role=main]").replaceChildren(text);
    return toText(page.documentElement.outerHTML, anchor).trim();
  };
});"""


def add_script(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Add the script to the page that shows excerpts."""
    if page == "search":
        app.add_js_file(None, body=SCRIPT)


def setup(app: Sphinx) -> dict:
    """Register the extension with Sphinx."""
    app.connect("html-page-context", add_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
