// Sets one formula with MathJax; formulas.py loads MathJax before this, and calls `set`.
const {input, output, adaptors, handlers, mathjax, a11y} = MathJax._;
const adaptor = adaptors.liteAdaptor.liteAdaptor();
a11y["assistive-mml"].AssistiveMmlHandler(handlers.html_ts.RegisterHTMLHandler(adaptor));
const page = mathjax.mathjax.document("", {
  InputJax: new input.tex_ts.TeX({
    // The packages "noerrors" and "noundefined" would draw what is damaged.
    packages: input.tex.AllPackages.AllPackages.filter((name) => !name.startsWith("no")),
    formatError: (_, error) => { throw error; },
  }),
  OutputJax: new output.svg_ts.SVG({
    fontCache: "none",
    font: new output.svg.fonts.tex_ts.TeXFont(),
  }),
});

const set = (tex, display) => {
  try {
    const formula = page.convert(tex, {display, em: 16, ex: 8});
    const [svg, spoken] = adaptor.childNodes(formula);
    const html = adaptor.outerHTML(svg);
    return JSON.stringify({
      svg: html.slice(0, html.indexOf(">") + 1) + (joined(svg) ?? adaptor.innerHTML(svg)) + "</svg>",
      mathml: adaptor.innerHTML(spoken),
    });
  } catch (error) {
    return JSON.stringify({error: error.message});
  }
};

// A drawing has some twenty elements, and a page a hundred drawings: a phone is slow to lay them
// out. So the letters become one path; null if there is more than letters and bars.
const joined = (svg) => {
  const groups = adaptor.childNodes(svg).filter((node) => adaptor.kind(node) === "g");
  const letters = [], bars = [];
  const walk = (node, x, y, scale) => {
    const read = (name) => Number(adaptor.getAttribute(node, name));
    const transform = adaptor.getAttribute(node, "transform") ?? "";
    const form = /^(?:translate\(([-\d.]+),([-\d.]+)\))? ?(?:scale\(([\d.]+)\))?$/.exec(transform);
    if (!form || adaptor.getAttribute(node, "fill")) return false;
    x += scale * (form[1] ?? 0);
    y += scale * (form[2] ?? 0);
    scale *= form[3] ?? 1;
    switch (adaptor.kind(node)) {
      case "g":
        return adaptor.childNodes(node).every((child) => walk(child, x, y, scale));
      case "path":
        letters.push(`M${tenth(x)} ${tenth(y)}${relative(adaptor.getAttribute(node, "d"), scale)}`);
        return true;
      case "rect": {
        const [left, bottom] = [x + scale * read("x"), y + scale * read("y")].map(tenth);
        const [width, height] = [read("width"), read("height")].map((n) => tenth(scale * n));
        bars.push(`<rect x="${left}" y="${bottom}" width="${width}" height="${height}"></rect>`);
        return true;
      }
      default:
        return false;
    }
  };
  if (groups.length !== 1) return null;
  if (!adaptor.childNodes(groups[0]).every((child) => walk(child, 0, 0, 1))) return null;
  const path = letters.length ? `<path d="${letters.join("")}"></path>` : "";
  return `<g fill="currentColor" transform="scale(1,-1)">${path}${bars.join("")}</g>`;
};

const tenth = (number) => Math.round(10 * number) / 10;

// A letter's outline, scaled, in steps from point to point: the same text wherever the letter stands,
// which compresses well.
const relative = (outline, scale) => {
  let [x, y, startX, startY, text] = [0, 0, 0, 0, ""];
  for (const [, command, list] of outline.matchAll(/([MLHVQTZ])([^A-Z]*)/g)) {
    const points = (list.match(/-?[\d.]+/g) ?? []).map((number) => Math.round(scale * number));
    const upright = command === "V";
    text += command.toLowerCase();
    text += points.map((n, i) => n - (upright || i % 2 ? y : x)).join(" ").replaceAll(" -", "-");
    if (command === "Z") [x, y] = [startX, startY];
    else if (command === "H") [x] = points;
    else if (upright) [y] = points;
    else [x, y] = points.slice(-2);
    if (command === "M") [startX, startY] = [x, y];
  }
  return text;
};
