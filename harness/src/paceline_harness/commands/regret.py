"""`harness regret`: how much slower the chosen backend is than the fastest, at sizes that were not calibrated."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from paceline_harness.selection.points import Point, Regret

EXIT_MISTAKE, EXIT_INTERRUPTED = 2, 130
SIZES, SEED = 30, 1


def regret(
    operations: Annotated[
        list[str] | None, typer.Argument(metavar="[OPERATION]...", help="Which ones; by default all.")
    ] = None,
    sizes: Annotated[int | None, typer.Option(help="Sizes of each operation.", show_default=f"{SIZES}")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the sizes and the inputs.", show_default=f"{SEED}")] = None,
    kinds: Annotated[
        bool, typer.Option("--kinds", help="Also the operations' other dtypes, which have ranges of their own.")
    ] = False,
    output: Annotated[Path | None, typer.Option(help="A JSON file to write every point to.")] = None,
    into: Annotated[
        Path | None, typer.Option(help="A document: the block selection:regret of it is made anew.")
    ] = None,
    record: Annotated[Path | None, typer.Option("--from", help="Measure nothing: show what such a file has.")] = None,
) -> None:
    """Measure how good the choice is that the machine profile leads to; run harness calibrate before.

    Sizes are drawn between 1 and the largest one calibrated, none of them calibrated. At each, all backends are timed
    in turn. Threads and cores are used as the settings of this shell have them. Exit code: 0; 2 for a mistake; 130
    after Ctrl-C, when nothing is written.
    """
    from paceline_harness.report.terminal import console
    from paceline_harness.selection import page, points, telling

    if record is not None:
        if operations or sizes is not None or seed is not None or kinds or output is not None:
            _mistake("--from was given with what there is to measure; accepted is --from alone.")
        try:
            found = points.read(record)
        except OSError as error:
            _mistake(f"{record} cannot be read: {error.strerror or error}.")
        except points.RegretError as error:
            _mistake(str(error))
    else:
        found = _measured(operations or [], SIZES if sizes is None else sizes, SEED if seed is None else seed, kinds)
    telling.show(found, console())
    if into is not None:
        try:
            into.write_text(page.filled(into.read_text("utf-8"), "regret", telling.markdown(found)), "utf-8")
        except OSError as error:
            _mistake(f"{into} cannot be filled: {error.strerror or error}.")
        except page.PageError as error:
            _mistake(f"{into} cannot be filled: {error}.")
        typer.echo(str(into))
    if output is not None:
        points.write(output, found)
        typer.echo(str(output))


def _measured(operations: list[str], sizes: int, seed: int, kinds: bool) -> Regret:
    from datetime import UTC, datetime

    from paceline.operations import OPERATIONS
    from paceline.selection import figures
    from paceline_harness.environment import environment
    from paceline_harness.selection.points import FORMAT, Regret, by_what

    unknown = [name for name in operations if name not in OPERATIONS]
    if unknown:
        _mistake(f"{unknown[0]!r} is no operation; accepted are {', '.join(OPERATIONS)}.")
    if sizes < 1:
        _mistake(f"--sizes is {sizes}; accepted is 1 and more.")
    points: list[Point] = []
    skipped: dict[str, str] = {}
    utc = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        todo = [
            (name, kind)
            for name in operations or OPERATIONS
            for kind in ("", *(OPERATIONS[name].kinds if kinds else ()))
        ]
        _measure(todo, sizes, seed, points, skipped)
    except KeyboardInterrupt as stop:
        typer.echo(f"Stopped after {len(points)} points; nothing was written.", err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from stop
    if not points:
        _mistake("; ".join(f"{name} has no points: {why}" for name, why in skipped.items()) + ".")
    ranges, measured = {}, {}
    for name, some in by_what(points).items():
        known = figures(some[0].operation)
        assert known is not None  # it has points
        measured[name], ranges[name] = known.measured, list(_ranges(some[0]))
    return Regret(FORMAT, utc, seed, environment(), measured, ranges, skipped, points)


def _measure(todo: list[tuple[str, str]], sizes: int, seed: int, points: list[Point], skipped: dict[str, str]) -> None:
    """Measure every operation and kind behind a bar; what is found goes into the two last arguments."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    import paceline
    from paceline_harness.selection.truth import NoChoice, points_of
    from paceline_harness.selection.words import what

    told = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=told, transient=True, disable=not told.is_terminal) as bar:
        task = bar.add_task("compiling", total=sizes * len(todo))
        paceline.warm_up(*dict.fromkeys(operation for operation, _ in todo))

        def progress(what: str) -> None:
            bar.update(task, description=what)

        for number, (operation, kind) in enumerate(todo):
            count = 0
            try:
                for point in points_of(operation, kind, sizes, seed, progress):
                    points.append(point)
                    count += 1
                    bar.advance(task)
            except NoChoice as reason:
                skipped[what(operation, kind)] = str(reason)
            else:
                if not count:
                    skipped[what(operation, kind)] = "it has no size below the largest that was measured and was not"
            bar.update(task, completed=sizes * (number + 1))


def _ranges(point: Point) -> tuple[tuple[int, str], ...]:
    import paceline

    return paceline.explain(point.operation, kind=point.kind).ranges


def _mistake(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(EXIT_MISTAKE)
