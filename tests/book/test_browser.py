"""What a reader sees: every page in headless Chromium, opened from disk, with no network.

The browser is the one that the system has; none is downloaded.
"""

import os
import shutil

import built_site as site
import pytest

CHROMIUM = next(
    filter(
        None,
        map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome")),
    ),
    None,
)
ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
]
WIDTHS = (1280, 360)
THEMES = ("light", "dark")
WAIT_MS = 20_000

pytestmark = [
    pytest.mark.skipif(not site.BUILT, reason=site.WHY_NOT),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed on this machine"),
]

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
# Words of a chart that reach out of its drawing, where they are cut.
CUT = """(svg) => {
  const box = svg.getBoundingClientRect();
  return [...svg.querySelectorAll("text")].filter((text) => {
    const { left, right, top, bottom } = text.getBoundingClientRect();
    const out = left < box.left - 1 || right > box.right + 1;
    return text.textContent && (out || top < box.top - 1 || bottom > box.bottom + 1);
  }).map((text) => text.textContent);
}"""
DRAWN = """(theme) => [...document.querySelectorAll(".lrdecay-explorer")]
  .every((e) => e.dataset.drawn === theme)"""


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        root = getattr(os, "geteuid", lambda: 1)() == 0
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=ARGUMENTS + ["--no-sandbox"] * root
        )
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser):
    """Return a function that opens a page and notes whatever goes wrong on it."""
    contexts = []

    def open_page(name, width=1280):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="light", offline=True
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        troubles = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("requestfailed", lambda request: troubles.append(f"failed: {request.url}"))
        page.on(
            "console",
            lambda line: troubles.append(line.text) if line.type in {"error", "warning"} else None,
        )
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith(("file:", "data:", "blob:"))
                else troubles.append(f"asked the network: {request.url}")
            ),
        )
        page.goto((site.HTML / name).as_uri())
        page.wait_for_function(DRAWN, arg="light")
        return page, troubles

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", site.PAGES)
def test_page(visit, name):
    for width in WIDTHS:
        page, troubles = visit(name, width)
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            page.wait_for_function("t => document.documentElement.dataset.theme === t", arg=theme)
            page.wait_for_function(DRAWN, arg=theme)
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
    chart = explorer.locator("svg.marks")
    assert len(chart.get_attribute("aria-label") or explorer.get_attribute("aria-label")) > 15
    assert 200 < chart.bounding_box()["width"] <= 360
    assert chart.evaluate(CUT) == []
    assert "NaN" not in explorer.evaluate(PATHS)
    sliders = explorer.locator("input[type=range]")
    assert sliders.count() > 0
    for number in range(sliders.count()):
        slider, before = sliders.nth(number), explorer.evaluate(PATHS)
        assert before
        label = slider.get_attribute("aria-label")
        assert len(label) > 2
        slider.press("End" if slider.evaluate("s => +s.value < (+s.min + +s.max) / 2") else "Home")
        page.wait_for_function(
            f"([e, old]) => ({PATHS})(e) !== old", arg=[explorer.element_handle(), before]
        )
        assert slider.get_attribute("aria-valuetext"), label
    assert troubles == []


@pytest.mark.parametrize("name", sorted({name for name, _ in EXPLORERS})[:1])
def test_a_change_of_theme_keeps_the_sliders(visit, name):
    page, troubles = visit(name)
    slider = page.locator(".lrdecay-explorer input[type=range]").first
    slider.press("End")
    value = slider.input_value()
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(DRAWN, arg="dark")
    assert page.locator(".lrdecay-explorer input[type=range]").first.input_value() == value
    assert troubles == []
