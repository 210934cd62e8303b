"""Figures in words: times with their unit, ratios with as many digits as they deserve, cells of a table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from paceline_harness.record import CandidateInfo, Correctness, Record
from paceline_harness.result import Cell, cell, paired_ratio

Interval = tuple[float, float]
ONE_LAUNCH = "one launch"
LEGEND = (
    "n× [low, high] = n times as fast as what it is compared with. Bold: the fastest, and what cannot be told from it."
)
UNTRUSTWORTHY = "environment not trustworthy"


def time_text(ns: float | None) -> str:
    """Return a time in the unit that gives one to three digits before the point: "20.1 µs"."""
    if ns is None:
        return "–"
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if ns >= size:
            return f"{figure(ns / size)} {unit}"
    return f"{figure(ns)} ns"


def figure(value: float, digits: int = 3) -> str:
    """Return a positive figure to `digits` significant digits, never in powers of ten: "0.0412", "1.37", "5,900"."""
    if value <= 0 or not math.isfinite(value):
        return str(value)
    rounded = round(value, digits - 1 - math.floor(math.log10(value)))
    decimals = max(0, digits - 1 - math.floor(math.log10(rounded)))
    return f"{rounded:,.{decimals}f}"


def interval_text(interval: Interval | None, centre: float = 1.0) -> str:
    """Return "[low, high]", with enough digits to tell the ends apart; a dash without an interval."""
    if interval is None:
        return "–"
    digits = _digits(interval, centre)
    return f"[{figure(interval[0], digits)}, {figure(interval[1], digits)}]"


def centre_text(centre: float, interval: Interval | None) -> str:
    """Return a ratio with as many digits as its interval is printed with."""
    return figure(centre, _digits(interval, centre))


def _digits(interval: Interval | None, centre: float) -> int:
    return 3 if interval is None or (interval[1] - interval[0]) / centre > 0.02 else 4


def speed(found: Cell) -> tuple[float, Interval | None]:
    """Return how many times as fast as the baseline a cell is, and the interval of that."""
    assert found.ratio is not None
    inverse = None if found.interval is None else (1 / found.interval[1], 1 / found.interval[0])
    return 1 / found.ratio, inverse


def cell_lines(found: Cell) -> list[str]:
    """Return a table cell: time; speed with its interval; verdict with the number of pairs. Or why there is none."""
    if found.status != "timed":
        return [status_text(found.status, found.reason)]
    if found.is_baseline:
        return [time_text(found.call_ns), "baseline"]
    times, interval = speed(found)
    verdict = f"{found.verdict}, {found.pairs} pairs"
    return [time_text(found.call_ns), f"{centre_text(times, interval)}× {interval_text(interval, times)}", verdict]


def status_text(status: str, reason: str) -> str:
    """Return why a candidate has no time: "n/a: reason", "not equal: …", "failed: …"."""
    return f"{'n/a' if status == 'unavailable' else status}: {reason}"


def error_text(correct: Correctness | None) -> str:
    """Return the error of every part with its unit: "position 5.6e-17 m, rotation 4e-16 rad"."""
    if correct is None:
        return "–"
    return ", ".join(
        f"{part} {'0' if error == 0 else f'{error:.1e}'} {correct.units.get(part, '')}".rstrip()
        for part, error in correct.errors.items()
    )


def heading(record: Record) -> str:
    """Return a table's heading: title, items, and how it was measured."""
    plural = "" if record.items == 1 else "s"
    return f"{record.title}: {record.items:,} {record.item}{plural}, {ONE_LAUNCH}"


def backends(records: Iterable[Record]) -> list[str]:
    """Return the names of all backend columns, in the order of their first appearance."""
    return list(dict.fromkeys(each.name for record in records for each in record.candidates if is_column(each)))


def is_column(candidate: CandidateInfo) -> bool:
    """Tell whether a candidate is one of the backends that are compared."""
    return candidate.group == "backend"


def fastest(record: Record, names: Sequence[str] | None = None) -> str | None:
    """Return the candidate with the lowest median time, among `names` when given; None when none was timed."""
    cells = [cell(record, each.name) for each in record.candidates if names is None or each.name in names]
    timed = [(each.call_ns, each.name) for each in cells if each.call_ns is not None]
    return min(timed)[1] if timed else None


def leaders(record: Record, names: Sequence[str] | None = None) -> set[str]:
    """Return the fastest candidate and those that its verdict cannot tell from it."""
    best = fastest(record, names)
    if best is None:
        return set()
    timed = [
        arm.name
        for arm in record.arms
        if arm.name not in (best, record.null_arm) and (names is None or arm.name in names)
    ]
    level = {name for name in timed if paired_ratio(record, name, best).verdict in ("equivalent", "inconclusive")}
    return level | {best}


def geometric_means(records: Sequence[Record]) -> dict[str, tuple[float, int]]:
    """Return for each backend the geometric mean of its speeds against the baselines, and over how many tables."""
    means = {}
    for name in backends(records):
        logs = []
        for record in records:
            if any(each.name == name for each in record.candidates) and name != record.baseline:
                found = cell(record, name)
                if found.ratio is not None:
                    logs.append(-math.log(found.ratio))
        if logs:
            means[name] = math.exp(sum(logs) / len(logs)), len(logs)
    return means
