"""From raw samples to an interval and a verdict: pure functions, so that anyone can recompute them.

The datum is the log ratio of a candidate's sample and the baseline's sample of the same round. Its location is the
median, its interval the sign test's (order statistics, exact for independent pairs whatever their distribution).
A block bootstrap of the median was refused: it covered 82-92 % where it promised 95 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from statistics import median
from typing import Literal

import msgspec

Verdict = Literal["faster", "slower", "equivalent", "inconclusive"]
Interval = tuple[float, float]

SYSTEMATIC_FLOOR = 0.003
"""Below 0.3 % the timer pair, the call itself and the order decide; every printed interval is widened by it.

The self-test finds a bias of 0.17 % at a true ratio of 1.5 and of 0.25 % at 20: a sample of 20 us starts 50 to 100 ns
colder than the empty one that is taken off.
"""

SHORT_SAMPLE_NS = 300_000
LONG_CALL_NS = 10_000_000

PLACEMENT_NS, PLACEMENT_SHARE = 12.0, 0.015
"""By so many ns a call, or 1.5 %, two copies of a function differ while a process lives: where they lie decides.

With a margin of 0.5 %, a quarter of the copies of a call of 0.8 us were called different.
"""


def margin_for(sample_ns: float, call_ns: float, margin: float = 0.005) -> float:
    """Return the log-ratio margin below which nothing is called faster or slower.

    `margin` itself for samples up to 300 us, at least 1 % beyond (most such samples meet an interruption), and at
    least 5 % for calls over 10 ms. Calls under 2.4 us have at least 12 ns, up to 1.5 %, for where their objects lie.
    """
    margin = max(margin, min(PLACEMENT_NS / call_ns, PLACEMENT_SHARE))
    if call_ns > LONG_CALL_NS:
        return max(margin, 0.05)
    if sample_ns > SHORT_SAMPLE_NS:
        return max(margin, 0.01)
    return margin


def look_schedule(first: int = 24, growth: float = 1.4, last: int = 6000) -> list[int]:
    """Return the numbers of pairs at which the data may be looked at, planned before the first sample."""
    looks = [first]
    while looks[-1] < last:
        looks.append(min(last, math.ceil(looks[-1] * growth)))
    return looks


@lru_cache(maxsize=4096)
def sign_rank(pairs: int, alpha: float) -> int:
    """Return the largest k with P(Bin(pairs, 1/2) < k) <= alpha / 2, in exact integer arithmetic; 0: none."""
    numerator, denominator = alpha.as_integer_ratio()
    bound = numerator << pairs
    rank, term, below = 0, 1, 0  # term = C(pairs, rank), below = the sum of the terms before it
    while rank < pairs and 2 * denominator * (below + term) <= bound:
        below += term
        term = term * (pairs - rank) // (rank + 1)
        rank += 1
    return rank


def sign_interval(values: Sequence[float], alpha: float) -> Interval | None:
    """Return the sign-test interval of the median at level 1 - alpha, or None when there are too few values."""
    rank = sign_rank(len(values), alpha)
    if rank == 0:
        return None
    ordered = sorted(values)
    return ordered[rank - 1], ordered[len(ordered) - rank]


def fewest_pairs(alpha: float) -> int:
    """Return the least number of pairs for which an interval at level 1 - alpha exists."""
    pairs = 1
    while sign_rank(pairs, alpha) == 0:
        pairs += 1
    return pairs


class Series(msgspec.Struct, frozen=True):
    """One arm's raw samples: ns per sample, the round each was taken in, calls per sample, ns to subtract."""

    samples_ns: list[int]
    rounds: list[int]
    batch: int
    overhead_ns: int

    def call_ns(self) -> list[float]:
        """Return the ns of one call in every sample, the empty sample's cost subtracted, never below 1 / batch."""
        return [max(sample - self.overhead_ns, 1) / self.batch for sample in self.samples_ns]


def log_ratios(arm: Series, other: Series) -> list[float]:
    """Return log(arm / other) of one call for every round in which both were sampled, in the order of rounds."""
    theirs = dict(zip(other.rounds, other.call_ns(), strict=True))
    return [
        math.log(mine) - math.log(theirs[at])
        for at, mine in zip(arm.rounds, arm.call_ns(), strict=True)
        if at in theirs
    ]


