// Draws every <div class="lrdecay-explorer">: reads the Vega-Lite specification it holds, draws it in
// the page's colors, and draws it again, with the sliders where they are, when the theme changes.
(() => {
  "use strict";
  const palette = {
    light: {
      ink: "#24292f",
      grid: "#d8dee4",
      category: ["#0072b2", "#d55e00", "#00875f", "#b5548d", "#6e7781"],
    },
    dark: {
      ink: "#d6dbe1",
      grid: "#3d444d",
      category: ["#56b4e9", "#f0824a", "#2cc295", "#e39cc2", "#a8b0b8"],
    },
  };

  const themeName = () => (document.documentElement.dataset.theme === "dark" ? "dark" : "light");

  const config = () => {
    const { ink, grid, category } = palette[themeName()];
    const words = { labelColor: ink, titleColor: ink, labelFontSize: 12, titleFontSize: 13 };
    return {
      background: null,
      font: getComputedStyle(document.body).fontFamily,
      view: { stroke: grid },
      axis: { ...words, titleFontWeight: "normal", gridColor: grid, domainColor: ink, tickColor: ink },
      legend: words,
      title: { color: ink, fontWeight: "normal", fontSize: 13 },
      text: { color: ink, fontSize: 12 },
      rule: { color: ink },
      line: { color: category[0], strokeWidth: 2.5 },
      area: { color: category[0] },
      point: { color: category[0] },
      range: { category },
    };
  };

  // The spec's own starting values, replaced by where the reader has put the sliders.
  const withValues = (spec, view) => {
    if (!view) return spec;
    const params = (spec.params ?? []).map((param) =>
      param.bind ? { ...param, value: view.signal(param.name) } : param
    );
    return { ...spec, params };
  };

  const label = (explorer) => {
    for (const bind of explorer.querySelectorAll(".vega-bind")) {
      const input = bind.querySelector("input, select");
      const value = input.type === "range" ? input.nextElementSibling : null;
      input.setAttribute("aria-label", bind.querySelector(".vega-bind-name").textContent);
      if (!value) continue;
      value.classList.add("lrdecay-value");
      const say = () => input.setAttribute("aria-valuetext", value.textContent);
      new MutationObserver(say).observe(value, { childList: true, characterData: true, subtree: true });
      say();
    }
  };

  const draw = async (explorer) => {
    const spec = withValues(explorer.spec, explorer.result?.view);
    const options = { mode: "vega-lite", actions: false, renderer: "svg", tooltip: false };
    explorer.result?.finalize();
    explorer.result = await vegaEmbed(explorer.canvas, spec, { ...options, config: config() });
    label(explorer.element);
    explorer.element.dataset.drawn = themeName();
  };

  const start = () => {
    const explorers = [...document.querySelectorAll(".lrdecay-explorer")].map((element) => {
      const spec = JSON.parse(element.querySelector("script").textContent);
      const canvas = element.appendChild(document.createElement("div"));
      element.setAttribute("role", "group");
      element.setAttribute("aria-label", spec.description);
      return { element, canvas, spec };
    });
    if (!explorers.length) return;
    // One after another: a theme change during a drawing waits for its end.
    let queue = Promise.resolve();
    const drawAll = () => {
      for (const explorer of explorers) queue = queue.then(() => draw(explorer));
    };
    drawAll();
    // A chart takes the width of its box when the window changes; the box can change by itself too.
    const widths = new Map();
    const observer = new ResizeObserver((entries) => {
      for (const { target, contentRect } of entries) {
        const before = widths.get(target);
        widths.set(target, contentRect.width);
        if (before !== undefined && before !== contentRect.width)
          queue = queue.then(() => window.dispatchEvent(new Event("resize")));
      }
    });
    for (const { element } of explorers) observer.observe(element);
    new MutationObserver(() => {
      if (explorers.some(({ element }) => element.dataset.drawn !== themeName())) drawAll();
    }).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  };

  document.addEventListener("DOMContentLoaded", start);
})();
