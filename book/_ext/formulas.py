"""Set every formula when the site is built, so that its pages need no script for them.

MathJax, in the JavaScript engine that mini-racer brings along, draws a formula as SVG in the color
of its text, and says it to screen readers in MathML. A formula that is damaged fails the build.
"""

import json
import re
from collections.abc import Callable
from functools import partial
from html import unescape
from importlib.util import find_spec
from pathlib import Path

from docutils import nodes
from myst_parser.sphinx_ext.mathjax import html_visit_displaymath
from py_mini_racer import MiniRacer
from sphinx.application import Sphinx
from sphinx.ext.mathjax import html_visit_math
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

PARTS = (
    "loader.js",
    "core.js",
    "adaptors/liteDOM.js",
    "input/tex-full.js",
    "output/svg.js",
    "output/svg/fonts/tex.js",
    "a11y/assistive-mml.js",
)
SOURCE = re.compile(r"\\([(\[])(.*)\\[)\]]", re.DOTALL)
# What says nothing to a browser.
UNUSED = re.compile(r' (?:data-[\w-]+|xmlns(?::xlink)?|role|focusable)="[^"]*"')

logger = logging.getLogger(__name__)


def start(app: Sphinx) -> None:
    """Load MathJax."""
    folder = Path(find_spec("sphinx-mathjax-offline").origin).parent / "static" / "mathjax"
    app.mathjax = MiniRacer()
    app.mathjax.eval("var MathJax = {loader: {load: []}};")
    for part in PARTS:
        app.mathjax.eval((folder / part).read_text(encoding="utf-8"))
    app.mathjax.eval(Path(__file__).with_suffix(".js").read_text(encoding="utf-8"))


def stop(app: Sphinx, error: Exception | None) -> None:
    """End MathJax: its engine, left alone, can keep Python from ending."""
    app.mathjax.close()


def visit(
    write: Callable[[HTML5Translator, nodes.Element], None],
    self: HTML5Translator,
    node: nodes.Element,
) -> None:
    """Let Sphinx `write` the formula's source, and set what it wrote."""
    start = len(self.body)
    try:
        write(self, node)
    finally:
        html = "".join(self.body[start:])
        bracket, source = SOURCE.search(html).groups()
        display = bracket == "["
        answer = json.loads(self.builder.app.mathjax.call("set", unescape(source), display))
        if "error" in answer:
            logger.warning("%s: %s", answer["error"], node.astext(), location=node)
        else:
            formula = UNUSED.sub("", "{svg}<mjx-spoken>{mathml}</mjx-spoken>".format(**answer))
            kind = ' display="true"' if display else ""
            formula = f"<mjx-container{kind}>{formula}</mjx-container>"
            self.body[start:] = [SOURCE.sub(lambda _: formula, html)]


def setup(app: Sphinx) -> dict:
    """Register the extension with Sphinx."""
    app.add_html_math_renderer(
        "svg",
        (partial(visit, html_visit_math), None),
        (partial(visit, html_visit_displaymath), None),
    )
    app.connect("builder-inited", start)
    app.connect("build-finished", stop)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
