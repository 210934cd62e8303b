"""What a sweep over sizes gives. Times are ns, intervals (low, high) at 95 %."""

from __future__ import annotations

import msgspec

from paceline_harness.record import Record
from paceline_harness.verdict import Interval


class Point(msgspec.Struct, frozen=True):
    """One candidate at one size: the median time of a call and its interval (None: too few samples)."""

    size: int
    items: int
    call_ns: float
    interval_ns: Interval | None
    samples: int


class Line(msgspec.Struct, frozen=True):
    """t = call_ns + item_ns · n, fitted to relative errors; `fits` tells whether it may be believed.

    `worst` is the largest relative residual, `r_squared` the share of the weighted variance that the line explains.
    Intervals are None with two points: a line through two points has no residuals to judge it by.
    """

    call_ns: float
    call_interval: Interval | None
    item_ns: float
    item_interval: Interval | None
    r_squared: float
    worst: float
    fits: bool


class CandidateCurve(msgspec.Struct, frozen=True):
    """One candidate over the sizes; `reason` says why it was left out, or from where on."""

    name: str
    points: list[Point]
    line: Line | None = None
    first_call_ns: int | None = None
    reason: str = ""


class Crossover(msgspec.Struct, frozen=True):
    """Up to `lower` the candidate `below` is faster, from `upper` on `above` is; `size` estimates where they meet.

    Between the two ends the verdicts change: there the two are equivalent, undecided, or the next size was too near.
    """

    below: str
    above: str
    lower: int
    upper: int
    size: float


class BreakEven(msgspec.Struct, frozen=True):
    """After `calls` calls of `size` the first call of `name` has paid against `other`; None: beyond all bounds."""

    name: str
    other: str
    size: int
    extra_ns: float
    saving_ns: float
    calls: float
    interval: tuple[float, float | None]


class Curve(msgspec.Struct, frozen=True):
    """A sweep: one curve per candidate, the crossovers between them, the calls that a compiler takes to pay."""

    op: str
    title: str
    item: str
    baseline: str
    sizes: list[int]
    candidates: list[CandidateCurve]
    crossovers: list[Crossover]
    break_evens: list[BreakEven]
    stop: str
    interrupted: bool = False
    records: list[Record] = []

    def __getitem__(self, name: str) -> CandidateCurve:
        """Return a candidate's curve; ValueError, listing all names, when there is none."""
        for each in self.candidates:
            if each.name == name:
                return each
        names = ", ".join(repr(each.name) for each in self.candidates)
        raise ValueError(f"{name!r} is no candidate of {self.title!r}; accepted are {names}.")
