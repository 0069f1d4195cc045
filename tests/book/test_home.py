"""Buttons lead to the repository that ``_config.yml`` names; without one there are none."""

import re
import tomllib
from pathlib import Path
from types import SimpleNamespace

import built_site
import home
import project_files
import pytest
import yaml
from packaging.requirements import Requirement
from sphinx.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
URL = CONFIG["repository"]["url"]
SERVICES = re.compile(r"https?://(?:[\w-]+\.)*(?:github|gitlab|mybinder|colab)\b[^\s\"'`)<>]*")
CHAPTER = "foundations/01-why-decay"


def buttons(soup):
    """Return the addresses behind the buttons at the top of a page, by their text."""
    header = soup.select_one(".bd-header-article")
    links = header.select("a[href^=http]")
    return {link.get_text(strip=True) or link["title"]: link["href"] for link in links}


@pytest.mark.skipif(not built_site.BUILT, reason=built_site.WHY_NOT)
@pytest.mark.skipif(bool(URL), reason="_config.yml names a repository")
@pytest.mark.parametrize("page", built_site.PAGES)
def test_without_a_repository_no_button_leads_out(page):
    soup = built_site.soup(page)
    assert buttons(soup) == {}
    assert soup.select("a[href*='mybinder'], a[href*='colab.research']") == []


@pytest.mark.skipif(not built_site.BUILT, reason=built_site.WHY_NOT)
@pytest.mark.skipif(bool(URL), reason="_config.yml names a repository")
def test_without_a_repository_the_front_page_says_how_to_launch_a_fork():
    text = built_site.soup("index.html").get_text()
    assert "mybinder.org/v2/gh/YOUR-NAME/YOUR-REPOSITORY/main?urlpath=lab/tree/book" in text
    assert "%pip" not in text


def test_no_file_makes_a_repository_up():
    """What packagers, citation tools and GitHub read names the same repository, or none."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation.get("repository-code", "") == URL
    urls = PYPROJECT["project"].get("urls", {})
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    forms = [p.read_text(encoding="utf-8") for p in project_files.known(ROOT / ".github")]
    own = URL.removeprefix("https://github.com/") or "YOUR-NAME/YOUR-REPOSITORY"
    for address in SERVICES.findall("\n".join([readme, *forms, *urls.values()])):
        assert own in address


def test_with_a_repository_a_chapter_is_launched_shown_edited_and_reported(site):
    assert site.status == 0, site.log
    path = f"book/{CHAPTER}.ipynb"
    found = buttons(site.soup(f"{CHAPTER}.html"))
    issue = found.pop("Open issue")
    repository = "https://github.com/someone/decay-book"
    assert found == {
        "Binder": f"https://mybinder.org/v2/gh/someone/decay-book/trunk?urlpath=lab/tree/{path}",
        "Colab": f"https://colab.research.google.com/github/someone/decay-book/blob/trunk/{path}",
        "Repository": repository,
        "Show source": f"{repository}/blob/trunk/{path}?plain=1",
        "Suggest edit": f"{repository}/edit/trunk/{path}",
    }
    assert issue.startswith(f"{repository}/issues/new?")
    assert f"{CHAPTER}.html" in issue
    assert (ROOT / path).is_file()


def test_with_a_repository_a_page_of_text_is_shown_but_not_launched(site):
    found = buttons(site.soup("index.html"))
    assert set(found) == {"Repository", "Show source", "Suggest edit", "Open issue"}
    assert found["Suggest edit"].endswith("/edit/trunk/book/index.md")


def test_with_a_repository_the_front_page_says_what_colab_needs(site):
    text = site.soup("index.html").get_text()
    assert "YOUR-NAME" not in text
    requirement = Requirement(re.search(r'%pip install --quiet "([^"]*)" myst-nb', text)[1])
    assert requirement.name == PYPROJECT["project"]["name"]
    assert requirement.extras <= set(PYPROJECT["project"]["optional-dependencies"])
    assert requirement.url == "git+https://github.com/someone/decay-book@trunk"


def settled(url, launch):
    """Return the theme's options for a repository, after our extension."""
    options = {"repository_url": url, "repository_branch": "main", "launch_buttons": launch}
    config = SimpleNamespace(html_theme_options=options, html_baseurl="", myst_substitutions={})
    home.find_home(SimpleNamespace(tags=set()), config)
    return options


def test_colab_is_offered_for_github_alone():
    launch = CONFIG["launch_buttons"]
    assert settled("https://github.com/a/b", launch)["launch_buttons"] == launch
    assert "colab_url" not in settled("https://gitlab.com/a/b", launch)["launch_buttons"]
    assert settled("", launch)["launch_buttons"] == {}


NOT_ADDRESSES = [
    "someone/book",
    "git@github.com:someone/book",
    "https://github.com",
    "https://github.com/someone",
    "https://github.com/someone/book?tab=readme",
]


@pytest.mark.parametrize("url", NOT_ADDRESSES)
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(ConfigError, match=r"repository\.url = .*HOST/NAME/NAME"):
        home.address("repository.url", url, parts=2)


@pytest.mark.parametrize("url", ["https://github.com/a/b/", "https://github.com/a/b.git"])
def test_an_address_has_one_form(url):
    assert home.address("repository.url", url, parts=2) == "https://github.com/a/b"
    assert home.address("html.baseurl", None) == ""
