// On paper the page is light, whatever the reader's theme.
(() => {
  "use strict";
  const { dataset } = document.documentElement;
  let before;
  matchMedia("print").addEventListener("change", ({ matches }) => {
    if (matches) [before, dataset.theme] = [dataset.theme, "light"];
    else if (before) dataset.theme = before;
  });
})();
