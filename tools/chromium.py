"""Start the Chromium that this machine has; none is downloaded."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATH = next(filter(None, map(shutil.which, NAMES)), None)
WHY_NOT = f"no Chromium is installed on this machine (looked for {', '.join(NAMES)})"
ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
]


@contextmanager
def started() -> Iterator[Any]:
    """Yield the browser, and close it."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # not needed without one

    with sync_playwright() as playwright:
        # Chromium's sandbox refuses to run as root.
        root = getattr(os, "geteuid", lambda: 1)() == 0
        browser = playwright.chromium.launch(
            executable_path=PATH, args=ARGUMENTS + ["--no-sandbox"] * root
        )
        try:
            yield browser
        finally:
            browser.close()
