"""Claims measured again: replicated, not replicated, or not to be told."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Literal

from paceline_harness.across import Across, paired_across, tables, trustworthy_table
from paceline_harness.claims import Claim
from paceline_harness.comparison import Comparison
from paceline_harness.record import Record
from paceline_harness.suites import SuiteOptions, UnknownNameError, chosen
from paceline_harness.verdict import SYSTEMATIC_FLOOR, Interval

Word = Literal["replicated", "not replicated", "cannot tell"]
Measure = Callable[[Comparison], list[Record]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a claim when it was measured again; `found` is times as fast, as in the claim."""

    claim: Claim
    word: Word
    reason: str = ""
    ratio: float | None = None
    interval: Interval | None = None


def judged(claim: Claim, found: Across) -> Outcome:
    """Judge a claim by the interval measured now, `found` being the time of `against` ÷ that of `candidate`.

    Replicated: the interval meets the claimed one, widened by the systematic floor, and lies on the same side of 1.
    Not replicated: there is a gap between the two that is wider than the margin. Else it cannot be told.
    """
    if found.ratio is None or found.interval is None:
        return Outcome(claim, "cannot tell", found.reason or "too few pairs for an interval", found.ratio)
    low, high = (math.log(end) for end in found.interval)
    floor = math.log(claim.low) - SYSTEMATIC_FLOOR
    ceiling = math.log(claim.high) + SYSTEMATIC_FLOOR
    gap = max(low - ceiling, floor - high)
    if gap > (found.margin or 0.0):
        return Outcome(claim, "not replicated", f"{math.expm1(gap):.1%} apart", found.ratio, found.interval)
    if gap > 0:
        return Outcome(claim, "cannot tell", "apart by less than the margin", found.ratio, found.interval)
    if (claim.low > 1 and low <= 0) or (claim.high < 1 and high >= 0):
        return Outcome(claim, "cannot tell", "the interval reaches across 1", found.ratio, found.interval)
    return Outcome(claim, "replicated", "", found.ratio, found.interval)


def replicate(claims: Iterable[Claim], measure: Measure) -> Iterator[Outcome]:
    """Yield what became of each claim, a table at a time: only the candidates that claims name are measured."""
    groups: dict[tuple[str, str, int], list[Claim]] = {}
    for claim in claims:
        groups.setdefault((claim.operation, claim.title, claim.size), []).append(claim)
    for group in groups.values():
        comparison = comparison_for(group)
        if comparison is None:
            yield from (Outcome(claim, "cannot tell", "no suite has such a table") for claim in group)
            continue
        found = tables(measure(comparison))
        yield from (_outcome(claim, found[0] if found else []) for claim in group)


def _outcome(claim: Claim, table: Sequence[Record]) -> Outcome:
    if not table:
        return Outcome(claim, "cannot tell", "interrupted")
    if not trustworthy_table(table):
        return Outcome(claim, "cannot tell", "the null arm was off")
    states = {each.name: each for record in table for each in record.candidates}
    for name in (claim.against, claim.candidate):
        if name not in states:
            return Outcome(claim, "cannot tell", f"{name} is not there")
        if states[name].status != "timed":
            return Outcome(claim, "cannot tell", f"{name}: {states[name].reason or states[name].status}")
    try:
        return judged(claim, paired_across(table, claim.against, claim.candidate))
    except ValueError as error:
        return Outcome(claim, "cannot tell", str(error).rstrip("."))


def comparison_for(claims: Sequence[Claim]) -> Comparison | None:
    """Return the suites' comparison for claims on one table, with only the candidates that they need."""
    first = claims[0]
    for sizes in (None, (first.size,)):
        try:
            candidates = chosen([first.operation], SuiteOptions(sizes=sizes))
        except UnknownNameError:
            return None
        for comparison in candidates:
            if (comparison.title or comparison.name) == first.title and first.size in comparison.sizes:
                return _narrowed(comparison, claims, first.size)
    return None


def _narrowed(comparison: Comparison, claims: Sequence[Claim], size: int) -> Comparison:
    named = {name for claim in claims for name in (claim.candidate, claim.against)} | {comparison.baseline}
    other = copy(comparison)
    other.candidates = tuple(each for each in comparison.candidates if each.name in named)
    other.sizes = (size,)
    return other
