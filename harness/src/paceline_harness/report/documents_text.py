"""The published tables beside what was measured, as markdown and in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from paceline_harness.record import Record
from paceline_harness.report import documents
from paceline_harness.report import markdown as md
from paceline_harness.report.rows import Row
from paceline_harness.report.tables import tables_of
from paceline_harness.report.terminal import rich_table
from paceline_harness.report.words import launches_text

NOTE = (
    "A claim is judged with the published code (the best plain Python, where none was published) and the Rust backend, "
    "as it was made; the gain of a rewrite is the column before it, against the best plain Python or NumPy that gives "
    "the same output. Native peers are libraries of others: no gain is counted against them."
)


def markdown(records: Sequence[Record], level: int = 2) -> str:
    """Return every published table; `level` is that of a document's heading."""
    tables = tables_of(records)
    parts, last = [], None
    for each in documents.shown(tables):
        if each.document != last:
            parts.append(f"{'#' * level} {each.document}")
            last = each.document
        parts.append(f"{'#' * (level + 1)} {each.name}")
        parts.append(md.table(each.header, _rows(each)))
        if each.below:
            parts.append(each.below)
    parts.append(f"{NOTE} {launches_text(tables).capitalize()}.")
    return "\n\n".join(parts)


def show(records: Sequence[Record], to: Console) -> None:
    """Print every published table."""
    tables = tables_of(records)
    for each in documents.shown(tables):
        to.print(Text(f"{each.document}: {each.name}", style="bold"))
        to.print(rich_table(each.header, _rows(each), to, lined=True, width=30))
        if each.below:
            to.print(Text(each.below))
        to.print()
    to.print(Text(f"{NOTE} {launches_text(tables).capitalize()}.", style="dim"))


def _rows(of: documents.Shown) -> list[Row]:
    return [Row(tuple([text] for text in row)) for row in of.rows]
