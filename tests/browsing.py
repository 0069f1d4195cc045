"""The browser that tests look at pages with: the system's; none is downloaded."""

from typing import Any

from chromium import PATH as CHROMIUM
from chromium import WHY_NOT
from chromium import started as chromium

__all__ = ["CHROMIUM", "WHY_NOT", "chromium"]
WIDTHS = (1280, 360)
THEMES = ("light", "dark")
WAIT_MS = 60_000  # for a busy machine

# What explorers.js draws its charts with.
EMBED_OPTIONS = "{ mode: 'vega-lite', actions: false, renderer: 'svg', tooltip: false }"
# Words of a chart that reach out of its drawing, where they are cut.
CUT = """(svg) => {
  const box = svg.getBoundingClientRect();
  return [...svg.querySelectorAll("text")].filter((text) => {
    const { left, right, top, bottom } = text.getBoundingClientRect();
    const out = left < box.left - 1 || right > box.right + 1;
    return text.textContent && (out || top < box.top - 1 || bottom > box.bottom + 1);
  }).map((text) => text.textContent);
}"""


def open_page(browser: Any, width: int = 1280, **settings: Any) -> tuple[Any, Any, list[str]]:
    """Return a context of its own, an empty page without network, and the list of its troubles."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="light", offline=True, **settings
    )
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("requestfailed", lambda request: troubles.append(f"failed: {request.url}"))
    page.on(
        "console",
        lambda line: troubles.append(line.text) if line.type in {"error", "warning"} else None,
    )
    local = ("file:", "data:", "blob:")
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(local)
            else troubles.append(f"asked the network: {request.url}")
        ),
    )
    return context, page, troubles
