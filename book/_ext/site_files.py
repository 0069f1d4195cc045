"""The files that a site has beside its pages: ``404.html``, ``sitemap.xml`` and ``robots.txt``.

The last two name whole addresses, so they are written once ``html.baseurl`` is set.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import dates
from sphinx.application import Sphinx

NOT_FOUND = """
<h1>There is no such page</h1>
<p>It may have moved. Begin at <a href="index.html">the front page</a>, which has a map of the
book, or <a href="search.html">search for a word</a>.</p>
"""
RELATIVE = re.compile(r'\b(href|src|action|data-content_root)="(?!#|/|[a-z]+:)(?:\./)?')


def add_error_page(app: Sphinx) -> Iterator[tuple[str, dict, str]]:
    """Add a page that a server shows where there is none."""
    yield "404", {"title": "Page not found", "body": NOT_FOUND}, "page.html"


def write_files(app: Sphinx, error: Exception | None) -> None:
    """Make the addresses of the page of errors absolute, and write what needs the site's own."""
    if error or app.builder.format != "html":
        return
    out, base = Path(app.outdir), app.config.html_baseurl
    # A server shows it at any depth, so relative addresses would lead elsewhere.
    page = (out / "404.html").read_text(encoding="utf-8")
    page = RELATIVE.sub(rf'\1="{urlsplit(base).path or "/"}', page)
    (out / "404.html").write_text(page, encoding="utf-8")
    if base:
        (out / "sitemap.xml").write_text(sitemap(app), encoding="utf-8")
        robots = f"User-agent: *\nAllow: /\n\nSitemap: {base}sitemap.xml\n"
        (out / "robots.txt").write_text(robots, encoding="utf-8")


def sitemap(app: Sphinx) -> str:
    """Return the list of all pages with their dates, for search engines."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
    ]
    for page in sorted(app.env.found_docs):
        name = "" if page == app.config.root_doc else app.builder.get_target_uri(page)
        date = dates.of(app.env, page)
        last = f"<lastmod>{date}</lastmod>" if date else ""
        lines.append(f"<url><loc>{escape(app.config.html_baseurl + name)}</loc>{last}</url>")
    return "\n".join([*lines, "</urlset>", ""])


def setup(app: Sphinx) -> dict:
    """Register the extension with Sphinx."""
    app.setup_extension("dates")
    app.connect("html-collect-pages", add_error_page)
    app.connect("build-finished", write_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
