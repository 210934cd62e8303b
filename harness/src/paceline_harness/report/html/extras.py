"""What stands below the tables: first calls, the published tables, the environment."""

from __future__ import annotations

from collections.abc import Sequence

from paceline_harness.record import Record
from paceline_harness.report import documents, documents_text, environment, serves
from paceline_harness.report.html.marks import key, style
from paceline_harness.report.html.markup import el, said, words
from paceline_harness.report.tables import Table, columns_of
from paceline_harness.report.words import time_text


def first_calls(tables: Sequence[Table]) -> str:
    """Return what the very first call took, by operation and backend."""
    columns = columns_of(tables)
    head = [words("th", "operation", scope="col")]
    head += [
        el("th", key(style(columns, name)), said(name), scope="col", class_="num", data_backend=name)
        for name in columns
    ]
    rows = []
    for number, of in enumerate(tables):
        cells = [words("th", of.label, scope="row")]
        for name in columns:
            first = of.cells[name].first_call if name in of.cells else None
            cells.append(words("td", time_text(first), class_="num", data_backend=name))
        rows.append(el("tr", *cells, data_row=number))
    caption = words("caption", "First call: compiling and loading included, left out of every other figure")
    table = el("table", caption, el("thead", el("tr", *head)), el("tbody", *rows), class_="plain")
    return el("div", table, class_="scroll", role="region", tabindex=0, aria_label="First calls")


def published(tables: Sequence[Table]) -> str:
    """Return the published tables of which a row was measured; nothing when none was."""
    shown = [each for each in documents.shown(tables) if any(verdict.figured for verdict in each.verdicts)]
    if not shown:
        return ""
    parts = [
        words("h2", "Published tables, row by row", id="published"),
        words("p", documents_text.NOTE, class_="note"),
    ]
    for each in shown:
        head = [words("th", name, scope="col") for name in each.header]
        rows = []
        for row, verdict in zip(each.rows, each.verdicts, strict=True):
            cells = [words("th", row[0], scope="row"), *(words("td", text) for text in row[1:-1])]
            named = verdict.word.replace(" ", "-")
            reason = said(f": {verdict.reason}") if verdict.reason else ""
            cells.append(el("td", words("b", verdict.word, class_=f"claim-word {named}"), reason, class_="claimed"))
            rows.append(el("tr", *cells))
        caption = words("caption", f"{each.document}: {each.name}")
        table = el("table", caption, el("thead", el("tr", *head)), el("tbody", *rows), class_="plain published")
        parts.append(el("div", table, class_="scroll", role="region", tabindex=0, aria_label=each.name))
        if each.below:
            parts.append(words("p", each.below, class_="note"))
    return el("section", *parts)


def serving(records: Sequence[Record]) -> str:
    """Return who serves each operation; nothing where no record says it."""
    found = serves.rows(records)
    if not found:
        return ""
    head = [words("th", name, scope="col") for name in serves.HEADER]
    rows = []
    for operation, *cells in (each.cells for each in found):
        texts = [el("td", "<br/>".join(map(said, lines))) for lines in cells]
        rows.append(el("tr", words("th", *operation, scope="row"), *texts))
    caption = words("caption", "Who serves which sizes, by which rule")
    table = el("table", caption, el("thead", el("tr", *head)), el("tbody", *rows), class_="plain serving")
    return el(
        "section",
        words("h2", serves.HEADING, id="serves"),
        el("div", table, class_="scroll", role="region", tabindex=0, aria_label=serves.HEADING),
        words("p", serves.NOTE, class_="note"),
    )


def machine(records: Sequence[Record]) -> str:
    """Return the environment as a list of names and facts."""
    facts = [words("dt", name) + words("dd", fact) for name, fact in environment.facts(records).items()]
    return el("dl", *(el("div", fact) for fact in facts), class_="facts")
