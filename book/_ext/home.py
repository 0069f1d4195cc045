"""Make what leads to the book's home from its two addresses in ``_config.yml``.

``repository.url`` brings the buttons that launch, show and edit a page and report a fault,
``html.baseurl`` the addresses that must be absolute. What is empty brings nothing.
"""

from urllib.parse import urlsplit

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError

BUTTONS = ("repository", "source", "edit_page", "issues")
COLAB = '`%pip install --quiet "lrdecay[views,lab] @ git+{url}@{branch}" myst-nb`'
"""What a chapter needs there before its first cell."""


def address(setting: str, value: str | None, parts: int = 0) -> str:
    """Return `value` without the slash at its end, '' if it is not set.

    >>> address("repository.url", "https://github.com/someone/book.git/", parts=2)
    'https://github.com/someone/book'
    """
    value = (value or "").strip().rstrip("/").removesuffix(".git")
    url = urlsplit(value)
    whole = url.scheme in {"http", "https"} and url.netloc and not url.query + url.fragment
    if value and not (whole and url.path.count("/") >= parts):
        form = "https://HOST" + "/NAME" * parts
        raise ConfigError(f"_config.yml: {setting} = {value!r}: give an address like {form}, or ''")
    return value


def find_home(app: Sphinx, config: Config) -> None:
    """Set the buttons, the tag ``repository``, the words for Colab and the site's address."""
    options = config.html_theme_options
    url = address("repository.url", options.get("repository_url"), parts=2)
    options["repository_url"] = url
    options.update({f"use_{button}_button": bool(url) for button in BUTTONS})
    launch = options.get("launch_buttons", {}) if url else {}
    if urlsplit(url).netloc != "github.com":  # Colab opens notebooks from there alone
        launch = {name: value for name, value in launch.items() if name != "colab_url"}
    options["launch_buttons"] = launch
    if url:
        app.tags.add("repository")
    branch = options.get("repository_branch", "")
    config.myst_substitutions["colab"] = COLAB.format(url=url, branch=branch)
    site = address("html.baseurl", config.html_baseurl)
    config.html_baseurl = site and site + "/"


def setup(app: Sphinx) -> dict:
    """Register the extension with Sphinx."""
    app.connect("config-inited", find_home, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
