"""What a reader sees: every page in headless Chromium, opened from disk, with no network.

The browser is the one that the system has; none is downloaded.
"""

import browsing
import built_site as site
import pytest

pytestmark = [
    pytest.mark.skipif(not site.BUILT, reason=site.WHY_NOT),
    pytest.mark.skipif(browsing.CHROMIUM is None, reason=browsing.WHY_NOT),
]

LINES = "svg.{} :is(.mark-line, .mark-symbol) path"
# Formulas that are not drawn, too small to be read beside their text, or stops of the tab key.
UNREADABLE = """() => [...document.querySelectorAll(".math")].filter((formula) => {
  const svg = formula.querySelector("mjx-container > svg");
  if (!svg || [...formula.querySelectorAll("*")].some((e) => e.tabIndex >= 0)) return true;
  const width = svg.getBoundingClientRect().width;
  return svg.checkVisibility() && width < 0.7 * svg.width.baseVal.value;
}).map((formula) => formula.textContent)"""
# Text outside code that still looks like a formula's source.
UNSET = r"""() => {
  const page = document.querySelector("main").cloneNode(true);
  for (const e of page.querySelectorAll("pre, code, script, style")) e.remove();
  return page.textContent.match(/\\\(|\\\[|\$\$|\\frac|\\eta|\{cite\}|\{term\}|\{doc\}|\{glue/g);
}"""
# Elements that reach past the right edge of the window, or are cut, with no box that scrolls.
OVERFLOW = """() => {
  const edge = document.documentElement.clientWidth + 1;
  const scrolls = (e) => {
    for (let a = e.parentElement; a.tagName !== "ARTICLE"; a = a.parentElement)
      if (/auto|scroll/.test(getComputedStyle(a).overflowX)) return true;
    return false;
  };
  const wide = [...document.querySelectorAll("article *")].filter((e) => {
    const box = e.getBoundingClientRect();
    return box.width > 1 && box.right > edge && !scrolls(e);
  });
  const cut = [...document.querySelectorAll("article .math, article pre, article .output")].filter(
    (e) => getComputedStyle(e).overflowX === "hidden" && e.scrollWidth > e.clientWidth + 1);
  const page = document.documentElement.scrollWidth;
  return [page > edge ? `the page is ${page} px wide` : "",
    ...wide.concat(cut).map((e) => e.outerHTML.slice(0, 120))].filter(Boolean);
}"""
PATHS = """(e) => [...e.querySelectorAll("svg .mark-line path, svg .mark-area path, " +
  "svg .mark-symbol path, svg .mark-rule line")].map((p) => p.outerHTML).join()"""
SETTING = """(e) => [...e.querySelectorAll("input")].map((i) => `${i.name}=${i.value}`).join("&")"""
DEFAULT = SETTING.replace("i.value}", "+i.defaultValue}")
DRAWN = f"(e) => e.dataset.drawn === ({SETTING})(e)"


@pytest.fixture
def visit(browser):
    """Return a function that opens a page and notes whatever goes wrong on it."""
    contexts = []

    def open_page(name, width=1280, **settings):
        context, page, troubles = browsing.open_page(browser, width, **settings)
        contexts.append(context)
        page.goto(
            site.HTML.joinpath(name.partition("#")[0]).as_uri()
            + name[len(name.partition("#")[0]) :]
        )
        return page, troubles

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", site.PAGES)
def test_page(visit, name):
    for width in browsing.WIDTHS:
        page, troubles = visit(name, width)
        for theme in browsing.THEMES:
            page.emulate_media(color_scheme=theme)
            page.wait_for_function("t => document.documentElement.dataset.theme === t", arg=theme)
            where = f"{name} at {width} px, {theme}"
            assert page.evaluate(UNREADABLE) == [], where
            assert page.evaluate(UNSET) is None, where
            assert page.evaluate(OVERFLOW) == [], where
            assert troubles == [], where


EXPLORERS = [
    (page, index)
    for page in site.PAGES
    for index, _ in enumerate(site.soup(page).select(".lrdecay-explorer"))
]


@pytest.mark.parametrize(("name", "index"), EXPLORERS)
def test_explorer(visit, name, index):
    page, troubles = visit(name, 360)
    explorer = page.locator(".lrdecay-explorer").nth(index)
    assert len(explorer.locator(".lrdecay-chart").get_attribute("aria-label")) > 40
    explorer.scroll_into_view_if_needed()
    page.wait_for_function(DRAWN, arg=explorer.element_handle())
    chart = explorer.locator("svg.marks")
    assert 200 < chart.bounding_box()["width"] <= 360
    sliders = explorer.locator("input[type=range]")
    assert sliders.count() > 0
    for number in range(sliders.count()):
        slider, before = sliders.nth(number), explorer.evaluate(PATHS)
        assert before
        assert len(page.locator(f"label[for={slider.get_attribute('id')}]").inner_text()) > 2
        slider.press("End" if slider.evaluate("s => +s.value < (+s.min + +s.max) / 2") else "Home")
        page.wait_for_function(
            f"([e, old]) => ({PATHS})(e) !== old", arg=[explorer.element_handle(), before]
        )
        assert slider.get_attribute("aria-valuetext")
    assert troubles == []


