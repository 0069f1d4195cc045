"""What axe finds on the pages: nothing, at three widths, light and dark.

All its rules are asked, the experimental ones and those for best practice too, but those of the
level AAA, which asks for a contrast that colored code cannot have.
"""

from importlib.resources import files

import browsing
import built_site as site
import pytest

pytestmark = [
    pytest.mark.skipif(not site.BUILT, reason=site.WHY_NOT),
    pytest.mark.skipif(browsing.CHROMIUM is None, reason=browsing.WHY_NOT),
]
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
WIDTHS = (1280, 768, 360)
# A formula is an image beside its MathML: what is drawn in it is nothing to axe.
RUN = """async (only) => {
  const values = axe.getRules().filter((rule) => !rule.tags.includes("wcag2aaa"))
    .map((rule) => rule.ruleId).filter((id) => !only || id === only);
  const options = { runOnly: { type: "rule", values }, resultTypes: ["violations"] };
  const exclude = [["mjx-container > svg"]];
  const { violations } = await axe.run({ exclude }, options);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.html.slice(0, 120)}`));
}"""
# The charts are drawn as the sliders say.
MOVED = """() => [...document.querySelectorAll(".lrdecay-explorer")].every((e) => {
  const inputs = [...e.querySelectorAll("input")];
  return e.dataset.drawn === inputs.map((i) => `${i.name}=${i.value}`).join("&");
})"""
# The theme makes what scrolls a stop of the tab key, a moment after the window has changed.
SETTLED = """() => [...document.querySelectorAll("main :is(pre, .pst-scrollable-table-container)")]
  .every((e) => e.tabIndex === (
    e.scrollWidth > e.clientWidth || e.scrollHeight > e.clientHeight ? 0 : -1))"""
# Fades and slides are over at once.
STILL = "*, ::before, ::after { transition: none !important; animation: none !important; }"


# The page of errors finds its styles only where the site is served.
@pytest.mark.parametrize("name", [page for page in site.PAGES if page != "404.html"])
def test_axe_finds_nothing(browser, name):
    context, page, _ = browsing.open_page(browser)
    page.goto((site.HTML / name).as_uri())
    page.add_style_tag(content=STILL)
    page.evaluate(AXE)
    for slider in page.locator(".lrdecay-explorer input").all():
        slider.press("End")
    page.wait_for_function(MOVED)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(SETTLED)
        for theme in browsing.THEMES:
            page.emulate_media(color_scheme=theme)
            page.wait_for_function("t => document.documentElement.dataset.theme === t", arg=theme)
            # Colors alone change with the theme.
            only = "color-contrast" if theme == "dark" else None
            assert page.evaluate(RUN, only) == [], f"{name} at {width} px, {theme}"
    context.close()


def test_axe_finds_what_is_wrong(browser):
    context, page, _ = browsing.open_page(browser)
    page.set_content('<html lang="en"><title>x</title><main><h1>x</h1><img src="data:,"></main>')
    page.evaluate(AXE)
    assert [found.partition(":")[0] for found in page.evaluate(RUN, None)] == ["image-alt"]
    context.close()
