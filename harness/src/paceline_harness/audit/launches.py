"""Tables over their launches, and the file as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from paceline_harness.across import Across, across, tables, trustworthy_table
from paceline_harness.audit.conclusions import judged
from paceline_harness.audit.finding import Finding, Place, Said, described
from paceline_harness.record import Arm, Record

SHARED = (
    "baseline", "null_arm", "item", "dtype", "claim", "bars", "timer.name", "params.alpha", "params.margin",
    "params.budget_s", "params.report_hw", "launch.of", "launch.planned", "input.seed", "harness.version",
    "harness.git",
)  # fmt: skip
"""What all launches of a table have in common."""


def whole(places: Sequence[Place]) -> Iterator[Finding]:
    """Yield records that are there twice, and tables whose launches do not belong together."""
    first: dict[str, Place] = {}
    for place in places:
        other = first.setdefault(place.record.id, place)
        if other is not place:
            yield place.finding("id", place.record.id, Said(f"record {other.number} has the same"))
    at = {id(place.record): place for place in places}
    for table in tables([place.record for place in places]):
        yield from _launches([at[id(record)] for record in table])


def _launches(table: Sequence[Place]) -> Iterator[Finding]:
    head = table[0].record
    indices = [place.record.launch.index for place in table]
    expected = list(range(1, head.launch.of + 1))
    if indices != expected:
        yield Finding(None, described(head), None, "launch.index of its records", indices, expected)
    if len(table) < head.launch.planned and not head.notes:
        yield table[0].finding(
            "notes", head.notes, Said(f"{head.launch.planned} launches were planned, and none says why not")
        )
    for place in table[1:]:
        for field in SHARED:
            yield from place.differs(field, _get(place.record, field), _get(head, field))
        names = [each.name for each in place.record.candidates]
        yield from place.differs("the names of candidates", names, [each.name for each in head.candidates])


def _get(record: Record, path: str) -> object:
    value: object = record
    for name in path.split("."):
        value = getattr(value, name)
    return value


def conclusions_across(table: Sequence[Place]) -> tuple[int, list[Finding]]:
    """Return how many verdicts over launches a table has, and those that its stated and its raw figures tell apart."""
    stated = [place.record for place in table]
    computed = [_recomputed(record) for record in stated]
    found, count = [], 0
    title, size = stated[0].title, stated[0].size
    for name in [each.name for each in stated[0].candidates]:
        said, is_so = across(stated, name), across(computed, name)
        count += is_so.verdict is not None
        found += [
            Finding(None, f"{title}, size {size}, over {len(table)} launches", name, field, getattr(said, field), value)
            for field in Across.__slots__
            if (value := getattr(is_so, field)) != getattr(said, field)
        ]
    said_trust, trust = trustworthy_table(stated), trustworthy_table(computed)
    if said_trust != trust:
        found.append(Finding(None, f"{title}, size {size}", None, "its trustworthiness", said_trust, trust))
    return count, found


def _recomputed(record: Record) -> Record:
    """Return the record with every arm's conclusion computed anew."""
    return msgspec.structs.replace(record, arms=[record.arms[0], *(_concluded(record, arm) for arm in record.arms[1:])]
                                   if record.arms else [])  # fmt: skip


def _concluded(record: Record, arm: Arm) -> Arm:
    found = judged(record, arm)
    return msgspec.structs.replace(
        arm,
        log_ratio=found.log_ratio,
        ci_log=found.interval_log,
        q10_log_ratio=found.q10_log_ratio,
        n_pairs=found.pairs,
        verdict=found.verdict,
        reason=found.reason,
    )
