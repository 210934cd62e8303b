"""Which candidates take turns with which, and how often: decided from the cost of a call, before the first sample."""

from __future__ import annotations

import math
from collections.abc import Sequence

SLOW_CALL_NS = 2_000_000
MOST_SLOW_PAIRS = 400


def cost_groups(costs: Sequence[float]) -> tuple[list[int], list[list[int]]]:
    """Split arms 1.. by cost in ns: those up to 2 ms or twice the baseline, then one group per tenfold above that."""
    limit = max(SLOW_CALL_NS, 2 * costs[0])
    fast: list[int] = []
    slow: dict[int, list[int]] = {}
    for arm, cost in enumerate(costs[1:], 1):
        if cost <= limit:
            fast.append(arm)
        else:
            slow.setdefault(math.floor(math.log10(cost / limit)), []).append(arm)
    return fast, [slow[decade] for decade in sorted(slow)]


def slow_pairs(round_s: float, budget_s: float, cap_s: float, fewest: int) -> int:
    """Return an even number of pairs: what the budget allows, at least what an interval needs, within the cap."""
    wanted = min(MOST_SLOW_PAIRS, max(fewest, math.floor(budget_s / round_s)))
    wanted += wanted % 2
    affordable = 2 * math.floor(cap_s / round_s / 2)
    return max(2, min(wanted, affordable))
