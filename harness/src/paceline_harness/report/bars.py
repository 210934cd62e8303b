"""What something may cost beside what it does: figures worked out from a table's ratios, each judged by its bar."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Literal

from paceline_harness.record import Bar
from paceline_harness.report import source
from paceline_harness.report.tables import Table
from paceline_harness.report.words import Interval, centre_text, figure, interval_text, time_text

Word = Literal["met", "not met", "cannot be told"]


@dataclass(frozen=True, slots=True)
class Judged:
    """A bar with its figure: times its unit, or ns per item. What cannot be told says why.

    The interval is as wide as those of the ratios that it is made of allow together; a time has the lowest and the
    highest of the launches in its place.
    """

    bar: Bar
    figure: float | None
    interval: Interval | None
    word: Word
    reason: str = ""


def judged(table: Table) -> list[Judged]:
    """Return a table's bars with their figures."""
    return [_judged(table, bar) for bar in table.bars]


def lines(table: Table) -> list[str]:
    """Return one line for all bars of one name and height: what it is, the bar, who took how much."""
    found: dict[tuple[str, str], list[str]] = {}
    for each in judged(table):
        found.setdefault((each.bar.name, _height(each.bar)), []).append(_said(each))
    return [f"{name}, at most {height}: {'; '.join(said)}." for (name, height), said in found.items()]


def _judged(table: Table, bar: Bar) -> Judged:
    for name in (name for name in (bar.of, bar.less, bar.unit) if name):
        if table.cells[name].ratio is None:
            return Judged(bar, None, None, "cannot be told", f"{name} was not timed")
    value, interval = _in_units(table, bar) if bar.unit else _per_item(table, bar)
    if not table.trustworthy:
        return Judged(bar, value, interval, "cannot be told", "the environment was not trustworthy")
    if interval is None:
        return Judged(bar, value, interval, "cannot be told", "too few pairs for an interval")
    low, high = interval
    if high <= bar.at_most:
        return Judged(bar, value, interval, "met")
    if low > bar.at_most:
        return Judged(bar, value, interval, "not met")
    return Judged(bar, value, interval, "cannot be told", "the interval reaches across the bar")


def _in_units(table: Table, bar: Bar) -> tuple[float, Interval | None]:
    of, less, unit = (_ratio(table, name) for name in (bar.of, bar.less, bar.unit))
    value = (of[0] - less[0]) / unit[0]
    if of[1] is None or less[1] is None or unit[1] is None:
        return value, None
    ends = [end / by for end in (of[1][0] - less[1][1], of[1][1] - less[1][0]) for by in unit[1]]
    return value, (min(ends), max(ends))


def _ratio(table: Table, name: str) -> tuple[float, Interval | None]:
    """Return time ÷ the baseline's, with its interval; of nothing, nothing."""
    if not name:
        return 0.0, (0.0, 0.0)
    found = table.cells[name]
    assert found.ratio is not None
    return found.ratio, (1.0, 1.0) if found.is_baseline else found.interval


def _per_item(table: Table, bar: Bar) -> tuple[float, Interval]:
    names = [name for name in (bar.of, bar.less) if name]
    each = [(of - sum(less)) / table.items for of, *less in source.call_times(table.launches, names)]
    return median(each), (min(each), max(each))


def _height(bar: Bar) -> str:
    return f"{bar.at_most:g} times the {bar.unit}'s time" if bar.unit else time_text(bar.at_most)


def _said(each: Judged) -> str:
    bar = each.bar
    what = f"{bar.of} − {bar.less}" if bar.less else bar.of
    reason = f": {each.reason}" if each.reason else ""
    if each.figure is None:
        return f"{what}, {each.word}{reason}"
    if not bar.unit:
        return f"{what} {time_text(each.figure)}, {each.word}{reason}"
    return f"{what} {_figure_text(each.figure, each.interval)}, {each.word}{reason}"


def _figure_text(value: float, interval: Interval | None) -> str:
    """Return a figure with its interval, which may be negative: a difference that is none."""
    if interval is None:
        return f"about {figure(value) if value > 0 else _signed(value)}"
    if interval[0] > 0:
        return f"{centre_text(value, interval)} {interval_text(interval, value)}"
    return f"{_signed(value)} [{_signed(interval[0])}, {_signed(interval[1])}]"


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
