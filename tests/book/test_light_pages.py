"""What light_pages.py takes out of a page and a style sheet, and what it leaves."""

import sys
from pathlib import Path

import pytest

pytest.importorskip("sphinx", reason="Sphinx is not installed")
sys.path.append(str(Path(__file__).resolve().parents[2] / "book" / "_ext"))

import light_pages

STYLE = (
    '.fa-bars:before,.fa-navicon:before{content:"\\f0c9"}.fa-moon:before{content:"\\f186"}.fa-lg{}'
)


def page(body, *loaded):
    return f"<head>{''.join(loaded)}</head><body>{body}</body>"


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("<p>Text</p>", False),
        ('<div class="dropdown dropdown-source-buttons"></div>', False),
        ('<button class="sidebar-toggle primary-toggle"></button>', False),
        ('<div class="solution dropdown admonition"></div>', True),
        ('<div class="admonition dropdown"></div>', True),
        ('<div class="note toggle"></div>', True),
    ],
)
def test_a_script_stays_where_it_is_needed(body, kept):
    script = '<script src="_static/togglebutton.js?v=1"></script>'
    hint = "<script>let toggleHintShow = 'Click to show';</script>"
    style = '<link rel="stylesheet" href="_static/togglebutton.css" />'
    light = light_pages.lightened(page(body, script, hint, style))
    assert light.count("toggle") - body.count("toggle") == (3 if kept else 0)
    assert body in light


def test_scripts_do_not_hold_the_page_up():
    options = '<script src="_static/documentation_options.js"></script>'
    other, later = '<script src="a.js"></script>', '<script async src="b.js"></script>'
    light = light_pages.lightened(page("", options, other, later))
    assert options in light
    assert '<script defer src="a.js">' in light
    assert later in light


def test_only_the_icons_that_are_shown_are_kept():
    style = light_pages.with_icons(STYLE, Path(), {"fa-bars", "fa-lg"})
    assert ".fa-bars:before{" in style
    assert "navicon" not in style
    assert "moon" not in style


def test_an_icon_that_is_not_there_is_named():
    with pytest.raises(Exception, match=r"no icons of the names fa-bar$"):
        light_pages.with_icons(STYLE, Path(), {"fa-bar", "fa-moon"})
