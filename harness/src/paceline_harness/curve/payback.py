"""After how many calls a slow first call, in which a backend compiles, has paid."""

from __future__ import annotations

from paceline_harness.curve.model import BreakEven
from paceline_harness.verdict import Interval

LEAST_NS = 1_000_000
LEAST_CALLS = 20
"""A first call that costs less than 1 ms or 20 calls extra is a cold cache, not a compiler."""


def compiles(extra_ns: float, call_ns: float) -> bool:
    """Tell whether what a first call costs on top looks like compiling or loading."""
    return extra_ns >= LEAST_NS and extra_ns >= LEAST_CALLS * call_ns


def break_even(
    name: str, other: str, size: int, extra_ns: float, other_ns: float, ratio: float, interval: Interval | None
) -> BreakEven | None:
    """Return after how many calls `extra_ns` is earned back, or None when `name` saves nothing against `other`.

    `ratio` is its time ÷ the other's, `interval` that ratio's; the number of calls inherits the interval's ends. What
    the first call itself costs was measured once: no interval can be given of it.
    """
    if ratio >= 1 or interval is None or interval[0] >= 1:
        return None
    calls, least = (extra_ns / (other_ns * (1 - each)) for each in (ratio, interval[0]))
    most = extra_ns / (other_ns * (1 - interval[1])) if interval[1] < 1 else None
    return BreakEven(name, other, size, extra_ns, other_ns * (1 - ratio), calls, (least, most))
