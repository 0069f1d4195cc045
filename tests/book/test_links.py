"""Every link inside the built site leads somewhere, and nothing is loaded from elsewhere."""

import re
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import built_site as site
import pytest
from bs4 import BeautifulSoup

pytestmark = pytest.mark.skipif(not site.BUILT, reason=site.WHY_NOT)

LOADED = ("script[src]", "link[href]", "img[src]", "source[src]", "iframe[src]", "video[src]")
REMOTE = re.compile(r"^(https?:)?//", re.IGNORECASE)


def inner_links(page: str) -> list[tuple[str, str]]:
    """Return (file, anchor) for each link that stays inside the site."""
    found = []
    for link in site.soup(page).select("a[href]"):
        parts = urlsplit(link["href"])
        if parts.scheme or parts.netloc:
            continue
        folder = PurePosixPath(page).parent
        path = unquote(parts.path)
        target = (site.HTML / folder / path).resolve() if path else site.HTML / page
        found.append((str(target), unquote(parts.fragment)))
    return found


@pytest.mark.parametrize("page", site.PAGES)
def test_every_link_leads_to_a_file_and_an_anchor(page):
    broken = []
    for target, anchor in inner_links(page):
        path = Path(target)
        if not path.is_file() or site.HTML not in path.parents:
            broken.append(target)
        elif anchor and path.suffix == ".html":
            name = path.relative_to(site.HTML).as_posix()
            if not site.soup(name).find(attrs={"id": anchor}):
                broken.append(f"{target}#{anchor}")
    assert broken == []


@pytest.mark.parametrize("page", site.PAGES)
def test_every_outward_link_is_well_formed(page):
    for link in site.soup(page).select("a[href]"):
        parts = urlsplit(link["href"])
        assert parts.scheme in {"", "http", "https", "mailto"}, link["href"]
        if parts.scheme.startswith("http"):
            assert re.fullmatch(r"[\w.-]+\.[a-z]{2,}", parts.netloc), link["href"]


@pytest.mark.parametrize("page", site.PAGES)
def test_nothing_is_loaded_from_the_network(page):
    remote = [
        element.get("src") or element.get("href")
        for selector in LOADED
        for element in site.soup(page).select(selector)
        if element.get("rel") != ["canonical"]
        and REMOTE.match(element.get("src") or element.get("href"))
    ]
    assert remote == []


def test_no_style_sheet_loads_from_the_network():
    for sheet in site.HTML.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert not re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//[^)]*", text), sheet


@pytest.mark.parametrize("page", site.PAGES)
def test_what_is_loaded_is_there(page):
    folder = (site.HTML / page).parent
    missing = []
    for selector in LOADED:
        for element in site.soup(page).select(selector):
            path = urlsplit(element.get("src") or element.get("href")).path
            if path and not (folder / unquote(path)).exists():
                missing.append(path)
    assert missing == []


@pytest.mark.parametrize("page", site.PAGES)
def test_every_image_says_what_it_shows(page):
    silent = []
    for image in site.soup(page).select("article img, main img"):
        text = image.get("alt")
        # An empty text is right for decoration, such as the theme's icons, outside the article.
        inside = image.find_parent("article") is not None
        if text is None or (inside and (len(text) < 15 or text.endswith((".png", ".svg")))):
            silent.append(image["src"])
    assert silent == []


@pytest.mark.parametrize("page", site.PAGES)
def test_no_markdown_is_left_raw(page):
    article = BeautifulSoup(str(site.soup(page).find("article") or ""), "html.parser")
    for element in article.select("pre, code, script, style, .math"):
        element.decompose()
    raw = r"^\s*\|.*\|\s*$|^\s*:::|^\s*```"
    assert re.findall(raw, article.get_text(), flags=re.MULTILINE) == []


def test_quotations_with_a_kind_are_admonitions_and_solutions_are_closed():
    chapters = [page for page in site.PAGES if re.search(r"/\d+-", page)]
    for page in chapters:
        article = site.soup(page).find("article")
        titles = [p.get_text() for p in article.select(".admonition > .admonition-title")]
        assert "Predict first" in titles
        assert article.select("blockquote") == []
        solutions = article.select(".admonition.solution")
        assert len(solutions) >= 2
        assert all("dropdown" in box["class"] and box.select(".cell") for box in solutions)
