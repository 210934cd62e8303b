"""The figures of a run as CSV: one line per table and candidate, numbers unrounded."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from paceline_harness.record import Record
from paceline_harness.report.tables import Table, tables_of
from paceline_harness.report.words import error_text

HEADER = (
    "operation", "title", "size", "items", "item", "candidate", "group", "status", "reason", "baseline", "call_ns",
    "ratio", "ratio_low", "ratio_high", "verdict", "pairs", "launches", "first_call_ns", "error", "fastest",
    "trustworthy", "other_work",
)  # fmt: skip


def as_csv(records: Sequence[Record]) -> str:
    """Return the table with its header; `ratio` is time ÷ the baseline's time, and what there is none of is empty."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(HEADER)
    for table in tables_of(records):
        writer.writerows(_lines(table))
    return stream.getvalue()


def _lines(table: Table) -> list[tuple[object, ...]]:
    best = table.leaders()
    lines: list[tuple[object, ...]] = []
    for name, found in table.cells.items():
        low, high = found.interval or (None, None)
        correct = table.correct(name)
        error = error_text(correct) if correct else None
        said = table.op, table.title, table.size, table.items, table.item, _inert(name), table.group(name)
        figures = found.call_ns, found.ratio, low, high, found.verdict, found.pairs, found.launches, found.first_call
        other = _inert(table.other_work(name))
        status = found.status, _inert(found.reason), table.baseline
        lines.append((*said, *status, *figures, error, name in best, table.trustworthy, other))
    return lines


def _inert(text: str) -> str:
    """Return text that a spreadsheet takes for text, also where it begins like a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
