"""The published performance tables, row by row beside what was measured here, with a verdict on every claim.

A claim names Rust against the published code. It is judged for what it says, with the published code and the Rust
backend, and beside it against the best plain Python or NumPy, which is what a rewrite really gains.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import msgspec

from paceline_harness.report.claims import CLAIMED, Verdict, on_speed, on_target, other_baseline
from paceline_harness.report.means import geometric_mean
from paceline_harness.report.tables import Table
from paceline_harness.report.words import figure, speed_text, time_text

DATA = "documents.toml"
SHOWN = ("numba", "cython", "rust")
SPEED_HEADER = (
    "operation",
    "as published",
    "published code, measured here",
    "best plain Python or NumPy",
    "best native peer",
    *SHOWN,
    "fastest against best plain",
    "claim",
)
TARGET_HEADER = ("target", "published as achieved", "measured here", "met")


class Claimed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of a published table of speeds."""

    operation: str
    speedup: float | None = None
    before: str | None = None
    after: str | None = None
    range: str | None = None
    title: str | None = None
    suite: str | None = None
    size: int | None = None
    why: str | None = None

    @property
    def published(self) -> str:
        """The published figures in one line: "5 ms to 0.1 ms, 50x"."""
        times = " to ".join(filter(None, (self.before, self.after)))
        speedup = self.range or (None if self.speedup is None else f"{self.speedup:g}x")
        return ", ".join(filter(None, (times, speedup)))


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of a published table of targets: a speed to reach, a time to stay below, or something that must run."""

    target: str
    achieved: str | None = None
    title: str | None = None
    suite: str | None = None
    size: int | None = None
    speedup: float | None = None
    below_ns: int | None = None
    runs: bool = False
    note: str | None = None
    why: str | None = None


class Speeds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A published table of speeds; `average` is its arithmetic mean, where one was published.

    `code` is what the claims are tested against: the published code, or what was made in its likeness.
    """

    name: str
    suite: str
    rows: list[Claimed]
    average: float | None = None
    code: str = "the published code"


class Targets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A published table of targets."""

    name: str
    suite: str
    rows: list[Target]


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One published document: its tables, and what its figures are by its own account."""

    name: str
    kind: str
    speeds: list[Speeds] = []
    targets: list[Targets] = []


class _Documents(msgspec.Struct, frozen=True):
    document: list[Document]


@dataclass(frozen=True, slots=True)
class Shown:
    """A table ready to be dressed: heading, columns, rows of text, the verdicts, and a sentence below it."""

    document: str
    name: str
    header: tuple[str, ...]
    rows: list[tuple[str, ...]]
    verdicts: list[Verdict]
    below: str | None = None


@cache
def documents() -> list[Document]:
    """Return the published tables."""
    data = files("paceline_harness.report").joinpath(DATA).read_bytes()
    return msgspec.toml.decode(data, type=_Documents).document


def shown(tables: Sequence[Table]) -> list[Shown]:
    """Return every published table, its rows filled with what `tables` hold."""
    out = []
    for document in documents():
        heading = f"{document.name} ({document.kind})"
        out += [_speeds(heading, each, tables) for each in document.speeds]
        out += [_targets(heading, each, tables) for each in document.targets]
    return out


def _speeds(document: str, of: Speeds, tables: Sequence[Table]) -> Shown:
    rows: list[tuple[str, ...]] = []
    verdicts: list[Verdict] = []
    kept: list[tuple[float, float]] = []
    over: dict[str, list[float]] = {}
    for claimed in of.rows:
        suite = claimed.suite or of.suite
        table = _find(tables, suite, claimed.title or claimed.operation, claimed.size)
        absent = claimed.why or _why_absent(suite)
        verdict = on_speed(table, claimed.speedup, absent, of.code)
        rows.append((claimed.operation, claimed.published, *_measured(table), verdict.text))
        verdicts.append(verdict)
        if verdict.measured is not None and claimed.speedup is not None:
            kept.append((claimed.speedup, verdict.measured))
            if table is not None and (baseline := other_baseline(table)) is not None:
                over.setdefault(baseline, []).append(table.pair(baseline, CLAIMED).ratio)
    header = tuple(name.replace("published code", of.code.removeprefix("the ")) for name in SPEED_HEADER)
    return Shown(document, of.name, header, rows, verdicts, _mean(of, kept, over))


def _mean(of: Speeds, kept: Sequence[tuple[float, float]], over: Mapping[str, Sequence[float]]) -> str | None:
    """Return the geometric means of the rows that are both published and measured, beside a published average.

    `over` are the speeds over the tables' own baselines, where these are neither the published code nor the best plain.
    """
    said = []
    if of.average is not None:
        mean = geometric_mean(row.speedup for row in of.rows if row.speedup is not None)
        said.append(
            f"Published as the average: {of.average:g}x, an arithmetic mean of ratios; the geometric mean of the "
            f"same rows is {figure(mean)}x."
        )
    if len(kept) > 1:
        published, measured = (geometric_mean(column) for column in zip(*kept, strict=True))
        said.append(
            f"Geometric mean over the {len(kept)} rows that are both published and measured, Rust against "
            f"{of.code}: {figure(published)}x published, {figure(measured)}x measured."
        )
        said += [
            f"Against the {name}, in the same rows: {figure(geometric_mean(speeds))}x."
            for name, speeds in over.items()
            if len(speeds) == len(kept)
        ]
    return " ".join(said) or None


def _targets(document: str, of: Targets, tables: Sequence[Table]) -> Shown:
    rows: list[tuple[str, ...]] = []
    verdicts = []
    for target in of.rows:
        suite = target.suite or of.suite
        table = _find(tables, suite, target.title, target.size) if target.title else None
        verdict = on_target(table, target.speedup, target.below_ns, target.why or _why_absent(suite), runs=target.runs)
        measured = ", ".join(filter(None, (verdict.figure, target.note if verdict.figure else None))) or "–"
        rows.append((target.target, target.achieved or "–", measured, verdict.text))
        verdicts.append(verdict)
    return Shown(document, of.name, TARGET_HEADER, rows, verdicts)


def _find(tables: Sequence[Table], suite: str, title: str, size: int | None) -> Table | None:
    """Return the table of that title that a suite here measures; a title alone could be anybody's."""
    from paceline_harness.suites import SUITES

    operations = SUITES[suite].operations if suite in SUITES else ()
    for table in tables:
        if table.op in operations and table.title == title and size in (None, table.size):
            return table
    return None


def _why_absent(suite: str) -> str:
    from paceline_harness.suites import SUITES

    return "not in this record" if suite in SUITES else "not built yet"


def _measured(table: Table | None) -> tuple[str, ...]:
    """Return the middle columns: published code, the best plain one and native peer, the backends, the gain."""
    if table is None:
        return ("–",) * (4 + len(SHOWN))
    from paceline_harness.report.claims import best_peer, best_plain, published_code

    plain, peer, published = best_plain(table), best_peer(table), published_code(table)
    gain = "–"
    best = table.fastest(name for name in table.columns if name in SHOWN)
    if best is not None and plain is not None:
        pair = table.pair(plain, best)
        gain = f"{best} {speed_text(pair.ratio, pair.interval)}"
    return (
        time_text(table.cells[published].call_ns) if published else "–",
        *(f"{name} {time_text(table.cells[name].call_ns)}" if name else "–" for name in (plain, peer)),
        *(_time(table, name) for name in SHOWN),
        gain,
    )


def _time(table: Table, name: str) -> str:
    if name not in table.cells:
        return "–"
    found = table.cells[name]
    return time_text(found.call_ns) if found.call_ns is not None else f"n/a: {found.reason}"
