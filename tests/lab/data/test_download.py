import io
import socket
import threading
import time
from contextlib import contextmanager

import pytest

from lrdecay.lab.data.download import fetch


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@contextmanager
def server(answer):
    """A server on this machine whose `answer` gets the connection; it gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def serve():
            connection, _ = listener.accept()
            with connection:
                connection.recv(10_000)
                answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/mnist.npz"
        thread.join()


def head(length):
    return f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n".encode()


def test_the_whole_content_comes_back():
    content = bytes(range(256)) * 2000
    with server(lambda connection: connection.sendall(head(len(content)) + content)) as url:
        assert fetch(url) == content


def test_a_refusal_is_a_no():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert fetch(f"http://127.0.0.1:{port}/") is None


def test_an_error_page_is_a_no():
    page = b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnone"
    with server(lambda connection: connection.sendall(page)) as url:
        assert fetch(url) is None


def test_a_server_that_never_answers_is_left_after_the_patience():
    done = threading.Event()
    with server(lambda connection: done.wait(10)) as url:
        start = time.monotonic()
        assert fetch(url, patience=0.3) is None
        took = time.monotonic() - start
        done.set()
    assert 0.25 < took < 3


def test_a_server_that_stops_half_way_is_left_too():
    done = threading.Event()

    def half(connection):
        connection.sendall(head(1000) + b"half")
        done.wait(10)

    with server(half) as url:
        start = time.monotonic()
        assert fetch(url, patience=0.3) is None
        took = time.monotonic() - start
        done.set()
    assert 0.25 < took < 3


def test_a_server_that_drips_is_left_at_the_limit():
    done = threading.Event()

    def drip(connection):
        connection.sendall(head(1000))
        while not done.wait(0.05):
            connection.sendall(b".")

    with server(drip) as url:
        start = time.monotonic()
        assert fetch(url, patience=5, limit=0.5) is None
        took = time.monotonic() - start
        done.set()
    assert 0.45 < took < 3


def test_a_name_look_up_that_hangs_cannot_hang_us():
    done = threading.Event()

    def opener(url, timeout):
        done.wait(10)
        return io.BytesIO()

    start = time.monotonic()
    assert fetch("http://example.invalid/", patience=0.2, opener=opener) is None
    took = time.monotonic() - start
    done.set()
    assert 0.15 < took < 3


def test_the_opener_gets_the_address_and_the_patience():
    asked = []

    def opener(url, timeout):
        asked.append((url, timeout))
        return io.BytesIO(b"content")

    assert fetch("http://example.invalid/a", patience=7, opener=opener) == b"content"
    assert asked == [("http://example.invalid/a", 7)]


def test_any_failure_is_a_no_and_is_not_printed(capfd):
    def opener(url, timeout):
        raise RuntimeError("broken")

    assert fetch("http://example.invalid/", opener=opener) is None
    assert capfd.readouterr() == ("", "")
