"""The date of a page: that of the last commit which changed its source.

It is the same wherever the site is built. Where git does not know it (an archive, or a clone
without its history) the page has none.
"""

import subprocess
from functools import cache

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


def git(folder: str, *command: str) -> str:
    """Return what git prints, '' where it fails or is not there."""
    try:
        run = subprocess.run(
            ["git", "-C", folder, "-c", "core.quotePath=off", *command],
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
    except OSError:
        return ""
    return "" if run.returncode else run.stdout.strip()


@cache
def last_commits(folder: str, book: str) -> dict[str, str]:
    """Return the date of the last commit of each file of the folder `book`, by its path.

    `folder` lies anywhere in the repository.
    """
    if git(folder, "rev-parse", "--is-shallow-repository") != "false":
        return {}
    log = git(folder, "log", "--format=%x00%cs", "--name-only", "--", f":/{book}")
    dates: dict[str, str] = {}
    for commit in log.split("\0")[1:]:
        date, *paths = filter(None, commit.splitlines())
        for path in paths:
            dates.setdefault(path, date)
    return dates


def of(env: BuildEnvironment, page: str) -> str | None:
    """Return the date of a page, as 2026-11-25."""
    book = env.config.html_theme_options["path_to_docs"]
    dates = last_commits(str(env.srcdir), book)
    return dates.get(f"{book}/{env.doc2path(page, base=False)}")


def add_date(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Let the theme show the date."""
    context["last_updated"] = of(app.env, page) if doctree else None


def setup(app: Sphinx) -> dict:
    """Register the extension with Sphinx."""
    app.connect("html-page-context", add_date, priority=300)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
