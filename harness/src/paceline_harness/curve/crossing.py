"""Where the faster of two changes: bisection on paired ratios, between sizes at which the verdicts are opposite."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from paceline_harness.curve.model import Crossover
from paceline_harness.verdict import Verdict

NARROW = 1.1
"""Ends of a bracket that lie within a tenth of each other are near enough."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The time of one candidate ÷ the other's at a size, as logarithm, and the verdict on it."""

    size: int
    log_ratio: float
    verdict: Verdict


Ask = Callable[[int], Seen | None]
"""Measures the two at a size; None when there is no time left."""


def crossovers(name: str, other: str, seen: Sequence[Seen], ask: Ask, narrow: float = NARROW) -> list[Crossover]:
    """Return every place where the verdict on `name` ÷ `other` turns, from what was `seen` and from asking further."""
    ordered = sorted(seen, key=lambda each: each.size)
    decided = [each for each in ordered if each.verdict in ("faster", "slower")]
    found = []
    for low, high in pairwise(decided):
        if low.verdict == high.verdict:
            continue
        known = [each for each in ordered if low.size <= each.size <= high.size]
        search = _Search(known, ask, narrow)
        lower, upper = search.bracket(low, high)
        below, above = (name, other) if low.verdict == "faster" else (other, name)
        found.append(Crossover(below, above, lower.size, upper.size, search.meeting(lower, upper)))
    return found


class _Search:
    def __init__(self, known: list[Seen], ask: Ask, narrow: float) -> None:
        self.known, self.ask, self.narrow = known, ask, narrow

    def bracket(self, low: Seen, high: Seen) -> tuple[Seen, Seen]:
        """Return the last size with the lower verdict and the first with the upper one, as near as may be."""
        while middle := self.between(low, high):
            if middle.verdict == low.verdict:
                low = middle
            elif middle.verdict == high.verdict:
                high = middle
            else:  # a tie has two ends of its own
                return self.edge(low, middle), self.edge(high, middle)
        return low, high

    def edge(self, decided: Seen, tie: Seen) -> Seen:
        """Return the size nearest to the tie at which the verdict is still the decided one's."""
        while middle := self.between(decided, tie):
            if middle.verdict == decided.verdict:
                decided = middle
            else:
                tie = middle
        return decided

    def between(self, one: Seen, two: Seen) -> Seen | None:
        """Return what is seen halfway (of the logarithms); None when both are near, or when there is no time left."""
        low, high = sorted((one.size, two.size))
        if high <= low * self.narrow or high - low < 2:
            return None
        size = min(max(round(math.sqrt(low * high)), low + 1), high - 1)
        inside = [each for each in self.known if low < each.size < high]
        if inside:  # it was measured already
            return min(inside, key=lambda each: abs(math.log(each.size / size)))
        found = self.ask(size)
        if found is not None:
            self.known.append(found)
        return found

    def meeting(self, lower: Seen, upper: Seen) -> float:
        """Return the size where the log ratio is 0, on a straight line in log size between the nearest two points."""
        inside = sorted((each for each in self.known if lower.size <= each.size <= upper.size), key=lambda s: s.size)
        for one, two in pairwise(inside):
            if one.log_ratio == 0.0:
                return float(one.size)
            if (one.log_ratio < 0) != (two.log_ratio < 0):
                share = one.log_ratio / (one.log_ratio - two.log_ratio)
                return one.size * math.pow(two.size / one.size, share)
        return math.sqrt(lower.size * upper.size)
