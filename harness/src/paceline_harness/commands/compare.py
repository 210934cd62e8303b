"""`harness compare`: measure suites, operations or the comparisons in a file, print the tables, write the records."""

from __future__ import annotations

import os
import secrets
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from paceline_harness.comparison import Comparison
    from paceline_harness.record import Record
    from paceline_harness.suites.data import TrajectoryData

DEFAULT_BUDGET_S = 5.0
QUICK_BUDGET_S = 1.0
EXIT_UNEQUAL, EXIT_MISTAKE, EXIT_UNTRUSTWORTHY, EXIT_INTERRUPTED = 1, 2, 3, 130
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


class RepeatedStamps(StrEnum):
    """What to do with a stamp that repeats the one before it."""

    FIRST = "first"
    LAST = "last"
    ERROR = "error"


def compare(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SUITE|OPERATION|FILE.py]...", help="What to compare; default: every suite."),
    ] = None,
    trajectory: Annotated[Path | None, typer.Option(help="Your own poses: a TUM file.")] = None,
    video_timestamps: Annotated[
        Path | None, typer.Option(help="The stamps to interpolate at: first column, decimal seconds.")
    ] = None,
    duplicates: Annotated[RepeatedStamps, typer.Option(help="Which of two equal stamps stays.")] = RepeatedStamps.FIRST,
    backends: Annotated[str | None, typer.Option(help="Backends by name, with commas; default: all.")] = None,
    baseline: Annotated[str | None, typer.Option(help="The candidate to compare the others with.")] = None,
    sizes: Annotated[str | None, typer.Option(help="Sizes, with commas, for what is made from a seed.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Spend less on each table.")] = False,
    budget: Annotated[float | None, typer.Option(help="Seconds per table.", show_default="5")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of inputs and order; default: drawn anew.")] = None,
    output: Annotated[Path, typer.Option(help="Where to make the run's folder.")] = Path("results/runs"),
) -> None:
    """Compare implementations: outputs first, then times, in one launch.

    Exit code: 0; 1 when a candidate fails or is not equal; 2 for a mistake on the command line; 3 when the null arm is
    off, so that no verdict of its table can be trusted; 130 after Ctrl-C.
    """
    for variable in THREADS:  # one thread each, before NumPy is loaded: the comparison is of kernels
        os.environ.setdefault(variable, "1")
    from paceline_harness.commands.choose import Mistake, choose, parsed_sizes
    from paceline_harness.suites import UnknownNameError
    from paceline_harness.suites.data import DataError

    try:
        seconds = _budget(budget, quick)
        data = _data(trajectory, video_timestamps, duplicates)
        comparisons = choose(names or [], backends, baseline, parsed_sizes(sizes), data)
    except (Mistake, UnknownNameError, DataError) as mistake:
        typer.echo(str(mistake), err=True)
        raise typer.Exit(EXIT_MISTAKE) from mistake
    for remark in data.remarks if data else ():
        typer.echo(remark, err=True)
    records, interrupted = _run(comparisons, seconds, secrets.randbits(32) if seed is None else seed)
    _report(records, output)
    if interrupted:
        typer.echo("Interrupted: what had been measured by then is above.", err=True)
        raise typer.Exit(EXIT_INTERRUPTED)
    from paceline_harness.result import trustworthy

    if any(each.status in ("not equal", "failed") for record in records for each in record.candidates):
        raise typer.Exit(EXIT_UNEQUAL)
    if not all(trustworthy(record) for record in records):
        raise typer.Exit(EXIT_UNTRUSTWORTHY)


def _budget(budget: float | None, quick: bool) -> float:
    from paceline_harness.commands.choose import Mistake

    seconds = budget if budget is not None else QUICK_BUDGET_S if quick else DEFAULT_BUDGET_S
    if not seconds > 0:
        raise Mistake(f"--budget is {seconds}; accepted is a positive number of seconds.")
    return seconds


def _data(trajectory: Path | None, video: Path | None, duplicates: RepeatedStamps) -> TrajectoryData | None:
    from paceline_harness.suites.data import DataError, from_files

    if trajectory is None and video is None:
        return None
    if video is None:
        raise DataError("--trajectory was given without --video-timestamps; accepted are both, or neither.")
    if trajectory is None:
        raise DataError("--video-timestamps was given without --trajectory; accepted are both, or neither.")
    return from_files(trajectory, video, duplicates.value)


def _run(comparisons: list[Comparison], budget_s: float, seed: int) -> tuple[list[Record], bool]:
    """Measure every comparison, with a progress bar when stderr is a terminal; tell whether Ctrl-C ended it."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    records: list[Record] = []
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(
        *columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty(), auto_refresh=False
    ) as bar:
        task = bar.add_task("", total=len(comparisons))
        for number, comparison in enumerate(comparisons):
            bar.update(task, description=comparison.title or comparison.name, completed=number, refresh=True)

            def advance(share: float, number: int = number) -> None:
                bar.update(task, completed=number + min(share, 1.0), refresh=True)

            result = comparison.run(budget_s=budget_s, seed=seed, progress=advance)
            records += result.records
            if result.interrupted:
                return records, True
    return records, False


def _report(records: list[Record], output: Path) -> None:
    """Print the tables and write record.jsonl, report.md and chart.svg into a folder of their own."""
    from paceline_harness.record import write_records
    from paceline_harness.report.chart import save_chart
    from paceline_harness.report.markdown import report
    from paceline_harness.report.terminal import console, show

    show(records, console())
    if not records:
        return
    folder = output / datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    write_records(folder / "record.jsonl", records)
    (folder / "report.md").write_text(report(records, "chart.svg"), encoding="utf-8")
    save_chart(records, folder / "chart.svg")
    typer.echo("")
    for name in ("record.jsonl", "report.md", "chart.svg"):
        typer.echo(str(folder / name))
