"""`make serve` finds a free port, says where the site is, and ends without a traceback."""

import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVE = [sys.executable, ROOT / "tools" / "serve.py"]


@contextmanager
def serving(folder, port):
    """Serve `folder`, give the printed address, and end as Ctrl+C does."""
    command = [*SERVE, folder, "--port", str(port)]
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True) as server:
        try:
            yield re.search(r"http://\S+", server.stdout.readline())[0]
        finally:
            server.send_signal(signal.SIGINT)
            _, noise = server.communicate(timeout=60)
    assert "Traceback" not in noise
    assert server.returncode == 0


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "index.html").write_text("the front page", encoding="utf-8")
    (tmp_path / "404.html").write_text("100% lost", encoding="utf-8")
    return tmp_path


@pytest.fixture
def taken():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_used_port_is_passed_over(folder, taken):
    with serving(folder, taken) as address:
        assert int(address.rstrip("/").rpartition(":")[2]) > taken
        assert urlopen(address).read() == b"the front page"


def test_what_is_not_there_shows_the_page_of_the_site(folder, taken):
    with serving(folder, taken) as address:
        with pytest.raises(HTTPError) as caught:
            urlopen(address + "no/such/page.html")
        assert caught.value.code == 404
        assert caught.value.read() == b"100% lost"


@pytest.mark.parametrize("port", ["0", "65536", "-1", "x"])
def test_a_port_that_is_none_is_refused_in_words(folder, port):
    run = subprocess.run(
        [*SERVE, folder, "--port", port], capture_output=True, text=True, check=False
    )
    assert run.returncode != 0
    assert "port" in run.stderr
    assert "Traceback" not in run.stderr
