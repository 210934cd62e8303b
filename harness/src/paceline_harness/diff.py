"""What changed between two runs: per table and candidate the ratio of its two ratios, and whether that says anything.

Times of two runs cannot be compared, ratios to a baseline measured beside can. Their intervals are put together by
the distances of their ends from the centre (MOVER), which asks nothing of the distribution. What no interval within a
run can hold is how much two runs differ by themselves; the candidates whose code is the same in both runs show it, so
no change is claimed that is not larger than the largest change seen where nothing changed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from paceline_harness.across import Across, across, paired_across, tables, trustworthy_table
from paceline_harness.record import CandidateInfo, Record
from paceline_harness.verdict import SYSTEMATIC_FLOOR, Interval, classify, printed_interval

Word = Literal["faster", "slower", "unchanged", "cannot tell"]
Table = list[Record]
Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Change:
    """One candidate of one table: its time ÷ the baseline's in both runs, the ratio of the two, and what that says."""

    title: str
    size: int
    name: str
    before: Across
    after: Across
    word: Word
    reason: str = ""
    ratio: float | None = None
    interval: Interval | None = None
    same_code: bool = False


@dataclass
class Difference:
    """All changes, what is in one run only, what else differs, and the largest change where the code is the same."""

    changes: list[Change] = field(default_factory=list)
    only_before: list[str] = field(default_factory=list)
    only_after: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    drift: float | None = None
    controls: int = 0

    def said(self, word: Word) -> list[Change]:
        """Return the changes of one kind."""
        return [change for change in self.changes if change.word == word]


def difference(before: Sequence[Record], after: Sequence[Record], baseline: str | None = None) -> Difference:
    """Compare two runs, each candidate relative to the first run's baseline, or to `baseline` where it was timed.

    Raises
    ------
    ValueError
        `baseline` is a candidate of no table that both runs have.
    """
    old, new = _by_key(before), _by_key(after)
    found = Difference(remarks=_remarks(before, after))
    found.only_before = [_named(table) for key, table in old.items() if key not in new]
    found.only_after = [_named(table) for key, table in new.items() if key not in old]
    shared = [(old[key], new[key]) for key in old if key in new]
    if baseline is not None and not any(_timed(table, baseline) for pair in shared for table in pair):
        raise ValueError(f"{baseline!r} was timed in no table that both runs have.")
    same_machine = not found.remarks
    rows = [row for pair in shared for row in _rows(pair, baseline, found, same_machine)]
    drifts = [_clear_of_one(row) for row in rows if row.same_code and row.interval is not None]
    if drifts:
        found.drift, found.controls = max(drifts), len(drifts)
    found.changes = [row.judged(found.drift) for row in rows]
    return found


@dataclass(frozen=True, slots=True)
class _Row:
    """A candidate that both runs have, before it is judged."""

    tables: tuple[Table, Table]
    name: str
    before: Across
    after: Across
    same_code: bool
    ratio: float | None
    interval: Interval | None

    def judged(self, drift: float | None) -> Change:
        word, reason = self._word(drift)
        head = self.tables[0][0]
        return Change(head.title, head.size, self.name, self.before, self.after, word, reason, self.ratio,
                      self.interval, self.same_code)  # fmt: skip

    def _word(self, drift: float | None) -> tuple[Word, str]:
        for when, cell in (("before", self.before), ("after", self.after)):
            if cell.ratio is None:
                return "cannot tell", f"{when}: {cell.reason or cell.status}"
        if self.interval is None:
            return "cannot tell", "too few pairs for an interval"
        for when, table in zip(("before", "after"), self.tables, strict=True):
            if not trustworthy_table(table):
                return "cannot tell", f"{when}: the null arm was off"
        if drift is None and min(self.before.launches, self.after.launches) < 2:
            return "cannot tell", "one launch, and no code known to be the same"
        margin = max(self.before.margin or 0.0, self.after.margin or 0.0)
        log_interval = math.log(self.interval[0]), math.log(self.interval[1])
        verdict = classify(log_interval, margin + (drift or 0.0))
        if verdict in ("faster", "slower"):
            return verdict, ""
        if classify(log_interval, margin) == "equivalent":
            return "unchanged", ""
        if classify(log_interval, margin) in ("faster", "slower"):
            return "cannot tell", "no more than where the code is the same"
        return "cannot tell", "the interval reaches across the margin"


