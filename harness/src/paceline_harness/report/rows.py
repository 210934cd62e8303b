"""The rows of the tables, as plain text: terminal, markdown and page only dress them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from paceline_harness.report import source
from paceline_harness.report.tables import Table, columns_of
from paceline_harness.report.words import (
    cell_lines,
    counted,
    error_text,
    figure,
    items_text,
    named,
    quality_header,
    quality_text,
    ratio_text,
    status_text,
    time_text,
)

DETAIL_HEADER = ("candidate", "time", "per item", "time ÷ baseline", "verdict", "pairs", "error", "first call")

QUANTILES_APART = 0.1
"""A log ratio of medians and one of 10 % quantiles that differ by more are worth a footnote."""


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row, each a list of lines; `bold` are the columns of the fastest."""

    cells: tuple[list[str], ...]
    bold: frozenset[int] = frozenset()


def row(*cells: str) -> Row:
    """Return a row of texts, each of one line or more."""
    return Row(tuple(cell.split("\n") for cell in cells))


def overview_header(tables: Sequence[Table]) -> list[str]:
    """Return the columns of the overview: the operation, the backends, and what they are compared with."""
    return ["operation", *columns_of(tables), "compared with"]


def overview(tables: Sequence[Table]) -> list[Row]:
    """Return one row per table: a cell per backend, then the baseline and its time; the fastest is bold."""
    columns = columns_of(tables)
    rows = []
    for table in tables:
        cells = [cell_lines(table.cells[name]) if name in table.cells else ["–"] for name in columns]
        title = [table.title, items_text(table)]
        if not table.trustworthy:
            title.append("environment not trustworthy")
        best = table.leaders([*columns, table.baseline])
        bold = {1 + at for at, name in enumerate(columns) if name in best}
        if table.baseline in best:
            bold.add(len(columns) + 1)
        rows.append(
            Row((title, *cells, [named(table, table.baseline), time_text(table.base.call_ns)]), frozenset(bold))
        )
    return rows


def detail(table: Table) -> list[Row]:
    """Return one row per candidate of a table, in the columns of DETAIL_HEADER."""
    best = table.leaders()
    return [_detail_row(table, name, name in best) for name in table.names]


def _detail_row(table: Table, name: str, is_best: bool) -> Row:
    found, error = table.cells[name], error_text(table.correct(name))
    first = time_text(found.first_call)
    if found.call_ns is None:
        empty = ["–"]
        said = [status_text(found.status, found.reason)]
        return Row(([named(table, name)], empty, empty, empty, said, empty, [error], [first]))
    ratio = "1 (baseline)" if found.is_baseline else ratio_text(found.ratio, found.interval)
    verdict = ": ".join(filter(None, (found.verdict or "–", found.reason, table.other_work(name))))
    pairs = f"{found.pairs:,}" if found.launches == 1 else f"{found.pairs:,} in {found.launches}"
    per_item = time_text(found.call_ns / table.items) if table.items else "–"
    texts = (named(table, name), time_text(found.call_ns), per_item, ratio, verdict, pairs, error, first)
    return Row(tuple([text] for text in texts), frozenset({0, 1}) if is_best else frozenset())


def footnotes(table: Table) -> list[str]:
    """Return what a reader of a table must know: the null arm, tolerances, quality, quantiles that disagree, notes."""
    notes = dict.fromkeys(note for record in table.launches for note in record.notes)
    found = _null_arm(table), _first_calls(table), _tolerances(table), _quality(table), _quantiles(table)
    return [note for several in found for note in several] + list(notes)


def _null_arm(table: Table) -> list[str]:
    found = source.null_ratios(table.launches)
    spent = f"Spent: {sum(record.wall_s for record in table.launches):.1f} s."
    if not found:
        return []
    if len(found) == 1:
        ratio, interval, pairs = found[0]
        return [f"The baseline against itself: {ratio_text(ratio, interval)}, {pairs:,} pairs. {spent}"]
    ratios = [ratio for ratio, _, _ in found]
    over = counted(len(found), "launch")
    low, high = figure(min(ratios), 4), figure(max(ratios), 4)
    return [f"The baseline against itself: {low} to {high} over {over}. {spent}"]


def _first_calls(table: Table) -> list[str]:
    """Return what the first call of each compiling candidate consists of, in medians over the launches."""
    sentences = []
    for name in table.names:
        found = [
            each.first_call
            for record in table.launches
            for each in record.candidates
            if each.name == name and each.first_call is not None
        ]
        if not found:
            continue
        start = [each.init_ns for each in found if each.init_ns is not None]
        begun = f"{time_text(median(start))} to start its compiler, once a process; " if start else ""
        load, run = (time_text(median(getattr(each, part) for each in found)) for part in ("compile_ns", "run_ns"))
        sentences.append(f"First call of {name}: {begun}{load} to compile or load from its cache, {run} to run.")
    return sentences


def _tolerances(table: Table) -> list[str]:
    names: dict[tuple[float, str], list[str]] = {}
    for name in table.names:
        correct = table.correct(name)
        if correct is not None and correct.tolerance_reason:
            names.setdefault((correct.tolerance, correct.tolerance_reason), []).append(name)
    return [
        f"Tolerated are {tolerance:.0e}, because {reason}: {'; '.join(of)}."
        for (tolerance, reason), of in names.items()
    ]


def _quality(table: Table) -> list[str]:
    """Return one note for each set of figures that candidates were examined for, in any launch."""
    said: dict[str, dict[str, str]] = {}
    for record in table.launches:
        for each in record.candidates:
            if each.quality is not None:
                said.setdefault(quality_header(each.quality), {}).setdefault(each.name, quality_text(each.quality))
    return [
        f"Quality ({header}): {'; '.join(f'{name} {text}' for name, text in of.items())}."
        for header, of in said.items()
    ]


def _quantiles(table: Table) -> list[str]:
    """Return one note on the long samples whose 10 % quantiles tell another ratio than their medians."""
    least = min(record.params.margin for record in table.launches)
    apart = [
        f"{name} {figure(found.q10_ratio)}"
        for name, found in table.cells.items()
        if found.q10_ratio is not None
        and found.ratio is not None
        and found.margin is not None
        and found.margin > least  # short samples are hardly ever interrupted
        and abs(math.log(found.q10_ratio / found.ratio)) > QUANTILES_APART
    ]
    return [f"Rough, since the ratios of the 10 % quantiles differ: {', '.join(apart)}."] if apart else []


def labels(table: Table) -> list[str]:
    """Return what each candidate is, and what all were given, one line each."""
    said = [f"{each.name}: {each.label}." for each in table.candidates if each.label]
    given = dict.fromkeys(
        f"Input: {record.input.source}; seed {record.input.seed}; sha256 {record.input.sha256[:16]}…"
        for record in table.launches
    )
    return [*said, *given]
