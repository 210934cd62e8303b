"""`harness calibrate`: measure which backend is the fastest here, and keep that for this and all later processes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from paceline import Calibration

EXIT_MISTAKE, EXIT_INTERRUPTED = 2, 130


def calibrate(
    operations: Annotated[
        list[str] | None, typer.Argument(metavar="[OPERATION]...", help="Which ones; by default all.")
    ] = None,
    recalibrate: Annotated[
        bool, typer.Option("--recalibrate", help="Measure also what was measured before and still holds.")
    ] = False,
    budget: Annotated[float | None, typer.Option(help="Seconds for one operation.", show_default="0.1")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Measure and print; leave the machine profile as it is.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(help="Measure everything asked for anew and write it to this file, not to the machine profile."),
    ] = None,
) -> None:
    """Measure the backends that are here against each other and write the machine profile.

    Threads and cores are used as the settings of this shell have them, because the profile holds for such processes.
    Exit code: 0; 2 for a mistake; 130 after Ctrl-C, which leaves the profile as it was.
    """
    if dry_run and output is not None:
        _mistake("--dry-run was given with --output; accepted is one of the two.")
    from paceline.selection.profile import ProfileNotWritten, path, write

    target = output if output is not None else path()
    try:
        found = _calibrated(
            operations or [],
            recalibrate=recalibrate or output is not None,
            save=not dry_run and output is None,
            **({} if budget is None else {"budget_s": budget}),
        )
        if output is not None:
            write(output, found.measured)
    except (ValueError, ProfileNotWritten) as mistake:
        _mistake(str(mistake))
    except KeyboardInterrupt as stop:
        typer.echo(f"Stopped. {target} is as it was.", err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from stop
    show(found, output)


def _calibrated(operations: list[str], **options: Any) -> Calibration:
    """Calibrate behind a bar that says what is measured, where someone can see it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    import paceline

    told = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=told, transient=True, disable=not told.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def progress(operation: str, done: int, of: int) -> None:
            bar.update(task, description=operation, completed=done, total=of)

        return paceline.calibrate(*operations, progress=progress, **options)


def show(found: Calibration, output: Path | None) -> None:
    """Print who serves which sizes, what that cost, who is refused, and where the profile is."""
    from rich.text import Text

    from paceline.selection.profile import path, read
    from paceline_harness.report.rows import Row, row
    from paceline_harness.report.terminal import console, rich_table
    from paceline_harness.selection.words import jit, largest

    to = console()
    held = read(found.path or path()) if found.kept else None
    entries = [(name, entry, f"{1000 * found.took[name]:,.0f} ms") for name, entry in found.measured.items()]
    if held is not None:
        entries += [(name, held.operations[name], "as before") for name in found.kept if name in held.operations]
    rows: list[Row] = []
    for name, entry, took in entries:
        compiling = [f"{backend} {ns / 1e6:,.0f} ms" for backend, ns in entry.first_call_ns.items()]
        kinds = f"\nand {len(entry.kinds)} other kinds" if entry.kinds else ""
        rows.append(row(f"{name}{kinds}", _serving(entry), f"{largest(entry):,}", took, ", ".join(compiling) or "-"))
    to.print(rich_table(("operation", "fastest", "up to", "measuring", "compiling, apart"), rows, to))
    for name, entry, _ in entries:
        for backend, why in entry.refused.items():
            to.print(Text(f"{name}: {backend} is refused: it {why}.", style="yellow"), soft_wrap=True)
    compilers = sorted({backend for _, entry, _ in entries for backend in jit(entry)})
    if compilers:
        names = ", ".join(compilers)
        to.print(Text(f"{names} may serve in a process once paceline.warm_up() has compiled there.", style="dim"))
    to.print(Text(_closing(found, output)), soft_wrap=True)


def _serving(entry: Any) -> str:
    """Return who serves, and on a second line who does while nothing is compiled, if that is someone else."""
    from paceline_harness.selection.words import cold_ranges, ranges_text, warm_ranges

    warm, cold = warm_ranges(entry), cold_ranges(entry)
    return ranges_text(warm) if warm == cold or not cold else f"{ranges_text(warm)}\nnot warm: {ranges_text(cold)}"


def _closing(found: Calibration, output: Path | None) -> str:
    counts = [f"{len(found.measured)} operations measured in {found.seconds:.1f} s"]
    if found.kept:
        counts.append(f"{len(found.kept)} as measured before")
    if output is not None:
        where = f"They are in {output}; the machine profile is as it was."
    elif found.path is None:
        where = "Nothing was written."
    else:
        where = f"The machine profile is {found.path}."
    return f"{', '.join(counts)}. {where}"


def _mistake(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(EXIT_MISTAKE)
