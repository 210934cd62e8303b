"""Regret: how much longer the chosen backend takes than the fastest one, at sizes that calibration did not measure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, isfinite, log
from pathlib import Path
from statistics import fmean
from typing import Final, Literal

import msgspec

from paceline_harness.environment import Environment
from paceline_harness.selection.words import what

FORMAT: Final = 1
WORSE: Final = 0.1
"""A point with more regret than this is counted."""

Halves = tuple[float, float]


class RegretError(ValueError):
    """A file that holds no record of regret; the message is a sentence."""


class Point(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One operation at one size: who was chosen by which rule, and what every candidate took."""

    operation: str
    kind: str
    """Of the operation's kinds; empty: the usual one."""
    n: int
    chosen: str
    rule: str
    times: dict[str, float]
    """ns per call, the low quantile of all rounds."""
    halves: dict[str, Halves]
    """The same of every other turn around the places where arrays lie, and of the turns between."""

    def __post_init__(self) -> None:
        if self.chosen not in self.times:
            raise ValueError(f"{self.what} at {self.n} has no time of {self.chosen!r}, which was chosen")
        figures = (*self.times.values(), *(half for pair in self.halves.values() for half in pair))
        if not all(isfinite(ns) and ns > 0 for ns in figures):
            raise ValueError(f"{self.what} at {self.n} has a time that is not above 0")

    @property
    def what(self) -> str:
        """The operation, and its kind if that is not the usual one."""
        return what(self.operation, self.kind)

    @property
    def best(self) -> str:
        """The fastest candidate."""
        return min(self.times, key=lambda name: self.times[name])

    @property
    def regret(self) -> float:
        """By which part of the fastest one's time the chosen one takes longer."""
        return self.times[self.chosen] / self.times[self.best] - 1

    @property
    def chance(self) -> float:
        """The regret, in one half of the rounds, of who was the fastest in the other: what only noise explains."""
        even = min(self.halves, key=lambda name: self.halves[name][0])
        return self.halves[even][1] / min(odd for _, odd in self.halves.values()) - 1


class Regret(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A measurement of regret, with what it takes to judge and repeat it."""

    format: Literal[1]
    utc: str
    seed: int
    environment: Environment
    measured: dict[str, str]
    """Where and when the times of each operation, or kind of it, were measured that the choice rests on."""
    ranges: dict[str, list[tuple[int, str]]]
    """Who serves from which size on."""
    skipped: dict[str, str]
    """Operations and kinds that have no points, and why."""
    points: list[Point]


@dataclass(frozen=True, slots=True)
class Summary:
    """Points taken together. `single` is one backend for all of them, the best one in hindsight."""

    points: Sequence[Point]
    mean: float
    worst: Point
    worse: int
    """Points with more than 10 % of regret."""
    chance: float
    single: str
    ahead: float
    """How many times as fast the choice is as `single`, the geometric mean over the points."""


def summary(points: Sequence[Point]) -> Summary:
    """Summarise points, one or more."""
    single, ahead = best_single(points)
    return Summary(
        points,
        fmean(point.regret for point in points),
        max(points, key=lambda point: point.regret),
        sum(point.regret > WORSE for point in points),
        fmean(point.chance for point in points),
        single,
        ahead,
    )


def by_what(points: Iterable[Point]) -> dict[str, list[Point]]:
    """Return the points of each operation and kind, in the order of their sizes."""
    found: dict[str, list[Point]] = {}
    for point in points:
        found.setdefault(point.what, []).append(point)
    return {name: sorted(some, key=lambda point: point.n) for name, some in found.items()}


def best_single(points: Sequence[Point]) -> tuple[str, float]:
    """Return the candidate that, alone, would have been the best at these points, and how far ahead of it choosing is.

    A variant without a kernel of its own for an operation runs the backend's there.
    """
    names = dict.fromkeys(name for point in points for name in point.times)
    ratios = {name: [_time_of(point, name) / point.times[point.chosen] for point in points] for name in names}
    means = {name: exp(fmean(map(log, each))) for name, each in ratios.items() if all(map(isfinite, each))}
    best = min(means, key=lambda name: means[name])
    return best, means[best]


def ahead_of_singles(points: Sequence[Point]) -> float:
    """Return how many times as fast choosing is as the best single backend of each operation and kind."""
    return exp(sum(len(part) * log(best_single(part)[1]) for part in by_what(points).values()) / len(points))


def _time_of(point: Point, name: str) -> float:
    return point.times.get(name, point.times.get(name.partition(":")[0], math.inf))


def write(file: Path, found: Regret) -> None:
    """Write a record as JSON, a line for each point."""
    head = msgspec.json.encode(msgspec.structs.replace(found, points=[]))
    assert head.endswith(b"[]}")  # points are the last field
    lines = b",\n".join(map(msgspec.json.encode, found.points))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(head.removesuffix(b"]}") + b"\n" + lines + b"\n]}\n")


def read(file: Path) -> Regret:
    """Read a record.

    Raises
    ------
    RegretError
        It holds none, or one without points.
    """
    try:
        found = msgspec.json.decode(file.read_bytes(), type=Regret)
    except (msgspec.MsgspecError, ValueError) as error:
        raise RegretError(f"{file} is no record of regret: {error}.") from error
    if not found.points:
        raise RegretError(f"{file} has no points; accepted is a record with one or more.")
    return found
