"""The result record: one JSON object per operation, size and launch, with every raw sample.

Integers are nanoseconds, nothing is rounded and nothing dropped, so that every interval and verdict can be computed
again from `samples_ns`, `batch`, `overhead_ns` and the parameters alone. docs/records.md describes every field.
"""

from __future__ import annotations

import gzip
import json
import math
import os
import tempfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from paceline_harness import chains
from paceline_harness.buffers import Buffer
from paceline_harness.environment import Counters, Environment
from paceline_harness.verdict import Series, Verdict

SCHEMA = "paceline-record/3"
"""What is written. Since /2 a record has its place in a chain of hashes; since /3 there are native peers, and
candidates whose work is not the table's. A field added later has a default."""

READABLE = ("paceline-record/1", "paceline-record/2", SCHEMA)

Group = Literal["backend", "baseline", "as published", "peer", "limit"]
"""Ours; plain Python, NumPy or SciPy; the published code; native libraries of others; what the machine allows."""

Status = Literal["timed", "not equal", "unavailable", "failed", "not timed"]


class RecordError(ValueError):
    """A file that is no record, or a record of a version that this harness does not read."""


class Claim(msgspec.Struct, frozen=True):
    """A published figure to set beside what was measured: ms before and after, their quotient, who says so."""

    before_ms: float
    after_ms: float
    speedup: float
    source: str


class Bar(msgspec.Struct, frozen=True):
    """What something may cost, of a table's candidates: (`of` − `less`) ÷ `unit` is to be `at_most` so much.

    Without `less` nothing is taken off; without `unit` the figure is a time, in ns per item.
    """

    name: str
    of: str
    at_most: float
    less: str = ""
    unit: str = ""


class Serves(msgspec.Struct, frozen=True):
    """Who serves an operation in a program that imports paceline here: `ranges` are (from n on, backend).

    `rule` is paceline's rule that decides, `source` what it rests on: when and where was measured, or the variable that
    asks for it. `problem` says why nobody serves, or why it is not known.
    """

    ranges: list[tuple[int, str]] = []
    rule: Literal["profile", "shipped", "environment", "order", ""] = ""
    source: str = ""
    problem: str = ""


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


if TYPE_CHECKING:
    Errors = dict[str, float]
else:  # JSON has no infinity, the error of an output that cannot be compared: it stands there as null
    Errors = dict[str, float | None]


class Correctness(msgspec.Struct, frozen=True):
    """The largest difference from the reference per part of the output, and what was tolerated."""

    errors: Errors
    units: dict[str, str]
    tolerance: float
    tolerance_reason: str
    reference: str

    def __post_init__(self) -> None:
        known = {part: math.inf if error is None else error for part, error in self.errors.items()}
        msgspec.structs.force_setattr(self, "errors", known)


class Quality(msgspec.Struct, frozen=True):
    """What a candidate's output is worth beside being equal: figures by name, each with its unit."""

    figures: dict[str, float]
    units: dict[str, str]


class FirstCall(msgspec.Struct, frozen=True):
    """What a compiling candidate's first call consists of, in ns.

    `init_ns` is the import and start of what compiles it, paid once per process (None where that had been done before);
    `compile_ns` compiling or loading from a cache, the first call without its run; `run_ns` the second call.
    """

    init_ns: int | None
    compile_ns: int
    run_ns: int


class CandidateInfo(msgspec.Struct, frozen=True):
    """One column of the table: what it is, whether its output was equal, and how long its first call took.

    `file_sha256` is of the file that its code is in; of a backend, of all files of its package. `first_call` splits
    the first call of a candidate that is compiled on it. `other_work` says why its work is not the table's: no gain
    against it is counted, and a limit that has one was timed without an output to compare.
    """

    name: str
    group: Group
    label: str
    status: Status
    reason: str = ""
    version: str | None = None
    first_call_ns: int | None = None
    correct: Correctness | None = None
    file_sha256: str | None = None
    first_call: FirstCall | None = None
    quality: Quality | None = None
    other_work: str = ""


