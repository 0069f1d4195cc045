"""Execute the chapters, two at a time, and store what they print and draw.

Results are cached under ``_build/cache``: a chapter runs again only when its code, lrdecay, the
pinned packages or the data changed. A chapter that writes to stderr fails: its text would end up in
the book. What its C libraries write, they may write late: it goes to a file, which is read when the
kernel has ended.
"""

import argparse
import ast
import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import notebooks
import prose
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

CACHE = notebooks.ROOT / "_build" / "cache"
TIMEOUT = 900  # seconds for one cell
PACKAGES = ("numpy", "sympy", "matplotlib", "altair", "scikit-learn", "tensorflow", "keras")
MODULES = {package: package for package in PACKAGES} | {"scikit-learn": "sklearn"}
DATA = "lrdecay.lab.data"
# What the kernel is asked at the end. VmHWM, on Linux, is its own peak in KiB; that of getrusage
# counts the process that started it too, in bytes on macOS. Windows has neither.
PROBE = """
def probe(modules):
    import sys
    try:
        with open("/proc/self/status") as status:
            peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except OSError:
        try:
            import resource
        except ImportError:
            peak = None
        else:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    loaded = {name: sys.modules[name] for name in modules if name in sys.modules}
    return peak, {name: getattr(module, "__version__", "") for name, module in loaded.items()}
"""
# C libraries write to the files that the kernel was started with, and not into a pipe that the
# kernel empties when it has time; to the file also goes what Python writes to stderr.
KERNEL_OPTIONS = ["--IPKernelApp.capture_fd_output=False"]
HEAR_PYTHON = "import sys; sys.stderr.echo = sys.__stderr__"
OWN_LOG = re.compile(r"^(\[IPKernelApp\].*|\s*)$")  # the kernel's, not the chapter's


class StderrError(Exception):
    """A chapter wrote to stderr, or past Python to stdout."""


def data_name() -> str:
    """Return the name of the data that chapters will get; the first call also makes its cache."""
    code = "from lrdecay.lab.data import load; print(load('auto').name)"
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=notebooks.ROOT,
    )
    if run.returncode:
        raise SystemExit(f"the data cannot be loaded:\n{run.stderr}")
    return run.stdout.strip()


async def _probe(client: NotebookClient) -> tuple[int | None, dict[str, str]]:
    """Return the kernel's peak memory in KiB and the versions of the modules that it loaded."""
    call = f"probe({[*MODULES.values(), DATA]})"
    reply = await client.kc.execute_interactive(
        PROBE, user_expressions={"probe": call}, silent=True, store_history=False
    )
    return ast.literal_eval(reply["content"]["user_expressions"]["probe"]["data"]["text/plain"])


async def _end(client: NotebookClient) -> None:
    """Let the kernel end by itself: one that is killed no longer says what it has to say.

    Asked from outside, IPython's kernel flushes its output while it closes it, and may hang.
    """
    await client.kc.execute_interactive("get_ipython().ask_exit()", silent=True)
    async with asyncio.timeout(TIMEOUT):  # a busy machine takes its time
        while await client.km.is_alive():
            await asyncio.sleep(0.02)


def _reject_stderr(notebook: NotebookNode) -> None:
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                raise StderrError(f"cell {number} wrote to stderr:\n{output.text}")


def _reject_noise(noise: str, stream: str) -> None:
    lines = [line for line in noise.splitlines() if not OWN_LOG.match(line)]
    if lines:
        raise StderrError("\n".join([f"it wrote past its cells, to {stream}:", *lines]))


def _normalize(notebook: NotebookNode) -> None:
    """Remove what differs from run to run without the reader seeing it."""
    for cell in notebooks.code_cells(notebook):
        cell.metadata.pop("execution", None)
        merged: list[NotebookNode] = []
        for output in cell.outputs:
            last = merged[-1] if merged else None
            if last and last.output_type == output.output_type == "stream":
                last.text += output.text
            else:
                merged.append(output)
        cell.outputs = merged
    notebook.metadata = NotebookNode(
        kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"},
        language_info={"name": "python"},
        lrdecay=notebook.metadata.get("lrdecay", {}),
    )


