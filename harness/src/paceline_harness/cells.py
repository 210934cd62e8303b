"""What one launch says of each candidate: a cell of its table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median

from paceline_harness.record import Arm, CandidateInfo, Record, Status
from paceline_harness.verdict import (
    Judgement,
    Verdict,
    classify,
    judge,
    null_arm_is_off,
    printed_interval,
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One candidate at one size.

    `ratio` is its time ÷ the baseline's, `interval` (low, high) of that, widened by the systematic floor, `call_ns`
    the median ns of a call, `first_call` the ns of its very first. What was not measured is None, `reason` says why.
    The baseline's own ratio is 1 without an interval or a verdict.
    """

    name: str
    status: Status
    reason: str
    call_ns: float | None = None
    ratio: float | None = None
    interval: tuple[float, float] | None = None
    verdict: Verdict | None = None
    pairs: int = 0
    first_call: int | None = None
    q10_ratio: float | None = None
    is_baseline: bool = False


def call_ns(arm: Arm) -> float:
    """Return the median ns of one call of an arm, the empty sample's cost subtracted."""
    return median(arm.series().call_ns())


def trustworthy(record: Record) -> bool:
    """Tell whether the null arm found the baseline equal to itself."""
    for arm in record.arms:
        if arm.name == record.null_arm and arm.log_ratio is not None and arm.margin is not None:
            found = Judgement(arm.log_ratio, arm.ci_log, arm.q10_log_ratio or 0.0, arm.n_pairs, "inconclusive")
            return not null_arm_is_off(found, arm.margin)
    return True


def info(record: Record, name: str) -> CandidateInfo:
    """Return what is known of a candidate; ValueError, listing all names, when the record has none of that name."""
    for each in record.candidates:
        if each.name == name:
            return each
    names = ", ".join(repr(each.name) for each in record.candidates)
    raise ValueError(f"{name!r} is no candidate of {record.title!r}; accepted are {names}.")


def cell(record: Record, name: str) -> Cell:
    """Return one candidate's cell of a record."""
    about = info(record, name)
    arm = next((each for each in record.arms if each.name == name), None)
    if about.status != "timed" or arm is None:
        reason = about.reason or record.stop_reason
        status: Status = "not timed" if about.status == "timed" else about.status
        return Cell(name, status, reason, first_call=about.first_call_ns)
    if name == record.baseline:
        pairs = len(arm.samples_ns)
        return Cell(name, "timed", "", call_ns(arm), 1.0, None, None, pairs, about.first_call_ns, is_baseline=True)
    assert arm.log_ratio is not None
    return Cell(
        name,
        "timed",
        arm.reason,
        call_ns(arm),
        math.exp(arm.log_ratio),
        None if arm.ci_log is None else printed_interval(arm.ci_log),
        arm.verdict,
        arm.n_pairs,
        about.first_call_ns,
        None if arm.q10_log_ratio is None else math.exp(arm.q10_log_ratio),
    )


@dataclass(frozen=True, slots=True)
class PairedRatio:
    """Time of `a` ÷ time of `b` with its printed interval; `through` names the arm both were paired with, if any."""

    ratio: float
    interval: tuple[float, float] | None
    verdict: Verdict
    pairs: int
    through: str | None = None


def paired_ratio(record: Record, a: str, b: str) -> PairedRatio:
    """Return the ratio of any two timed candidates, from the raw samples of the rounds that they share.

    Two that never took turns (one of them was too slow) are compared through the baseline: the log ratios are
    subtracted and the intervals' ends added up. That costs no error level: the intervals of a table hold together.

    Raises
    ------
    ValueError
        One of them was not timed.
    """
    one, two, base = record.arm(a), record.arm(b), record.arms[0]
    alpha = min((arm.alpha for arm in (one, two) if arm.alpha is not None), default=record.params.alpha)
    margin = max((arm.margin for arm in (one, two) if arm.margin is not None), default=record.params.margin)
    if set(one.index_of_round) & set(two.index_of_round):
        found = judge(one.series(), two.series(), alpha, margin)
        interval = None if found.interval_log is None else printed_interval(found.interval_log)
        return PairedRatio(math.exp(found.log_ratio), interval, found.verdict, found.pairs)
    first, second = (judge(arm.series(), base.series(), arm.alpha or alpha, margin) for arm in (one, two))
    centre = first.log_ratio - second.log_ratio
    pairs = min(first.pairs, second.pairs)
    if first.interval_log is None or second.interval_log is None:
        return PairedRatio(math.exp(centre), None, "inconclusive", pairs, base.name)
    low, high = first.interval_log[0] - second.interval_log[1], first.interval_log[1] - second.interval_log[0]
    verdict = classify((low, high), margin)
    return PairedRatio(math.exp(centre), printed_interval((low, high)), verdict, pairs, base.name)
