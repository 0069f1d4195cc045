"""The pages by keyboard: the way to the sliders is short, and one sees where one is."""

import browsing
import built_site as site
import pytest

pytestmark = [
    pytest.mark.skipif(not site.BUILT, reason=site.WHY_NOT),
    pytest.mark.skipif(browsing.CHROMIUM is None, reason=browsing.WHY_NOT),
]
MOST = 15  # presses to the first slider
WITH_SLIDERS = [page for page in site.PAGES if site.soup(page).select(".lrdecay-explorer")]
# The stop that the keys are at, when one does not see it; null at the end of the page.
UNSEEN = """() => {
  const e = document.activeElement;
  if (e === document.body || e.dataset.visited) return null;
  e.dataset.visited = "yes";
  const { outlineStyle, outlineWidth } = getComputedStyle(e);
  const seen = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  return seen && e.checkVisibility() ? "" : e.outerHTML.slice(0, 120);
}"""


@pytest.mark.parametrize("name", WITH_SLIDERS)
@pytest.mark.parametrize("width", browsing.WIDTHS)
def test_the_first_slider_is_near(browser, name, width):
    context, page, _ = browsing.open_page(browser, width)
    page.goto((site.HTML / name).as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.textContent") == "Skip to the explorer"
    page.keyboard.press("Enter")
    for _ in range(MOST - 2):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.type") == "range":
            break
    else:
        pytest.fail(f"{MOST} presses lead to no slider")
    context.close()


@pytest.mark.parametrize("name", ["index.html", *WITH_SLIDERS[:1], *site.PAGES[-3:]])
def test_every_stop_is_seen(browser, name):
    context, page, _ = browsing.open_page(browser)
    page.goto((site.HTML / name).as_uri())
    stops, unseen = 0, []
    page.keyboard.press("Tab")
    while (found := page.evaluate(UNSEEN)) is not None:
        stops += 1
        unseen += [found] * bool(found)
        page.keyboard.press("Tab")
    assert stops > 10
    assert unseen == []
    context.close()
