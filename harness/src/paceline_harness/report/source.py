"""Where the views get their figures: the one module here that knows how launches are put together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from paceline_harness import across as launches
from paceline_harness.across import Across, across, tables, trustworthy_table
from paceline_harness.cells import cell
from paceline_harness.noise import noise
from paceline_harness.record import Record
from paceline_harness.verdict import Interval, Verdict, printed_interval

__all__ = ["Across", "Pair", "across", "call_times", "noise", "null_ratios", "pair", "tables", "trustworthy_table"]


@dataclass(frozen=True, slots=True)
class Pair:
    """Time of one candidate ÷ time of another, with its interval, the verdict and the number of pairs."""

    ratio: float
    interval: Interval | None
    verdict: Verdict
    pairs: int


def pair(table: Sequence[Record], a: str, b: str) -> Pair:
    """Return the time of `a` ÷ the time of `b` over all launches; ValueError where they were not timed together."""
    found = launches.paired_across(table, a, b)
    if found.ratio is None or found.verdict is None:
        raise ValueError(f"{a!r} and {b!r} have no ratio in {table[0].title!r}: {found.reason}.")
    return Pair(found.ratio, found.interval, found.verdict, found.pairs)


def null_ratios(table: Sequence[Record]) -> list[tuple[float, Interval | None, int]]:
    """Return what the baseline's hidden second copy took ÷ the baseline, per launch: ratio, interval, pairs."""
    return [
        (math.exp(arm.log_ratio), None if arm.ci_log is None else printed_interval(arm.ci_log), arm.n_pairs)
        for record in table
        for arm in record.arms
        if arm.name == record.null_arm and arm.log_ratio is not None
    ]


def call_times(table: Sequence[Record], names: Sequence[str]) -> list[tuple[float, ...]]:
    """Return the ns that a call of each of `names` took, per launch in which all of them were timed."""
    found = [[cell(record, name).call_ns for name in names] for record in table]
    return [tuple(ns for ns in times if ns is not None) for times in found if None not in times]
