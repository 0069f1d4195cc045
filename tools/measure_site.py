"""Measure the built site as its readers get it, and print a table of its pages.

The pages are served compressed, as on the web. Each is opened as on a phone whose processor is four
times slower than this one: how much is loaded, when the first figure and all formulas are there.
Lighthouse gives its scores, and axe counts what bars people. Run by ``make measure``; the table is
written to ``_build/measure/report.md``. Needs Chromium and npm, which installs the two into
``_build/measure``.
"""

import argparse
import gzip
import json
import math
import os
import shutil
import statistics
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / "_build" / "measure"
TOOLS = ("lighthouse@12.2.3", "axe-core@4.14.1")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
SLOWED = 4
PHONE = {"viewport": {"width": 360, "height": 780}, "device_scale_factor": 2, "is_mobile": True}
COLUMNS = (
    *("page", "plain, kB", "gzip, kB", "figures, kB", "first figure, s", "all formulas, s"),
    *("mobile: speed", "access", "practice", "SEO", "desktop: speed", "access", "practice", "SEO"),
    *("axe", "rules"),
)
# Notes when the first figure, and the last formula, can be seen.
WATCH = """
window.seen = {};
const note = (name, there) => { if (there && !(name in seen)) seen[name] = performance.now(); };
const figures = "article img, article .lrdecay-explorer svg";
const look = () => {
  const shown = (e) => e.tagName !== "IMG" || (e.complete && e.naturalWidth > 0);
  const parsed = document.readyState !== "loading";
  const all = [...document.querySelectorAll(figures)];
  note("figure", all.some(shown));
  if (document.readyState === "complete" && !all.length) seen.figure = NaN;
  note("formulas", parsed && [...document.querySelectorAll("article .math")]
    .every((e) => e.querySelector("svg, math, mjx-math")));
  if (!("figure" in seen && "formulas" in seen)) requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


class Compressed(SimpleHTTPRequestHandler):
    """Serves a folder, compressed where that helps."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Send a file."""
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        kind = self.guess_type(path)
        content = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if "text" in kind else kind)
        if any(word in kind for word in ("text", "javascript", "json", "svg")):
            content = gzip.compress(content, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve `folder` on a free port while the block runs."""
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), lambda *a: Compressed(*a, directory=str(folder))
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def chromium() -> str:
    """Return the browser of this machine."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise SystemExit(f"no browser is installed: one of {', '.join(BROWSERS)} is needed")
    return found


def flags() -> list[str]:
    """Return what Chromium needs to start here."""
    return ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []


def install() -> None:
    """Install Lighthouse and axe, where they are not."""
    if shutil.which("npm") is None:
        raise SystemExit("npm is not installed: it comes with Node.js, which Lighthouse needs")
    stamp = WORK / "installed"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != str(TOOLS):
        WORK.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(WORK)]
        subprocess.run([*command, "--save-exact", *TOOLS], check=True)
        stamp.write_text(str(TOOLS), encoding="utf-8")


def load(browser: Browser, url: str) -> dict[str, float]:
    """Open a page once, as on a slow phone; return bytes and seconds."""
    with browser.new_context(**PHONE) as context:
        page = context.new_page()
        page.add_init_script(WATCH)
        session = context.new_cdp_session(page)
        weights = watch_weights(session)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
        page.goto(url, wait_until="networkidle")
        page.wait_for_function("'figure' in seen && 'formulas' in seen")
        return weights | page.evaluate("seen")


def watch_weights(session: CDPSession) -> dict[str, float]:
    """Return bytes that grow while the page loads."""
    weights = {"plain": 0, "gzip": 0, "figures": 0}
    figures = set()

    def respond(event: dict) -> None:
        if event["type"] == "Image":
            figures.add(event["requestId"])

    def receive(event: dict) -> None:
        if event["requestId"] not in figures:
            weights["plain"] += event["dataLength"]

    def finish(event: dict) -> None:
        name = "figures" if event["requestId"] in figures else "gzip"
        weights[name] += event["encodedDataLength"]

    session.on("Network.responseReceived", respond)
    session.on("Network.dataReceived", receive)
    session.on("Network.loadingFinished", finish)
    session.send("Network.enable")
    return weights


