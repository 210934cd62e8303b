"""A log axis in per cent of a strip's width, so that one drawing fits a phone and a wide screen."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

INSET = 3.0
"""Per cent left free at both ends, for a mark's own width and the label of a tick."""

FEWEST, MOST = 3, 7


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high` on a log scale."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """Return where a value lies, in per cent."""
        span = math.log(self.high / self.low)
        share = math.log(min(max(value, self.low), self.high) / self.low) / span
        return INSET + share * (100 - 2 * INSET)

    def ticks(self, most: int = MOST) -> list[float]:
        """Return round values inside, as dense as leaves the labels legible."""
        for steps in ((1, 1.5, 2, 3, 4, 5, 7), (1, 2, 5), (1, 3), (1,)):
            found = self._inside(steps)
            if len(found) <= most:
                return found
        powers = self._inside((1,))
        keep = math.ceil(len(powers) / most)
        return [value for value in powers if round(math.log10(value)) % keep == 0]

    def _inside(self, steps: Iterable[float]) -> list[float]:
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        values = [step * 10.0**power for power in range(first, last + 1) for step in steps]
        return [value for value in values if self.low * 0.999 <= value <= self.high * 1.001]


def around(values: Iterable[float]) -> Axis:
    """Return an axis that holds all values and 1, with a little room."""
    found = [value for value in values if value > 0 and math.isfinite(value)]
    low, high = min([1.0, *found]), max([1.0, *found])
    room = max((high / low) ** 0.03, 1.06)
    return Axis(low / room, high * room)


def label(value: float) -> str:
    """Return a tick's label: "0.01", "5", "10k"."""
    for least, sign in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if value >= least:
            return f"{value / {'G': 1e9, 'M': 1e6, 'k': 1e3}[sign]:g}{sign}"
    return f"{value:g}"
