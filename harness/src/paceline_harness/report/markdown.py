"""The report as markdown: the overview, a table per operation, sentences, the environment."""

from __future__ import annotations

from collections.abc import Sequence

from paceline_harness.record import Record
from paceline_harness.report import environment, sentences
from paceline_harness.report.rows import DETAIL_HEADER, Row, detail, footnotes, labels, overview, overview_header
from paceline_harness.report.terminal import warning
from paceline_harness.report.words import LEGEND, ONE_LAUNCH, heading
from paceline_harness.result import trustworthy


def overview_table(records: Sequence[Record]) -> str:
    """Return the overview alone, for a README."""
    return table(overview_header(records), overview(records))


def table(header: Sequence[str], rows: Sequence[Row]) -> str:
    """Return a markdown table; lines of a cell are parted by <br>, bold cells by asterisks."""
    out = [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
    for row in rows:
        cells = []
        for at, lines in enumerate(row.cells):
            shown = [_escaped(line) for line in lines]
            if at in row.bold:
                shown[0] = f"**{shown[0]}**"
            cells.append("<br>".join(shown))
        out.append(f"| {' | '.join(cells)} |")
    return "\n".join(out)


def report(records: Sequence[Record], chart: str | None = None) -> str:
    """Return the whole report; `chart` is the file name of the picture beside it."""
    if not records:
        return "# Comparison\n\nNothing was measured.\n"
    parts = ["# Comparison", f"Measured {records[0].utc}, {ONE_LAUNCH}."]
    if not all(trustworthy(record) for record in records):
        parts.append(f"**{warning(records)}**")
    parts.append(overview_table(records))
    parts.append(LEGEND)
    if chart:
        parts.append(f"![Time against each table's baseline, logarithmic]({chart})")
    parts.append("\n".join(f"- {sentences.closing(record)}" for record in records))
    if said := sentences.summary(records):
        parts.append(said)
    for record in records:
        parts.extend(_section(record))
    parts.append("## Environment")
    parts.append("\n".join(f"- {line}" for line in environment.lines(records[-1])))
    return "\n\n".join(parts) + "\n"


def _section(record: Record) -> list[str]:
    parts = [f"## {heading(record)}", table(DETAIL_HEADER, detail(record))]
    if said := sentences.claim(record):
        parts.append(said)
    if said_of := labels(record) + footnotes(record):
        parts.append("\n".join(f"- {line}" for line in said_of))
    return parts


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
