"""`harness report`: show committed records again, write their report, or keep a document's tables equal to them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from paceline_harness.record import Record

EXIT_DIFFERS, EXIT_MISTAKE = 1, 2
DOCUMENTS_FILE = "documents.md"


class Like(StrEnum):
    """Whose tables to mirror."""

    DOCUMENTS = "documents"


def report(
    file: Annotated[Path, typer.Argument(help="Records: a record.jsonl, or the same gzipped.")],
    output: Annotated[
        Path | None, typer.Option(help="Write report.html, .md, .csv, .json and chart.svg, .png into this folder.")
    ] = None,
    into: Annotated[Path | None, typer.Option(help="Fill the blocks between markers in this document.")] = None,
    check: Annotated[bool, typer.Option("--check", help="With --into: write nothing, exit 1 if it differs.")] = False,
    like: Annotated[
        Like | None, typer.Option(help="The published performance tables, row by row, with a verdict on each claim.")
    ] = None,
) -> None:
    """Report on records that were measured before.

    A block in a document begins with a line <!-- harness:overview --> (or sentences, claims, documents, environment)
    and ends with <!-- harness:end -->. An analysis.md in the output folder, with a ## heading per operation, is
    rendered beside that operation's table.
    """
    records = _records(file)
    if check and into is None:
        _mistake("--check was given without --into; accepted are both, or --into alone.")
    if like is not None and into is not None:
        _mistake(
            "--like was given with --into; accepted is --into alone, with a block harness:documents in the document."
        )
    if into is not None:
        _fill(into, records, file, check)
    if output is not None:
        _write(output, records, like)
    if into is None and output is None:
        _show(records, like)


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


def _write(folder: Path, records: list[Record], like: Like | None) -> None:
    from paceline_harness.report import write_run

    try:
        if like is None:
            written = write_run(records, folder)
        else:
            from paceline_harness.report.documents_text import markdown

            folder.mkdir(parents=True, exist_ok=True)
            written = [folder / DOCUMENTS_FILE]
            written[0].write_text(f"# Published tables, row by row\n\n{markdown(records)}\n", encoding="utf-8")
    except OSError as error:
        _mistake(f"{folder} cannot be written to: {error.strerror or error}.")
    for path in written:
        typer.echo(str(path))


def _show(records: list[Record], like: Like | None) -> None:
    from paceline_harness.report import documents_text, terminal

    if like is None:
        terminal.show(records, terminal.console())
    else:
        documents_text.show(records, terminal.console())


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
