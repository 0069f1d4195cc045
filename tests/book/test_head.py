"""What stands in the head of each page: words for search engines, and for a link that is shared."""

from pathlib import PurePosixPath

import built_site
import pytest
from matplotlib.image import imread

ADDRESS = "https://someone.example/decay-book/"
APART = {"404.html", "search.html"}  # pages without a text of their own
TEXTS = [page for page in built_site.PAGES if page not in APART]
ALL = sorted({*TEXTS, *APART})
MENUS = ("Skip to main", "Back to top", "Contents", "Print to PDF", "Predict first")

built = pytest.mark.skipif(not built_site.BUILT, reason=built_site.WHY_NOT)


def meta(soup, name):
    """Return the content of the one tag of that name."""
    (tag,) = soup.select(f"meta[name='{name}'], meta[property='{name}']")
    return tag["content"]


@built
@pytest.mark.parametrize("page", TEXTS)
def test_the_description_is_the_beginning_of_the_text(page):
    soup = built_site.soup(page)
    about = meta(soup, "description")
    assert 50 < len(about) <= 200
    assert about.endswith((".", "?", "!"))
    assert not any(word in about for word in MENUS)
    first = soup.select_one("article section > p").get_text()
    assert " ".join(first.split()).startswith(about)
    assert meta(soup, "og:description") == about
    assert meta(soup, "og:title") in soup.h1.get_text() or page == "index.html"


@built
def test_no_two_pages_say_the_same():
    said = [meta(built_site.soup(page), "description") for page in ALL]
    assert len(said) == len(set(said))
    titles = [built_site.soup(page).title.get_text() for page in ALL]
    assert len(titles) == len(set(titles))


@built
@pytest.mark.parametrize("page", ALL)
def test_a_page_has_one_viewport_one_title_and_the_icon(page):
    soup = built_site.soup(page)
    assert meta(soup, "viewport").startswith("width=device-width")
    assert len(soup.head.select("title")) == 1
    (icon,) = soup.select("link[rel=icon]")
    assert icon["href"].endswith("_static/favicon.svg")


@built
def test_the_title_of_the_front_page_does_not_repeat_itself():
    title = built_site.soup("index.html").title.get_text()
    assert title == "Learning-rate decay"


@built
@pytest.mark.parametrize("page", ALL)
def test_without_an_address_nothing_claims_one(page):
    soup = built_site.soup(page)
    names = "link[rel=canonical], meta[property='og:url'], meta[property^='og:image']"
    assert soup.select(names) == []
    assert meta(soup, "twitter:card") == "summary"


@pytest.mark.parametrize("page", ["index.html", "reference/glossary.html"])
def test_with_an_address_a_page_says_its_own(site, page):
    soup = site.soup(page)
    own = ADDRESS + ("" if page == "index.html" else page)
    (canonical,) = soup.select("link[rel=canonical]")
    assert canonical["href"] == meta(soup, "og:url") == own


def test_with_an_address_a_shared_link_has_a_picture(site):
    soup = site.soup("foundations/01-why-decay.html")
    image = meta(soup, "og:image")
    assert image.startswith(ADDRESS)
    drawn = imread(site.html / PurePosixPath(image).relative_to(PurePosixPath(ADDRESS)))
    width, height = int(meta(soup, "og:image:width")), int(meta(soup, "og:image:height"))
    assert drawn.shape[:2] == (height, width)
    assert (drawn[..., :3].min(axis=2) < 0.9).mean() > 0.02  # something is on it
    assert len(meta(soup, "og:image:alt")) > 30
    assert meta(soup, "twitter:card") == "summary_large_image"


@pytest.mark.parametrize("page", sorted(APART))
def test_a_page_without_text_has_no_address_to_be_found_at(site, page):
    assert site.soup(page).select("link[rel=canonical], meta[property='og:url']") == []
