"""Sliders whose places are words: what the page writes, and what it reads them from."""

import json
import sys

import built_site as site
from bs4 import BeautifulSoup

sys.path.append(str(site.ROOT / "book" / "_ext"))

import explorer_pages

BIND = {"name": "schedule", "min": 0, "max": 2, "step": 1, "input": "range"}


def slider(value, words, unit=""):
    param = {"name": "a", "value": value, "bind": BIND}
    return BeautifulSoup(explorer_pages._slider("explorer-1", param, unit, words), "html.parser")


def test_a_slider_over_words_shows_the_word_that_it_stands_at():
    found = slider(1, ["constant", 'rate < 1 & "more"', "WSD"])
    assert found.select_one(".lrdecay-value").get_text() == 'rate < 1 & "more"'
    assert found.input["aria-valuetext"] == 'rate < 1 & "more"'
    assert json.loads(found.input["data-words"])[2] == "WSD"
    assert "lrdecay-words" in found.div["class"]


def test_a_slider_over_numbers_is_as_it_was():
    found = slider(1, [], "updates")
    assert found.select_one(".lrdecay-value").get_text() == "1"
    assert found.input["aria-valuetext"] == "1 updates"
    assert not found.input.has_attr("data-words")
    assert found.div["class"] == ["lrdecay-slider"]
