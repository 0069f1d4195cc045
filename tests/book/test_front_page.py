"""What the front page shows first, the map that it draws, and how far a chapter is."""

import re

import browsing
import built_site
import chapter_map
import pytest
import yaml
from docutils import nodes
from docutils.utils import new_document
from sphinx.errors import ExtensionError

TOC = yaml.safe_load((built_site.ROOT / "_toc.yml").read_text(encoding="utf-8"))
PAGES = [page["file"] for part in TOC["parts"] for page in part["chapters"]]
CHAPTERS = [page for page in PAGES if re.search(r"/\d+-", page)]

built = pytest.mark.skipif(not built_site.BUILT, reason=built_site.WHY_NOT)


@built
def test_the_map_names_every_page_in_order_with_what_it_is_about():
    soup = built_site.soup("index.html")
    captions = [part["caption"] for part in TOC["parts"]]
    assert [p.get_text() for p in soup.select("article p.rubric")] == captions
    places = soup.select(".lrdecay-place")
    assert [place.a["href"] for place in places] == [f"{page}.html" for page in PAGES]
    for place, page in zip(places, PAGES, strict=True):
        title, about = (paragraph.get_text() for paragraph in place.select("p"))
        there = built_site.soup(f"{page}.html")
        assert there.select_one("article h1").get_text().startswith(title)
        first = there.select_one("article section > p")
        assert about.lower() in " ".join(first.get_text().split()).lower()
        if page in CHAPTERS:
            assert about.endswith("?")
            assert about.lower() in {bold.get_text().lower() for bold in first.select("strong")}


@built
def test_the_page_says_no_chapter_twice():
    """Nothing on the page repeats the map by hand."""
    article = built_site.soup("index.html").select_one("article")
    text = " ".join(article.get_text().split())
    for page in CHAPTERS:
        title = article.select_one(f".lrdecay-place a[href='{page}.html']").get_text()
        assert text.count(re.sub(r"^\d+\. ", "", title)) == 1


@built
def test_the_three_doors_lead_somewhere():
    doors = built_site.soup("index.html").select(".lrdecay-doors li")
    assert [door.strong.get_text() for door in doors] == ["Learn.", "Choose.", "Teach."]
    assert all(door.select("a") for door in doors)


@built
@pytest.mark.skipif(browsing.CHROMIUM is None, reason=browsing.WHY_NOT)
@pytest.mark.parametrize("width", browsing.WIDTHS)
def test_a_reader_sees_the_sentence_and_the_explorer_first(browser, width):
    context, page, troubles = browsing.open_page(browser, width)
    page.goto((built_site.HTML / "index.html").as_uri())
    screen = page.viewport_size["height"]
    sentence = page.locator("article section > p").first.bounding_box()
    assert sentence["y"] + sentence["height"] < screen / 2
    slider = page.locator(".lrdecay-explorer input[type=range]").first
    assert slider.bounding_box()["y"] < screen
    slider.press("End")
    page.wait_for_selector(".lrdecay-explorer svg.marks")
    assert troubles == []
    context.close()


@built
@pytest.mark.parametrize("page", [page.removesuffix(".html") for page in built_site.PAGES])
def test_a_chapter_says_how_far_it_is(page):
    label = built_site.soup(f"{page}.html").select_one(".lrdecay-progress")
    if page not in CHAPTERS:
        assert label is None
        return
    number, last = (int(re.search(r"/(\d+)-", name)[1]) for name in (page, CHAPTERS[-1]))
    assert " ".join(label.get_text().split()) == f"Chapter {number} of {last}"
    bar = label.select_one("progress")
    assert (bar["value"], bar["max"]) == (str(number), str(last))


def test_chapters_that_are_not_written_are_named_in_words():
    book = {"A": ["x/01-a", "x/03-b", "x/05-c"], "B": ["y/09-d", "y/api"], "C": ["z/10-e"]}
    assert chapter_map.missing(book) == {"A": "2 and 4", "B": "6 to 8"}
    assert chapter_map.missing({"A": ["03-a"], "B": ["13-b", "15-c"]}) == {
        "A": "1 and 2",
        "B": "4 to 12 and 14",
    }
    assert chapter_map.missing({"A": ["01-a", "02-b"], "B": ["03-c", "api"]}) == {}


@built
def test_no_reader_looks_in_vain_for_a_chapter():
    """Each number up to the last chapter's is a chapter, or is said to be in preparation."""
    numbers = [int(re.search(r"/(\d+)-", name)[1]) for name in CHAPTERS]
    gone = sorted(set(range(1, max(numbers))) - set(numbers))
    soup = built_site.soup("index.html")
    notes = [p.get_text() for p in soup.select("article p") if "preparation" in p.get_text()]
    captions = [p.get_text() for p in soup.select("nav p.caption") if "(" in p.get_text()]
    for told in (notes, captions):
        said = set()
        for first, last in re.findall(r"(\d+)(?: to (\d+))?", " ".join(told)):
            said |= set(range(int(first), int(last or first) + 1))
        assert sorted(said) == gone


def read(*paragraph):
    """Return what is kept of a chapter with this first paragraph."""

    class Env:
        docname = "foundations/09-new"
        metadata: dict = {docname: {}}  # noqa: RUF012

    class App:
        env = Env

    document = new_document("chapter")
    document += nodes.section("", nodes.title("", "New"), nodes.paragraph("", "", *paragraph))
    chapter_map.collect_question(App, document)
    return Env.metadata[Env.docname]["question"]


def test_the_question_of_a_chapter_is_the_bold_one():
    bold = nodes.strong(
        "", "", nodes.Text("what does "), nodes.emphasis("", "this"), nodes.Text(" do?")
    )
    words = nodes.strong("", "bold words")
    assert read(nodes.Text("Why? "), words, nodes.Text(" and "), bold) == "What does this do?"


def test_a_chapter_without_a_question_is_refused():
    with pytest.raises(ExtensionError, match="09-new: write the chapter's question in bold"):
        read(nodes.Text("Is this bold?"), nodes.strong("", "no question"))
