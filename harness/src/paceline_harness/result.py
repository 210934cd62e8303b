"""What a run gives: the records of all its launches, and what they say together of a candidate at a size."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from paceline_harness.across import Across, across
from paceline_harness.record import Record, write_records


@dataclass
class Result:
    """The records of a run, one per size and launch.

    `result["mine", 1000]` is what all launches say of a candidate at a size: `.ratio` (its time ÷ the baseline's),
    `.interval` (low, high), `.verdict`, `.pairs`, `.launches`, `.first_call` (ns), `.call_ns`; see `Across`. With one
    size `result["mine"]` is enough. `failures` are sentences on launches that did not end.
    """

    records: list[Record] = field(default_factory=list)
    cut_short: bool = False
    failures: list[str] = field(default_factory=list)

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the run early."""
        return self.cut_short or any(record.stop_reason == "interrupted" for record in self.records)

    def table(self, size: int | None = None) -> list[Record]:
        """Return the records of a size, a launch each; of the only size when none is given.

        Raises
        ------
        ValueError
            Nothing of that size was measured.
        """
        found = [record for record in self.records if size is None or record.size == size]
        sizes = dict.fromkeys(record.size for record in self.records)
        if not found or (size is None and len(sizes) > 1):
            measured = ", ".join(map(str, sizes)) or "none"
            why = "".join(f" {failure}" for failure in self.failures)
            raise ValueError(f"No record has size {size}; measured were {measured}.{why}")
        return found

    def record(self, size: int | None = None) -> Record:
        """Return the first launch's record of a size; of the only size when none is given."""
        return self.table(size)[0]

    def __getitem__(self, key: str | tuple[str, int]) -> Across:
        name, size = (key, None) if isinstance(key, str) else key
        return across(self.table(size), name)

    def save(self, path: Path | str) -> None:
        """Write the records of all launches as JSON Lines, atomically; compressed where the name ends in `.gz`."""
        write_records(path, self.records)
