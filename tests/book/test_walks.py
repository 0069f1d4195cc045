"""Explorers after every move: sliders are moved at random, and what is drawn is read and compared.

It must be what the same setting gives when it is drawn afresh, and what Python computes.
"""

import importlib
import json
import random
import sys
from itertools import product
from pathlib import Path

import browsing
import built_site as site
import explorer_truth as truth
import numpy as np
import pytest

sys.path.append(str(site.ROOT / "book" / "_ext"))
MOVES = 20
KEYS = ("ArrowRight", "ArrowLeft", "PageUp", "PageDown", "Home", "End")

pytestmark = [
    pytest.mark.skipif(not site.BUILT, reason=site.WHY_NOT),
    pytest.mark.skipif(browsing.CHROMIUM is None, reason=browsing.WHY_NOT),
]

# Keeps each chart that the page makes, and how long each move waits for its answer.
LISTEN = """(() => {
  let real;
  Object.assign(window, { made: [], answers: [], embed: (...all) => real(...all) });
  Object.defineProperty(window, "vegaEmbed", {
    get: () => real && (async (...all) => {
      const done = await real(...all);
      made.push({ box: all[0], view: done.view });
      return done;
    }),
    set: (value) => { real = value; },
  });
  let since;
  window.addEventListener("input", () => { since ??= performance.now(); }, true);
  const drawn = () => {
    if (since !== undefined) answers.push(performance.now() - since);
    since = undefined;
  };
  document.addEventListener("DOMContentLoaded", () => new MutationObserver(drawn).observe(
    document, { subtree: true, attributes: true, attributeFilter: ["data-drawn"] }));
})();"""
SET = """([element, name, value]) => {
  const input = element.querySelector(`input[name="${name}"]`);
  input.focus();
  input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}"""
DRAWN = """(element) => {
  const inputs = [...element.querySelectorAll("input")];
  return element.dataset.drawn === inputs.map((i) => `${i.name}=${i.value}`).join("&");
}"""
# The marks of a chart: x and y in the units of its data, and how far from there they are drawn.
READ = """async (element) => {
  const spec = JSON.parse(element.querySelector("script").textContent);
  const inputs = [...element.querySelectorAll("input")];
  const { box, view } = made.find(({ box }) => element.contains(box));
  const leaves = (mark) => mark.marktype === "group"
    ? mark.items.flatMap((item) => item.items.flatMap(leaves))
    : mark.role === "mark" && mark.items.length ? [mark] : [];
  const inside = ({ x, y }) => y >= -1 && y <= view.height() + 1 && x <= view.width() + 1;
  const marks = leaves(view.scenegraph().root).map(({ name, marktype, items }) => {
    const layer = spec.layer[/^layer_(\\d+)/.exec(name)?.[1] ?? 0];
    const read = (axis) => {
      const field = layer.encoding[axis]?.field;
      if (!field) return undefined;
      const scale = view.scale(axis), data = items.map((item) => item.datum[field]);
      const off = Math.max(...items.map((item, i) => Math.abs(item[axis] - scale(data[i]))));
      return { data, off };
    };
    return {
      type: marktype, series: items[0].datum.series ?? "", x: read("x"), y: read("y"),
      broken: items.filter((item) => item.defined === false).length,
      linear: view.scale("y").type === "linear",
      all: items.length,
      seen: items.filter(inside).length,
    };
  });
  const places = ["d", "transform", "x1", "x2", "y1", "y2"];
  const shape = (e) =>
    [...places.map((a) => e.getAttribute(a)), e.tagName === "text" && e.textContent].join();
  // Ticks lie beside each other, in any order; what lies upon each other has one.
  const shapes = (svg) => {
    const all = [...svg.querySelectorAll("path, line, text, g")];
    const ofAxis = (e) => e.closest(".role-axis") !== null;
    return [...all.filter((e) => !ofAxis(e)).map(shape), ...all.filter(ofAxis).map(shape).sort()];
  };
  const other = document.createElement("div");
  other.style.cssText = "position: absolute; left: 0; visibility: hidden";
  other.style.width = `${box.clientWidth}px`;
  element.querySelector(".lrdecay-chart").append(other);
  const values = Object.fromEntries(inputs.map((i) => [i.name, i.valueAsNumber]));
  for (const param of spec.params) param.value = values[param.name];
  const fresh = await embed(other, spec, { ...OPTIONS, defaultStyle: false });
  const svg = box.querySelector("svg"), now = shapes(svg), then = shapes(other.firstChild);
  fresh.view.finalize();
  other.remove();
  return {
    marks,
    values,
    cut: (CUT)(svg),
    differs: now.length === then.length ? now.filter((shape, i) => shape !== then[i]) : ["count"],
    bad: now.filter((shape) => /NaN|undefined|Infinity/.test(shape)),
    active: document.activeElement.name ?? document.activeElement.tagName,
  };
}"""
READ = READ.replace("CUT", browsing.CUT).replace("OPTIONS", browsing.EMBED_OPTIONS)


