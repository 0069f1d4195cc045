"""Fetch a file from the network without ever waiting for long."""

import queue
import threading
import time
import urllib.request
from collections.abc import Callable
from typing import Any

_CHUNK = 1 << 16


def fetch(
    url: str,
    patience: float = 10.0,
    limit: float = 120.0,
    opener: Callable[..., Any] = urllib.request.urlopen,
) -> bytes | None:
    """Return what lies at `url`, or None when the network says no or says nothing.

    Parameters
    ----------
    url : str
        The address.
    patience : float
        The longest silence to bear, in seconds, from the look-up of the name to the last byte.
    limit : float
        The longest time for all of it, in seconds.
    opener : callable
        Called with `url` and ``timeout``; returns a readable response.

    Returns
    -------
    bytes or None
        The whole content; never a part.

    Notes
    -----
    A look-up of a host name knows no time limit, so the work is done by a second thread, which
    is left alone when it stays silent. It holds its bytes in memory and leaves no file behind.
    """
    answers: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    def work() -> None:
        try:
            with opener(url, timeout=patience) as response:
                while chunk := response.read1(_CHUNK):
                    answers.put(chunk)
        except Exception:  # every failure of the network means the same here: no
            answers.put(None)
        else:
            answers.put(b"")

    threading.Thread(target=work, name="lrdecay-download", daemon=True).start()
    end = time.monotonic() + limit
    content = bytearray()
    while (left := end - time.monotonic()) > 0:
        try:
            chunk = answers.get(timeout=min(patience, left))
        except queue.Empty:
            return None
        if chunk is None:
            return None
        if not chunk:
            return bytes(content)
        content += chunk
    return None