async def execute(path: Path, data: str) -> NotebookNode:
    """Return the notebook at `path`, executed in its own folder."""
    notebook = notebooks.read(path)
    for cell in notebooks.code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name="python3",
        record_timing=False,
        extra_arguments=KERNEL_OPTIONS.copy(),
        resources={"metadata": {"path": str(path.parent)}},
    )
    start = time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        async with client.async_setup_kernel(stdout=out, stderr=err):
            await client.kc.execute_interactive(HEAR_PYTHON, silent=True, store_history=False)
            own = [os.fstat(file.fileno()).st_size for file in (out, err)]  # written at the start
            for index, cell in enumerate(notebook.cells):
                await client.async_execute_cell(cell, index)
            seconds = time.perf_counter() - start
            peak, loaded = await _probe(client)
            await _end(client)
        _reject_stderr(notebook)
        for file, size, stream in zip((out, err), own, ("stdout", "stderr"), strict=True):
            file.seek(size)
            _reject_noise(file.read().decode(errors="replace"), stream)
    notebook.metadata["lrdecay"] = {
        "seconds": round(seconds, 1),
        "peak_mb": None if peak is None else round(peak / 1024),
        "data": data if DATA in loaded else "none",
        "versions": {
            "Python": ".".join(map(str, sys.version_info[:3])),
            **{name: loaded[module] for name, module in MODULES.items() if module in loaded},
        },
    }
    _normalize(notebook)
    return notebook


def _restore(path: Path, cached: NotebookNode) -> NotebookNode:
    """Return the notebook at `path` with the outputs of `cached`, whose code is the same."""
    notebook = notebooks.read(path)
    pairs = zip(notebooks.code_cells(notebook), notebooks.code_cells(cached), strict=True)
    for cell, done in pairs:
        cell.outputs, cell.execution_count = done.outputs, done.execution_count
    notebook.metadata = cached.metadata
    return notebook


async def run_all(paths: list[Path], target: Path, data: str, jobs: int, use_cache: bool) -> int:
    """Execute `paths` into the folder `target`; return the number of chapters that failed."""
    slots, done, failed = asyncio.Semaphore(jobs), 0, 0

    async def one(path: Path) -> None:
        nonlocal done, failed
        cached = CACHE / f"{notebooks.key(notebooks.read(path), data)}.ipynb"
        async with slots:
            try:
                if use_cache and cached.is_file():
                    notebook, how = _restore(path, notebooks.read(cached)), "cached"
                else:
                    notebook = await execute(path, data)
                    notebooks.write(notebook, cached)
                    record = notebook.metadata["lrdecay"]
                    how = f"{record['seconds']:.1f} s"
                    how += "" if record["data"] == "none" else f" on {record['data']}"
                    if record["peak_mb"] is None:
                        how += "; its memory is not known: this system does not tell it"
                prose.complete(notebook)
                notebooks.write(notebook, target / path.relative_to(notebooks.BOOK))
            except (CellExecutionError, StderrError) as error:
                how, failed = f"FAILED\n{error}", failed + 1
        done += 1
        print(f"[{done}/{len(paths)}] {notebooks.name(path)}: {how}", flush=True)

    await asyncio.gather(*(one(path) for path in paths))
    return failed


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Execute the book's chapters.")
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all chapters")
    parser.add_argument("--jobs", type=int, default=2, help="chapters run at the same time")
    parser.add_argument("--in-place", action="store_true", help="store outputs in book/")
    parser.add_argument("--no-cache", action="store_true", help="run again what is cached")
    parser.add_argument("--require-mnist", action="store_true", help="refuse the stand-in data")
    options = parser.parse_args()
    # A reader's own IPython settings must not change what the book prints.
    settings = notebooks.ROOT / "_build" / "ipython"
    settings.mkdir(parents=True, exist_ok=True)
    os.environ["IPYTHONDIR"] = str(settings)
    paths = [path.resolve() for path in options.notebooks] or notebooks.chapters()
    data = data_name()
    if options.require_mnist and data != "MNIST":
        raise SystemExit(
            f"the book's stored outputs are those of MNIST, and here there is only {data}: "
            "let LRDECAY_MNIST name the original mnist.npz"
        )
    target = notebooks.BOOK if options.in_place else notebooks.ROOT / "_build" / "executed"
    failed = asyncio.run(run_all(paths, target, data, options.jobs, not options.no_cache))
    if failed:
        raise SystemExit(f"{failed} of {len(paths)} chapters failed")
    if options.in_place:
        prose.write_pages()


if __name__ == "__main__":
    main()
