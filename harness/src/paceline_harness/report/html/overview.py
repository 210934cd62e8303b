"""The first table of the page, the figures above it, and the same speeds as dots on one axis."""

from __future__ import annotations

from collections.abc import Sequence

from paceline_harness.report.html.axis import Axis, around
from paceline_harness.report.html.marks import key, style
from paceline_harness.report.html.markup import el, said, words
from paceline_harness.report.html.strips import LANE, Dot, scale, strip
from paceline_harness.report.means import means
from paceline_harness.report.source import Across
from paceline_harness.report.tables import Table, columns_of
from paceline_harness.report.words import (
    centre_text,
    counted,
    figure,
    interval_text,
    items_text,
    named,
    pairs_text,
    speed,
    status_text,
    time_text,
)

SIGNS = {"faster": "▲", "slower": "▼", "equivalent": "=", "inconclusive": "?"}


def scoreboard(tables: Sequence[Table]) -> str:
    """Return each backend's geometric mean in large figures; nothing when there is none."""
    found = means(tables)
    if found is None or not found.of:
        return ""
    names, best = list(found.of), max(found.of.values())
    items = [
        el(
            "div",
            el("dt", key(style(names, name)), said(name)),
            words("dd", f"{figure(mean)}×"),
            class_="best" if mean == best else None,
            data_backend=name,
        )
        for name, mean in found.of.items()
    ]
    left = f"; {counted(found.left_out, 'table')} not counted" if found.left_out else ""
    note = (
        f"Geometric mean of the speeds against each table's baseline, over {counted(found.tables, 'table')} "
        f"that all were timed in{left}."
    )
    return el("section", el("dl", *items), words("p", note, class_="note"), class_="scores", aria_label="Summary")


def table(tables: Sequence[Table]) -> str:
    """Return the overview: rows are operations, columns backends, the fastest in bold."""
    columns = columns_of(tables)
    head = [_head("operation", "text")]
    head += [_head(name, "number", key(style(columns, name)), name) for name in columns]
    head += [_head("compared with", "number"), _head("error", "number")]
    axis = _axis(tables, columns)
    rows = [_row(number, each, columns, axis) for number, each in enumerate(tables)]
    caption = words("caption", "Every operation: time, speed against the baseline with its interval, verdict")
    inner = el("table", caption, el("thead", el("tr", *head)), el("tbody", *rows), id="overview", data_sort=True)
    return el("div", inner, class_="scroll", role="region", tabindex=0, aria_label="Overview")


def _head(name: str, kind: str, before: str = "", backend: str | None = None) -> str:
    button = el("button", before, said(name), el("span", class_="arrow", aria_hidden="true"), type="button")
    return el("th", button, scope="col", data_kind=kind, data_name=name, data_backend=backend, aria_sort="none")


def _axis(tables: Sequence[Table], columns: Sequence[str]) -> Axis:
    cells = [each.cells[name] for each in tables for name in columns if name in each.cells]
    return around(1 / cell.ratio for cell in cells if cell.ratio)


def _row(number: int, of: Table, columns: list[str], axis: Axis) -> str:
    best = of.leaders([*columns, of.baseline])
    title = [el("a", said(of.title), href=f"#t{number}", class_="line title")]
    title.append(words("span", items_text(of), class_="line sub"))
    if not of.trustworthy:
        title.append(words("span", "environment not trustworthy", class_="line off"))
    cells = [el("th", *title, scope="row", data_value=of.title)]
    cells += [_cell(of, name, style(columns, name), axis, is_best=name in best) for name in columns]
    base = words("span", named(of, of.baseline), class_="line") + words(
        "span", time_text(of.base.call_ns), class_="line sub"
    )
    kind = "base best" if of.baseline in best else "base"
    cells.append(el("td", base, class_=kind, data_label="compared with", data_value=of.base.call_ns))
    cells.append(_error(of, columns))
    text = " ".join([of.title, of.op, *of.names]).lower()
    return el("tr", *cells, data_row=number, data_op=of.op, data_text=text)


