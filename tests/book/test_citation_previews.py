"""A citation shows its work to the mouse and to the keyboard."""

import json
import re

import browsing
import built_site
import notebooks
import pytest
from pybtex.database import parse_file

BOOK = built_site.ROOT / "book"
CHAPTERS = notebooks.chapters()

pytestmark = pytest.mark.skipif(not built_site.BUILT, reason=built_site.WHY_NOT)


def cited(path):
    """Return the keys that a chapter cites, in its order."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    return re.findall(r"<!-- cite (\w+) -->", text)


def page_of(path):
    return path.relative_to(BOOK).with_suffix(".html").as_posix()


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_citation_has_the_title_of_its_work(path):
    works = parse_file(BOOK / "references.bib").entries
    links = built_site.soup(page_of(path)).select("a.lrdecay-citation")
    keys = cited(path)
    assert len(links) == len(keys)
    for link, key in zip(links, keys, strict=True):
        title = re.sub(r"[{}\\]", "", works[key].fields["title"]).lower()
        assert title[:20] in link["title"].lower()
        assert works[key].fields["year"] in link["title"]
        assert not re.search(r"[{}<>\\]", link["title"])


@pytest.mark.skipif(browsing.CHROMIUM is None, reason=browsing.WHY_NOT)
@pytest.mark.parametrize("width", browsing.WIDTHS)
def test_the_keyboard_shows_the_work_within_the_window(browser, width):
    path = max(CHAPTERS, key=lambda path: len(cited(path)))
    context, page, _ = browsing.open_page(browser, width)
    page.goto((built_site.HTML / page_of(path)).as_uri())
    shown = """e => {
      const { content, position } = getComputedStyle(e, "::after");
      return position === "fixed" ? content : "";
    }"""
    link = page.locator("a.lrdecay-citation").first
    assert link.evaluate(shown) == ""
    link.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert link.evaluate(shown).strip('"') == link.get_attribute("title")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
