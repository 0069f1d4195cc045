"""The book as one PDF: all of it is there, nothing is cut, and every link leads somewhere."""

import re
import shutil

import built_site as site
import chromium
import pdf
import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader

pytestmark = [
    pytest.mark.skipif(not site.BUILT, reason=site.WHY_NOT),
    pytest.mark.skipif(chromium.PATH is None, reason=chromium.WHY_NOT),
    # Of how Chromium counts the objects of a PDF.
    pytest.mark.filterwarnings("ignore::pypdf.errors.PdfReadWarning"),
]
CHAPTERS = [page for page in site.PAGES if site.soup(page).select_one("article.bd-article > *")]


@pytest.fixture(scope="module")
def book():
    return pdf.join(site.HTML)


@pytest.fixture(scope="module")
def printed(book, tmp_path_factory):
    target = tmp_path_factory.mktemp("pdf") / pdf.NAME
    with chromium.started() as browser:
        pdf.write(book, target, browser)
    return target


@pytest.fixture(scope="module")
def reader(printed):
    return PdfReader(printed)


@pytest.fixture(scope="module")
def joined(book):
    return BeautifulSoup(book.document({}), "html.parser")


@pytest.fixture(scope="module")
def words(reader):
    """Return the words of each page and where they begin, in points from its lower left."""
    pages = []
    for page in reader.pages:
        found = []

        def note(text, user, matrix, font, size, found=found):
            x = matrix[4] * user[0] + matrix[5] * user[2] + user[4]
            y = matrix[4] * user[1] + matrix[5] * user[3] + user[5]
            found.append((text, x, y))

        text = page.extract_text(visitor_text=note)
        pages.append((squeezed(text), [word for word in found if word[0].strip()]))
    return pages


@pytest.fixture(scope="module")
def texts(words):
    return [text for text, _ in words]


def squeezed(text):
    """Return `text` without spaces, which a PDF has none of, and without ligatures."""
    for ligature, letters in {"ﬁ": "fi", "ﬂ": "fl", "ﬀ": "ff", "ﬃ": "ffi", "ﬄ": "ffl"}.items():
        text = text.replace(ligature, letters)
    return re.sub(r"\s", "", text)


def test_every_page_of_the_site_is_in_it(joined):
    ids = [article["id"] for article in joined.select("article.bd-article")]
    assert sorted(ids) == sorted(pdf.place(page) for page in CHAPTERS)
    assert len(ids) > 10


def test_ids_are_unique_and_links_lead_to_one(joined):
    ids = [element["id"] for element in joined.find_all(id=True)]
    assert len(ids) == len(set(ids))
    hrefs = {link["href"] for link in joined.find_all("a", href=True)}
    assert {href for href in hrefs if not href.startswith(("#", "https:", "http:"))} == set()
    assert {href[1:] for href in hrefs if href.startswith("#")} <= set(ids)
    for name in pdf.REFERENCES:
        named = {i for e in joined.find_all(attrs={name: True}) for i in e[name].split()}
        assert named <= set(ids), name
    assert set(re.findall(r"url\(#([^)]+)\)", str(joined))) <= set(ids)


def test_a_link_between_pages_is_a_link_inside(reader, joined):
    places, web = set(), set()
    for page in reader.pages:
        for reference in page.get("/Annots", []):
            note = reference.get_object()
            if note["/Subtype"] == "/Link" and "/Dest" in note:
                places.add(str(note["/Dest"]).removeprefix("/"))
            elif note["/Subtype"] == "/Link":
                web.add(note["/A"]["/URI"])
    hrefs = {link["href"] for link in joined.find_all("a", href=True)}
    assert places == {href[1:] for href in hrefs if href.startswith("#")}
    assert places <= {name.removeprefix("/") for name in reader.named_destinations}
    assert not {address for address in web if not address.startswith("http")}


def flat(outline):
    for item in outline:
        yield from flat(item) if isinstance(item, list) else [item]


def test_bookmarks_and_contents_name_the_page_of_each_chapter_and_section(book, reader, texts):
    lines = book.lines
    numbers = pdf.page_numbers(reader)
    bookmarks = list(flat(reader.outline))
    assert [item.title for item in bookmarks] == [line.title for line in lines]
    shown = "".join(texts[1 : numbers["index"] - 1])
    for line, item in zip(lines, bookmarks, strict=True):
        if line.place:
            number = numbers[line.place]
            assert reader.get_destination_page_number(item) == number - 1, line
            assert squeezed(line.title) in texts[number - 1], line
            assert squeezed(f"{line.title}{number}") in shown, line


def test_no_line_of_code_is_cut(joined, texts):
    # The page's number comes first.
    whole = "".join(text.removeprefix(str(page)) for page, text in enumerate(texts, start=1))
    folded = joined.select("details.hide:not([open]) pre")
    missing = [
        line
        for block in joined.select("article.bd-article pre")
        if not any(block is one for one in folded)
        for line in block.get_text().splitlines()
        if squeezed(line) not in whole
    ]
    assert missing == []


def test_text_stays_on_the_paper(reader, words):
    for number, (page, (_, found)) in enumerate(zip(reader.pages, words, strict=True), start=1):
        width, height = page.mediabox.width, page.mediabox.height
        outside = [word for word, x, y in found if not (0 < x < width and 0 < y < height)]
        assert outside == [], number


def test_folded_code_is_named_and_solutions_are_open(joined, texts):
    whole = "".join(texts)
    folded = joined.select("details.hide")
    named = len(re.findall("Thecodethat(?:draws|checks)thisisinthenotebook", whole))
    assert named == len(folded) > 10
    solutions = joined.select(".solution p")
    assert len(solutions) > 10
    for text in (p.find(string=True) for p in solutions):
        assert text is None or squeezed(text) in whole


def test_the_front_page_links_to_the_pdf_once_it_is_there(printed, tmp_path):
    index = site.HTML / "index.html"
    shutil.copy(printed, tmp_path / pdf.NAME)
    mark = BeautifulSoup(index.read_text(encoding="utf-8"), "html.parser")
    for old in mark.select(f'p:has(> a[href="{pdf.NAME}"])'):
        assert (site.HTML / pdf.NAME).is_file()
        old.replace_with(BeautifulSoup(pdf.MARK, "html.parser"))
    (tmp_path / "index.html").write_text(str(mark), encoding="utf-8")
    pdf.link(tmp_path)
    pdf.link(tmp_path)
    front = BeautifulSoup((tmp_path / "index.html").read_text(encoding="utf-8"), "html.parser")
    (link,) = front.select(f'article a[href="{pdf.NAME}"]')
    assert link.get_text() == "The whole book as one PDF"


def test_a_front_page_without_a_place_for_the_link_is_refused(printed, tmp_path):
    shutil.copy(printed, tmp_path / pdf.NAME)
    (tmp_path / "index.html").write_text("<p>No place.</p>", encoding="utf-8")
    with pytest.raises(ValueError, match=r"index\.html has no place"):
        pdf.link(tmp_path)
