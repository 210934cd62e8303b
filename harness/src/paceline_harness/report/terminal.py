"""The tables in a terminal; plain text when the output is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from paceline_harness.record import Record
from paceline_harness.report import bars, environment, means, sentences, serves, source
from paceline_harness.report.rows import DETAIL_HEADER, Row, detail, footnotes, overview, overview_header
from paceline_harness.report.tables import tables_of
from paceline_harness.report.words import LEGEND, heading, launches_text

PLAIN_WIDTH = 200
OVERVIEW_COLUMN = 28


def console() -> Console:
    """Return a console for stdout: colours in a terminal unless NO_COLOR is set, wide plain text elsewhere."""
    return Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH, highlight=False)


def show(records: Sequence[Record], to: Console) -> None:
    """Print every table, the closing sentences and the environment."""
    if not records:
        to.print("Nothing was measured.")
        return
    tables = tables_of(records)
    for said in source.noise(records):
        to.print(Text(said, style="yellow"))
    to.print(rich_table(overview_header(tables), overview(tables), to, lined=True, width=OVERVIEW_COLUMN))
    to.print(Text(f"{LEGEND} {launches_text(tables).capitalize()}.", style="dim"))
    to.print()
    for table in tables:
        to.print(Text(heading(table), style="bold"))
        to.print(rich_table(DETAIL_HEADER, detail(table), to))
        for line in bars.lines(table):
            to.print(Text(line))
        for note in footnotes(table):
            to.print(Text(note, style="dim"))
        to.print()
    for table in tables:
        if claim := sentences.claim(table):
            to.print(Text(f"{table.label}. {claim}"))
        to.print(Text(sentences.closing(table), style="" if table.trustworthy else "yellow"))
    if mean := means.sentence(tables):
        to.print(Text(mean))
    to.print()
    if serving := serves.rows(records):
        to.print(Text(serves.HEADING, style="bold"))
        to.print(rich_table(serves.HEADER, serving, to))
        to.print(Text(serves.NOTE, style="dim"))
        to.print()
    for line in environment.lines(records):
        to.print(Text(line, style="dim"))
    if warning := sentences.warning(tables):
        to.print(Text(warning, style="bold yellow"))


def rich_table(
    header: Sequence[str], rows: Sequence[Row], to: Console, *, lined: bool = False, width: int | None = None
) -> RichTable:
    """Return rows as a table for the console: rules of its own in a terminal, plain ASCII elsewhere."""
    style = box.SIMPLE_HEAD if to.is_terminal else box.ASCII2
    table = RichTable(box=style, show_lines=lined)
    for name in header:
        table.add_column(name, overflow="fold", max_width=width)
    for row in rows:
        table.add_row(
            *(Text("\n".join(lines), style="bold" if at in row.bold else "") for at, lines in enumerate(row.cells))
        )
    return table
