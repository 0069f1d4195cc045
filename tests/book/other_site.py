"""The book built a second time, small and with other settings, beside the site that is tested."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import stage
import yaml
from bs4 import BeautifulSoup

PAGES = ("foundations/01-why-decay", "reference/glossary", "reference/bibliography")


@dataclass(frozen=True)
class Site:
    """A built site, and what the build said."""

    html: Path
    log: str
    status: int

    def soup(self, page: str) -> BeautifulSoup:
        """Return a parsed page, for example 'index.html'."""
        return BeautifulSoup((self.html / page).read_text(encoding="utf-8"), "html.parser")


def build(folder: Path, **settings: dict[str, str]) -> Site:
    """Build a part of the book in `folder`, with `settings` laid over those of ``_config.yml``."""
    source = folder / "source"
    stage.stage(source)
    config = yaml.safe_load((source / "_config.yml").read_text(encoding="utf-8"))
    for part, values in settings.items():
        config[part].update(values)
    (source / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    toc = yaml.safe_load((source / "_toc.yml").read_text(encoding="utf-8"))
    for part in toc["parts"]:
        part["chapters"] = [c for c in part["chapters"] if c["file"] in PAGES]
    toc["parts"] = [part for part in toc["parts"] if part["chapters"]]
    (source / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
    # Pages that are left out leave links that lead nowhere, so warnings are no errors here.
    command = [Path(sys.executable).with_name("jupyter-book"), "build", "--quiet", source]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return Site(source / "_build" / "html", run.stdout + run.stderr, run.returncode)
