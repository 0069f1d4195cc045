"""What a site has beside its pages: the page of errors, the map for search engines, robots.txt."""

import xml.etree.ElementTree as ET
from types import SimpleNamespace
from urllib.parse import urljoin, urlsplit

import built_site
import pytest
import site_files

ADDRESS = "https://someone.example/decay-book/"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"

built = pytest.mark.skipif(not built_site.BUILT, reason=built_site.WHY_NOT)


def lost(soup, html, base):
    """Return what the page of errors names that is not there, when it is shown at depth."""
    found = []
    for element in soup.select("[href], [src], [action]"):
        address = element.get("href") or element.get("src") or element.get("action")
        whole = urlsplit(urljoin(f"{base}one/two/three.html", address))
        if address.startswith("#") or whole.netloc != urlsplit(base).netloc:
            continue
        inside = whole.path.removeprefix(urlsplit(base).path)
        if inside == whole.path or not (html / inside).is_file():
            found.append(address)
    return found


@built
def test_the_page_of_errors_works_at_any_depth_of_a_host():
    soup = built_site.soup("404.html")
    assert lost(soup, built_site.HTML, "http://127.0.0.1/") == []
    assert soup.html["data-content_root"] == "/"


def test_the_page_of_errors_works_at_any_depth_below_a_folder(site):
    soup = site.soup("404.html")
    assert lost(soup, site.html, ADDRESS) == []
    assert soup.html["data-content_root"] == "/decay-book/"
    assert soup.select("article a[href='/decay-book/index.html']")


@built
def test_the_test_of_errors_finds_a_relative_address():
    assert lost(built_site.soup("index.html"), built_site.HTML, "http://127.0.0.1/") != []


@built
def test_without_an_address_there_is_no_sitemap():
    assert not (built_site.HTML / "sitemap.xml").exists()
    assert not (built_site.HTML / "robots.txt").exists()


def test_the_sitemap_names_every_page_with_a_text(site):
    named = {e.text for e in ET.parse(site.html / "sitemap.xml").iter(f"{SITEMAP}loc")}
    pages = {p.relative_to(site.html).as_posix() for p in site.html.rglob("*.html")}
    pages = {p for p in pages if not p.startswith("_static/")} - {"404.html", "search.html"}
    assert named == {ADDRESS + page.removesuffix("index.html") for page in pages}
    canonical = {site.soup(page).select_one("link[rel=canonical]")["href"] for page in pages}
    assert named == canonical


def test_robots_are_told_where_the_sitemap_is(site):
    assert f"Sitemap: {ADDRESS}sitemap.xml" in (site.html / "robots.txt").read_text().splitlines()


def test_the_sitemap_has_the_dates_of_pages_that_have_one(monkeypatch):
    monkeypatch.setattr(site_files.dates, "of", lambda env, page: {"a/b": "2025-03-04"}.get(page))
    app = SimpleNamespace(
        env=SimpleNamespace(found_docs={"index", "a/b"}),
        config=SimpleNamespace(root_doc="index", html_baseurl=ADDRESS),
        builder=SimpleNamespace(get_target_uri=lambda page: f"{page}.html"),
    )
    urls = ET.fromstring(site_files.sitemap(app).encode()).iter(f"{SITEMAP}url")
    found = {url.findtext(f"{SITEMAP}loc"): url.findtext(f"{SITEMAP}lastmod") for url in urls}
    assert found == {f"{ADDRESS}a/b.html": "2025-03-04", ADDRESS: None}
