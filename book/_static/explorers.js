// Brings every <div class="lrdecay-explorer"> to life: its sliders move a chart, which takes the place of
// the picture when the reader comes near; a setting can be reset, linked to and reloaded. The markup is
// made by _ext/explorer_pages.py. Colors are CSS variables, so a change of theme draws nothing again.
(() => {
  "use strict";
  const vega = new URL("vega.js", document.currentScript.src).href;
  const numbers = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 8 });

  // Vega is large: one request, when the first explorer needs it.
  let loading;
  const load = () => {
    loading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.onload = resolve;
      script.onerror = () => {
        loading = undefined;
        reject(new Error(`${vega} cannot be read`));
      };
      script.src = vega;
      document.head.append(script);
    });
    return loading;
  };

  // Why a link's text, "lr0=0.3&noise=2", is no setting of these sliders; "" where it is one.
  const fault = (text, inputs) => {
    const seen = new Set();
    const quote = (part) => `“${part.length > 30 ? `${part.slice(0, 30)}…` : part}”`;
    for (const part of text.split("&")) {
      const [name, value, ...rest] = part.split("=");
      const input = inputs.find((each) => each.name === name);
      if (!input) return `names ${quote(name)}, which is no slider here`;
      if (seen.has(name)) return `names ${name} twice`;
      seen.add(name);
      const given = `gives ${name} the value ${quote([value ?? "", ...rest].join("="))}`;
      if (rest.length || !/^-?\d+(\.\d+)?(e-?\d+)?$/i.test(value)) return `${given}, which is not a number`;
      const [low, high, step] = [input.min, input.max, input.step].map(Number);
      if (+value < low || +value > high) return `${given}, which is outside ${input.min} to ${input.max}`;
      const place = (+value - low) / step;
      if (Math.abs(place - Math.round(place)) > 1e-6) return `${given}, which lies between two steps`;
    }
    return "";
  };

  const prepare = (element) => {
    const find = (name) => element.querySelector(`.lrdecay-${name}`);
    const [chart, link, status, result] = ["chart", "link", "status", "result"].map(find);
    const inputs = [...element.querySelectorAll("input")];
    const setting = () => inputs.map((input) => `${input.name}=${input.value}`).join("&");
    const moved = () => inputs.some((input) => input.valueAsNumber !== Number(input.defaultValue));
    const address = () => `${element.id}?${setting()}`;
    const say = (text) => (status.textContent = text);

    const show = () => {
      for (const input of inputs) {
        const { unit, words } = input.dataset;
        const shown = words ? JSON.parse(words)[input.valueAsNumber] : numbers.format(input.valueAsNumber);
        input.parentElement.querySelector(".lrdecay-value").textContent = shown;
        input.setAttribute("aria-valuetext", `${shown} ${unit}`.trim());
      }
      link.href = `#${address()}`;
    };

    let view, drawing, waiting;
    const draw = async () => {
      await load();
      const spec = JSON.parse(element.querySelector("script").textContent);
      for (const param of spec.params) param.value = inputs.find(({ name }) => name === param.name).valueAsNumber;
      const canvas = document.createElement("div");
      chart.append(canvas);
      const options = { mode: "vega-lite", actions: false, renderer: "svg", tooltip: false, defaultStyle: false };
      ({ view } = await vegaEmbed(canvas, spec, options));
      // The box is an image with a description; what is in it is no document of its own.
      for (const { name } of [...canvas.attributes]) if (/^role$|^aria/.test(name)) canvas.removeAttribute(name);
      canvas.setAttribute("aria-hidden", "true");
      for (const picture of chart.querySelectorAll(":scope > svg")) picture.remove();
      new ResizeObserver(() => view.width(canvas.clientWidth).runAsync()).observe(canvas);
    };
    let speaking;
    const drawn = (text) => {
      element.dataset.drawn = text;
      const words = [...chart.querySelectorAll("svg .mark-text.role-mark text")].map((e) => e.textContent).join("; ");
      // A screen reader hears the result when the hand rests, not at every step.
      clearTimeout(speaking);
      speaking = setTimeout(() => (result.textContent = words), 400);
    };
    const update = () => {
      waiting ??= (async () => {
        try {
          await (drawing ??= draw());
          waiting = undefined;
          const text = setting();
          for (const input of inputs) view.signal(input.name, input.valueAsNumber);
          await view.runAsync();
          drawn(text);
        } catch (error) {
          drawing = waiting = undefined;
          say("The chart cannot be drawn here: the picture stays as it is.");
          console.error(error);
        }
      })();
      return waiting;
    };

    const reset = () => {
      for (const input of inputs) input.value = input.defaultValue;
    };
    const open = (text) => {
      const wrong = fault(text, inputs);
      reset();
      if (!wrong)
        for (const part of text.split("&")) {
          const [name, value] = part.split("=");
          inputs.find((input) => input.name === name).value = value;
        }
      say(wrong && `The link ${wrong}. So the sliders stand where they stand at first.`);
      show();
      if (moved() || view) update();
    };

    const explorer = { element, moved, address, open, say };
    for (const input of inputs) {
      input.addEventListener("input", () => {
        say("");
        show();
        update();
      });
      input.addEventListener("change", remember);
    }
    find("reset").addEventListener("click", () => {
      reset();
      show();
      say("The sliders stand where they stood at first.");
      remember();
      update();
    });
    link.addEventListener("click", async (event) => {
      event.preventDefault();
      remember(explorer);
      try {
        await navigator.clipboard.writeText(link.href);
        say("The link is copied.");
      } catch {
        say("The address of this page is now the link.");
      }
    });
    element.addEventListener("focusin", update, { once: true });
    const near = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        near.disconnect();
        update();
      },
      { rootMargin: "300px" }
    );
    near.observe(element);
    show();
    return explorer;
  };

  // The address after "#": explorer-2?c=0.5&noise=1;explorer-1?lr0=0.3, the one to go to first.
  let explorers = [];
  function remember(chosen) {
    const kept = explorers.filter((explorer) => explorer === chosen || explorer.moved());
    kept.sort((a, b) => (b === chosen) - (a === chosen));
    const hash = kept.map((explorer) => explorer.address()).join(";");
    if (!hash && !location.hash.includes("?")) return;
    try {
      history.replaceState(history.state, "", hash ? `#${hash}` : location.pathname + location.search);
    } catch {
      // Some browsers refuse many changes in a short time; the next one is taken.
    }
  }
  const follow = (go) => {
    if (!location.hash.includes("?")) return;
    let text = location.hash.slice(1);
    try {
      text = decodeURIComponent(text);
    } catch {
      // Not what this page wrote: the parts are refused below, each with its reason.
    }
    const parts = text.split(";").map((part) => part.split(/\?(.*)/s));
    const known = (id) => explorers.find(({ element }) => element.id === id);
    if (!parts.some(([id]) => /^explorer\b/.test(id))) return;
    for (const [id, setting = ""] of parts) known(id)?.open(setting);
    const [stranger] = parts.find(([id]) => !known(id)) ?? [];
    if (stranger !== undefined) explorers[0].say(`The link names “${stranger.slice(0, 30)}”, which is no explorer here.`);
    if (go) (known(parts[0][0]) ?? explorers[0]).element.scrollIntoView();
  };

  const start = () => {
    explorers = [...document.querySelectorAll(".lrdecay-explorer")].map(prepare);
    if (!explorers.length) return;
    follow(performance.getEntriesByType("navigation")[0]?.type === "navigate");
    window.addEventListener("hashchange", () => follow(true));
  };

  document.addEventListener("DOMContentLoaded", start);
})();
