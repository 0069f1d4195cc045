"""A page shows the date of the last commit of its source, or none."""

import shutil
import subprocess

import built_site
import dates
import project_files
import pytest

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder, *command, **variables):
    who = ["-c", "user.name=A Reader", "-c", "user.email=reader@example.org"]
    run = ["git", "-C", str(folder), *who, "-c", "commit.gpgSign=false", *command]
    subprocess.run(run, check=True, capture_output=True, env=variables or None)


def commit(repository, date, **files):
    for name, text in files.items():
        (repository / "book").mkdir(exist_ok=True)
        (repository / "book" / f"{name}.md").write_text(text, encoding="utf-8")
    git(repository, "add", ".")
    git(repository, "commit", "-m", date, GIT_COMMITTER_DATE=f"{date}T23:30:00+05:00")


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init")
    commit(folder, "2024-02-03", one="1", two="1", größe="1")
    commit(folder, "2025-03-04", two="2")
    return folder


def test_each_file_has_the_date_of_its_own_last_commit(repository):
    inside = repository / "made" / "stage"
    inside.mkdir(parents=True)
    (repository / "book" / "one.md").write_text("changed, not committed", encoding="utf-8")
    (repository / "book" / "new.md").write_text("not committed", encoding="utf-8")
    assert dates.last_commits(str(inside), "book") == {
        "book/one.md": "2024-02-03",
        "book/größe.md": "2024-02-03",
        "book/two.md": "2025-03-04",
    }


def test_a_clone_without_history_has_no_dates(repository, tmp_path):
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--depth=1", repository.as_uri(), str(shallow))
    assert dates.last_commits(str(shallow), "book") == {}


def test_outside_a_repository_and_without_git_there_are_no_dates(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert dates.last_commits(str(tmp_path), "book") == {}
    monkeypatch.setenv("PATH", "")
    dates.last_commits.cache_clear()
    assert dates.last_commits(str(tmp_path), "book") == {}


@pytest.mark.skipif(not built_site.BUILT, reason=built_site.WHY_NOT)
@pytest.mark.parametrize("page", ["index.html", "foundations/01-why-decay.html"])
def test_a_page_shows_its_date(page):
    source = project_files.ROOT / "book" / page
    path = next(p for p in project_files.known() if p.with_suffix("") == source.with_suffix(""))
    relative = path.relative_to(project_files.ROOT).as_posix()
    date = dates.last_commits(str(project_files.ROOT), "book").get(relative)
    shown = built_site.soup(page).select_one(".last-updated")
    assert (shown and shown.get_text(strip=True)) == (date and f"Last updated on {date}.")


def test_a_site_built_outside_of_git_shows_none(site):
    assert site.soup("index.html").select(".last-updated, meta[name='docbuild:last-update']") == []