def low_quantile_log_ratio(arm: Series, other: Series, quantile: float = 0.1) -> float:
    """Return log of the ratio of both arms' `quantile` call times over the rounds they share."""
    shared = set(arm.rounds) & set(other.rounds)
    mine, theirs = (
        sorted(ns for at, ns in zip(side.rounds, side.call_ns(), strict=True) if at in shared) for side in (arm, other)
    )
    at = math.floor(quantile * (len(mine) - 1))
    return math.log(mine[at]) - math.log(theirs[at])


class Judgement(msgspec.Struct, frozen=True):
    """What an arm's pairs say: the median log ratio, its interval (None: too few pairs) and the verdict."""

    log_ratio: float
    interval_log: Interval | None
    q10_log_ratio: float
    pairs: int
    verdict: Verdict
    reason: str = ""

    @property
    def half_width(self) -> float:
        """Half the interval's width in log ratio; infinite when there is no interval."""
        if self.interval_log is None:
            return math.inf
        low, high = self.interval_log
        return (high - low) / 2


def classify(interval: Interval, margin: float) -> Verdict:
    """Return the verdict of an interval of log ratios: beyond the margin, inside it, or neither."""
    low, high = interval
    if low > margin:
        return "slower"
    if high < -margin:
        return "faster"
    if -margin < low and high < margin:
        return "equivalent"
    return "inconclusive"


def judge(arm: Series, baseline: Series, alpha: float, margin: float) -> Judgement:
    """Judge `arm` against `baseline` from their raw samples at level `alpha` and log-ratio `margin`.

    Samples over 300 us nearly always hold an interruption, so there the ratio of low quantiles must lie on the same
    side of the margin as the median's; if it does not, the verdict is inconclusive.

    Raises
    ------
    ValueError
        When the two were never sampled in the same round.
    """
    values = sorted(log_ratios(arm, baseline))
    if not values:
        raise ValueError("The two arms share no round: a ratio needs samples taken in the same round.")
    low_quantile = low_quantile_log_ratio(arm, baseline)
    found = judge_ordered(values, alpha, margin, low_quantile)
    longest = max(median(arm.samples_ns), median(baseline.samples_ns))
    if longest <= SHORT_SAMPLE_NS or not quantile_disagrees(found, margin):
        return found
    reason = "the medians and the 10 % quantiles disagree by more than the margin"
    return msgspec.structs.replace(found, verdict="inconclusive", reason=reason)


def judge_ordered(values: Sequence[float], alpha: float, margin: float, low_quantile: float = math.nan) -> Judgement:
    """Judge by log ratios sorted by size alone: enough for samples that are hardly ever interrupted."""
    pairs, centre = len(values), median_of_sorted(values)
    rank = sign_rank(pairs, alpha)
    if rank == 0:
        reason = f"{pairs} pairs, and an interval needs at least {fewest_pairs(alpha)}"
        return Judgement(centre, None, low_quantile, pairs, "inconclusive", reason)
    interval = values[rank - 1], values[pairs - rank]
    verdict = classify(interval, margin)
    reason = "the interval reaches across the margin" if verdict == "inconclusive" else ""
    return Judgement(centre, interval, low_quantile, pairs, verdict, reason)


def median_of_sorted(values: Sequence[float]) -> float:
    """Return the median of values sorted by size, as `statistics.median` does."""
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2


def quantile_disagrees(found: Judgement, margin: float) -> bool:
    """Tell whether the ratio of low quantiles contradicts a verdict: far from the median's, and on another side."""
    low = found.q10_log_ratio
    if found.verdict == "inconclusive" or abs(low - found.log_ratio) <= margin:
        return False
    return classify((low, low), margin) != found.verdict


def settled(found: Judgement, precision: float) -> bool:
    """Tell whether sampling may end: there is a verdict, and the ratio that is printed is known to `precision`."""
    return found.verdict != "inconclusive" and found.half_width <= precision


def null_arm_is_off(null: Judgement, margin: float) -> bool:
    """Tell whether the baseline, compared with itself, differs: then no verdict beside it can be trusted.

    It does when its interval lies beyond the margin, or when its median is off by more than half the margin and the
    interval excludes 0: without that a table of few pairs would be condemned for its imprecision, which its own wide
    intervals say already.
    """
    if null.interval_log is None:
        return False
    low, high = null.interval_log
    beyond = classify(null.interval_log, margin) in ("faster", "slower")
    return beyond or (abs(null.log_ratio) > margin / 2 and (low > 0.0 or high < 0.0))


def printed_interval(interval: Interval) -> Interval:
    """Return an interval of log ratios as ratios, widened by the systematic floor on both sides."""
    low, high = interval
    return math.exp(low - SYSTEMATIC_FLOOR), math.exp(high + SYSTEMATIC_FLOOR)
