"""Keeps the raw records in files of a few hundred, audits each file as it is written, and forgets what is in it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

from paceline_harness.audit import audit_file
from paceline_harness.record import Record, write_records

PER_FILE = 400
"""So many raw records in memory at a time: one may hold 18,000 samples."""


class Vault:
    """Writes NAME-01.jsonl.gz and so on beside `output`; without it, into a folder that is deleted at the end."""

    def __init__(self, output: Path | None) -> None:
        self._folder = TemporaryDirectory() if output is None else None
        folder = Path(self._folder.name) if self._folder else Path(output or "").parent
        self.stem = folder / ((output.name if output else "selftest").partition(".")[0])
        self.files: list[Path] = []
        self.records, self.rejected = 0, 0
        self.findings: list[str] = []
        self._waiting: list[Record] = []

    def __enter__(self) -> Vault:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._write()
        finally:
            if self._folder is not None:
                self._folder.cleanup()

    def add(self, record: Record) -> None:
        """Keep a record; every few hundred are written and audited."""
        self._waiting.append(record)
        if len(self._waiting) >= PER_FILE:
            self._write()

    def _write(self) -> None:
        if not self._waiting:
            return
        path = self.stem.with_name(f"{self.stem.name}-{len(self.files) + 1:02}.jsonl.gz")
        write_records(path, self._waiting)
        self.files.append(path)
        self._waiting = []
        done = audit_file(path)
        self.records += done.records
        # A finding about the file as a whole (its place in the chain, a table twice) counts as a record of its own.
        self.rejected += len({finding.record for finding in done.findings})
        self.findings += [str(finding) for finding in done.findings]
