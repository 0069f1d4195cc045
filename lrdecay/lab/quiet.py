"""Import TensorFlow without the log lines that its C++ core prints."""

import io
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

_STDERR = 2
_LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"


class _Detour(io.TextIOBase):
    """Python's own stderr, kept audible while file descriptor 2 is silent.

    Log handlers made during the import keep a reference to it, so it stays usable afterwards:
    `stream` is then the ordinary stderr again.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        written = self.stream.write(text)
        self.stream.flush()
        return written

    def flush(self) -> None:
        self.stream.flush()

    def fileno(self) -> int:
        return self.stream.fileno()

    def isatty(self) -> bool:
        return self.stream.isatty()


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the C++ log of TensorFlow while it is imported.

    The lines come from C++ and never pass through Python, so file descriptor 2 itself is turned
    away for the time of the block and always turned back. What Python writes to ``sys.stderr``
    (warnings, tracebacks) is still seen. If the block raises, the held-back lines are printed
    after all, since they may say why.

    Yields
    ------
    None
        Put the import in the block.

    Notes
    -----
    TensorFlow logs twice more later: when it first looks for devices and, at level INFO, when it
    first compiles. The devices are therefore looked up before the block ends, and
    ``TF_CPP_MIN_LOG_LEVEL=1`` (no INFO lines) holds during the import unless it is set already.

    Examples
    --------
    >>> with quiet():
    ...     import json  # a stand-in for: import tensorflow as tf
    >>> json.loads("[1]")
    [1]
    """
    try:
        saved = os.dup(_STDERR)
    except OSError:  # a process without a stderr has nothing to silence
        yield
        return
    fresh = "tensorflow" not in sys.modules
    level = os.environ.get(_LOG_LEVEL)
    with tempfile.TemporaryFile() as noise, os.fdopen(saved, "w", errors="replace") as audible:
        original = sys.stderr
        detour = _Detour(audible) if _writes_to_stderr(original) else None
        if detour:
            original.flush()
            sys.stderr = detour
        os.environ.setdefault(_LOG_LEVEL, "1")
        os.dup2(noise.fileno(), _STDERR)
        try:
            yield
            if fresh and "tensorflow" in sys.modules:
                sys.modules["tensorflow"].config.list_physical_devices()
        except BaseException:
            noise.seek(0)
            audible.write(noise.read().decode(errors="replace"))
            raise
        finally:
            audible.flush()
            os.dup2(saved, _STDERR)
            if level is None:
                os.environ.pop(_LOG_LEVEL, None)
            if detour:
                detour.stream = original
                if sys.stderr is detour:
                    sys.stderr = original


def _writes_to_stderr(stream: TextIO | None) -> bool:
    """Tell whether a Python stream ends in file descriptor 2 (not so in Jupyter or pytest)."""
    try:
        return stream is not None and stream.fileno() == _STDERR
    except (OSError, ValueError):
        return False
