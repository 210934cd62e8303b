"""`harness selftest`: measure kernels whose true ratio is known, and print how often the verdicts are wrong."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from paceline_harness.selftest.plan import Plan
    from paceline_harness.selftest.run import Findings

EXIT_MISSED, EXIT_MISTAKE, EXIT_INTERRUPTED = 1, 2, 130
MOST_SHOWN = 5


def selftest(
    quick: Annotated[
        bool, typer.Option("--quick", help="Under a minute; too few comparisons for narrow bounds.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Over 1,000 copies per phase; about 20 minutes at most.")
    ] = False,
    load: Annotated[bool, typer.Option("--load", help="Once more, beside a process that streams memory.")] = False,
    seed: Annotated[int | None, typer.Option(help="Seed of order and sides; default: drawn anew.")] = None,
    output: Annotated[
        Path | None, typer.Option(help="Write all raw records to NAME-01.jsonl.gz …, outcomes beside them.")
    ] = None,
    into: Annotated[Path | None, typer.Option(help="Write the table between the markers of this document.")] = None,
) -> None:
    """Test the harness itself: identical and known kernels through its public interface, errors counted.

    Every comparison that is started counts; one that fails or takes over a second is inconclusive.
    Exit code: 0; 1 when a bar is missed; 2 for a mistake on the command line; 130 after Ctrl-C.
    """
    from paceline_harness.environment import one_thread_each

    one_thread_each()  # before NumPy is loaded
    if quick and full:
        _mistake("--quick and --full were given together; accepted is one of them.")
    document = None if into is None else _read(into)
    from paceline_harness.selftest.plan import FULL, MIDDLE, QUICK
    from paceline_harness.selftest.report import MarkerError, filled, markdown, summary, text
    from paceline_harness.selftest.rows import missed, rows

    drawn = secrets.randbits(32) if seed is None else seed
    if into is not None and document is not None:
        try:
            filled(document, "")
        except MarkerError as error:
            _mistake(f"{into} cannot be filled: {error}.")
    found = _run(FULL if full else QUICK if quick else MIDDLE, drawn, load, output)
    table = rows(found)
    typer.echo(text(table))
    typer.echo(summary(found, table, drawn))
    for sentence in found.findings[:MOST_SHOWN]:
        typer.echo(f"Audit: {sentence}")
    if output is not None:
        _write(output, found)
    if into is not None and document is not None:
        into.write_text(filled(document, markdown(found, table, drawn)), encoding="utf-8")
        typer.echo(str(into))
    if found.interrupted:
        typer.echo("Interrupted: what had been measured by then is above.", err=True)
        raise typer.Exit(EXIT_INTERRUPTED)
    if missed(table):
        raise typer.Exit(EXIT_MISSED)


def _run(plan: Plan, seed: int, load: bool, output: Path | None) -> Findings:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from paceline_harness.selftest.run import selftest as run

    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(
        *columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty(), auto_refresh=False
    ) as bar:
        task = bar.add_task("calibrating", total=1)

        def advance(what: str, share: float) -> None:
            bar.update(task, description=what, completed=share, refresh=True)

        return run(plan, seed, loaded=load, output=output, advance=advance)


def _write(output: Path, found: Findings) -> None:
    """Write beside the records what is true of each comparison and what came out: NAME.outcomes.jsonl."""
    import msgspec

    beside = output.with_name(f"{output.name.partition('.')[0]}.outcomes.jsonl")
    beside.write_bytes(msgspec.json.Encoder().encode_lines(found.outcomes))
    for path in (*found.files, beside):
        typer.echo(str(path))


def _read(document: Path) -> str:
    try:
        return document.read_text(encoding="utf-8")
    except OSError as error:
        _mistake(f"{document} cannot be read: {error.strerror or error}.")


def _mistake(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(EXIT_MISTAKE)
