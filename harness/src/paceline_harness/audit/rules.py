"""Whether looks, levels, margins, batches and groups are what the method says, and only equal outputs were timed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from paceline_harness.audit.finding import Finding, Place, Said
from paceline_harness.audit.structure import lineup
from paceline_harness.equality import verdict_of
from paceline_harness.measure import SLOW_CAP, SLOW_SHARE
from paceline_harness.planning import MOST_SLOW_PAIRS, cost_groups, slow_pairs
from paceline_harness.record import Arm, Record
from paceline_harness.sampler import batches, sample_target
from paceline_harness.verdict import fewest_pairs, look_schedule, margin_for

PLANNED = "planned pairs"
ROUGHLY = 10
"""Without the cost found in advance, a batch may miss the target by this factor, and no more."""


def rules(place: Place) -> Iterator[Finding]:
    """Yield what was not decided by the rules."""
    record = place.record
    params = record.params
    if not 0 < params.alpha < 1:
        yield place.finding("params.alpha", params.alpha, Said("a level lies between 0 and 1"))
        return
    yield from place.differs("params.target_ns", params.target_ns, sample_target(record.timer.quantum_ns))
    yield from _equal_outputs(place)
    if not record.arms:
        return
    yield from _looks(place)
    yield from _levels(place)
    yield from _overheads(place)
    if all(arm.cost_ns is not None for arm in record.arms) and len(record.arms) == len(lineup(record).names):
        yield from _from_costs(place)
    else:
        yield from _without_costs(place)


def _equal_outputs(place: Place) -> Iterator[Finding]:
    for each in place.record.candidates:
        if each.correct is None:
            if each.status in ("timed", "not equal") and not (each.group == "limit" and each.other_work):
                yield place.finding("correct", None, Said("its output was not compared"), each.name)
            continue
        wrong = verdict_of(each.correct.errors, each.correct.units, each.correct.tolerance)
        if wrong and each.status == "timed":
            yield place.finding("status", each.status, Said(f"its output is not equal: {wrong}"), each.name)
        if not wrong and each.status == "not equal":
            yield place.finding("status", each.status, Said("its output is within the tolerance"), each.name)


def _looks(place: Place) -> Iterator[Finding]:
    record, plan = place.record, look_schedule()
    for arm in record.arms[1:]:
        if arm.stop_reason != PLANNED:
            yield from place.differs("looks", arm.looks, plan, arm)
            continue
        if len(arm.looks) != 1 or arm.looks[0] % 2 or not 2 <= arm.looks[0] <= _most(arm):
            words = f"a slow arm has one look, at an even number of pairs up to {_most(arm)}"
            yield place.finding("looks", arm.looks, Said(words), arm)
        elif record.stop_reason != "interrupted":
            yield from place.differs("the number of samples", len(arm.samples_ns), arm.looks[0], arm)
    null = record.arms[-1]
    if null.name == record.null_arm and null.stop_reason == PLANNED:
        yield place.finding("stop_reason", null.stop_reason, Said("the null arm costs what the baseline does"), null)


def _most(arm: Arm) -> int:
    """Return the most pairs that a slow arm is given: the cap, or what an interval needs at least, made even."""
    needed = fewest_pairs(arm.alpha) if arm.alpha else 0
    return max(MOST_SLOW_PAIRS, needed + needed % 2)


def _levels(place: Place) -> Iterator[Finding]:
    record = place.record
    others = len(lineup(record).names) - 1
    for arm in record.arms[1:]:
        if arm.looks:
            yield from place.differs("alpha", arm.alpha, record.params.alpha / others / len(arm.looks), arm)


def _overheads(place: Place) -> Iterator[Finding]:
    """Yield arms whose empty sample differs from another's with the same batch: it was taken once for both."""
    first: dict[int, Arm] = {}
    for arm in place.record.arms:
        other = first.setdefault(arm.batch, arm)
        yield from place.differs("overhead_ns", arm.overhead_ns, other.overhead_ns, arm)
        if arm.samples_ns and arm.overhead_ns > median(arm.samples_ns):
            yield place.finding(
                "overhead_ns", arm.overhead_ns, Said("an empty sample lasts longer than a full one"), arm
            )


def _from_costs(place: Place) -> Iterator[Finding]:
    """Check batches, margins and groups against the costs that they were decided from."""
    record = place.record
    costs = [arm.cost_ns or 0.0 for arm in record.arms]
    if min(costs) <= 0:
        yield place.finding("cost_ns", min(costs), Said("a call costs more than nothing"))
        return
    yield from place.differs("cost_ns", costs[-1], costs[0], record.arms[-1])
    expected = batches(costs, record.params.target_ns)
    groups = cost_groups(costs)[1]
    for group in groups:
        yield from _slow_pairs(place, costs, expected, group, len(groups))
    slow = {at for group in groups for at in group}
    for at, (arm, batch) in enumerate(zip(record.arms, expected, strict=True)):
        yield from place.differs("batch", arm.batch, batch, arm)
        if at == 0:
            continue
        sample, call = max(costs[at] * batch, costs[0] * expected[0]), max(costs[at], costs[0])
        yield from place.differs("margin", arm.margin, margin_for(sample, call, record.params.margin), arm)
        if (arm.stop_reason == PLANNED) != (at in slow):
            words = "its cost puts it into " + ("a slow group" if at in slow else "the fast group")
            yield place.finding("stop_reason", arm.stop_reason, Said(words), arm)


def _slow_pairs(
    place: Place, costs: Sequence[float], batch: Sequence[int], group: Sequence[int], groups: int
) -> Iterator[Finding]:
    """Yield slow arms whose number of pairs is not what their costs and the budget give."""
    params, arms = place.record.params, place.record.arms
    fewest = fewest_pairs(params.alpha / (len(arms) - 1))
    round_s = sum(costs[at] * batch[at] for at in (0, *group)) * 1e-9
    budget_s = params.budget_s * SLOW_SHARE / groups
    planned = {slow_pairs(round_s, budget_s, cap * params.budget_s, fewest) for cap in (1.0, SLOW_CAP)}
    for at in group:
        if arms[at].stop_reason == PLANNED and arms[at].looks and arms[at].looks[0] not in planned:
            words = f"its cost and the budget give {' or '.join(map(str, sorted(planned)))} pairs"
            yield place.finding("looks", arms[at].looks, Said(words), arms[at])


def _without_costs(place: Place) -> Iterator[Finding]:
    """Check batches and margins against the samples, as near as an estimate of long ago allows."""
    record, base = place.record, place.record.arms[0]
    for arm in record.arms:
        length = median(arm.samples_ns) if arm.samples_ns else record.params.target_ns
        if arm.batch > 1 and not record.params.target_ns / ROUGHLY <= length <= record.params.target_ns * ROUGHLY:
            words = f"its samples last {length} ns where {record.params.target_ns} were aimed at"
            yield place.finding("batch", arm.batch, Said(words), arm)
        if arm is not base and arm.margin is not None and not _plausible(record, base, arm):
            yield place.finding("margin", arm.margin, Said("no cost near the samples gives it by the rule"), arm)


def _plausible(record: Record, base: Arm, arm: Arm) -> bool:
    sample = max(median(arm.samples_ns), median(base.samples_ns))
    call = max(median(side.series().call_ns()) for side in (arm, base))
    nearby = (1 / 3, 1 / 2, 1, 2, 3)
    return any(margin_for(sample * near, call * near, record.params.margin) == arm.margin for near in nearby)
