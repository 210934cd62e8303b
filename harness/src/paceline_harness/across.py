"""A table over its launches: one datum per launch, a t-interval over them, and the verdict that they allow.

Within one launch the sign test's interval says how well that process knows its own ratio. What differs between
processes (placement, hash seed, a phase of the machine) only several launches can show, so with two and more the
interval is Student's over the launches' medians and the launches' own intervals keep a veto.

The printed interval is a row's own, at level 1 - alpha. The verdict is of the whole table: it asks the interval at
level 1 - alpha / (number of rows), so that a table is wrong anywhere in at most a share alpha of all runs. Hence a
verdict needs launches: with two or three of them Student's quantiles at such a level are larger than ten.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import fmean, median, stdev

from paceline_harness.cells import Cell, cell, paired_ratio
from paceline_harness.record import Arm, Record, Status
from paceline_harness.verdict import (
    SHORT_SAMPLE_NS,
    SYSTEMATIC_FLOOR,
    Interval,
    Judgement,
    Verdict,
    classify,
    null_arm_is_off,
    printed_interval,
    quantile_disagrees,
)

ACROSS_MARGIN = "the interval reaches across the margin"
STOPS = ("interrupted", "budget", "planned pairs", "decided", "precise", "")
"""Why sampling ended, the least first."""


@dataclass(frozen=True, slots=True)
class Across:
    """One candidate of a table over all its launches.

    `ratio` is its time ÷ the baseline's, `interval` (low, high) of that, widened by the systematic floor; `call_ns` and
    `first_call` are medians over the launches in ns, the latter of the very first call; `thetas` the launches' median
    log ratios, `launches` their number and `pairs` the pairs of samples in all of them. `margin` is the log ratio below
    which nothing is called faster or slower. What was not measured is None, and `reason` says why; the baseline's own
    ratio is 1 without an interval or a verdict.

    `stop` says why sampling ended, in the launch that got least: "precise" when there was a verdict and its ratio was
    known well enough, "decided" when the budget was spent after the verdict, "budget" when it was spent before,
    "planned pairs" for slow candidates, "interrupted" after Ctrl-C.
    """

    name: str
    status: Status
    reason: str
    call_ns: float | None = None
    ratio: float | None = None
    interval: Interval | None = None
    verdict: Verdict | None = None
    launches: int = 0
    pairs: int = 0
    thetas: tuple[float, ...] = ()
    first_call: int | None = None
    q10_ratio: float | None = None
    is_baseline: bool = False
    margin: float | None = None
    stop: str = ""


@dataclass(frozen=True, slots=True)
class LogRatio:
    """One launch's median log ratio with its own interval, and the log ratio of its low quantiles if known."""

    theta: float
    interval: Interval | None
    q10: float | None = None


def tables(records: Sequence[Record]) -> list[list[Record]]:
    """Return one list per table, its launches in order; tables in the order of their first appearance."""
    found: dict[tuple[str, str, int], list[Record]] = {}
    for record in records:
        found.setdefault((record.op, record.title, record.size), []).append(record)
    return [sorted(table, key=lambda record: record.launch.index) for table in found.values()]


def across(table: Sequence[Record], name: str) -> Across:
    """Return what the launches of one table say of one candidate.

    Raises
    ------
    ValueError
        No candidate of the table has that name.
    """
    cells = [cell(record, name) for record in table]
    timed = [(each, record) for each, record in zip(cells, table, strict=True) if each.status == "timed"]
    if not timed:
        worst = cells[0]
        return Across(name, worst.status, worst.reason, launches=len(table), first_call=_median_ns(cells))
    found = [each for each, _ in timed]
    said = Across(
        name,
        "timed",
        "",
        median(each.call_ns for each in found if each.call_ns is not None),
        launches=len(found),
        pairs=sum(each.pairs for each in found),
        first_call=_median_ns(found),
    )
    if found[0].is_baseline:
        return replace(said, ratio=1.0, is_baseline=True)
    arms = [record.arm(name) for _, record in timed]
    ratios = [LogRatio(arm.log_ratio, arm.ci_log, arm.q10_log_ratio) for arm in arms if arm.log_ratio is not None]
    margin = max(arm.margin for arm in arms if arm.margin is not None)
    long = median(_longest(record, arm) for (_, record), arm in zip(timed, arms, strict=True)) > SHORT_SAMPLE_NS
    theta, interval, verdict, reason = combine(ratios, margin, *_levels(table), long=long)
    if len(ratios) == 1:
        verdict, reason = arms[0].verdict or verdict, arms[0].reason
    q10 = [ratio.q10 for ratio in ratios if ratio.q10 is not None]
    return replace(
        said,
        reason=reason,
        ratio=math.exp(theta),
        interval=None if interval is None else printed_interval(interval),
        verdict=verdict,
        thetas=tuple(each.theta for each in ratios),
        q10_ratio=math.exp(median(q10)) if q10 else None,
        margin=margin,
        stop=min((_stop(record, arm) for (_, record), arm in zip(timed, arms, strict=True)), key=STOPS.index),
    )