@pytest.mark.parametrize(("name", "index"), EXPLORERS)
def test_the_picture_before_any_move_is_the_chart(visit, name, index):
    """Lines of the static picture, made at the width of its own drawing, and those drawn live."""
    page, troubles = visit(name)
    explorer = page.locator(".lrdecay-explorer").nth(index)
    # From the file: in the page it is gone as soon as the explorer is near.
    still = site.soup(name).select(".lrdecay-explorer")[index].select(LINES.format("lrdecay-wide"))
    explorer.scroll_into_view_if_needed()
    page.wait_for_function(DRAWN, arg=explorer.element_handle())
    assert len(still) == explorer.locator(LINES.format("marks")).count() > 0
    assert troubles == []


def test_vega_is_read_once_and_only_when_an_explorer_is_near(visit):
    name = next(page for page, _ in EXPLORERS)
    page, _ = visit(name)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    page.wait_for_load_state()
    page.wait_for_timeout(300)
    assert not [url for url in asked if url.endswith("vega.js")]
    explorer = page.locator(".lrdecay-explorer").first
    explorer.scroll_into_view_if_needed()
    page.wait_for_function(DRAWN, arg=explorer.element_handle())
    assert len([url for url in asked if url.endswith("vega.js")]) == 1


@pytest.mark.parametrize("name", sorted({name for name, _ in EXPLORERS}))
def test_a_setting_is_a_link(visit, name):
    page, troubles = visit(name)
    explorer = page.locator(".lrdecay-explorer").first
    explorer.scroll_into_view_if_needed()
    page.wait_for_function(DRAWN, arg=explorer.element_handle())
    explorer.locator("input").first.press("End")
    explorer.locator("input").last.press("ArrowLeft")
    setting = explorer.evaluate(SETTING)
    link = explorer.locator(".lrdecay-link").get_attribute("href")
    assert link == f"#explorer-1?{setting}"
    assert page.url.endswith(link)  # a reload keeps it
    page.reload()
    page.wait_for_function(DRAWN, arg=page.locator(".lrdecay-explorer").first.element_handle())
    assert page.locator(".lrdecay-explorer").first.evaluate(SETTING) == setting
    other, more = visit(name + link)  # and so does another reader's browser
    shown = other.locator(".lrdecay-explorer").first
    other.wait_for_function(DRAWN, arg=shown.element_handle())
    assert shown.evaluate(SETTING) == setting
    assert shown.locator(".lrdecay-chart").bounding_box()["y"] < 900
    shown.locator(".lrdecay-reset").click()
    assert shown.evaluate(SETTING) == shown.evaluate(DEFAULT) != setting
    assert "?" not in other.url
    assert troubles == more == []


DAMAGED = {
    "explorer-1?": "names",
    "explorer-1?nothing=1": "names “nothing”",
    "explorer-1?lr0=0.3&lr0=0.4": "twice",
    "explorer-1?lr0=": "not a number",
    "explorer-1?lr0=NaN": "not a number",
    "explorer-1?lr0=0x1": "not a number",
    "explorer-1?lr0=1e400": "outside",
    "explorer-1?lr0=50": "outside",
    "explorer-1?lr0=0.123": "between two steps",
    "explorer-1?lr0=%zz": "not a number",
    "explorer-1?lr0=<b>1</b>": "not a number",
    "explorer-9?lr0=0.3": "no explorer here",
    "explorer-1?lr0=0.3=1": "not a number",
}


@pytest.mark.parametrize(("link", "why"), DAMAGED.items())
def test_a_damaged_link_opens_the_default_and_says_so(visit, link, why):
    name = next(page for page, _ in EXPLORERS)
    page, troubles = visit(f"{name}#{link}")
    explorer = page.locator(".lrdecay-explorer").first
    page.wait_for_function(
        "(e) => e.querySelector('.lrdecay-status').textContent", arg=explorer.element_handle()
    )
    assert why in explorer.locator(".lrdecay-status").inner_text()
    assert explorer.evaluate(SETTING) == explorer.evaluate(DEFAULT)
    assert troubles == []


@pytest.mark.parametrize("name", sorted({name for name, _ in EXPLORERS}))
def test_without_javascript_there_is_a_picture_and_a_sentence(visit, name):
    page, _ = visit(name, 360, java_script_enabled=False)
    assert page.locator("html").get_attribute("data-theme") == "light"
    for explorer in page.locator(".lrdecay-explorer").all():
        assert explorer.locator(".lrdecay-chart > svg:visible").count() == 1
        assert "JavaScript" in explorer.locator("noscript").inner_text()
