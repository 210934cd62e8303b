"""The samples of a table as they arrive, sorted as far as a look at them needs: a look must cost next to nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from paceline_harness.sampler import Tape
from paceline_harness.verdict import SHORT_SAMPLE_NS, Judgement, Series, judge, judge_ordered


@dataclass
class _Column:
    """One arm's samples in ns, their rounds, and its log ratios to the baseline: those sorted, and newer ones."""

    batch: int
    overhead_ns: int
    samples_ns: list[int] = field(default_factory=list)
    rounds: list[int] = field(default_factory=list)
    ordered: list[float] = field(default_factory=list)
    long: int = 0

    def add(self, at: int, ns: int) -> float:
        """Take in one sample; return the log of one call's ns."""
        self.samples_ns.append(ns)
        self.rounds.append(at)
        self.long += ns > SHORT_SAMPLE_NS
        return math.log(max(ns - self.overhead_ns, 1) / self.batch)

    @property
    def short(self) -> bool:
        """Whether the median sample is short for certain."""
        return 2 * self.long < len(self.samples_ns)

    def series(self) -> Series:
        return Series(self.samples_ns, self.rounds, self.batch, self.overhead_ns)


class Pairs:
    """Every arm's samples and log ratios, read from the tape; arm 0 is the baseline."""

    def __init__(self, batch: Sequence[int], overhead_ns: Sequence[int]) -> None:
        self.columns = [_Column(size, empty) for size, empty in zip(batch, overhead_ns, strict=True)]
        self.read = 0

    def catch_up(self, tape: Tape) -> None:
        """Take in the rounds that were taken since the last time."""
        columns = self.columns
        for at in range(self.read, len(tape.rounds)):
            _, order, elapsed = tape.rounds[at]
            base = columns[0].add(at, elapsed[order.index(0)])
            for arm, ns in zip(order, elapsed, strict=True):
                if arm:
                    column = columns[arm]
                    column.ordered.append(column.add(at, ns) - base)
        self.read = len(tape.rounds)

    def judgement(self, arm: int, alpha: float, margin: float) -> Judgement:
        """Return what `verdict.judge` says of an arm; for short samples without the ratio of low quantiles."""
        column, base = self.columns[arm], self.columns[0]
        if column.short and base.short:
            column.ordered.sort()
            return judge_ordered(column.ordered, alpha, margin)
        return judge(column.series(), base.series(), alpha, margin)

    def series(self, arm: int) -> Series:
        """Return one arm's raw samples with the rounds they were taken in."""
        return self.columns[arm].series()
