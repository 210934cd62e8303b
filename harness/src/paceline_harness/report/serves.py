"""What `import paceline` runs where a run was measured: for each of its operations who serves which sizes, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from paceline.operations import OPERATIONS
from paceline_harness.record import Record, Serves
from paceline_harness.report.rows import Row, row
from paceline_harness.selection.words import ranges_text

HEADING = "What import paceline runs here"
HEADER = ("operation", "sizes and who serves", "by which rule")
NOTE = (
    "In a program started like this run, before paceline.warm_up(), for the usual dtype of each operation; "
    "paceline.explain() has the figures."
)

NOT_MEASURED = "not measured here"
CALIBRATE = f"{NOT_MEASURED}: harness calibrate does"


def answers(records: Sequence[Record]) -> dict[str, list[tuple[Serves, int]]]:
    """Return, by operation, what records say and how many of them; more than one answer where they disagree.

    An operation that no record says it of is not there.
    """
    found: dict[str, Counter[bytes]] = {}
    for record in records:
        if record.serves is not None:
            found.setdefault(record.op, Counter())[msgspec.json.encode(record.serves)] += 1
    return {
        operation: [(msgspec.json.decode(each, type=Serves), count) for each, count in counts.items()]
        for operation, counts in found.items()
    }


def rows(records: Sequence[Record]) -> list[Row]:
    """Return a row for each operation; none where no record says who serves."""
    found = []
    for operation, each in answers(records).items():
        of = sum(count for _, count in each)
        sizes, rules = [], []
        for answer, count in each:
            share = f"in {count} of {of} records: " if len(each) > 1 else ""
            sizes.append(f"{share}{_sizes(operation, answer)}")
            rules.append(f"{share}{_rule(answer)}")
        if len(each) > 1:
            sizes.insert(0, "launches disagree")
        found.append(row(operation, "\n".join(sizes), "\n".join(rules)))
    return found


def _sizes(operation: str, answer: Serves) -> str:
    if not answer.ranges:
        return "not known" if answer.rule == "" else "nobody"
    axis = OPERATIONS[operation].size_axis if operation in OPERATIONS else ""
    return f"{ranges_text(answer.ranges)} ({axis})" if len(answer.ranges) > 1 and axis else ranges_text(answer.ranges)


def _rule(answer: Serves) -> str:
    if answer.problem:
        return answer.problem
    match answer.rule:
        case "profile":
            return f"machine profile, measured {answer.source}"
        case "shipped":
            return f"shipped table, measured {answer.source.removesuffix(f': {NOT_MEASURED}')}; {CALIBRATE}"
        case "order":
            return f"fixed order; {CALIBRATE}"
        case _:
            return f"environment, {answer.source}"
