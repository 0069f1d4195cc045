"""The browser that tests look at pages with: the system's; none is downloaded."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
WHY_NOT = "no Chromium is installed on this machine"
ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
]
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


@contextmanager
def chromium() -> Iterator[Any]:
    """Start the browser."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # not needed without one

    with sync_playwright() as playwright:
        root = getattr(os, "geteuid", lambda: 1)() == 0
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=ARGUMENTS + ["--no-sandbox"] * root
        )
        yield browser
        browser.close()


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
