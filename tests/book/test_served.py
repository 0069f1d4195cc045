"""What a site does only where a server serves it: search with excerpts, the page of errors."""

import re
import threading

import browsing
import built_site
import pytest
import serve

pytestmark = [
    pytest.mark.skipif(not built_site.BUILT, reason=built_site.WHY_NOT),
    pytest.mark.skipif(browsing.CHROMIUM is None, reason=browsing.WHY_NOT),
]


@pytest.fixture(scope="module")
def address():
    with pytest.MonkeyPatch.context() as patch, serve.listen(built_site.HTML, 8100) as server:
        patch.setattr(serve.Handler, "log_message", lambda *line: None)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(browsing.WAIT_MS)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("words", ["noise floor", "Keras", "staircase"])
def test_an_excerpt_is_of_the_text(page, address, words):
    page.goto(f"{address}search.html?q={words.replace(' ', '+')}")
    page.wait_for_selector("#search-results li p.context")
    page.wait_for_function("document.querySelector('.search-summary').textContent.match(/found/)")
    excerpts = page.locator("#search-results li p.context").all_inner_texts()
    assert excerpts
    for excerpt in excerpts:
        assert re.match(r"(\.\.\.)?\s*\S", excerpt)
        for menu in ("Print to PDF", "Contents", ".ipynb", "Back to top", "Link to this"):
            assert menu not in excerpt, excerpt


def test_an_excerpt_begins_with_the_first_sentence(page, address):
    page.goto(f"{address}search.html")
    for name in built_site.PAGES:
        if name == "search.html":
            continue
        script = "async name => Search.htmlToText(await (await fetch(name)).text(), '')"
        text = " ".join(page.evaluate(script, name).split())
        about = built_site.soup(name).select_one("meta[name=description]")["content"]
        assert text.startswith(about), name


def test_the_page_of_errors_is_shown_at_any_depth(page, address):
    missing = []
    page.on("response", lambda answer: missing.append(answer.url) if answer.status > 399 else None)
    for path in ("nothing.html", "a/b/c/nothing.html", "foundations/09/"):
        answer = page.goto(address + path)
        assert answer.status == 404
        assert page.locator("article h1").inner_text() == "There is no such page"
        assert set(missing) == {address + path}
        missing.clear()
    page.get_by_role("link", name="the front page").click()
    assert page.url == f"{address}index.html"


def test_a_copy_button_copies_the_citation(page, address):
    page.goto(f"{address}foundations/01-why-decay.html")
    page.get_by_text("Cite this page").click()
    for block in page.locator(".lrdecay-cite .highlight").all():
        block.hover()
        block.locator("button.copybtn").click()
        page.evaluate("document.body.prepend(document.createElement('textarea'))")
        page.locator("textarea").first.press("ControlOrMeta+V")
        assert page.locator("textarea").first.input_value() == block.locator("pre").inner_text()
