"""The page put together: parts made from the records, style and script set into it when it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from string import Template

import msgspec

from paceline_harness.record import Record
from paceline_harness.report import sentences, source
from paceline_harness.report.html import curves, detail, extras, overview
from paceline_harness.report.html.marks import key, style
from paceline_harness.report.html.markup import el, said, words
from paceline_harness.report.summary import summary
from paceline_harness.report.tables import Table, columns_of, tables_of
from paceline_harness.report.words import LEGEND, counted, launches_text

TEMPLATE, STYLE, SCRIPT = "page.htm", "style.css", "script.js"
VERDICTS = ("faster", "slower", "equivalent", "inconclusive", "not measured")


def page(records: Sequence[Record], analysis: Mapping[str, Sequence[str]] | None = None) -> str:
    """Return the whole page; `analysis` are paragraphs by the title or operation of the table they stand with."""
    tables = tables_of(records)
    columns = columns_of(tables)
    return Template(_file(TEMPLATE)).substitute(
        title=said(_title(tables)),
        subtitle=said(_subtitle(records, tables)),
        style=_file(STYLE),
        script=_file(SCRIPT),
        notices=_notices(records, tables),
        scores=overview.scoreboard(tables),
        backends=_chips(columns),
        operations="".join(words("option", op) for op in dict.fromkeys(table.op for table in tables)),
        verdicts="".join(words("option", verdict) for verdict in VERDICTS),
        overview=overview.table(tables) if tables else words("p", "Nothing was measured."),
        legend=said(LEGEND),
        glance=overview.glance(tables) if tables else "",
        sentences="".join(
            words("li", sentences.closing(table), data_row=number) for number, table in enumerate(tables)
        ),
        sizes=curves.curves(tables),
        sections=detail.sections(tables, analysis or {}),
        first_calls=extras.first_calls(tables),
        published=extras.published(tables) if tables else "",
        serves=extras.serving(records),
        environment=extras.machine(records) if records else "",
        summary=embedded(records),
    )


def embedded(records: Sequence[Record]) -> str:
    """Return the summary as JSON that cannot end the element it stands in."""
    text = msgspec.json.encode(summary(records)).decode()
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _file(name: str) -> str:
    return files("paceline_harness.report.html").joinpath(name).read_text(encoding="utf-8")


def _title(tables: Sequence[Table]) -> str:
    if len(tables) == 1:
        return tables[0].title
    return f"{counted(len(tables), 'table').capitalize()}, {counted(len(columns_of(tables)), 'backend')}"


def _subtitle(records: Sequence[Record], tables: Sequence[Table]) -> str:
    if not records:
        return ""
    env = records[-1].environment
    return f"Measured {records[0].utc[:10]} on {env.cpu_model}, {env.python}, {launches_text(tables)}."


def _notices(records: Sequence[Record], tables: Sequence[Table]) -> str:
    found = source.noise(records) if records else []
    if warning := sentences.warning(tables):
        found = [*found, warning]
    return el("ul", *(words("li", each) for each in found), class_="notices", role="status") if found else ""


def _chips(columns: list[str]) -> str:
    return "".join(
        el(
            "label",
            el("input", type="checkbox", name="backend", value=name, checked=True),
            el("span", key(style(columns, name)), said(name)),
            class_="chip",
        )
        for name in columns
    )
