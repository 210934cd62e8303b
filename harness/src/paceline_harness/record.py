"""The result record: one JSON object per operation, size and launch, with every raw sample.

Integers are nanoseconds, nothing is rounded and nothing dropped, so that every interval and verdict can be computed
again from `samples_ns`, `batch`, `overhead_ns` and the parameters alone.
"""

from __future__ import annotations

import gzip
import os
import tempfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec

from paceline_harness.buffers import Buffer
from paceline_harness.environment import Counters, Environment
from paceline_harness.verdict import Series, Verdict

SCHEMA = "paceline-record/1"

Group = Literal["backend", "baseline", "as published", "limit"]
Status = Literal["timed", "not equal", "unavailable", "failed", "not timed"]


class RecordError(ValueError):
    """A file that is no record, or a record of a version that this harness does not read."""


class Claim(msgspec.Struct, frozen=True):
    """A published figure to set beside what was measured: ms before and after, their quotient, who says so."""

    before_ms: float
    after_ms: float
    speedup: float
    source: str


class HarnessInfo(msgspec.Struct, frozen=True):
    """Which harness measured: its version, the commit it was checked out at (if any) and its arguments."""

    version: str
    git: str | None
    dirty: bool | None
    argv: list[str]


class InputInfo(msgspec.Struct, frozen=True):
    """Where the inputs came from: the seed they were made from, or the files; and the hash of their bytes."""

    seed: int
    sha256: str
    source: str


class Correctness(msgspec.Struct, frozen=True):
    """The largest difference from the reference per part of the output, and what was tolerated."""

    errors: dict[str, float]
    units: dict[str, str]
    tolerance: float
    tolerance_reason: str
    reference: str


class CandidateInfo(msgspec.Struct, frozen=True):
    """One column of the table: what it is, whether its output was equal, and how long its first call took."""

    name: str
    group: Group
    label: str
    status: Status
    reason: str = ""
    version: str | None = None
    first_call_ns: int | None = None
    correct: Correctness | None = None


class Arm(msgspec.Struct, frozen=True):
    """One timed candidate's raw samples, and what was concluded from them when it was measured.

    `alpha` and `margin` are what the verdict was reached at; `looks` are the numbers of pairs planned for looking.
    The baseline's own arm has no conclusion (`verdict` None).
    """

    name: str
    batch: int
    overhead_ns: int
    samples_ns: list[int]
    index_of_round: list[int]
    alpha: float | None = None
    margin: float | None = None
    looks: list[int] = []
    log_ratio: float | None = None
    ci_log: tuple[float, float] | None = None
    q10_log_ratio: float | None = None
    n_pairs: int = 0
    verdict: Verdict | None = None
    reason: str = ""
    stop_reason: str = ""

    def series(self) -> Series:
        """Return the raw samples in the form that the statistics take."""
        return Series(self.samples_ns, self.index_of_round, self.batch, self.overhead_ns)


class Params(msgspec.Struct, frozen=True):
    """The parameters of the measurement: error level, margin, target sample, seconds, half-width to report."""

    alpha: float
    margin: float
    target_ns: int
    budget_s: float
    report_hw: float


class Timer(msgspec.Struct, frozen=True):
    """The clock and its quantum in ns."""

    name: str
    quantum_ns: int


class Launch(msgspec.Struct, frozen=True):
    """Which process of how many this record is from."""

    index: int
    of: int


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One table: an operation at one size, measured in one launch. `arms[0]` is the baseline."""

    schema: str = SCHEMA
    id: str
    utc: str
    monotonic_start_ns: int
    harness: HarnessInfo
    op: str
    title: str
    size: int
    item: str
    items: int
    dtype: str
    input: InputInfo
    candidates: list[CandidateInfo]
    baseline: str
    null_arm: str
    params: Params
    seed: int
    hash_seed: str
    buffers: list[Buffer]
    timer: Timer
    order: list[list[int]]
    round_start_ns: list[int]
    arms: list[Arm]
    stop_reason: str
    wall_s: float
    environment: Environment
    before: Counters
    after: Counters
    launch: Launch
    claim: Claim | None = None
    notes: list[str] = []

    def arm(self, name: str) -> Arm:
        """Return the arm of that name; ValueError, naming those that were timed, when there is none."""
        for arm in self.arms:
            if arm.name == name:
                return arm
        timed = ", ".join(repr(arm.name) for arm in self.arms if arm.name != self.null_arm) or "none"
        raise ValueError(f"{name!r} was not timed in {self.title!r}; timed were: {timed}.")


def write_records(path: Path | str, records: Iterable[Record]) -> None:
    """Write records as JSON Lines, whole or not at all: a reader never meets half a file. `.gz` is compressed."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    payload = msgspec.json.Encoder().encode_lines(list(records))
    if target.suffix == ".gz":
        payload = gzip.compress(payload, mtime=0)  # no time in it: the same records, the same bytes
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(payload)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)  # mkstemp makes it private; a result is for everyone who may read the folder
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read_records(path: Path | str) -> list[Record]:
    """Read records from JSON Lines, gzipped where the name ends in `.gz`.

    Raises
    ------
    RecordError
        A line is no record, or of another schema; the message names the line.
    """
    content = Path(path).read_bytes()
    if Path(path).suffix == ".gz":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise RecordError(f"{path} is not gzipped as its name says: {error}.") from error
    records = []
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            record = msgspec.json.decode(line, type=Record)
        except msgspec.DecodeError as error:
            raise RecordError(f"{path}, line {number}, is no record of schema {SCHEMA!r}: {error}.") from error
        if record.schema != SCHEMA:
            raise RecordError(f"{path}, line {number}, has schema {record.schema!r}; accepted is {SCHEMA!r}.")
        records.append(record)
    return records
