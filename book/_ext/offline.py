"""Serve MathJax from the site itself, so that a page opened from disk needs no network."""

from importlib.util import find_spec
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.fileutil import copy_asset

# SVG output needs no font files; a11y and sre are what MathJax's own menu can switch on.
PARTS = ("tex-svg-full.js", "a11y", "sre")


def copy_mathjax(app: Sphinx) -> None:
    """Put MathJax where the setting ``mathjax_path`` looks for it."""
    package = Path(find_spec("sphinx-mathjax-offline").origin).parent
    for part in PARTS:
        source = package / "static" / "mathjax" / part
        target = Path(app.outdir) / "_static" / "mathjax" / (part if source.is_dir() else "")
        target.mkdir(parents=True, exist_ok=True)
        copy_asset(source, target)


def setup(app: Sphinx) -> dict:
    """Register the extension with Sphinx."""
    app.connect("builder-inited", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
