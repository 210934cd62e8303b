"""The rows of both tables, as plain text: the terminal and the markdown report only dress them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from paceline_harness.record import Record
from paceline_harness.report.words import (
    backends,
    cell_lines,
    centre_text,
    error_text,
    figure,
    interval_text,
    leaders,
    status_text,
    time_text,
)
from paceline_harness.result import cell, info, trustworthy
from paceline_harness.verdict import printed_interval

DETAIL_HEADER = ("candidate", "time", "per item", "time ÷ baseline", "verdict", "pairs", "error", "first call")

QUANTILES_APART = 0.1
"""A log ratio of medians and one of 10 % quantiles that differ by more are worth a footnote."""


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row, each a list of lines; `bold` are the columns of the fastest."""

    cells: tuple[list[str], ...]
    bold: frozenset[int] = frozenset()


def overview_header(records: Sequence[Record]) -> list[str]:
    """Return the columns of the overview: the operation, the backends, and what they are compared with."""
    return ["operation", *backends(records), "compared with"]


def overview(records: Sequence[Record]) -> list[Row]:
    """Return one row per table: a cell per backend, then the baseline and its time; the fastest is bold."""
    columns = backends(records)
    rows = []
    for record in records:
        known = {each.name for each in record.candidates}
        cells = [cell_lines(cell(record, name)) if name in known else ["–"] for name in columns]
        base = cell(record, record.baseline)
        title = [record.title, f"{record.items:,} {record.item}{'s' * (record.items != 1)}"]
        if not trustworthy(record):
            title.append("environment not trustworthy")
        best = leaders(record, [*columns, record.baseline])
        last = len(columns) + 1
        bold = {1 + at for at, name in enumerate(columns) if name in best}
        if record.baseline in best:
            bold.add(last)
        rows.append(Row((title, *cells, [record.baseline, time_text(base.call_ns)]), frozenset(bold)))
    return rows


def detail(record: Record) -> list[Row]:
    """Return one row per candidate of a table, in the columns of DETAIL_HEADER."""
    best = leaders(record)
    return [_detail_row(record, each.name, each.name in best) for each in record.candidates]


def _detail_row(record: Record, name: str, is_best: bool) -> Row:
    about, found = info(record, name), cell(record, name)
    first = time_text(found.first_call)
    if found.call_ns is None:
        empty = ["–"]
        said = [status_text(found.status, found.reason)]
        return Row(([name], empty, empty, empty, said, empty, [error_text(about.correct)], [first]))
    ratio = "1 (baseline)" if found.is_baseline else ratio_text(found.ratio, found.interval)
    verdict = ": ".join(filter(None, (found.verdict or "–", found.reason)))
    texts = (
        name,
        time_text(found.call_ns),
        time_text(found.call_ns / record.items),
        ratio,
        verdict,
        f"{found.pairs:,}",
        error_text(about.correct),
        first,
    )
    return Row(tuple([text] for text in texts), frozenset({0, 1}) if is_best else frozenset())


def ratio_text(ratio: float | None, interval: tuple[float, float] | None) -> str:
    """Return "0.251 [0.248, 0.254]"; a ratio without an interval is marked as rough."""
    if ratio is None:
        return "–"
    return f"{centre_text(ratio, interval)} {interval_text(interval, ratio)}" if interval else f"about {figure(ratio)}"


def footnotes(record: Record) -> list[str]:
    """Return what a reader of a table must know: the null arm, wider tolerances, quantiles that disagree, notes."""
    return [*_null_arm(record), *_tolerances(record), *_quantiles(record), *record.notes]


def _null_arm(record: Record) -> list[str]:
    for arm in record.arms:
        if arm.name == record.null_arm and arm.log_ratio is not None:
            interval = None if arm.ci_log is None else printed_interval(arm.ci_log)
            ratio = ratio_text(math.exp(arm.log_ratio), interval)
            return [f"The baseline against itself: {ratio}, {arm.n_pairs:,} pairs. Spent: {record.wall_s:.1f} s."]
    return []


def _tolerances(record: Record) -> list[str]:
    names: dict[tuple[float, str], list[str]] = {}
    for each in record.candidates:
        if each.correct is not None and each.correct.tolerance_reason:
            names.setdefault((each.correct.tolerance, each.correct.tolerance_reason), []).append(each.name)
    return [
        f"Tolerated are {tolerance:.0e}, because {reason}: {'; '.join(of)}."
        for (tolerance, reason), of in names.items()
    ]


def _quantiles(record: Record) -> list[str]:
    """Return one note on the long samples whose 10 % quantiles tell another ratio than their medians."""
    apart = [
        f"{arm.name} {figure(math.exp(arm.q10_log_ratio))}"
        for arm in record.arms
        if arm.q10_log_ratio is not None
        and arm.log_ratio is not None
        and arm.margin is not None
        and arm.margin > record.params.margin  # short samples are hardly ever interrupted
        and arm.name != record.null_arm
        and abs(arm.q10_log_ratio - arm.log_ratio) > QUANTILES_APART
    ]
    return [f"Rough, since the ratios of the 10 % quantiles differ: {', '.join(apart)}."] if apart else []


def labels(record: Record) -> list[str]:
    """Return what each candidate is, and what all were given, one line each."""
    said = [f"{each.name}: {each.label}." for each in record.candidates if each.label]
    return [*said, f"Input: {record.input.source}; seed {record.input.seed}; sha256 {record.input.sha256[:16]}…"]
