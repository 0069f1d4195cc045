"""The built site that the tests in tests/book read."""

from functools import cache
from pathlib import Path

from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
BUILT = (HTML / "index.html").is_file()
WHY_NOT = "the site is not built: run `make site` (`make test` does so itself)"

# Sphinx's own page of the theme's templates is no page of the book. A server shows the page of
# errors, at any address, so it is not for opening from disk.
PAGES = sorted(
    path.relative_to(HTML).as_posix()
    for path in HTML.rglob("*.html")
    if "_static" not in path.relative_to(HTML).parts and path.name != "404.html"
)


@cache
def soup(page: str) -> BeautifulSoup:
    """Return the parsed page, for example 'foundations/01-why-decay.html'."""
    return BeautifulSoup((HTML / page).read_text(encoding="utf-8"), "html.parser")
