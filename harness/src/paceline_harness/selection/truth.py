"""Measures who really is the fastest at sizes that calibration did not measure, and who is chosen there."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import exp, log
from typing import Final

import paceline
from paceline.operations import OPERATIONS
from paceline.selection import candidates, figures
from paceline.selection.curves import Curve
from paceline.selection.timing import FAR, PLACES, Call, Prepared, low, sampled, undisturbed
from paceline_harness.selection.points import Halves, Point
from paceline_harness.selection.words import what

ROUNDS: Final = (32, 64)
"""Batches of each candidate at a size, at least and at most."""

BUDGET_NS: Final = 50_000_000
"""How long a size may take beyond the least number of rounds."""

TRIES: Final = 100
"""How often a size is drawn for each that is wanted; small ranges have fewer than are wanted."""

MEASURING: Final = ("profile", "shipped")
"""The rules that choose by what was measured."""

Progress = Callable[[str], None]


class NoChoice(ValueError):  # noqa: N818 - it says what there is not
    """An operation's backend is not chosen by what was measured; the message is the end of a sentence."""


def points_of(operation: str, kind: str, count: int, seed: int, progress: Progress) -> Iterator[Point]:
    """Measure an operation, or a kind of it, at so many sizes, in ascending order; JIT backends are compiled before.

    Raises
    ------
    NoChoice
        The operation has no size axis, nothing was measured of it, or a setting chooses its backend.
    """
    if OPERATIONS[operation].size_axis == "n = 1":
        raise NoChoice("it has one size")
    known = figures(operation)
    if known is None or not (curves := known.of_kind(kind)):
        raise NoChoice("it was never measured: run harness calibrate")
    rule = paceline.explain(operation, kind=kind).rule
    if rule not in MEASURING:
        raise NoChoice(f"the rule {rule!r} chooses its backend, whatever was measured")
    kernels, _ = candidates(operation)
    prepared = Prepared(operation, kernels, seed)
    order = random.Random(seed)
    with undisturbed():
        for n in sizes_for(prepared, kind, curves, count, seed):
            progress(f"{what(operation, kind)}, n = {n:,}")
            calls = prepared.calls(prepared.arguments(n, kind))
            assert calls is not None  # the size was drawn because it has some
            chosen = paceline.explain(operation, n, kind=kind)
            samples = timed(calls, chosen.backend, order)
            yield Point(
                operation,
                kind,
                n,
                chosen.backend,
                chosen.rule,
                {name: low(found) for name, found in samples.items()},
                {name: _halves(found) for name, found in samples.items()},
            )


def sizes_for(prepared: Prepared, kind: str, curves: Mapping[str, Curve], count: int, seed: int) -> list[int]:
    """Draw sizes from 1 to the largest one measured, evenly in their logarithms, none of them measured or twice.

    Left out are those at which the public function asks another operation's kernel.
    """
    measured = {n for curve in curves.values() for n, _ in curve}
    numbers = random.Random(f"{seed} {what(prepared.operation, kind)}")
    found: set[int] = set()
    refused: set[int] = set()
    for n in _drawn(numbers, max(measured), TRIES * count):
        if n in measured or n in found or n in refused:
            continue
        if prepared.calls(prepared.arguments(n, kind)) is None:
            refused.add(n)
            continue
        found.add(n)
        if len(found) == count:
            break
    return sorted(found)


def _drawn(numbers: random.Random, largest: int, count: int) -> Iterator[int]:
    for _ in range(count):
        yield min(largest, int(exp(numbers.uniform(0, log(largest + 1)))))


def timed(calls: Mapping[str, Call], chosen: str, order: random.Random) -> dict[str, list[int]]:
    """Time every candidate, all but the hopeless ones in every round.

    Who is hopeless is seen from a few calls, each of which may have been interrupted: the chosen one, and who is near
    after all, are timed again alone.
    """
    found = sampled(calls, BUDGET_NS, ROUNDS, order)
    least = {name: min(samples) for name, samples in found.items()}
    limit = FAR * min(least.values())
    for name, samples in found.items():
        if len(samples) < ROUNDS[0] and (name == chosen or least[name] <= limit):
            found |= sampled({name: calls[name]}, BUDGET_NS, ROUNDS, order)
    return found


def _halves(samples: Sequence[int]) -> Halves:
    """Return the low quantiles of every other turn around the places, and of those between."""
    parts = [[each for number, each in enumerate(samples) if number // PLACES % 2 == half] for half in (0, 1)]
    return low(parts[0]), low(parts[1] or parts[0])
