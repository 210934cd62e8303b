"""A finding: which record, arm and field, what is stated there and what was found instead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from paceline_harness.record import Arm, Record

LONGEST = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold; `record` counts from 1 and is None for the file as a whole."""

    record: int | None
    table: str
    arm: str | None
    field: str
    stated: object
    recomputed: object

    def __str__(self) -> str:
        where = [f"Record {self.record}"] if self.record is not None else ["The file"]
        if self.table:
            where.append(f"({self.table})")
        of = f", arm {self.arm!r}" if self.arm is not None else ""
        return (
            f"{' '.join(where)}{of}: {self.field} is stated as {_short(self.stated)}, found {_found(self.recomputed)}."
        )


@dataclass(frozen=True, slots=True)
class Said:
    """What was found, in words, where it is no value of the field's own kind."""

    words: str


@dataclass(frozen=True, slots=True)
class Place:
    """A record under audit, and where it stands; makes findings about it."""

    number: int
    record: Record

    def finding(self, field: str, stated: object, recomputed: object, arm: Arm | str | None = None) -> Finding:
        """Return a finding about a field of this record or of one of its arms."""
        name = arm.name if isinstance(arm, Arm) else arm
        return Finding(self.number, described(self.record), name, field, stated, recomputed)

    def differs(
        self, field: str, stated: object, recomputed: object, arm: Arm | str | None = None
    ) -> Iterator[Finding]:
        """Yield a finding when the two are not the same."""
        if stated != recomputed:
            yield self.finding(field, stated, recomputed, arm)


def described(record: Record) -> str:
    """Return a record's table in words."""
    launch = f", launch {record.launch.index} of {record.launch.of}" if record.launch.of != 1 else ""
    return f"{record.title}, size {record.size}{launch}"


def _found(value: object) -> str:
    return f"that {value.words}" if isinstance(value, Said) else _short(value)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
