"""The verdict on one published figure: holds, does not hold, or cannot be tested here, always with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from paceline_harness.report.source import Pair
from paceline_harness.report.tables import Table
from paceline_harness.report.words import speed_text, time_text

CLAIMED = "rust"
"""The backend that the published figures speak of."""

REFERENCE = "python"

Word = Literal["holds", "does not hold", "cannot be told", "cannot be tested here", "met", "not met"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a claim; `measured` is the speed, `figure` what was measured, in words."""

    word: Word
    reason: str = ""
    measured: float | None = None
    figure: str | None = None

    @property
    def figured(self) -> bool:
        """Whether anything was measured for it."""
        return self.measured is not None or self.figure is not None

    @property
    def text(self) -> str:
        """The verdict with its reason."""
        return ": ".join(filter(None, (self.word, self.reason)))


def untested(reason: str) -> Verdict:
    """Return that a claim cannot be tested here, and why."""
    return Verdict("cannot be tested here", reason)


def published_code(table: Table) -> str | None:
    """Return the candidate that is the published code, if it was timed."""
    return next((name for name in table.timed() if table.group(name) == "as published"), None)


def best_plain(table: Table) -> str | None:
    """Return the fastest plain Python or NumPy that does all of the work: the python backend and the baselines.

    A candidate whose output has only some of the parts (a rotation without its position) did less, and is left out; so
    are those whose work is not the table's, and native libraries of others.
    """
    parts: set[str] = set()
    for name in table.timed():
        parts |= _parts(table, name)
    plain = [
        name
        for name in table.timed()
        if (table.group(name) == "baseline" or name == REFERENCE) and _parts(table, name) >= parts
    ]
    return table.fastest(plain)


def best_peer(table: Table) -> str | None:
    """Return the fastest native library of others that was timed."""
    return table.fastest(name for name in table.names if table.group(name) == "peer")


def on_speed(table: Table | None, claimed: float | None, absent: str, code: str = "the published code") -> Verdict:
    """Return whether Rust is `claimed` times as fast as the published code, and what it gains over the best plain.

    `code` says what was measured in its place, where it was not the code itself.
    """
    if table is None:
        return untested(absent)
    if stopped := _stopped(table):
        return stopped
    if claimed is None:
        return untested("no ratio was published")
    published, plain = published_code(table), best_plain(table)
    if published is None and any(table.group(name) == "as published" for name in table.names):
        return untested(f"{code} was not timed")
    if published is None:
        return _without_code(table, claimed)
    pair = table.pair(published, CLAIMED)
    word = _judged(pair, claimed)
    reason = f"rust ran {speed_text(pair.ratio, pair.interval)} against {code}"
    if (baseline := other_baseline(table)) is not None:
        beside = table.pair(baseline, CLAIMED)
        reason += f", {speed_text(beside.ratio, beside.interval)} against the {baseline}"
    if plain is not None:
        beside = table.pair(plain, CLAIMED)
        held = _judged(beside, claimed)
        link = "but only" if word == "holds" and held == "does not hold" and claimed > 1 else "and"
        reason += f", {link} {speed_text(beside.ratio, beside.interval)} against the best plain Python"
    return Verdict(word, reason, pair.ratio)


def other_baseline(table: Table) -> str | None:
    """Return the table's baseline where it is plain Python and neither the best nor the published code."""
    name = table.baseline
    if table.group(name) != "baseline" or name not in table.timed():
        return None
    return None if name == best_plain(table) else name


def _without_code(table: Table, claimed: float) -> Verdict:
    """Judge a figure that came without its Python code, by the best plain Python that is known."""
    if (plain := best_plain(table)) is None:
        return untested("no code was published with it, and no plain Python was timed")
    pair = table.pair(plain, CLAIMED)
    ran = f"rust ran {speed_text(pair.ratio, pair.interval)} against the best plain Python"
    return Verdict(_judged(pair, claimed), f"no code was published with it; {ran}", pair.ratio)


def on_target(
    table: Table | None, claimed: float | None, below_ns: int | None, absent: str, *, runs: bool = False
) -> Verdict:
    """Return whether a target was met: a speed over the published code (else the best plain), or a call's time.

    With `runs` the target is that it runs at all, and gives what the others give.
    """
    if table is None:
        return untested(absent)
    if stopped := _stopped(table):
        return stopped
    if below_ns is not None or runs:
        found = table.cells[CLAIMED].call_ns
        assert found is not None
        if below_ns is None:
            return Verdict("met", figure=f"rust {time_text(found)}")
        return Verdict("met" if found < below_ns else "not met", figure=f"rust {time_text(found)}")
    others = {"the published code": published_code(table), "the best plain Python": best_plain(table)}
    pairs = {said: table.pair(name, CLAIMED) for said, name in others.items() if name is not None}
    if claimed is None or not pairs:
        return untested("no plain Python was timed" if claimed is not None else "no figure was published")
    shown = ", ".join(f"{speed_text(pair.ratio, pair.interval)} against {said}" for said, pair in pairs.items())
    judged = next(iter(pairs.values()))
    words: dict[Word, Word] = {"holds": "met", "does not hold": "not met"}
    word = _judged(judged, claimed)
    return Verdict(words.get(word, word), measured=judged.ratio, figure=f"rust {shown}")


def _judged(pair: Pair, claimed: float) -> Word:
    """Judge "n times as fast" by the whole interval; a claim below 1 says that it is slower, no more."""
    if pair.interval is None:
        return "cannot be told"
    low, high = pair.interval
    if claimed < 1:
        return "holds" if high < 1 else "does not hold" if low > 1 else "cannot be told"
    return "holds" if low >= claimed else "does not hold" if high < claimed else "cannot be told"


def _stopped(table: Table) -> Verdict | None:
    """Return why a table can say nothing of Rust, if so."""
    if not table.trustworthy:
        return untested("the environment was not trustworthy")
    found = table.cells.get(CLAIMED)
    if found is None:
        return untested("the rust backend was not asked for")
    if found.call_ns is None:
        return untested(f"rust: {found.reason or found.status}")
    return None


def _parts(table: Table, name: str) -> set[str]:
    correct = table.correct(name)
    return set(correct.errors) if correct is not None else set()