def check(page, element, curves):
    """Read the chart, and compare it with a fresh one and with Python."""
    page.wait_for_function(DRAWN, arg=element)
    found = page.evaluate(READ, element)
    where = json.dumps(found["values"])
    assert found["differs"] == [], where
    assert found["bad"] == [], where
    assert found["cut"] == [], where
    exact = curves(found["values"])
    lines = [mark for mark in found["marks"] if mark["type"] in {"line", "symbol"}]
    assert sorted(mark["series"] for mark in lines) == sorted(exact), where
    for mark in lines:
        assert mark["broken"] == 0, where
        assert max(mark["x"]["off"], mark["y"]["off"]) < 1e-6, where
        x, y = (np.array(mark[axis]["data"], dtype=float) for axis in "xy")
        assert (np.diff(x) > 0).all(), where
        right = exact[mark["series"]](x)
        zero = 1e-15 * right.max() if mark["linear"] else 1e-300  # a rounded 0 is 0 on this axis
        assert y == pytest.approx(right, rel=1e-9, abs=zero), (mark["series"], where)
    outside = [mark["seen"] for mark in lines if mark["linear"] and mark["seen"] < mark["all"]]
    assert outside == [], f"a curve leaves the chart: {where}"
    assert max(mark["seen"] for mark in lines) >= 2, f"nothing is to be seen: {where}"
    return found


def corners(sliders):
    """Return the settings in which each slider is at one of its ends, at most 16 of them."""
    ends = list(product(*([low, high] for _, low, high in sliders)))
    chosen = ends if len(ends) <= 16 else random.Random(0).sample(ends, 16)
    return [dict(zip((name for name, *_ in sliders), values, strict=True)) for values in chosen]


def walk(page, element, curves, seed):
    """Move the sliders of `element` by value and by key; check after each move."""
    chance = random.Random(seed)
    element.scroll_into_view_if_needed()
    page.wait_for_function(DRAWN, arg=element)
    check(page, element, curves)
    inputs = element.query_selector_all("input")
    sliders = [
        (i.get_attribute("name"), i.get_attribute("min"), i.get_attribute("max")) for i in inputs
    ]
    if not sliders:
        return 0
    for number in range(MOVES):
        place = chance.randrange(len(inputs))
        if chance.random() < 0.4:
            inputs[place].press(chance.choice(KEYS))
        else:
            name, low, high = sliders[place]
            value = float(low) + chance.random() * (float(high) - float(low))
            page.evaluate(SET, [element, name, str(value)])  # the browser keeps to the steps
        if number % 7 == 6:
            theme = ("dark", "light")[number // 7 % 2]
            page.emulate_media(color_scheme=theme)
        found = check(page, element, curves)
        assert found["active"] == sliders[place][0]
    for values in corners(sliders):
        for name, value in values.items():
            page.evaluate(SET, [element, name, value])
        check(page, element, curves)
    element.query_selector(".lrdecay-reset").click()
    check(page, element, curves)
    return MOVES + len(corners(sliders)) + 1


def report(record_property, page, moves, charts):
    answers = page.evaluate("answers")
    record_property("walk", {"charts": charts, "moves": moves, "answers": answers})


@pytest.fixture
def open_file(browser):
    """Return a function that opens a file at phone or desktop width and fails on any trouble."""
    contexts = []

    def visit(path, width):
        context, page, troubles = browsing.open_page(browser, width)
        contexts.append(context)
        page.add_init_script(LISTEN)
        page.goto(path.as_uri())
        return page, troubles

    yield visit
    for context in contexts:
        context.close()


EXPLORERS = [
    (page, index)
    for page in site.PAGES
    for index, _ in enumerate(site.soup(page).select(".lrdecay-explorer"))
]


def which(description):
    """Return what Python says of the explorer of a chapter with this description."""
    return next(
        curves for make, curves in truth.CHAPTERS.items() if make().description == description
    )


@pytest.mark.parametrize(("name", "index"), EXPLORERS)
@pytest.mark.parametrize("width", browsing.WIDTHS)
def test_a_walk_over_an_explorer_of_the_book(open_file, record_property, name, index, width):
    page, troubles = open_file(site.HTML / name, width)
    element = page.query_selector_all(".lrdecay-explorer")[index]
    described = element.query_selector(".lrdecay-chart").get_attribute("aria-label")
    moves = walk(page, element, which(described), f"{name} {index} {width}")
    report(record_property, page, moves, 1)
    assert troubles == []


class Serial:
    """What the extension asks of Sphinx: a number for each explorer of a page."""

    def __init__(self):
        self.number = -1

    def new_serialno(self, _):
        self.number += 1
        return self.number


def write_page(path, schedules):
    """Write a page with an explorer for each schedule, as the book has them."""
    markup = importlib.import_module("explorer_pages").markup
    static, serial = (site.HTML / "_static").as_uri(), Serial()
    body = "\n".join(markup(schedule.explore().spec, serial) for schedule in schedules)
    path.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Explorers</title>'
        f'<link rel="stylesheet" href="{static}/lrdecay.css">'
        f'<script src="{static}/explorers.js"></script>'
        f'<article class="bd-article" style="max-width: 700px">{body}</article></html>',
        encoding="utf-8",
    )
    return path


PARTS = 4
SCHEDULES = [*truth.EVERY_CLASS, *truth.compositions(30)]


@pytest.mark.parametrize("part", range(PARTS))
def test_walks_over_every_class_and_compositions(open_file, record_property, tmp_path, part):
    schedules = SCHEDULES[part::PARTS]
    page, troubles = open_file(write_page(Path(tmp_path) / "page.html", schedules), 1280)
    moves = 0
    for number, schedule in enumerate(schedules, start=1):
        element = page.query_selector(f"#explorer-{number}")
        try:
            moves += walk(page, element, truth.of_schedule(schedule), repr(schedule))
        except AssertionError as error:
            raise AssertionError(f"{schedule!r}: {error}") from error
    report(record_property, page, moves, len(schedules))
    assert troubles == []