def _cell(of: Table, name: str, number: int, axis: Axis, *, is_best: bool) -> str:
    about = {"data_label": name, "data_backend": name}
    if name not in of.cells:
        return el("td", words("span", "–", class_="line sub"), data_verdict="not measured", **about)
    found = of.cells[name]
    if found.ratio is None:
        reason = words("span", status_text(found.status, found.reason), class_="line reason")
        return el("td", reason, data_verdict="not measured", **about)
    if found.is_baseline:
        inner = words("span", "baseline", class_="line speed") + words(
            "span", time_text(found.call_ns), class_="line sub"
        )
        return el("td", inner, class_="best" if is_best else None, data_value=1, data_verdict="baseline", **about)
    times, interval = speed(found)
    shown = words("b", f"{centre_text(times, interval)}×") + " " + words("small", interval_text(interval, times))
    inner = el("span", shown, class_="line speed")
    inner += el("span", said(time_text(found.call_ns)), " · ", _verdict(found), class_="line sub")
    inner += strip([Dot(name, times, interval, number)], axis, 14)
    named = "best" if is_best else None
    return el("td", inner, class_=named, data_value=times, data_verdict=found.verdict, **about)


def _verdict(found: Across) -> str:
    word = found.verdict or "–"
    sign = words("span", SIGNS.get(word, ""), aria_hidden="true", data_nocopy=True)
    reason = f": {found.reason}" if found.reason else ""
    return el("span", sign, said(word), class_=f"verdict {word}", title=f"{word}{reason}, {pairs_text(found)}")


def _error(of: Table, columns: Sequence[str]) -> str:
    """Return the largest error of any backend that was timed, per part."""
    largest: dict[str, tuple[float, str]] = {}
    for name in of.timed(columns):
        correct = of.correct(name)
        for part, error in (correct.errors if correct else {}).items():
            unit = correct.units.get(part, "") if correct else ""
            largest[part] = max(largest.get(part, (0.0, unit)), (error, unit))
    shown = [
        el("span", said(part), " ", words("b", "0" if error == 0 else f"{error:.0e}"), said(f" {unit}".rstrip()),
           class_="line sub")
        for part, (error, unit) in largest.items()
    ] or [words("span", "–", class_="line sub")]  # fmt: skip
    worst = max((error for error, _ in largest.values()), default=None)
    return el("td", *shown, class_="error", data_label="error", data_value=worst)


def glance(tables: Sequence[Table]) -> str:
    """Return all speeds of all backends as dots on one log axis, a strip per operation, as a figure."""
    columns = columns_of(tables)
    axis = _axis(tables, columns)
    ruler = el("li", el("span"), scale(axis), class_="ruler", aria_hidden="true")
    rows = [_strip_row(number, each, columns, axis) for number, each in enumerate(tables)]
    legend = [
        el("li", key(style(columns, name)), said(name), data_backend=name)
        for name in columns
        if any(name in each.timed() for each in tables)
    ]
    caption = "Speed against each table's baseline, on a log axis: right of the line at 1× is faster."
    return el(
        "figure",
        el("figcaption", said(caption), el("ul", *legend, class_="legend")),
        el("ul", ruler, *rows, ruler if len(rows) > 6 else "", class_="glance"),
    )


def _strip_row(number: int, of: Table, columns: list[str], axis: Axis) -> str:
    dots, heard = [], []
    for name in of.timed(columns):
        if not of.cells[name].is_baseline:
            times, interval = speed(of.cells[name])
            dots.append(Dot(name, times, interval, style(columns, name)))
            heard.append(f"{name} {centre_text(times, interval)}×")
    about = f"{items_text(of)}, against {of.baseline}"
    label = el("span", words("a", of.title, href=f"#t{number}"), words("span", about, class_="sub"))
    hidden = words("span", "; ".join(heard) or "nothing timed", class_="heard")
    return el("li", label, strip(dots, axis, 18 + LANE * max(len(dots), 3)), hidden, data_row=number)
