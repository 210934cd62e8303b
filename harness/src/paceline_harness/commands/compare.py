"""`harness compare`: measure suites, operations or the comparisons in a file, print the tables, write the records."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from paceline_harness.comparison import Comparison
    from paceline_harness.launch import Asked
    from paceline_harness.measure import Settings
    from paceline_harness.record import Record, Serves
    from paceline_harness.result import Result
    from paceline_harness.suites.audio.sound import Sound
    from paceline_harness.suites.data import TrajectoryData

LAUNCHES, BUDGET_S = 5, 1.0
EXIT_UNEQUAL, EXIT_MISTAKE, EXIT_UNTRUSTWORTHY, EXIT_INTERRUPTED = 1, 2, 3, 130


class RepeatedStamps(StrEnum):
    """What to do with a stamp that repeats the one before it."""

    FIRST = "first"
    LAST = "last"
    ERROR = "error"


def compare(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SUITE|OPERATION|FILE.py]...",
            help="What to compare; default: every suite, the executor's published rows.",
        ),
    ] = None,
    trajectory: Annotated[Path | None, typer.Option(help="Your own poses: a TUM file.")] = None,
    video_timestamps: Annotated[
        Path | None, typer.Option(help="The stamps to interpolate at: first column, decimal seconds.")
    ] = None,
    duplicates: Annotated[RepeatedStamps, typer.Option(help="Which of two equal stamps stays.")] = RepeatedStamps.FIRST,
    audio: Annotated[Path | None, typer.Option(help="Your own sound: a WAV file.")] = None,
    backends: Annotated[str | None, typer.Option(help="Backends by name, with commas; default: all.")] = None,
    baseline: Annotated[str | None, typer.Option(help="The candidate to compare the others with.")] = None,
    sizes: Annotated[
        str | None, typer.Option(help="Sizes, with commas, for what is made from a seed; auto: growing ones.")
    ] = None,
    launches: Annotated[
        int | None, typer.Option(help="Fresh processes that measure all tables once each.", show_default="5")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="One launch, and every table says so.")] = False,
    budget: Annotated[float, typer.Option(help="Seconds per table and launch, at most.")] = BUDGET_S,
    total: Annotated[
        float | None, typer.Option(help="Seconds for the whole run: no table is begun later, after the first launch.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of inputs and order; default: drawn anew.")] = None,
    output: Annotated[Path, typer.Option(help="Where to make the run's folder.")] = Path("results/runs"),
) -> None:
    """Compare implementations: outputs first, then times, over several launches.

    Exit code: 0; 1 when a candidate fails or is not equal, or a launch does not end; 2 for a mistake on the command
    line; 3 when the null arm is off, so that no verdict of its table can be trusted; 130 after Ctrl-C.
    """
    from paceline_harness.environment import one_thread_each

    one_thread_each()  # one thread each, before NumPy is loaded: the comparison is of kernels
    from paceline_harness.commands.choose import Mistake, choose, parsed_sizes
    from paceline_harness.commands.sweep import AUTO
    from paceline_harness.launch import Asked
    from paceline_harness.serving import SettingError, check_settings, heeded
    from paceline_harness.suites import UnknownNameError
    from paceline_harness.suites.data import DataError

    try:
        check_settings()
        many = _launches(launches, quick)
        settings = _settings(budget, total)
        wanted = None if sizes == AUTO else parsed_sizes(sizes)
        data = _data(trajectory, video_timestamps, duplicates, sizes)
        sound = _sound(audio, sizes)
        comparisons = choose(names or [], backends, baseline, wanted, data, sound)
        serves = heeded(each.name for each in comparisons)
    except (Mistake, UnknownNameError, DataError, SettingError) as mistake:
        typer.echo(str(mistake), err=True)
        raise typer.Exit(EXIT_MISTAKE) from mistake
    for remark in (*(data.remarks if data else ()), *(sound.remarks if sound else ())):
        typer.echo(remark, err=True)
    seed = secrets.randbits(32) if seed is None else seed
    if sizes == AUTO:
        _sweep(comparisons, launches or 1, settings, seed, total, output)
        return
    what = Asked(
        names or [],
        backends,
        baseline,
        list(wanted) if wanted else None,
        str(trajectory) if trajectory else None,
        str(video_timestamps) if video_timestamps else None,
        duplicates.value,
        str(audio) if audio else None,
    )
    result = _run(what, comparisons, many, settings, seed, total, serves)
    _report(result.records, output)
    _exit(result)


def _sweep(
    comparisons: Sequence[Comparison], launches: int, settings: Settings, seed: int, total: float | None, output: Path
) -> None:
    from paceline_harness.commands.sweep import save_curves, sweep_all

    result, curves = sweep_all(comparisons, launches, settings.budget_s, seed, total)
    folder = _report(result.records, output)
    if folder is not None:
        save_curves(curves, folder / "curves.jsonl")
        typer.echo(str(folder / "curves.jsonl"))
    _exit(result)


def _exit(result: Result) -> None:
    from paceline_harness.across import tables, trustworthy_table

    for failure in result.failures:
        typer.echo(failure, err=True)
    if result.interrupted:
        typer.echo("Interrupted: what had been measured by then is above.", err=True)
        raise typer.Exit(EXIT_INTERRUPTED)
    unequal = any(each.status in ("not equal", "failed") for record in result.records for each in record.candidates)
    if unequal or result.failures:
        raise typer.Exit(EXIT_UNEQUAL)
    if not all(trustworthy_table(table) for table in tables(result.records)):
        raise typer.Exit(EXIT_UNTRUSTWORTHY)


def _launches(launches: int | None, quick: bool) -> int:
    from paceline_harness.commands.choose import Mistake

    if launches is not None and launches < 1:
        raise Mistake(f"--launches is {launches}; accepted is 1 and more.")
    if quick and launches is not None and launches != 1:
        raise Mistake(f"--quick is one launch and --launches is {launches}; accepted is one of the two.")
    return 1 if quick else LAUNCHES if launches is None else launches


def _settings(budget: float, total: float | None) -> Settings:
    from paceline_harness.commands.choose import Mistake
    from paceline_harness.measure import Settings

    for name, seconds in (("--budget", budget), ("--total", total)):
        if seconds is not None and not seconds > 0:
            raise Mistake(f"{name} is {seconds}; accepted is a positive number of seconds.")
    return Settings(budget_s=budget)


def _data(
    trajectory: Path | None, video: Path | None, duplicates: RepeatedStamps, sizes: str | None
) -> TrajectoryData | None:
    from paceline_harness.suites.data import DataError, from_files

    if trajectory is None and video is None:
        return None
    if sizes is not None:
        raise DataError("--sizes was given with --trajectory, whose size is its own; accepted is one of the two.")
    if video is None:
        raise DataError("--trajectory was given without --video-timestamps; accepted are both, or neither.")
    if trajectory is None:
        raise DataError("--video-timestamps was given without --trajectory; accepted are both, or neither.")
    return from_files(trajectory, video, duplicates.value)


def _sound(audio: Path | None, sizes: str | None) -> Sound | None:
    from paceline_harness.suites.audio.sound import from_file
    from paceline_harness.suites.data import DataError

    if audio is None:
        return None
    if sizes is not None:
        raise DataError("--sizes was given with --audio, whose size is its own; accepted is one of the two.")
    return from_file(audio)


def _run(
    what: Asked,
    comparisons: Sequence[Comparison],
    launches: int,
    settings: Settings,
    seed: int,
    total: float | None,
    serves: dict[str, Serves],
) -> Result:
    """Measure every launch, with a progress bar when stderr is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    from paceline_harness.launches import Run, Whereabouts

    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[left]}")
    with Progress(
        *columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty(), auto_refresh=False
    ) as bar:
        task = bar.add_task("starting", total=1.0, left="")

        def watch(at: Whereabouts) -> None:
            said = f"launch {at.launch} of {at.launches}, table {at.table} of {at.tables}: {at.title}"
            bar.update(task, description=said, completed=at.done, left=_left(at.left_s), refresh=True)

        return Run(what, comparisons, launches, settings, seed, total, watch, serves).result()


def _left(seconds: float | None) -> str:
    """Return the time left in words, as near as it is known."""
    if seconds is None:
        return ""
    return f"about {seconds:.0f} s left" if seconds < 100 else f"about {seconds / 60:.0f} min left"


def _report(records: Sequence[Record], output: Path) -> Path | None:
    """Print the tables and write record.jsonl and the reports into a folder of their own, which is returned."""
    from paceline_harness.record import write_records
    from paceline_harness.report import write_run
    from paceline_harness.report.terminal import console, show

    show(records, console())
    if not records:
        return None
    folder = output / datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    write_records(folder / "record.jsonl", records)
    typer.echo("")
    typer.echo(str(folder / "record.jsonl"))
    for path in write_run(records, folder):
        typer.echo(str(path))
    return folder
