"""A table as the views see it: one operation at one size over its launches, every question answered once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from paceline_harness.record import CandidateInfo, Correctness, Group, Record
from paceline_harness.report import source
from paceline_harness.report.source import Across, Pair

UNDECIDED = ("equivalent", "inconclusive")


class Table:
    """The launches of one operation at one size; `label` is its title, with the size where tables share a title."""

    def __init__(self, launches: Sequence[Record]) -> None:
        self.launches = list(launches)
        self.record = first = self.launches[0]
        self.op, self.title, self.size = first.op, first.title, first.size
        self.label = first.title
        self.item, self.items = first.item, first.items
        self.baseline, self.claim, self.bars = first.baseline, first.claim, first.bars
        self.candidates: list[CandidateInfo] = first.candidates
        self.names = [each.name for each in first.candidates]
        backends = [each.name for each in first.candidates if each.group == "backend"]
        # A user's own comparison has no backends: everything that is compared with its baseline is a column then.
        self.columns = backends or [name for name in self.names if name != self.baseline]
        self.cells: dict[str, Across] = {name: source.across(self.launches, name) for name in self.names}
        self.trustworthy: bool = source.trustworthy_table(self.launches)
        self._pairs: dict[tuple[str, str], Pair] = {}

    @property
    def base(self) -> Across:
        """The baseline's own cell."""
        return self.cells[self.baseline]

    def pair(self, a: str, b: str) -> Pair:
        """Return time of `a` ÷ time of `b`; both have a time.

        Two that were timed in no launch together have the ratio of their ratios, without an interval or a verdict.
        """
        if (a, b) not in self._pairs:
            try:
                self._pairs[a, b] = source.pair(self.launches, a, b)
            except ValueError:
                one, two = self.cells[a].ratio, self.cells[b].ratio
                assert one is not None
                assert two is not None
                self._pairs[a, b] = Pair(one / two, None, "inconclusive", 0)
        return self._pairs[a, b]

    def info(self, name: str) -> CandidateInfo:
        """Return what is known of a candidate."""
        return _info(self.record, name)

    def group(self, name: str) -> Group:
        """Return which kind of candidate it is."""
        return self.info(name).group

    def other_work(self, name: str) -> str:
        """Return why a candidate's work is not the table's, in any launch; empty where it is."""
        return next((found for record in self.launches if (found := _info(record, name).other_work)), "")

    def correct(self, name: str) -> Correctness | None:
        """Return a candidate's largest errors in any launch."""
        all_of = [each for record in self.launches for each in record.candidates if each.name == name]
        found = [each.correct for each in all_of if each.correct is not None]
        return max(found, key=lambda each: max(each.errors.values(), default=0.0)) if found else None

    def timed(self, names: Iterable[str] | None = None) -> list[str]:
        """Return those of `names` (default: all) that have a time, in the order of the table."""
        wanted = self.names if names is None else set(names)
        return [name for name in self.names if name in wanted and self.cells[name].call_ns is not None]

    def fastest(self, names: Iterable[str] | None = None) -> str | None:
        """Return the candidate with the lowest time, among `names` when given; None when none was timed.

        One that does other work than the table's is not asked.
        """
        same = [name for name in self.timed(names) if not self.other_work(name)]
        timed = [(ns, name) for name in same if (ns := self.cells[name].call_ns) is not None]
        return min(timed)[1] if timed else None

    def leaders(self, names: Iterable[str] | None = None) -> set[str]:
        """Return the fastest candidate and those that its verdict cannot tell from it."""
        wanted = None if names is None else list(names)
        best = self.fastest(wanted)
        if best is None:
            return set()
        same = [name for name in self.timed(wanted) if name != best and not self.other_work(name)]
        level = {name for name in same if self.pair(name, best).verdict in UNDECIDED}
        return level | {best}


def _info(record: Record, name: str) -> CandidateInfo:
    return next(each for each in record.candidates if each.name == name)


def tables_of(records: Sequence[Record]) -> list[Table]:
    """Return the tables of a run in their order."""
    tables = [Table(launches) for launches in source.tables(records)]
    titles = [table.title for table in tables]
    for table in tables:
        if titles.count(table.title) > 1:
            table.label = f"{table.title}, {table.items:,} {table.item}{'s' * (table.items != 1)}"
    return tables


def columns_of(tables: Iterable[Table]) -> list[str]:
    """Return the names of all backend columns, in the order of their first appearance."""
    return list(dict.fromkeys(name for table in tables for name in table.columns))