def axe(browser: Browser, url: str) -> list[dict]:
    """Return what axe finds with all its rules, as (rule, number of elements)."""
    with browser.new_context(**PHONE) as context:
        page = context.new_page()
        page.goto(url, wait_until="networkidle")
        page.add_script_tag(path=WORK / "node_modules" / "axe-core" / "axe.min.js")
        run = "axe.run().then((r) => r.violations.map(({id, nodes}) => [id, nodes.length]))"
        return page.evaluate(run)


def lighthouse(url: str, *options: str) -> list[str]:
    """Return the four scores of a page."""
    done = subprocess.run(
        [
            *(WORK / "node_modules" / ".bin" / "lighthouse", url, "--output=json", "--quiet"),
            *(f"--only-categories={','.join(CATEGORIES)}", *options),
            f"--chrome-flags={' '.join(['--headless=new', *flags()])}",
        ],
        env={**os.environ, "CHROME_PATH": chromium()},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"Lighthouse failed on {url}:\n{done.stderr}")
    report = json.loads(done.stdout)
    name = url.split("/", 3)[-1].replace("/", "-") + "".join(options)
    (WORK / f"{name}.json").write_text(done.stdout, encoding="utf-8")
    scores = (report["categories"][name]["score"] for name in CATEGORIES)
    return ["?" if score is None else f"{100 * score:.0f}" for score in scores]


def measure(browser: Browser, base: str, page: str, runs: int) -> list[str]:
    """Return one line of the table."""
    url = f"{base}/{page}"
    loads = [load(browser, url) for _ in range(runs)]
    middle = {key: statistics.median(one[key] for one in loads) for key in loads[0]}
    found = axe(browser, url)
    scores = [*lighthouse(url), *lighthouse(url, "--preset=desktop")]
    return [
        page.removesuffix(".html"),
        *(f"{middle[key] / 1000:,.0f}" for key in ("plain", "gzip", "figures")),
        *(seconds(middle[key]) for key in ("figure", "formulas")),
        *scores,
        str(sum(number for _, number in found)),
        ", ".join(f"{rule} {number}" for rule, number in found),
    ]


def seconds(milliseconds: float) -> str:
    """Return seconds, or a dash where there is nothing to wait for."""
    return "-" if math.isnan(milliseconds) else f"{milliseconds / 1000:.2f}"


def line(cells: Iterator[str] | list[str] | tuple[str, ...]) -> str:
    """Return one line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def note(runs: int) -> str:
    """Return how it was measured. On a busy machine speeds come out too low."""
    busy = os.getloadavg()[-1] / (os.cpu_count() or 1)
    return (
        f"{', '.join(TOOLS)}; weights and times: median of {runs} loads at 360 px, processor slowed"
        f" {SLOWED} times; in the last 15 minutes {busy:.1f} programs ran at a time a core."
    )


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Measure the built site.")
    parser.add_argument("pages", nargs="*", help="pages, such as index.html; all of them if none")
    parser.add_argument("--html", type=Path, default=ROOT / "_build" / "html", help="the site")
    parser.add_argument("--runs", type=int, default=3, help="loads a page; the median is shown")
    options = parser.parse_args()
    if not (options.html / "index.html").is_file():
        raise SystemExit(f"there is no site in {options.html}: run `make site`")
    install()
    pages = options.pages or sorted(
        path.relative_to(options.html).as_posix()
        for path in options.html.rglob("*.html")
        if "_static" not in path.parts
    )
    lines = [line(COLUMNS), line(("---", *["--:"] * (len(COLUMNS) - 2), "---"))]
    print(*lines, sep="\n", flush=True)
    with served(options.html) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=flags())
        for page in pages:
            lines.append(line(measure(browser, base, page, options.runs)))
            print(lines[-1], flush=True)
        browser.close()
    lines += ["", note(options.runs)]
    print(*lines[-2:], sep="\n")
    (WORK / "report.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
