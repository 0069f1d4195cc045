"""The command line: ``python -m lrdecay train | sweep | plot | audit``; see ``--help``."""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lrdecay.auditing import Finding, audit
from lrdecay.schedules import Schedule
from lrdecay.schedules.parsing import parse

EXAMPLE = "StepDecay(0.1, 0.96, 1000)"
FORMATS = (".png", ".svg")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; bad input is one line on stderr and exit status 2."""
    parser = argparse.ArgumentParser(
        prog="python -m lrdecay",
        description="Learning-rate schedules: train with one, draw one, or check one.",
        epilog="A schedule is written as in Python, for example "
        f'"{EXAMPLE}" or "LinearDecay(0.1, 15).staircase(1).stretch(1875)". '
        "It is parsed, never evaluated.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for add in (_add_train, _add_sweep, _add_plot, _add_audit):
        add(commands)
    options = parser.parse_args(arguments)
    try:
        return options.run(options) or 0
    except (ValueError, OSError, ImportError) as error:
        print(f"{parser.prog}: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _add_train(commands: Any) -> None:
    command = commands.add_parser(
        "train",
        help="train the 784-128-10 network on MNIST with a schedule",
        description="Train the 784-128-10 network on MNIST, by SGD with the rates of a schedule.",
    )
    command.add_argument(
        "--schedule", type=_schedule, required=True, help=f'over updates, such as "{EXAMPLE}"'
    )
    command.add_argument(
        "--epochs", type=_positive, default=15, help="passes over the images (%(default)s)"
    )
    command.add_argument(
        "--batch-size", type=_positive, default=32, help="images an update (%(default)s)"
    )
    command.add_argument(
        "--seed", type=_seed, default=0, help="of the weights and the order of images (%(default)s)"
    )
    command.add_argument(
        "--data",
        default="auto",
        help="auto, mnist, digits or the path of an mnist.npz (%(default)s)",
    )
    command.set_defaults(run=_train)


def _train(options: argparse.Namespace) -> None:
    from lrdecay.lab.data import load  # noqa: PLC0415

    data = load(options.data)  # before TensorFlow, whose import takes seconds
    from lrdecay.lab.training import PrintLR, train  # noqa: PLC0415

    print(f"Schedule: {options.schedule!r}\nData: {data.provenance}", flush=True)
    run = train(
        options.schedule,
        data,
        epochs=options.epochs,
        batch_size=options.batch_size,
        seed=options.seed,
        verbose=2,
        callbacks=[PrintLR()],
    )
    print(f"Test accuracy on {data.name}: {run.test_accuracy:.4f}")
    print(f"Update {len(run.rates) - 1:,}, the last: learning rate = {run.rates[-1]:.5f}")


PUBLISHED = "book/results/comparison"
"""Where the runs are published that the chapters speak of, in a clone of the project."""


def _add_sweep(commands: Any) -> None:
    command = commands.add_parser(
        "sweep",
        help="train every run of a grid that is not finished yet",
        description="Train every run of a grid that is not finished yet, and write the tables of "
        "all. A sweep that was stopped goes on where it was.",
    )
    command.add_argument(
        "grid", type=Path, nargs="?", help="a TOML file: see lrdecay.lab.sweep.Grid"
    )
    command.add_argument("--folder", type=Path, help="where runs are kept (beside the grid)")
    command.add_argument("--jobs", type=_positive, default=1, help="processes (%(default)s)")
    command.add_argument("--dask", metavar="ADDRESS", help="train on the workers of a scheduler")
    command.add_argument("--data", default="auto", help="as of train (%(default)s)")
    command.add_argument("--dry-run", action="store_true", help="only say how many, and how long")
    command.add_argument(
        "--rerun",
        metavar="HASH",
        help=f"repeat one finished run and compare; without a grid or folder, one of {PUBLISHED}",
    )
    command.set_defaults(run=_sweep)


def _sweep(options: argparse.Namespace) -> int:
    from lrdecay.lab import sweep  # noqa: PLC0415

    folder = options.folder or (options.grid.with_suffix("") if options.grid else Path(PUBLISHED))
    if options.rerun:
        published, now = sweep.rerun(options.rerun, folder, options.data)
        for name in sweep.MEASURES:
            print(f"{name}: {_said(published.last(name))} published, {_said(now.last(name))} now")
        agrees = sweep.agree(published, now)
        print("It agrees." if agrees else "It does not agree.")
        return int(not agrees)
    if not options.grid:
        raise ValueError("grid: none given; name a TOML file, such as my-grid.toml")
    grid = sweep.Grid.read_file(options.grid)
    planned = sweep.plan(grid, folder)
    minutes = planned.seconds / options.jobs / 60
    workers = "one worker of Dask" if options.dask else f"--jobs {options.jobs}"
    source = "as finished runs took" if planned.measured else "by a rule of thumb"
    print(
        f"{len(planned.runs):,} runs, {len(planned.missing):,} of them not finished: about "
        f"{minutes:,.1f} min with {workers}, {source}",
        flush=True,
    )
    if not options.dry_run:
        records = sweep.sweep(grid, folder, options.jobs, options.data, dask=options.dask)
        print(*sweep.write_tables(records, folder), sep="\n")
    return 0


def _said(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.6g}"


def _add_plot(commands: Any) -> None:
    command = commands.add_parser(
        "plot",
        help="draw a schedule into a file",
        description="Draw the rates of the first updates of a schedule into a file.",
    )
    command.add_argument("schedule", type=_schedule, help=f'such as "{EXAMPLE}"')
    command.add_argument("--steps", type=_positive, required=True, help="how many updates to draw")
    command.add_argument("--steps-per-epoch", type=_length, help="adds an axis of epochs")
    command.add_argument(
        "--out", type=_picture, required=True, help=f"the file; it ends in {' or '.join(FORMATS)}"
    )
    command.set_defaults(run=_plot)


def _plot(options: argparse.Namespace) -> None:
    schedule: Schedule = options.schedule
    picture = schedule.plot(options.steps, steps_per_epoch=options.steps_per_epoch)
    picture.savefig(options.out, dpi=200)
    print(f"{options.out}: {schedule!r}, {options.steps:,} updates")


def _add_audit(commands: Any) -> None:
    command = commands.add_parser(
        "audit",
        help="say what is wrong with a schedule for a run",
        description="Say what is wrong with a schedule for a run. The exit status is 1 when "
        "there are errors, else 0.",
    )
    command.add_argument("schedule", type=_schedule, help=f'such as "{EXAMPLE}"')
    command.add_argument("--steps", type=_positive, required=True, help="updates of the run")
    command.add_argument("--steps-per-epoch", type=_length, help="lets epochs be told from steps")
    command.add_argument("--json", action="store_true", help="print JSON instead of a table")
    command.set_defaults(run=_audit)


def _audit(options: argparse.Namespace) -> int:
    findings = audit(options.schedule, options.steps, options.steps_per_epoch)
    if options.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        print("\n".join(_table(findings)) or "nothing found")
    return int(any(finding.severity == "error" for finding in findings))


def _table(findings: Sequence[Finding]) -> list[str]:
    """Return the lines of a table, with what to do below each reason."""
    rows = [("SEVERITY", "CODE", "STEP", "REASON AND FIX")] if findings else []
    for found in findings:
        rows.append((found.severity, found.code, f"{found.step:,}", found.message))
        rows.append(("", "", "", f"fix: {found.fix}"))
    first, second, third = (max((len(row[i]) for row in rows), default=0) for i in range(3))
    return [f"{a:{first}}  {b:{second}}  {c:>{third}}  {d}" for a, b, c, d in rows]


def _schedule(text: str) -> Schedule:
    try:
        return parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _positive(text: str) -> int:
    if re.fullmatch(r"[0-9]+(_[0-9]+)*", text) and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number, 1 or more")


def _length(text: str) -> float:
    digits = r"[0-9]+(_[0-9]+)*"
    if re.fullmatch(rf"({digits}(\.({digits})?)?|\.{digits})(e[0-9]+)?", text) and float(text) > 0:
        return float(text)
    raise argparse.ArgumentTypeError(f"{text!r}: expected a number above 0")


def _seed(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) < 2**32:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number from 0 to 2**32 - 1")


def _picture(text: str) -> Path:
    if Path(text).suffix.lower() in FORMATS:
        return Path(text)
    raise argparse.ArgumentTypeError(f"{text!r}: must end in {' or '.join(FORMATS)}")


if __name__ == "__main__":
    sys.exit(main())
