"""Which integers a line of numbers takes without leaving int64, or a quotient's exact range."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from paceline.pipeline.program import Kind

EXACT: Final = 2**53
"""Up to here a double holds every integer, so that the quotient of two is rounded once."""
LOWEST: Final = -(2**63)
HIGHEST: Final = 2**63 - 1
NONE: Final = (1, 0)
"""No integer at all."""


def exact_interval(operations: Iterable[tuple[int, Any]]) -> tuple[int, int]:
    """Return the least and the largest integer for which every step is exact, :data:`NONE` if there is none.

    Until the first division or float every step is a·x + b with whole a and b, so each step's limits are limits of x.
    ``operations`` are kinds and operands of a chain.
    """
    a, b = 1, 0
    interval = LOWEST, HIGHEST
    for kind, operand in operations:
        if kind == Kind.PASS:
            continue
        if type(operand) is not int:
            return interval
        if kind == Kind.DIVIDE:
            return _narrowed(interval, a, b, -EXACT, EXACT) if 0 < abs(operand) <= EXACT else NONE
        if not LOWEST <= operand <= HIGHEST:
            return NONE
        if kind == Kind.MULTIPLY:
            a, b = a * operand, b * operand
        else:
            b += operand if kind == Kind.ADD else -operand
        interval = _narrowed(interval, a, b, LOWEST, HIGHEST)
    return interval


def _narrowed(interval: tuple[int, int], a: int, b: int, least: int, most: int) -> tuple[int, int]:
    """Return the part of an interval in which a·x + b is within two limits."""
    if a == 0:
        return interval if least <= b <= most else NONE
    first, last = (least - b, most - b) if a > 0 else (most - b, least - b)
    low, high = max(interval[0], -(-first // a)), min(interval[1], last // a)
    return (low, high) if low <= high else NONE
