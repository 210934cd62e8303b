"""Figures in words: times with their unit, ratios with as many digits as they deserve, cells of a table."""

from __future__ import annotations

import math
from collections.abc import Sequence

from paceline_harness.record import Correctness, Group, Quality
from paceline_harness.report.source import Across
from paceline_harness.report.tables import Table

Interval = tuple[float, float]
LEGEND = (
    "n× [low, high] = n times as fast as what it is compared with. Bold: the fastest, and what cannot be told from it."
)
UNTRUSTWORTHY = "environment not trustworthy"
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


KINDS: dict[Group, str] = {
    "backend": "",
    "baseline": "",
    "as published": "as published",
    "peer": "native peer",
    "limit": "limit",
}
"""What a table adds to a candidate's name: what is not plain Python or NumPy, and not ours."""


LEAST_QUALITY = 0.001
"""A figure below that is as good as none; the record has it in full."""


def named(table: Table, name: str) -> str:
    """Return a candidate's name, with what kind of candidate it is where that must not be overlooked."""
    kind = KINDS[table.group(name)]
    return f"{name} ({kind})" if kind else name


def number(count: int) -> str:
    """Return a count as it stands in a sentence: "five", and figures above twelve."""
    return NUMBERS[count] if 0 <= count < len(NUMBERS) else f"{count:,}"


def counted(count: int, noun: str) -> str:
    """Return "one launch", "five launches", "24 tables"."""
    plural = "es" if noun.endswith(("ch", "sh", "s", "x")) else "s"
    return f"{number(count)} {noun}{plural if count != 1 else ''}"


def launches_text(tables: Sequence[Table]) -> str:
    """Return how many launches the tables had: "one launch", "five launches", "three to five launches"."""
    counts = sorted({len(table.launches) for table in tables})
    most = counted(counts[-1], "launch")
    return most if len(counts) == 1 else f"{number(counts[0])} to {most}"


def items_text(table: Table) -> str:
    """Return "1,000 quaternions", "1 call"."""
    return f"{table.items:,} {table.item}{'s' * (table.items != 1)}"


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


def ratio_text(ratio: float | None, interval: Interval | None) -> str:
    """Return "0.251 [0.248, 0.254]"; a ratio without an interval is marked as rough."""
    if ratio is None:
        return "–"
    return f"{centre_text(ratio, interval)} {interval_text(interval, ratio)}" if interval else f"about {figure(ratio)}"


def speed_text(times: float, interval: Interval | None) -> str:
    """Return "8.22× [8.14, 8.31]"; a speed without an interval is marked as rough."""
    if interval is None:
        return f"about {figure(times)}×"
    return f"{centre_text(times, interval)}× {interval_text(interval, times)}"


def _digits(interval: Interval | None, centre: float) -> int:
    return 3 if interval is None or (interval[1] - interval[0]) / centre > 0.02 else 4


def inverse(interval: Interval | None) -> Interval | None:
    """Return the interval of the inverse."""
    return None if interval is None else (1 / interval[1], 1 / interval[0])


def speed(found: Across) -> tuple[float, Interval | None]:
    """Return how many times as fast as the baseline a cell is, and the interval of that."""
    assert found.ratio is not None
    return 1 / found.ratio, inverse(found.interval)


def pairs_text(found: Across) -> str:
    """Return "728 pairs", or "3,640 pairs in five launches"."""
    pairs = f"{found.pairs:,} pairs"
    return pairs if found.launches == 1 else f"{pairs} in {counted(found.launches, 'launch')}"


def cell_lines(found: Across) -> list[str]:
    """Return a table cell: time; speed with its interval; verdict with the number of pairs. Or why there is none."""
    if found.status != "timed":
        return [status_text(found.status, found.reason)]
    if found.is_baseline:
        return [time_text(found.call_ns), "baseline"]
    return [time_text(found.call_ns), speed_text(*speed(found)), f"{found.verdict}, {pairs_text(found)}"]


def status_text(status: str, reason: str) -> str:
    """Return why a candidate has no time: "n/a: reason", "not equal: …", "failed: …"."""
    return ": ".join(filter(None, ("n/a" if status == "unavailable" else status, reason)))


def error_text(correct: Correctness | None) -> str:
    """Return the error of every part with its unit: "position 5.6e-17 m, rotation 4e-16 rad"."""
    if correct is None:
        return "–"
    return ", ".join(
        f"{part} {'0' if error == 0 else f'{error:.1e}'} {correct.units.get(part, '')}".rstrip()
        for part, error in correct.errors.items()
    )


def quality_text(quality: Quality) -> str:
    """Return the figures alone, in their order: "−131 / <0.001 / 138"."""
    figures = quality.figures.values()
    shown = ["<0.001" if 0 < value < LEAST_QUALITY else f"{value:.3g}".replace("-", "−") for value in figures]
    return " / ".join(shown)


def quality_header(quality: Quality) -> str:
    """Return the names of the figures with their units: "alias dB / ripple dB"."""
    return " / ".join(f"{name} {quality.units.get(name, '')}".rstrip() for name in quality.figures)


def heading(table: Table) -> str:
    """Return a table's heading: title, items, and how it was measured."""
    return f"{table.title}: {items_text(table)}, {counted(len(table.launches), 'launch')}"
