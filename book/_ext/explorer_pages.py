"""Put explorers into the pages: Vega-Lite outputs become elements that ``explorers.js`` draws."""

import json
from pathlib import Path
from typing import ClassVar

import vl_convert
from docutils import nodes
from myst_nb.core.render import MimeData, NbElementRenderer, load_mime_renders
from sphinx.application import Sphinx

MIME = "application/vnd.vegalite.v5+json"
CLASS = "lrdecay-explorer"


class ExplorerRenderer:
    """What MyST-NB does with a Vega-Lite output."""

    mime_priority_overrides: ClassVar = [("*", MIME, 1)]

    @staticmethod
    def handle_mime(
        renderer: NbElementRenderer, data: MimeData, inline: bool
    ) -> list[nodes.Element] | None:
        """Return the element that holds the specification, or None for other outputs."""
        if data.mime_type != MIME:
            return None
        # No "<" is left, so nothing in the specification can end the script element.
        spec = json.dumps(data.content, sort_keys=True).replace("<", "\\u003c")
        script = f'<script type="application/json">{spec}</script>'
        return [nodes.raw("", f'<div class="{CLASS}">{script}</div>', format="html")]


def write_vega(app: Sphinx) -> None:
    """Write the bundle of Vega, Vega-Lite and Vega-Embed into the site."""
    static = Path(app.outdir) / "_static"
    static.mkdir(parents=True, exist_ok=True)
    # A function around the bundle keeps its names out of the page's; a module would not load
    # from disk.
    bundle = f"(() => {{{vl_convert.javascript_bundle()}}})();\n"
    (static / "vega.js").write_text(bundle, encoding="utf-8")


def add_vega(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    """Load the bundle, which is large, only on the pages that have an explorer."""
    if doctree and any(CLASS in raw.astext() for raw in doctree.findall(nodes.raw)):
        app.add_js_file("vega.js", loading_method="defer")


def setup(app: Sphinx) -> dict:
    """Register the extension with Sphinx."""
    if ExplorerRenderer not in load_mime_renders():
        load_mime_renders().append(ExplorerRenderer)
    app.connect("builder-inited", write_vega)
    app.connect("html-page-context", add_vega)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
