"""Each page can be cited, in words and as BibTeX."""

import built_site
import cite
import pytest
from pybtex.database import parse_string
from pybtex.plugin import find_plugin

import lrdecay

TEXTS = [page for page in built_site.PAGES if page != "search.html"]


def given(soup):
    """Return the text and the entry, parsed."""
    text, bibtex = (block.get_text() for block in soup.select(".lrdecay-cite pre"))
    data = parse_string(bibtex, "bibtex")
    ((key, entry),) = data.entries.items()
    return text, key, entry, data


@pytest.mark.skipif(not built_site.BUILT, reason=built_site.WHY_NOT)
@pytest.mark.parametrize("page", TEXTS)
def test_a_page_says_how_to_cite_it(page):
    soup = built_site.soup(page)
    text, _, entry, data = given(soup)
    title = entry.fields["title"].strip("{}")
    assert title in soup.h1.get_text()
    assert title in text
    assert lrdecay.__version__ in text
    assert lrdecay.__version__ in entry.fields["howpublished"]
    assert "url" not in entry.fields
    style = find_plugin("pybtex.style.formatting", "plain")()
    (work,) = style.format_bibliography(data)
    assert title in work.text.render_as("text")


@pytest.mark.skipif(not built_site.BUILT, reason=built_site.WHY_NOT)
def test_no_two_pages_have_one_key():
    keys = [given(built_site.soup(page))[1] for page in TEXTS]
    assert len(keys) == len(set(keys))


def test_with_an_address_the_citation_has_it(site):
    text, _, entry, _ = given(site.soup("foundations/01-why-decay.html"))
    address = "https://someone.example/decay-book/foundations/01-why-decay.html"
    assert text.endswith(address)
    assert entry.fields["url"] == address


def test_a_title_keeps_its_marks_and_its_capitals():
    _, bibtex = cite.citation("a/b", "SGD & 50 % of _it_ #1", "Book", "Some Group", "2026", None)
    entry = parse_string(bibtex, "bibtex").entries["lrdecay-b"]
    assert entry.fields["title"] == r"{SGD \& 50 \% of \_it\_ \#1}"
    assert entry.persons["author"][0].last_names == ["{Some Group}"]
