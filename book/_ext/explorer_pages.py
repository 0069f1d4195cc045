"""Put explorers into the pages: a picture, the sliders, and what ``explorers.js`` draws from."""

import inspect
import json
import re
from html import escape
from pathlib import Path
from typing import ClassVar

import vl_convert
from docutils import nodes
from myst_nb.core.render import MimeData, NbElementRenderer, load_mime_renders
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

from lrdecay.charts import foundations, practice, valley
from lrdecay.views import explorers

CLASS = "lrdecay-explorer"
WIDTHS = {"wide": 700, "narrow": 330}
"""Of the two pictures, in pixels; ``lrdecay.css`` chooses."""

INK, GRID = "var(--lrdecay-ink)", "var(--lrdecay-grid)"
CATEGORY = [f"var(--lrdecay-{number})" for number in range(1, 6)]
WORDS = {"labelColor": INK, "titleColor": INK, "labelFontSize": 12, "titleFontSize": 13}
CONFIG = {
    # Every color is a variable of ``lrdecay.css``, which has them for light, dark and print.
    "aria": False,
    "background": None,
    "view": {"stroke": GRID},
    "axis": {
        **WORDS,
        "titleFontWeight": "normal",
        "gridColor": GRID,
        "domainColor": INK,
        "tickColor": INK,
    },
    "legend": WORDS,
    "text": {"color": INK, "fontSize": 12},
    "rule": {"color": INK},
    "line": {"color": CATEGORY[0], "strokeWidth": 2.5},
    "point": {"color": CATEGORY[0]},
    "range": {"category": CATEGORY},
}


def markup(spec: dict, env: BuildEnvironment) -> str:
    """Return the element of one explorer; the first of a page is called explorer-1."""
    name = f"explorer-{env.new_serialno(CLASS) + 1}"
    units, words = (spec.get("usermeta", {}).get(key, {}) for key in ("units", "words"))
    sliders = "".join(
        _slider(name, param, units.get(param["name"], ""), words.get(param["name"], []))
        for param in spec["params"]
    )
    # The page has its own sliders: Vega gets their values alone.
    params = [{"name": p["name"], "value": p["value"]} for p in spec["params"]]
    drawn = {**spec, "params": params, "config": CONFIG}
    # No "<" is left, so nothing in the specification can end the script element.
    text = json.dumps(drawn, sort_keys=True).replace("<", "\\u003c")
    pictures = {kind: _picture(drawn, width, f"{name}-{kind}") for kind, width in WIDTHS.items()}
    height = max(height for _, height in pictures.values())
    title, description = name.replace("-", " ").capitalize(), escape(spec["description"])
    return f"""\
<div class="{CLASS}" id="{name}" role="group" aria-label="{title}">
<div class="lrdecay-chart" role="img" aria-label="{description}" style="height:{height}px">
{"".join(drawing for drawing, _ in pictures.values())}
</div>
<div class="lrdecay-sliders">
{sliders}<div class="lrdecay-buttons">
<button type="button" class="lrdecay-reset">Reset</button>
<a class="lrdecay-link" href="#{name}">Link to this setting</a>
<span class="lrdecay-status" role="status"></span>
<span class="lrdecay-result" role="status"></span>
</div>
</div>
<noscript><p>The sliders of this picture need JavaScript.</p></noscript>
<script type="application/json">{text}</script>
</div>"""


def _slider(explorer: str, param: dict, unit: str, words: list[str]) -> str:
    """Return one line of the sliders: label, input and value, or the word that it stands for."""
    bind, name, value = param["bind"], escape(param["name"]), param["value"]
    shown = words[value] if words else f"{value:,}"
    key, spoken = f"{explorer}-{name}", escape(f"{shown} {unit}".strip())
    kind = " lrdecay-words" if words else ""
    listed = f' data-words="{escape(json.dumps(words))}"' if words else ""
    # autocomplete: else a reload brings back where the slider was, but not the chart.
    return f"""\
<div class="lrdecay-slider{kind}">
<label for="{key}">{escape(bind["name"])}</label>
<input type="range" id="{key}" name="{name}" min="{bind["min"]}" max="{bind["max"]}" \
step="{bind["step"]}" value="{value}" data-unit="{unit}"{listed} \
aria-valuetext="{spoken}" autocomplete="off">
<span class="lrdecay-value" aria-hidden="true">{escape(shown)}</span>
</div>
"""


def _picture(spec: dict, width: int, name: str) -> tuple[str, int]:
    """Return the chart as it is drawn at first, as SVG that fills its box, and its height."""
    svg = vl_convert.vegalite_to_svg({**spec, "width": width})
    height = int(re.search(r'height="(\d+)"', svg)[1])
    # Names are unique in a page, and the box gives the size.
    svg = re.sub(r'(id="|url\(#)(\w+)', rf"\1{name}-\2", svg)
    svg = re.sub(
        r'<svg [^>]*?viewBox="([^"]*)"[^>]*>',
        rf'<svg class="lrdecay-{name.rpartition("-")[2]}" viewBox="\1" aria-hidden="true">',
        svg,
        count=1,
    )
    return svg, height


class ExplorerRenderer:
    """What MyST-NB does with a Vega-Lite output."""

    mime_priority_overrides: ClassVar = [("*", explorers.MIME, 1)]

    @staticmethod
    def handle_mime(
        renderer: NbElementRenderer, data: MimeData, inline: bool
    ) -> list[nodes.Element] | None:
        """Return the element of an explorer, or None for other outputs."""
        if data.mime_type != explorers.MIME:
            return None
        env = renderer.renderer.sphinx_env
        return [nodes.raw("", markup(data.content, env), format="html")]


class ExplorerDirective(SphinxDirective):
    """``{explorer} noise_floor``: an explorer of `lrdecay.charts` in a Markdown page."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the element of the explorer."""
        made = {
            name: function
            for charts in (foundations, practice, valley)
            for name, function in inspect.getmembers(charts, inspect.isfunction)
            if inspect.signature(function).return_annotation is explorers.Explorer
            and not inspect.signature(function).parameters
        }
        (name,) = self.arguments
        if name not in made:
            raise self.error(f"explorer = {name!r}: there are {', '.join(made)}")
        return [nodes.raw("", markup(made[name]().spec, self.env), format="html")]


def write_vega(app: Sphinx) -> None:
    """Write the bundle of Vega, Vega-Lite and Vega-Embed into the site."""
    static = Path(app.outdir) / "_static"
    static.mkdir(parents=True, exist_ok=True)
    # A function around the bundle keeps its names out of the page's; a module would not load
    # from disk.
    bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    (static / "vega.js").write_text(f"(() => {{{bundle}}})();\n", encoding="utf-8")


def setup(app: Sphinx) -> dict:
    """Register the extension with Sphinx."""
    if ExplorerRenderer not in load_mime_renders():
        load_mime_renders().append(ExplorerRenderer)
    app.add_directive("explorer", ExplorerDirective)
    app.connect("builder-inited", write_vega)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
