"""Serve the built site on this machine: at the port that is asked for, or the next that is free.

python tools/serve.py FOLDER [--port 8000]
"""

import argparse
import errno
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TRIED = 100
TAKEN = {errno.EADDRINUSE, errno.EACCES}


class Handler(SimpleHTTPRequestHandler):
    """Sends files, and the site's own page where there is none."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer with the site's ``404.html``, as the site's real server will."""
        page = Path(self.directory, "404.html")
        if page.is_file():
            self.error_message_format = page.read_text(encoding="utf-8").replace("%", "%%")
        super().send_error(code, message, explain)


def listen(folder: Path, port: int) -> ThreadingHTTPServer:
    """Return a server of `folder` at `port`, or at the next port that is free."""
    handler = partial(Handler, directory=str(folder))
    for number in range(port, min(port + TRIED, 65536)):
        try:
            return ThreadingHTTPServer(("127.0.0.1", number), handler)
        except OSError as error:
            if error.errno not in TAKEN:
                raise
    raise SystemExit(
        f"no port from {port} to {number} is free: choose another, make serve PORT=..."
    )


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Serve the built site on this machine.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    if not 0 < options.port < 65536:
        raise SystemExit(f"port = {options.port}: must be from 1 to 65535")
    with listen(options.folder, options.port) as server:
        try:
            print(
                f"http://127.0.0.1:{server.server_port}/ shows the site; Ctrl+C ends it", flush=True
            )
            server.serve_forever()
        except KeyboardInterrupt:
            sys.exit(0)


if __name__ == "__main__":
    main()