def paired_across(table: Sequence[Record], a: str, b: str) -> Across:
    """Return the time of `a` ÷ the time of `b` over the launches in which both were timed.

    `stop` names the candidate that both were paired with, where they never took turns themselves.

    Raises
    ------
    ValueError
        One of them was timed in no launch.
    """
    both = [record for record in table if {a, b} <= {arm.name for arm in record.arms}]
    if not both:
        raise ValueError(f"{a!r} and {b!r} were not both timed in a launch of {table[0].title!r}.")
    found = [paired_ratio(record, a, b) for record in both]
    ratios = [LogRatio(math.log(each.ratio), _unprinted(each.interval)) for each in found]
    margin = max(
        (arm.margin for record in both for arm in record.arms if arm.name in (a, b) and arm.margin is not None),
        default=table[0].params.margin,
    )
    theta, interval, verdict, reason = combine(ratios, margin, *_levels(table))
    if len(found) == 1:
        verdict = found[0].verdict
    return Across(
        f"{a} ÷ {b}",
        "timed",
        reason,
        ratio=math.exp(theta),
        interval=None if interval is None else printed_interval(interval),
        verdict=verdict,
        launches=len(found),
        pairs=sum(each.pairs for each in found),
        thetas=tuple(each.theta for each in ratios),
        margin=margin,
        stop=found[-1].through or "",
    )


def combine(
    launches: Sequence[LogRatio], margin: float, alpha: float = 0.05, rows: int = 1, *, long: bool = False
) -> tuple[float, Interval | None, Verdict, str]:
    """Return the log ratio over launches, its interval, the verdict, and the reason where that is inconclusive.

    One launch keeps its own interval. Of several, the interval is Student's at level 1 - alpha, and the verdict that of
    the interval at level 1 - alpha / rows, unless one launch's own interval lies wholly on the other side of 0, or the
    samples are `long` and the launches' 10 % quantiles lie on another side of the margin.
    """
    if len(launches) == 1:
        only = launches[0]
        if only.interval is None:
            return only.theta, None, "inconclusive", "too few pairs for an interval"
        verdict = classify(only.interval, margin)
        return only.theta, only.interval, verdict, ACROSS_MARGIN if verdict == "inconclusive" else ""
    thetas = [each.theta for each in launches]
    centre, error = fmean(thetas), stdev(thetas) / math.sqrt(len(thetas))
    own, shared = (t_quantile(len(thetas) - 1, 1 - level / 2) * error for level in (alpha, alpha / rows))
    interval = (centre - own, centre + own)
    verdict = classify((centre - shared, centre + shared), margin)
    if verdict == "inconclusive":
        return centre, interval, verdict, _unsure(classify(interval, margin), len(thetas))
    against = [
        number
        for number, each in enumerate(launches, 1)
        if each.interval is not None
        and ((verdict == "faster" and each.interval[0] > 0.0) or (verdict == "slower" and each.interval[1] < 0.0))
    ]
    if against:
        return centre, interval, "inconclusive", f"launch {against[0]} lies wholly on the other side"
    low_quantiles = [each.q10 for each in launches if each.q10 is not None]
    if long and low_quantiles:
        found = Judgement(centre, interval, median(low_quantiles), len(thetas), verdict)
        if quantile_disagrees(found, margin):
            reason = "the medians and the 10 % quantiles disagree by more than the margin"
            return centre, interval, "inconclusive", reason
    return centre, interval, verdict, ""


def trustworthy_table(table: Sequence[Record]) -> bool:
    """Tell whether the null arm found the baseline equal to itself, over all launches together.

    It did not when its interval over launches, at the table's error level, lies beyond the margin; or when it excludes
    0 and the null arm is off by more than half the margin.
    """
    arms = [
        arm
        for record in table
        for arm in record.arms
        if arm.name == record.null_arm and arm.log_ratio is not None and arm.margin is not None
    ]
    if not arms:
        return True
    margin = max(arm.margin for arm in arms if arm.margin is not None)
    alpha, rows = _levels(table)
    ratios = [LogRatio(arm.log_ratio, arm.ci_log) for arm in arms if arm.log_ratio is not None]
    theta, interval, _, _ = combine(ratios, margin, alpha / rows)
    return not null_arm_is_off(Judgement(theta, interval, theta, len(arms), "inconclusive"), margin)


@lru_cache(maxsize=256)
def t_quantile(degrees: int, level: float = 0.975) -> float:
    """Return the quantile of Student's distribution."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, level))


def _levels(table: Sequence[Record]) -> tuple[float, int]:
    """Return a table's error level and the number of its rows, the null arm among them."""
    timed = {each.name for record in table for each in record.candidates if each.status == "timed"}
    return table[0].params.alpha, max(1, len(timed))


def _unsure(own: Verdict, launches: int) -> str:
    if own == "inconclusive":
        return "the interval over launches reaches across the margin"
    return f"{launches} launches are too few at the error level of a whole table"


def _stop(record: Record, arm: Arm) -> str:
    """Return why an arm's sampling ended, in the words of `Across.stop`."""
    if record.stop_reason == "interrupted":
        return "interrupted"
    if arm.stop_reason == "decided":
        return "precise"
    return "decided" if arm.stop_reason == "budget" and arm.verdict != "inconclusive" else arm.stop_reason


def _longest(record: Record, arm: Arm) -> float:
    return max(median(arm.samples_ns), median(record.arms[0].samples_ns))


def _unprinted(interval: Interval | None) -> Interval | None:
    """Return a printed interval as log ratios, the systematic floor taken out again."""
    if interval is None:
        return None
    return math.log(interval[0]) + SYSTEMATIC_FLOOR, math.log(interval[1]) - SYSTEMATIC_FLOOR


def _median_ns(cells: Sequence[Cell]) -> int | None:
    known = [each.first_call for each in cells if each.first_call is not None]
    return int(median(known)) if known else None
