"""The chapters in JupyterLab: a server of this environment, headless Chromium, no network.

Each chapter is opened as a reader would open it, looked through, and run.
"""

import random
import re
from pathlib import Path

import browsing
import explorer_truth as truth
import lab_server
import nbformat
import numpy as np
import project_files
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from lrdecay import PolynomialDecay
from lrdecay.charts import foundations
from lrdecay.views import explorers

BOOK = lab_server.BOOK
CHAPTERS = sorted(
    path.relative_to(BOOK).as_posix()
    for path in project_files.known(BOOK)
    if path.suffix == ".ipynb"
)
# The others train for longer; nbval runs every cell of every chapter.
RUN = ("foundations/02-how-it-works.ipynb", "foundations/03-four-schedules.ipynb")
WAIT_MS = 60_000

pytestmark = [
    pytest.mark.skipif(browsing.CHROMIUM is None, reason=browsing.WHY_NOT),
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
  .filter((e) => /^(Solution|Answer)/.test(e.querySelector(".jp-MarkdownOutput")?.textContent))
  .map((e) => {
    let hidden = 0;
    for (let n = e.nextElementSibling; n && !n.querySelector("h1, h2, h3, h4"); hidden++) {
      if (n.getBoundingClientRect().height > 0) return 0;
      n = n.nextElementSibling;
    }
    return hidden;
  })"""
# Of all charts: what is drawn, where, and what is written (a point moves without a new shape).
DRAWINGS = """() => [...document.querySelectorAll(".vega-embed svg :is(path, line, text)")]
  .map((e) => [e.getAttribute("d"), e.getAttribute("transform"), e.textContent].join()).join()"""
# Of a chart: all shapes, its lines, and the width and height of its plot.
READ = """(e) => {
  const all = (selector) => [...e.querySelectorAll(selector)];
  return {
    shapes: all("svg path, svg line, svg text").map((s) => ["d", "transform", "x2", "y2"]
      .map((a) => s.getAttribute(a)).join() + (s.tagName === "text" ? s.textContent : "")),
    lines: all("svg .mark-line path").map((s) => s.getAttribute("d")),
    size: /^M0.5,0.5h([\\d.]+)v([\\d.]+)/.exec(all(".background")[0].getAttribute("d")).slice(1),
  };
}"""
SET = """([e, values]) => {
  for (const [name, value] of Object.entries(values)) {
    const input = e.querySelector(`input[name="${name}"]`);
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
}"""
MOVES = 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="module")
def lab(folder):
    with lab_server.serve(folder) as address:
        yield address


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
        page.wait_for_function("() => document.querySelector('.vega-embed svg')")
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
        before, slider = page.evaluate(DRAWINGS), sliders.nth(number)
        slider.press("End" if slider.evaluate("s => +s.value < (+s.min + +s.max) / 2") else "Home")
        page.wait_for_function(f"(before) => ({DRAWINGS})() !== before", arg=before)


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


def drawn(path):
    """Return the x and the y of a path's points, in pixels."""
    points = np.array(re.findall(r"-?[\d.]+(?:e-?\d+)?", path), dtype=float)
    return points[::2], points[1::2]


def settings(explorer, chance):
    """Return a walk over the sliders: one of them moves at a time, then all are at their ends."""
    grid = {s.name: (s.low, s.step, round((s.high - s.low) / s.step)) for s in explorer.sliders}
    values = {s.name: s.value for s in explorer.sliders}
    for _ in range(MOVES):
        name = chance.choice(list(grid))
        low, step, steps = grid[name]
        values = values | {name: round(low + step * chance.randrange(steps + 1), 10)}
        yield values
    yield {s.name: s.low for s in explorer.sliders}
    yield {s.name: s.high for s in explorer.sliders}


WALKS = {
    "noise_floor": (foundations.noise_floor(), truth.noise_floor),
    "explore": (
        explorers.explore(PolynomialDecay(0.1, 100, 2.0, 0.01)),
        truth.of_schedule(PolynomialDecay(0.1, 100, 2.0, 0.01)),
    ),
}


@pytest.mark.parametrize("name", WALKS)
def test_a_moved_chart_is_a_fresh_one_and_what_python_computes(lab, folder, browser, name):
    explorer, curves = WALKS[name]
    walk = list(settings(explorer, random.Random(name)))

    def cell(values):  # the explorer, as a cell that ran has it
        data, metadata = explorer._repr_mimebundle_()
        spec = data[explorers.MIME]
        params = [{**p, "value": values.get(p["name"], p["value"])} for p in spec["params"]]
        shown = new_output(
            "display_data", {explorers.MIME: {**spec, "params": params}}, metadata=metadata
        )
        return new_code_cell("explorer", outputs=[shown], execution_count=1)

    cells = [new_markdown_cell("# Walk"), *map(cell, [{}, *walk])]
    nbformat.write(new_notebook(cells=cells), folder / "book" / f"{name}.ipynb")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(WAIT_MS)
    page.goto(lab.format(f"{name}.ipynb"))
    page.wait_for_function(
        "(n) => document.querySelectorAll('.vega-embed svg .mark-line path').length >= n",
        arg=len(walk) + 1,
    )
    moving, *fresh = page.query_selector_all(".vega-embed")
    axis = explorer.spec["layer"][0]["encoding"]
    for values, still in zip(walk, fresh, strict=True):
        page.evaluate(SET, [moving, values])
        right = page.evaluate(READ, still)
        page.wait_for_function(
            f"([e, all]) => ({READ})(e).shapes.join() === all",
            arg=[moving, ",".join(right["shapes"])],
        )
        width, height = map(float, right["size"])
        low, high = axis["y"]["scale"]["domain"]
        log = axis["y"]["scale"]["type"] == "log"
        size = np.log10 if log else np.asarray
        end = axis["x"]["scale"]["domain"][1]
        for path, (series, curve) in zip(right["lines"], curves(values).items(), strict=True):
            x, y = drawn(path)
            at = np.round(x / width * end).astype(int)
            exact = height * (1 - (size(curve(at)) - size(low)) / (size(high) - size(low)))
            # The drawing has three decimals of a pixel.
            assert y == pytest.approx(np.clip(exact, -1e5, 1e5), abs=2e-3), (series, values)
    page.close()
