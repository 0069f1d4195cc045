"""What measures the site serves it as the web does: compressed, with its kind, and nothing else."""

import gzip
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

pytest.importorskip("playwright", reason="Playwright is not installed")

import measure_site


@pytest.fixture
def base(tmp_path):
    (tmp_path / "index.html").write_text("<p>å</p>" * 100, encoding="utf-8")
    (tmp_path / "figure.png").write_bytes(b"\x89PNG")
    with measure_site.served(tmp_path) as base:
        yield base


def test_text_is_compressed(base):
    with urlopen(f"{base}/index.html?v=1") as answer:
        body = answer.read()
    assert gzip.decompress(body).decode() == "<p>å</p>" * 100
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert int(answer.headers["Content-Length"]) == len(body) < 800


def test_figures_are_sent_as_they_are(base):
    with urlopen(f"{base}/figure.png") as answer:
        assert answer.read() == b"\x89PNG"
        assert answer.headers["Content-Encoding"] is None


def test_what_is_not_there_is_not_found(base):
    with pytest.raises(HTTPError, match="404") as caught, urlopen(f"{base}/none.html"):
        pass
    caught.value.close()