def ratio_of_ratios(before: Across, after: Across) -> tuple[float | None, Interval | None]:
    """Return after ÷ before with its interval; what the method itself errs is alike in both and counted once."""
    if before.ratio is None or after.ratio is None:
        return None, None
    centre = math.log(after.ratio / before.ratio)
    if before.interval is None or after.interval is None:
        return math.exp(centre), None
    (down, up), (before_down, before_up) = _arms(after.ratio, after.interval), _arms(before.ratio, before.interval)
    ends = centre - math.hypot(down, before_up), centre + math.hypot(up, before_down)
    return math.exp(centre), printed_interval(ends)


def _arms(ratio: float, interval: Interval) -> tuple[float, float]:
    """Return the distances in log ratio from a ratio to its interval's ends, without the systematic floor."""
    low, high = interval
    return (
        max(0.0, math.log(ratio / low) - SYSTEMATIC_FLOOR),
        max(0.0, math.log(high / ratio) - SYSTEMATIC_FLOOR),
    )


def _rows(pair: tuple[Table, Table], baseline: str | None, found: Difference, same_machine: bool) -> list[_Row]:
    old, new = pair
    against = baseline if baseline is not None and all(_timed(table, baseline) for table in pair) else old[0].baseline
    rows = []
    theirs = {each.name: each for each in new[0].candidates}
    for each in old[0].candidates:
        if each.name not in theirs:
            found.only_before.append(f"{_named(old)}: {each.name}")
        elif each.name != against:
            sides = tuple(_against(table, each.name, against) for table in pair)
            same = same_machine and _same_code(each, theirs[each.name])
            rows.append(_Row(pair, each.name, sides[0], sides[1], same, *ratio_of_ratios(*sides)))
    mine = {each.name for each in old[0].candidates}
    found.only_after += [f"{_named(new)}: {name}" for name in theirs if name not in mine]
    return rows


def _against(table: Table, name: str, against: str) -> Across:
    """Return a candidate's time ÷ that of `against`, whichever of them was the baseline when it was measured."""
    if table[0].baseline == against or not _timed(table, name):
        return across(table, name)
    if not _timed(table, against):
        return Across(name, "not timed", f"{against} was not timed", launches=len(table))
    return paired_across(table, name, against)


def _same_code(old: CandidateInfo, new: CandidateInfo) -> bool:
    return old.file_sha256 is not None and (old.file_sha256, old.version) == (new.file_sha256, new.version)


def _clear_of_one(row: _Row) -> float:
    """Return how far a ratio's interval stays away from 1, in log ratio: a change that chance does not explain."""
    assert row.interval is not None
    low, high = row.interval
    return max(0.0, math.log(low), -math.log(high))


def _by_key(records: Sequence[Record]) -> dict[Key, Table]:
    return {(table[0].op, table[0].title, table[0].size): table for table in tables(records)}


def _named(table: Table) -> str:
    return f"{table[0].title}, size {table[0].size}"


def _timed(table: Table, name: str) -> bool:
    return any(arm.name == name for record in table for arm in record.arms)


def _remarks(before: Sequence[Record], after: Sequence[Record]) -> list[str]:
    """Return a sentence on each part of the environment that differs between the runs."""
    if not before or not after:
        return []
    old, new = before[0].environment, after[0].environment
    said = [
        f"{label}: {getattr(old, name)} before, {getattr(new, name)} after."
        for name, label in (("cpu_model", "Processor"), ("python", "Python"), ("kernel", "Kernel"), ("cores", "Cores"))
        if getattr(old, name) != getattr(new, name)
    ]
    names = [*old.packages, *(name for name in new.packages if name not in old.packages)]
    said += [
        f"{name}: {old.packages.get(name, 'absent')} before, {new.packages.get(name, 'absent')} after."
        for name in names
        if old.packages.get(name) != new.packages.get(name)
    ]
    return said
