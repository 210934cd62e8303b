"""One file from its bytes to its findings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from paceline_harness import chains
from paceline_harness.across import tables
from paceline_harness.audit.conclusions import conclusions, stopping
from paceline_harness.audit.finding import Finding, Place, Said, described
from paceline_harness.audit.launches import conclusions_across, whole
from paceline_harness.audit.rules import rules
from paceline_harness.audit.structure import buffers, clock, serves, structure
from paceline_harness.record import SCHEMA, RecordError, decoded, read_lines


@dataclass
class Audit:
    """What an audit did: records and tables read, verdicts recomputed in and across launches, what does not hold."""

    path: Path
    records: int = 0
    tables: int = 0
    verdicts: int = 0
    across: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether everything is as stated."""
        return not self.findings


def audit_file(path: Path | str, *, unsealed: bool = False) -> Audit:
    """Audit a file of records; `unsealed` accepts records without a chain of hashes, as schema /1 had none.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    audit = Audit(Path(path))
    try:
        places, contents = _read(audit.path)
    except _RefusedError as refused:
        audit.findings = refused.findings
        return audit
    audit.records = len(places)
    audit.findings += _sealing(places, contents, unsealed)
    audit.findings += whole(places)
    sound = set()
    for place in places:
        found = list(_one(place))
        audit.findings += found
        audit.verdicts += sum(arm.verdict is not None for arm in place.record.arms)
        if not found:
            sound.add(id(place.record))
    by_record = {id(place.record): place for place in places}
    for table in tables([place.record for place in places]):
        audit.tables += 1
        if all(id(record) in sound for record in table):
            count, found = conclusions_across([by_record[id(record)] for record in table])
            audit.across += count
            audit.findings += found
    return audit


def _one(place: Place) -> Iterator[Finding]:
    """Yield one record's findings; statistics only where its parts fit together."""
    yield from buffers(place)
    yield from serves(place)
    bad = list(structure(place))
    yield from bad
    if bad:
        return
    yield from clock(place)
    found = list(rules(place))
    yield from found
    wrong = list(conclusions(place))
    yield from wrong
    if not found and not wrong:  # what follows from a wrong verdict need not be said as well
        yield from stopping(place)


class _RefusedError(Exception):
    def __init__(self, findings: list[Finding]) -> None:
        super().__init__()
        self.findings = findings


def _read(path: Path) -> tuple[list[Place], list[dict[str, Any]]]:
    """Return the records and the JSON objects that they were decoded from; raise findings where that cannot be."""
    places: list[Place] = []
    contents: list[dict[str, Any]] = []
    try:
        for number, line in read_lines(path):
            record = decoded(line, f"line {number}")
            places.append(Place(len(places) + 1, record))
            contents.append(json.loads(line, object_pairs_hook=_without_repeats))
    except (RecordError, ValueError) as error:
        words = str(error).rstrip(".")
        raise _RefusedError([Finding(None, "", None, "its content", path.name, Said(words))]) from error
    if not places:
        raise _RefusedError([Finding(None, "", None, "its content", path.name, Said("it holds no record"))])
    return places, contents


def _without_repeats(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"an object names the field {repeated!r} twice")
    return content


def _sealing(places: Sequence[Place], contents: Sequence[dict[str, Any]], unsealed: bool) -> Iterator[Finding]:
    for place, content in zip(places, contents, strict=True):
        known = json.loads(msgspec.json.encode(place.record))
        for name in _unknown(content, known):
            yield place.finding(name, Said("given"), Said(f"{SCHEMA} has no such field"))
    if unsealed and not any(chains.is_sealed(content) for content in contents):
        return
    for at, name, stated, computed in chains.broken_links(contents):
        if not chains.is_sealed(contents[at]):
            computed = Said("the record is not sealed")
        yield Finding(at + 1, described(places[at].record), None, name, stated, computed)


def _unknown(content: Any, known: Any, at: str = "") -> Iterator[str]:
    """Yield the paths of fields that are given and are not read."""
    if isinstance(content, dict) and isinstance(known, dict):
        for name, value in content.items():
            path = f"{at}.{name}" if at else name
            if name not in known:
                yield path
            else:
                yield from _unknown(value, known[name], path)
    elif isinstance(content, list) and isinstance(known, list) and content and isinstance(content[0], dict):
        for number, (value, other) in enumerate(zip(content, known, strict=True)):
            yield from _unknown(value, other, f"{at}[{number}]")
