"""A section per table: its analysis, every candidate with a dot on the table's own axis, notes, and the claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from paceline_harness.report import bars, sentences
from paceline_harness.report.analysis import as_html
from paceline_harness.report.html.axis import Axis, around
from paceline_harness.report.html.marks import key, style
from paceline_harness.report.html.markup import el, said, words
from paceline_harness.report.html.overview import SIGNS
from paceline_harness.report.html.strips import Dot, scale, strip
from paceline_harness.report.rows import footnotes, labels
from paceline_harness.report.tables import Table, columns_of
from paceline_harness.report.words import (
    KINDS,
    centre_text,
    counted,
    error_text,
    interval_text,
    items_text,
    pairs_text,
    speed,
    status_text,
    time_text,
)

HEADER = ("time", "per item", "speed", "verdict", "pairs", "error", "first call")
RIGHT = ("time", "per item", "pairs", "first call")


def sections(tables: Sequence[Table], analysis: Mapping[str, Sequence[str]]) -> str:
    """Return a section for each table."""
    columns = columns_of(tables)
    return "".join(_section(number, each, columns, analysis) for number, each in enumerate(tables))


def _section(number: int, of: Table, columns: list[str], analysis: Mapping[str, Sequence[str]]) -> str:
    subtitle = f"{items_text(of)}, {counted(len(of.launches), 'launch')}, compared with {of.baseline}"
    parts = [words("h3", of.label), words("p", subtitle, class_="note")]
    if not of.trustworthy:
        off = (
            "Environment not trustworthy: the baseline, measured a second time in hiding, seemed to differ from itself."
        )
        parts.append(words("p", off, class_="off"))
    parts += [as_html(paragraph) for paragraph in analysis.get(of.title) or analysis.get(of.op) or ()]
    if claim := sentences.claim(of):
        parts.append(words("p", claim, class_="claim"))
    parts += [words("p", line, class_="claim") for line in bars.lines(of)]
    parts.append(_table(of, columns))
    notes = [words("li", line) for line in [*footnotes(of), *labels(of)]]
    summary = words("summary", "What was compared, and notes")
    parts.append(el("details", summary, el("ul", *notes), class_="notes"))
    return el("section", *parts, id=f"t{number}", class_="operation", data_row=number, tabindex=-1)


def _table(of: Table, columns: list[str]) -> str:
    axis = around(1 / cell.ratio for cell in of.cells.values() if cell.ratio)
    best = of.leaders()
    head = [words("th", "candidate", scope="col"), el("th", scale(axis, 3), class_="dots", scope="col",
            aria_label="speed on a log axis", data_nocopy=True)]  # fmt: skip
    head += [words("th", name, scope="col", class_="num" if name in RIGHT else None) for name in HEADER]
    rows = [_row(of, name, columns, axis, is_best=name in best) for name in of.names]
    caption = words("caption", f"{of.label}: every candidate")
    table = el("table", caption, el("thead", el("tr", *head)), el("tbody", *rows), class_="detail")
    return el("div", table, class_="scroll", role="region", tabindex=0, aria_label=f"{of.label}: every candidate")


def _row(of: Table, name: str, columns: list[str], axis: Axis, *, is_best: bool) -> str:
    found, group = of.cells[name], of.group(name)
    number = style(columns, name) if group == "backend" else None
    kind = words("span", KINDS[group], class_="line sub") if KINDS[group] else ""
    cells = [el("th", el("span", key(number), said(name), class_="line"), kind, scope="row")]
    tail = [
        words("td", error_text(of.correct(name)), class_="error"),
        words("td", time_text(found.first_call), class_="num"),
    ]
    backend = name if group == "backend" else None
    if found.call_ns is None:
        reason = words("td", status_text(found.status, found.reason), colspan=6, class_="reason")
        return el("tr", *cells, reason, *tail, data_backend=backend)
    dots, times = [], "1 (baseline)"
    if not found.is_baseline and found.ratio is not None:
        fast, interval = speed(found)
        dots = [Dot(name, fast, interval, number)]
        times = words("b", f"{centre_text(fast, interval)}×") + " " + words("small", interval_text(interval, fast))
    else:
        dots = [Dot(name, 1.0, None, number)]
    word = found.verdict or "–"
    reason = "".join(f": {said}" for said in (found.reason, of.other_work(name)) if said)
    per_item = time_text(found.call_ns / of.items) if of.items else "–"
    cells += [
        el("td", strip(dots, axis), class_="dots", data_nocopy=True),
        words("td", time_text(found.call_ns), class_="num"),
        words("td", per_item, class_="num"),
        el("td", times),
        el("td", words("span", SIGNS.get(word, ""), aria_hidden="true", data_nocopy=True), said(f"{word}{reason}"),
           class_=f"verdict {word}"),
        words("td", pairs_text(found).replace(" pairs", "", 1), class_="num"),
    ]  # fmt: skip
    return el("tr", *cells, *tail, class_="best" if is_best else None, data_backend=backend)