class Arm(msgspec.Struct, frozen=True):
    """One timed candidate's raw samples, and what was concluded from them when it was measured.

    `alpha` and `margin` are what the verdict was reached at; `looks` are the numbers of pairs planned for looking.
    The baseline's own arm has no conclusion (`verdict` None). `cost_ns` is the call's cost found before the first
    sample: batch, margin and the group that an arm was sampled in follow from it.
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
    cost_ns: float | None = None

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


How = Literal["here", "fresh", "forked"]


class Launch(msgspec.Struct, frozen=True):
    """Which launch of this table's launches a record is from, and how it was made.

    `how` is "fresh" for a process of its own, "forked" for a copy of the process that asked, "here" for that process
    itself. `core` is the core it was pinned to. `planned` is how many launches were asked for: fewer ended where one
    died or the run was ended early, and the notes say so.
    """

    index: int
    of: int
    how: How = "here"
    core: int | None = None
    planned: int = 1


class Chain(msgspec.Struct, frozen=True):
    """A record's place in its file, from 1, the number of records there, and the hash of the one before ("": none)."""

    index: int
    of: int
    previous_sha256: str


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
    bars: list[Bar] = []
    serves: Serves | None = None
    notes: list[str] = []
    env_pad_bytes: int | None = None
    chain: Chain | None = None
    record_sha256: str = ""

    def arm(self, name: str) -> Arm:
        """Return the arm of that name; ValueError, naming those that were timed, when there is none."""
        for arm in self.arms:
            if arm.name == name:
                return arm
        timed = ", ".join(repr(arm.name) for arm in self.arms if arm.name != self.null_arm) or "none"
        raise ValueError(f"{name!r} was not timed in {self.title!r}; timed were: {timed}.")


def seal(records: Iterable[Record]) -> list[Record]:
    """Return the records chained: each with its place, the hash of the one before it and a hash of all that it says."""
    current = [
        msgspec.structs.replace(record, schema=SCHEMA) if record.schema in READABLE else record for record in records
    ]
    contents = [json.loads(msgspec.json.encode(record)) for record in current]
    return [
        msgspec.structs.replace(
            record, chain=msgspec.convert(content["chain"], Chain), record_sha256=content[chains.HASH_FIELD]
        )
        for record, content in zip(current, chains.sealed(contents), strict=True)
    ]


def write_records(path: Path | str, records: Iterable[Record]) -> None:
    """Write records as JSON Lines, sealed; whole or not at all, so that none meets half a file. `.gz` is compressed."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    payload = msgspec.json.Encoder().encode_lines(seal(records))
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


def read_lines(path: Path | str) -> list[tuple[int, bytes]]:
    """Return the lines of a file of records that are not blank, with their numbers; gunzipped where it ends in `.gz`.

    Raises
    ------
    RecordError
        The file is not gzipped as its name says, or is cut short.
    """
    content = Path(path).read_bytes()
    if Path(path).suffix == ".gz":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise RecordError(f"{path} is not gzipped as its name says: {error}.") from error
    return [(number, line) for number, line in enumerate(content.split(b"\n"), 1) if line.strip()]


def read_records(path: Path | str) -> list[Record]:
    """Read records from JSON Lines, gzipped where the name ends in `.gz`. What they say is not checked: see `audit`.

    Raises
    ------
    RecordError
        A line is no record, or of another schema; the message names the line.
    """
    return [decoded(line, f"{path}, line {number},") for number, line in read_lines(path)]


def decoded(line: bytes, where: str) -> Record:
    """Return the record on a line; RecordError, which begins with `where`, when it is none that can be read."""
    try:
        record = msgspec.json.decode(line, type=Record)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordError(f"{where} is no record of schema {SCHEMA!r}: {error}.") from error
    if record.schema not in READABLE:
        raise RecordError(f"{where} has schema {record.schema!r}; accepted are {', '.join(map(repr, READABLE))}.")
    return record


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of one line of a file of records."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Record)}
