"""A curve in sentences: what a call and an item cost, where the faster one changes, when a compiler has paid."""

from __future__ import annotations

from paceline_harness.curve.model import BreakEven, CandidateCurve, Crossover, Curve, Line, Point
from paceline_harness.verdict import Interval


def text(curve: Curve) -> str:
    """Return the curve in sentences, one a line."""
    lines = [_head(curve)]
    lines += [f"  {_candidate(each, curve.item)}" for each in curve.candidates]
    lines += [f"  {crossover(each)}" for each in curve.crossovers]
    if not curve.crossovers:
        lines.append("  No two candidates change places between the sizes that were measured.")
    for name in dict.fromkeys(each.name for each in curve.break_evens):
        lines.append(f"  {payback([each for each in curve.break_evens if each.name == name])}")
    return "\n".join(lines)


def crossover(found: Crossover) -> str:
    """Return where two candidates change places."""
    return (
        f"{found.below} is faster up to size {found.lower:,}, {found.above} from {found.upper:,} on; "
        f"they meet near {round(found.size):,}."
    )


def payback(found: list[BreakEven]) -> str:
    """Return after how many calls a candidate's first call has paid, at each size."""
    first = found[0]
    said = "; ".join(f"{_calls(each)} at size {each.size:,}" for each in found)
    spends = f"{first.name} spends {_time(first.extra_ns)} on its first call"
    return f"{spends} and has paid against {first.other} after {said}."


def _head(curve: Curve) -> str:
    if not curve.sizes:
        return f"{curve.title}: nothing was measured."
    plural = "size" if len(curve.sizes) == 1 else "sizes"
    return f"{curve.title}: {len(curve.sizes)} {plural}, {curve.sizes[0]:,} to {curve.sizes[-1]:,}; {curve.stop}."


def _candidate(curve: CandidateCurve, item: str) -> str:
    if not curve.points:
        return f"{curve.name}: {curve.reason or 'not timed'}."
    tail = f" ({curve.reason})" if curve.reason else ""
    if curve.line is None:
        return f"{curve.name}: {_points(curve.points)}.{tail}"
    if not curve.line.fits:
        return f"{curve.name}: no straight line ({_quality(curve.line)}); {_points(curve.points)}.{tail}"
    per = item if all(point.items == point.size for point in curve.points) else "unit of size"
    return f"{curve.name}: {_line(curve.line, per)} ({_quality(curve.line)}).{tail}"


def _line(line: Line, per: str) -> str:
    call = f"{_time(line.call_ns)} a call{_interval(line.call_interval)}"
    if line.call_interval is not None and line.call_interval[0] <= 0:
        call = f"a call's own cost cannot be told from 0 (at most {_time(max(line.call_interval[1], 0.0))})"
    return f"{call}, and {_time(line.item_ns)} per {per}{_interval(line.item_interval)}"


def _quality(line: Line) -> str:
    return f"R² {line.r_squared:.4f}, off by {line.worst:.1%} at most"


def _points(points: list[Point]) -> str:
    return ", ".join(f"{_time(point.call_ns)} at {point.size:,}" for point in points)


def _calls(found: BreakEven) -> str:
    low, high = found.interval
    return f"{_count(found.calls)} calls [{_count(low)}, {'no bound' if high is None else _count(high)}]"


def _count(calls: float) -> str:
    return f"{calls:,.0f}" if calls >= 10 else f"{calls:.1f}"


def _interval(interval: Interval | None) -> str:
    return "" if interval is None else f" [{_time(interval[0])}, {_time(interval[1])}]"


def _time(ns: float) -> str:
    """Return a time with three significant digits in the unit that suits it; below 0 and below 1 ns as well."""
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if abs(ns) >= size:
            return f"{_three(ns / size)} {unit}"
    return f"{_three(ns)} ns"


def _three(value: float) -> str:
    size = abs(value)
    return f"{value:.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.3g}"
