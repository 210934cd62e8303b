"""Times over sizes: read between the measured ones, and turned into the sizes at which the fastest backend changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import exp, log
from typing import Final

__all__ = ["Curve", "ranges", "time_at"]

Curve = Sequence[tuple[int, float]]
"""``(n, ns)`` in ascending order of n; both above 0."""

HYSTERESIS: Final = 0.05
"""By how much a backend must be faster, somewhere, to take over from the one that serves smaller sizes."""

NEAR: Final = 0.01
"""How near a crossing is looked for, in items."""

STEPS: Final = 16
"""Places between two measured sizes at which curves are compared."""


def time_at(curve: Curve, n: float) -> float:
    """Return the time at size ``n``, interpolated between logarithms.

    Below the first size time is the first one's: a call's own cost. Beyond the last it grows with n, so that the order
    there is the last one measured.
    """
    first, last = curve[0], curve[-1]
    if n <= first[0]:
        return first[1]
    if n > last[0]:
        return last[1] * n / last[0]
    for (n0, t0), (n1, t1) in pairwise(curve):
        if n == n1:
            return t1
        if n < n1:
            part = log(n / n0) / log(n1 / n0)
            return exp(log(t0) + part * log(t1 / t0))
    raise AssertionError("n lies between the first and the last size")


def fastest(curves: Mapping[str, Curve], n: float) -> str:
    """Return the name of the fastest at size ``n``; of equals the first."""
    return min(curves, key=lambda name: time_at(curves[name], n))


def ranges(curves: Mapping[str, Curve], hysteresis: float = HYSTERESIS) -> list[tuple[int, str]]:
    """Return who serves from which size on: ``[(0, name), (n, name), …]``.

    A backend serves until another one is more than ``hysteresis`` faster at a larger size; the change is then put where
    that one becomes the faster of the two. So near ties do not alternate, and a change costs nothing at its place.
    Without curves nobody serves.
    """
    if not curves:
        return []
    sizes = sorted({n for curve in curves.values() for n, _ in curve})
    places = _between(sizes)
    serving = fastest(curves, places[0])
    found = [(0, serving)]
    for number, n in enumerate(places):
        challenger = fastest(curves, n)
        if time_at(curves[serving], n) <= time_at(curves[challenger], n) * (1 + hysteresis):
            continue
        begin = number
        while begin and time_at(curves[challenger], places[begin - 1]) < time_at(curves[serving], places[begin - 1]):
            begin -= 1
        size = _crossing(curves[serving], curves[challenger], places[begin - 1], places[begin])
        if size == found[-1][0]:
            found.pop()  # the one before never serves a whole size
        found.append((size, challenger))
        serving = challenger
    return found


def _between(sizes: Sequence[int]) -> list[float]:
    """Return the sizes, and others evenly between their logarithms."""
    places = [float(sizes[0])]
    for low, high in pairwise(sizes):
        places += [exp(log(low) + step / STEPS * log(high / low)) for step in range(1, STEPS)]
        places.append(float(high))
    return places


def _crossing(one: Curve, other: Curve, low: float, high: float) -> int:
    """Return the first whole size, between two, at which the other curve is the lower one."""
    for _ in range(60):
        middle = exp((log(low) + log(high)) / 2)
        if time_at(other, middle) < time_at(one, middle):
            high = middle
        else:
            low = middle
        if high - low < NEAR:
            break
    return max(1, -int(-high // 1))
