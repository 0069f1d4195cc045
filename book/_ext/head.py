"""What stands in a page's head for search engines, and for those who share a link to it."""

import re
from html import escape
from pathlib import Path

import summary
from docutils import nodes
from matplotlib.figure import Figure
from matplotlib.image import imread
from sphinx.application import Sphinx

PICTURE, SHARED = "_static/four-schedules.png", "_static/preview.png"
SHOWN = "Four learning rates that fall: in stairs, in two curves, and in a straight line."
SIZE = (1200, 630)  # pixels, what most services show uncut
VIEWPORT = re.compile(r'\s*<meta name="viewport"[^>]*>')


def draw_preview(app: Sphinx) -> None:
    """Draw the picture of a shared link: the book's title over its first figure."""
    if not app.config.html_baseurl:
        return
    width, height = SIZE
    figure = Figure(figsize=(width / 100, height / 100), dpi=100, facecolor="white")
    figure.text(0.5, 0.89, app.config.html_title, size=40, weight="bold", ha="center", va="center")
    axes = figure.add_axes((0.05, 0.04, 0.9, 0.77))
    axes.imshow(imread(Path(app.srcdir, PICTURE)), interpolation="lanczos")
    axes.set_axis_off()
    target = Path(app.outdir, SHARED)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, metadata={"Software": None})


def tags(app: Sphinx, page: str, url: str | None) -> dict[str, str]:
    """Return the names and contents of a page's tags; addresses only where the page has one."""
    titles = app.env.titles
    title = titles[page].astext() if page in titles else page.capitalize()
    about = summary.of(app.env, page) or f"{title}: {app.config.html_title}."
    found = {
        "description": about,
        "og:type": "website" if page == app.config.root_doc else "article",
        "og:site_name": app.config.html_title,
        "og:title": title,
        "og:description": about,
        "twitter:card": "summary",
    }
    if url:
        found |= {
            "og:url": url,
            "og:image": app.config.html_baseurl + SHARED,
            "og:image:width": str(SIZE[0]),
            "og:image:height": str(SIZE[1]),
            "og:image:alt": SHOWN,
            "twitter:card": "summary_large_image",
        }
    return found


def fill_head(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Add the tags to the page, and leave one viewport of the three that there are."""
    if not doctree:
        context["pageurl"] = None  # nothing to be found: the search page, the page of an error
    elif context["pageurl"] and page == app.config.root_doc:
        context["pageurl"] = app.config.html_baseurl
    metas = [
        f'<meta {"property" if name.startswith("og:") else "name"}="{name}" '
        f'content="{escape(content)}" />'
        for name, content in tags(app, page, context["pageurl"]).items()
    ]
    context["metatags"] = VIEWPORT.sub("", context.get("metatags", ""))
    context["metatags"] = "\n".join(["", context["metatags"].strip(), *metas])


def setup(app: Sphinx) -> dict:
    """Register the extension with Sphinx."""
    app.setup_extension("summary")
    app.connect("builder-inited", draw_preview)
    app.connect("html-page-context", fill_head, priority=300)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
