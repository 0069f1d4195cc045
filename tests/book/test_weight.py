"""A page loads no more than it needs: bounded weight, no script for nothing, no source maps."""

import base64
import gzip
import io
import re
from pathlib import Path

import built_site as site
import pytest
from fontTools.ttLib import TTFont

pytestmark = pytest.mark.skipif(not site.BUILT, reason=site.WHY_NOT)

STYLE = site.HTML / "_static" / "styles" / "pydata-sphinx-theme.css"
LIMITS = {"index.html": 250_000}  # bytes after compression, without figures
LIMIT = 1_000_000
# A file, and what a page has that needs it.
NEEDED_FOR = {
    "togglebutton": ":is(.toggle, .admonition.dropdown)",
    "copybutton": "div.highlight",
    "clipboard": "div.highlight",
    "design-tabs": "[class^=sd-], [class*=' sd-']",
    "sphinx-design": "[class^=sd-], [class*=' sd-']",
    "mystnb": ".cell",
    "searchindex": "#search-results",
    "searchtools": "#search-results",
    "vega": ".lrdecay-explorer",
}


def loaded(page: str) -> set[Path]:
    """Return the files that a page loads at once, the figures left out."""
    folder = (site.HTML / page).parent
    links = site.soup(page).select("script[src], link[rel=stylesheet], link[rel=preload]")
    files = {(folder / (e.get("src") or e["href"]).split("?")[0]).resolve() for e in links}
    found = files | {site.HTML / page}
    while files:
        sheets = [file for file in files if file.suffix == ".css"]
        inner = {(s.parent / url).resolve() for s in sheets for url in addresses(s)}
        files = inner - found
        found |= files
    return found


def addresses(sheet: Path) -> list[str]:
    """Return the addresses in a style sheet that are files."""
    text = sheet.read_text(encoding="utf-8")
    return [
        url for url in re.findall(r"url\([\"']?([^)\"']+)", text) if not url.startswith("data:")
    ]


@pytest.mark.parametrize("page", site.PAGES)
def test_the_first_load_is_light(page):
    sizes = {path.name: len(gzip.compress(path.read_bytes())) for path in loaded(page)}
    assert sum(sizes.values()) <= LIMITS.get(page, LIMIT), sizes


@pytest.mark.parametrize("page", site.PAGES)
def test_a_page_loads_what_it_needs_and_nothing_else(page):
    names = " ".join(path.name for path in loaded(page))
    for name, selector in NEEDED_FOR.items():
        needed = site.soup(page).select_one(selector) is not None
        # What a page asks for later, when it is wanted, is no fault.
        assert name not in names or needed, f"{page} loads {name} for nothing"
        assert name in names or not needed or name == "vega", f"{page} lacks {name}"


@pytest.mark.parametrize("page", site.PAGES)
def test_nothing_but_style_sheets_is_waited_for(page):
    waited = [
        script["src"]
        for script in site.soup(page).select("script[src]")
        if not script.has_attr("defer") and not script.has_attr("async")
    ]
    if page != "search.html":
        assert [src for src in waited if "documentation_options" not in src] == []


@pytest.mark.parametrize("page", site.PAGES)
def test_the_theme_is_chosen_before_anything_is_drawn(page):
    script = site.soup(page).head.select_one("script:not([src])").get_text()
    assert "prefers-color-scheme" in script
    assert '"theme"' not in script


def test_there_are_no_source_maps():
    assert list(site.HTML.rglob("*.map")) == []
    for path in [*site.HTML.rglob("*.js"), *site.HTML.rglob("*.css")]:
        assert "sourceMappingURL=" not in path.read_text(encoding="utf-8"), path


def test_every_icon_is_in_the_style_sheet():
    assert not list(site.HTML.rglob("fontawesome.js"))
    style = STYLE.read_text(encoding="utf-8")
    fonts = re.findall(r"src:url\(data:font/woff;base64,([^)]*)\)", style)
    drawn = {c for font in fonts for c in TTFont(io.BytesIO(base64.b64decode(font))).getBestCmap()}
    shown = {c for e in icons() for c in codes(style, e["class"])}
    shown |= set(map(ord, re.findall("[\ue000-\uf8ff]", style)))
    assert len(shown) > 20
    assert shown <= drawn


def icons():
    """Return the elements that show an icon."""
    return [
        element
        for page in site.PAGES
        for element in site.soup(page).select("[class^=fa-], [class*=' fa-']")
    ]


def codes(style, classes):
    """Return the characters of the icons with these classes: one at least."""
    found = [
        int(code, 16)
        for name in classes
        for code in re.findall(rf"\.{name}:before(?:,[^{{]*)?{{content:\"\\(\w+)\"", style)
    ]
    assert found, classes
    return found
