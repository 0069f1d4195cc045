"""Pages on paper: no code is cut, what is folded is named, the theme is light; and less motion."""

import browsing
import built_site as site
import pytest

pytestmark = [
    pytest.mark.skipif(not site.BUILT, reason=site.WHY_NOT),
    pytest.mark.skipif(browsing.CHROMIUM is None, reason=browsing.WHY_NOT),
]
A4 = {"width": 718, "height": 1000}  # less its margins, in pixels of CSS
# Boxes of code and output that reach out of the page or hide a part of themselves.
CUT = """() => [...document.querySelectorAll("main pre")].filter((e) => {
  const { width, right } = e.getBoundingClientRect();
  const hidden = e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1;
  return width > 1 && (hidden || right > document.documentElement.clientWidth + 1);
}).map((e) => e.textContent.slice(0, 60))"""
# Closed boxes that print nothing at all.
SILENT = """() => [...document.querySelectorAll("main details:not([open])")].filter((e) => {
  const words = getComputedStyle(e.querySelector("summary"), "::after").content;
  return !/notebook/.test(words) && !e.querySelector("summary").innerText.trim();
}).map((e) => e.outerHTML.slice(0, 120))"""
INK = """() => ["color", "backgroundColor"]
  .map((name) => getComputedStyle(document.body)[name].match(/[\\d.]+/g).slice(0, 3).map(Number))"""
MOVING = """() => [...document.querySelectorAll("*")].filter((e) => {
  const { animationName, transitionDuration } = getComputedStyle(e);
  return animationName !== "none" || /[1-9]/.test(transitionDuration);
}).map((e) => e.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("name", site.PAGES)
def test_on_paper(browser, name):
    context, page, _ = browsing.open_page(browser)
    page.goto((site.HTML / name).as_uri())
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    page.set_viewport_size(A4)
    page.emulate_media(media="print")
    page.wait_for_function("document.documentElement.dataset.theme === 'light'")
    assert page.evaluate(CUT) == []
    assert page.evaluate(SILENT) == []
    ink, paper = page.evaluate(INK)
    assert max(ink) < 80
    assert min(paper) > 250
    page.emulate_media(media="screen")
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    context.close()


@pytest.mark.parametrize("name", site.PAGES)
def test_less_motion(browser, name):
    context, page, _ = browsing.open_page(browser, reduced_motion="reduce")
    page.goto((site.HTML / name).as_uri())
    assert page.evaluate(MOVING) == []
    context.close()
