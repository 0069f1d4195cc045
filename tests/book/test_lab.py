"""The chapters in JupyterLab: a server of this environment, headless Chromium, no network.

Each chapter is opened as a reader would open it, looked through, and run.
"""

import os
import shutil
from pathlib import Path

import lab_server
import pytest

BOOK = lab_server.BOOK
CHAPTERS = sorted(path.relative_to(BOOK).as_posix() for path in BOOK.rglob("*.ipynb"))
# The others train for longer; nbval runs every cell of every chapter.
RUN = ("foundations/02-how-it-works.ipynb", "foundations/03-four-schedules.ipynb")
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))),
    None,
)
WAIT_MS = 60_000

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed on this machine"),
]

# Markup that a reader should never see, in the rendered text without its code and formulas.
RAW = r"""() => [...document.querySelectorAll(".jp-MarkdownOutput")].flatMap((cell) => {
  const text = cell.cloneNode(true);
  for (const e of text.querySelectorAll("pre, code, mjx-container")) e.remove();
  const raw = /\{[\w:-]+\}|:::|```|<!--|-->|\$|\\\w+|\]\(|\*\*|<\/?\w+>|^> |^#+ |^\|.*\|$/gm;
  return text.textContent.match(raw) ?? [];
})"""
PROMPTS = """() => [...document.querySelectorAll(".jp-CodeCell")]
  .filter((e) => e.querySelector(".jp-InputPrompt")?.textContent.includes("*")).length"""
FOLDED = """() => [...document.querySelectorAll(".jp-MarkdownCell")]
  .filter((e) => /^Solution/.test(e.querySelector(".jp-MarkdownOutput")?.textContent ?? ""))
  .map((e) => {
    let hidden = 0;
    for (let n = e.nextElementSibling; n && !n.querySelector("h1, h2, h3, h4"); hidden++) {
      if (n.getBoundingClientRect().height > 0) return 0;
      n = n.nextElementSibling;
    }
    return hidden;
  })"""
PATHS = """() => [...document.querySelectorAll(".vega-embed svg path, .vega-embed canvas")]
  .map((e) => e.toDataURL?.() ?? e.getAttribute("d")).join()"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with lab_server.serve(tmp_path_factory.mktemp("lab")) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        root = getattr(os, "geteuid", lambda: 1)() == 0
        arguments = ["--disable-gpu", "--disable-background-networking"]
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=arguments + ["--no-sandbox"] * root
        )
        yield chromium
        chromium.close()


@pytest.fixture
def chapter(lab, browser):
    """Return a function that opens a chapter and lists what it asked of other hosts."""
    pages = []

    def visit(name):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        pages.append(page)
        page.set_default_timeout(WAIT_MS)
        outside = []

        def note(request):
            if not request.url.startswith((lab.split("/doc/")[0], "ws:", "data:", "blob:")):
                outside.append(request.url)

        page.on("request", note)
        page.goto(lab.format(name))
        page.locator(".jp-Notebook").wait_for()
        page.wait_for_function(
            "() => document.querySelectorAll('.jp-MarkdownOutput h1').length > 0"
            " && document.querySelectorAll('.jp-MarkdownCell:not(.jp-mod-rendered)').length === 0"
            " && document.querySelector('mjx-container')"
        )
        page.wait_for_function(
            "() => document.querySelector('.vega-embed svg, .vega-embed canvas')"
        )
        return page, outside

    yield visit
    for page in pages:
        page.close()


@pytest.mark.parametrize("name", CHAPTERS, ids=lambda name: Path(name).stem)
def test_reads_as_on_the_site(chapter, name):
    page, outside = chapter(name)
    assert page.evaluate(RAW) == []
    assert page.locator("mjx-merror, [data-mjx-error]").count() == 0
    assert page.locator(".jp-MarkdownOutput blockquote strong").count() > 0
    text = page.locator(".jp-Notebook").inner_text()
    assert "References" in text
    images = page.eval_on_selector_all(
        ".jp-OutputArea img", "all => all.map((i) => [i.alt.length > 30, i.naturalWidth > 100])"
    )
    assert images
    assert all(alt and drawn for alt, drawn in images)
    solutions = page.evaluate(FOLDED)
    assert len(solutions) >= 2
    assert all(solutions)  # each hides at least a cell
    assert outside == []


@pytest.mark.parametrize("name", CHAPTERS, ids=lambda name: Path(name).stem)
def test_sliders_move(chapter, name):
    page, _ = chapter(name)
    sliders = page.locator(".vega-embed input[type=range]")
    assert sliders.count() > 0
    for number in range(sliders.count()):
        before, slider = page.evaluate(PATHS), sliders.nth(number)
        slider.press("End" if slider.evaluate("s => +s.value < (+s.min + +s.max) / 2") else "Home")
        page.wait_for_function(f"(before) => ({PATHS})() !== before", arg=before)


@pytest.mark.parametrize("name", RUN, ids=lambda name: Path(name).stem)
def test_all_cells_run(chapter, name):
    page, _ = chapter(name)
    page.get_by_role("button", name="| Idle").wait_for()
    page.locator(".lm-MenuBar-itemLabel", has_text="Run").click()
    page.get_by_text("Run All Cells", exact=True).click()
    page.wait_for_function(f"() => ({PROMPTS})() > 0")
    page.wait_for_function(f"() => ({PROMPTS})() === 0", timeout=3 * WAIT_MS)
    assert page.locator(".jp-mod-error, [data-mime-type*='stderr']").count() == 0
    images = page.eval_on_selector_all(".jp-OutputArea img", "all => all.map((i) => i.alt.length)")
    assert images
    assert min(images) > 30
    assert page.evaluate(RAW) == []
