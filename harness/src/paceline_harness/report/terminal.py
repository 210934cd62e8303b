"""The tables in a terminal; plain text when the output is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from paceline_harness.record import Record
from paceline_harness.report import environment, sentences
from paceline_harness.report.rows import DETAIL_HEADER, Row, detail, footnotes, overview, overview_header
from paceline_harness.report.words import LEGEND, ONE_LAUNCH, UNTRUSTWORTHY, heading
from paceline_harness.result import trustworthy

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
    to.print(_table(overview_header(records), overview(records), to, lined=True, width=OVERVIEW_COLUMN))
    to.print(Text(f"{LEGEND} {ONE_LAUNCH.capitalize()}.", style="dim"))
    to.print()
    for record in records:
        to.print(Text(heading(record), style="bold"))
        to.print(_table(DETAIL_HEADER, detail(record), to))
        for note in footnotes(record):
            to.print(Text(note, style="dim"))
        to.print()
    for record in records:
        if said := sentences.claim(record):
            to.print(Text(f"{record.title}. {said}"))
        to.print(Text(sentences.closing(record), style="" if trustworthy(record) else "yellow"))
    if said := sentences.summary(records):
        to.print(Text(said))
    to.print()
    for line in environment.lines(records[-1]):
        to.print(Text(line, style="dim"))
    if not all(trustworthy(record) for record in records):
        to.print(Text(warning(records), style="bold yellow"))


def warning(records: Sequence[Record]) -> str:
    """Return the sentence that names the tables whose null arm is off."""
    titles = ", ".join(repr(record.title) for record in records if not trustworthy(record))
    return (
        f"{UNTRUSTWORTHY.capitalize()}: in {titles} the baseline, measured a second time in hiding, seemed to differ "
        "from itself. Quieten the machine or raise --budget, and run again."
    )


def _table(
    header: Sequence[str], rows: Sequence[Row], to: Console, *, lined: bool = False, width: int | None = None
) -> Table:
    style = box.SIMPLE_HEAD if to.is_terminal else box.ASCII2
    table = Table(box=style, show_lines=lined)
    for name in header:
        table.add_column(name, overflow="fold", max_width=width)
    for row in rows:
        table.add_row(
            *(Text("\n".join(lines), style="bold" if at in row.bold else "") for at, lines in enumerate(row.cells))
        )
    return table
