"""`harness report`: show committed records again, write their report, or keep a document's tables equal to them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from paceline_harness.record import Record

EXIT_DIFFERS, EXIT_MISTAKE = 1, 2


def report(
    file: Annotated[Path, typer.Argument(help="Records: a record.jsonl, or the same gzipped.")],
    output: Annotated[Path | None, typer.Option(help="Write report.md and chart.svg into this folder.")] = None,
    into: Annotated[Path | None, typer.Option(help="Fill the blocks between markers in this document.")] = None,
    check: Annotated[bool, typer.Option("--check", help="With --into: write nothing, exit 1 if it differs.")] = False,
) -> None:
    """Report on records that were measured before.

    A block in a document begins with a line <!-- harness:overview --> (or sentences, claims, environment) and ends with
    <!-- harness:end -->.
    """
    records = _records(file)
    if check and into is None:
        _mistake("--check was given without --into; accepted are both, or --into alone.")
    if into is not None:
        _fill(into, records, file, check)
    if output is not None:
        from paceline_harness.report.chart import save_chart
        from paceline_harness.report.markdown import report as markdown

        save_chart(records, output / "chart.svg")
        (output / "report.md").write_text(markdown(records, "chart.svg"), encoding="utf-8")
        typer.echo(f"{output / 'report.md'}\n{output / 'chart.svg'}")
    if into is None and output is None:
        from paceline_harness.report.terminal import console, show

        show(records, console())


def _records(file: Path) -> list[Record]:
    from paceline_harness.record import RecordError, read_records

    try:
        records = read_records(file)
    except OSError as error:
        _mistake(f"{file} cannot be read: {error.strerror or error}.")
    except RecordError as error:
        _mistake(str(error))
    if not records:
        _mistake(f"{file} holds no record; accepted is a file with one or more.")
    return records


def _fill(document: Path, records: list[Record], source: Path, check: bool) -> None:
    from paceline_harness.report.blocks import BlockError, filled

    try:
        old = document.read_text(encoding="utf-8")
        new = filled(old, records)
    except OSError as error:
        _mistake(f"{document} cannot be read: {error.strerror}.")
    except BlockError as error:
        _mistake(f"{document} cannot be filled: {error}.")
    if new == old:
        return
    if check:
        typer.echo(f"{document} differs from {source}; run: harness report {source} --into {document}", err=True)
        raise typer.Exit(EXIT_DIFFERS)
    document.write_text(new, encoding="utf-8")
    typer.echo(str(document))


def _mistake(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(EXIT_MISTAKE)
