"""The report as markdown: the overview, a table per operation, sentences, the environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from paceline_harness.record import Record
from paceline_harness.report import bars, environment, means, sentences, serves, source
from paceline_harness.report.rows import DETAIL_HEADER, Row, detail, footnotes, labels, overview, overview_header
from paceline_harness.report.tables import Table, tables_of
from paceline_harness.report.words import LEGEND, heading, launches_text


def overview_table(records: Sequence[Record]) -> str:
    """Return the overview alone, for a README."""
    tables = tables_of(records)
    return table(overview_header(tables), overview(tables))


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


def report(
    records: Sequence[Record], chart: str | None = None, analysis: Mapping[str, Sequence[str]] | None = None
) -> str:
    """Return the whole report; `chart` is the picture beside it, `analysis` paragraphs by the table they are on."""
    if not records:
        return "# Comparison\n\nNothing was measured.\n"
    tables = tables_of(records)
    parts = ["# Comparison", f"Measured {records[0].utc}, {launches_text(tables)}."]
    if noisy := source.noise(records):
        parts.append("\n".join(f"- **{said}**" for said in noisy))
    if warning := sentences.warning(tables):
        parts.append(f"**{warning}**")
    parts += [overview_table(records), LEGEND]
    if chart:
        parts.append(f"![Time against each table's baseline, logarithmic]({chart})")
    parts.append("\n".join(f"- {sentences.closing(each)}" for each in tables))
    if mean := means.sentence(tables):
        parts.append(mean)
    for each in tables:
        parts += _section(each, (analysis or {}).get(each.title) or (analysis or {}).get(each.op) or ())
    if serving := serves.rows(records):
        parts += [f"## {serves.HEADING}", table(serves.HEADER, serving), serves.NOTE]
    parts += ["## Environment", "\n".join(f"- {line}" for line in environment.lines(records))]
    return "\n\n".join(parts) + "\n"


def _section(of: Table, analysis: Sequence[str]) -> list[str]:
    parts = [f"## {heading(of)}", *analysis, table(DETAIL_HEADER, detail(of))]
    if said := sentences.claim(of):
        parts.append(said)
    parts += bars.lines(of)
    if said_of := labels(of) + footnotes(of):
        parts.append("\n".join(f"- {line}" for line in said_of))
    return parts


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
