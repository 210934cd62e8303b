"""The figures that documents state, as a list that can be checked: `results/claims.toml`.

A claim is "`candidate` is `ratio` times as fast as `against`, at least `low`, at most `high`". Its figures come from
the committed record; a document states it where it stands on a line with the title of its table. Paths in the list are
relative to the folder above the one that the list is in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from paceline_harness.record import Record, read_records
from paceline_harness.report.blocks import MARKED, filled
from paceline_harness.report.claims import best_plain, published_code
from paceline_harness.report.tables import Table, tables_of
from paceline_harness.report.words import inverse, speed, speed_text

DEFAULT_FILE = Path("results/claims.toml")
DEFAULT_RECORD = "results/README.jsonl.gz"
DEFAULT_DOCUMENTS = ("README.md", "docs/*.md")
FIGURE = re.compile(r"\d[\d.,]*×? \[\d[\d.,]*, \d[\d.,]*\]")
NOTATION = re.compile(r"`[^`\n]*`")
"""Between backticks a figure explains how figures are written, and claims nothing."""
HEADER = """\
# Every measured figure that a document of this project states: `candidate` is `ratio` times as fast as `against`.
# Written by `harness claims --write`, compared with record and documents by `harness claims --check`, and measured
# again by `harness claims`. Do not edit the figures by hand.
"""


class ClaimsError(ValueError):
    """A list of claims that cannot be read; the message is a sentence."""


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One figure: what is said of whom, in which document, with the ends of its interval."""

    text: str
    where: str
    operation: str
    title: str
    size: int
    candidate: str
    against: str
    ratio: float
    low: float
    high: float

    @property
    def key(self) -> tuple[str, str, int, str, str]:
        """What makes it the same claim, whatever its figures."""
        return self.where, self.title, self.size, self.candidate, self.against


class Claims(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The list: the record behind it, the documents it covers, the processor and date of the measurement."""

    record: str
    documents: list[str]
    processor: str
    measured: str
    claim: list[Claim] = []


@dataclass(frozen=True, slots=True)
class Stated:
    """A pair of candidates whose ratio a document may state, and how it is written there."""

    table: Table
    candidate: str
    against: str
    text: str

    def claim(self, where: str) -> Claim:
        """Return the claim that a document makes by stating it; its figures are those that are printed."""
        ratio, low, high = (float(figure.replace(",", "")) for figure in re.findall(r"\d[\d.,]*\d|\d", self.text))
        text = f"{self.table.label}: {self.candidate} is {self.text} as fast as {self.against}"
        size = self.table.size
        return Claim(text, where, self.table.op, self.table.title, size, self.candidate, self.against, ratio, low, high)


def read_claims(file: Path) -> Claims:
    """Read a list of claims; ClaimsError when it is none."""
    try:
        return msgspec.toml.decode(file.read_bytes(), type=Claims)
    except msgspec.DecodeError as error:
        raise ClaimsError(f"{file} is no list of claims: {error}.") from error


def root_of(file: Path) -> Path:
    """Return the folder that the paths in a list are relative to."""
    return file.resolve().parent.parent


def found_in(root: Path, record: str, documents: Sequence[str]) -> Claims:
    """Return what the documents state of the record's figures."""
    records = read_records(root / record)
    first = records[0]
    claims: dict[tuple[str, str, int, str, str], Claim] = {}
    pairs = [stated for table in tables_of(records) for stated in statable(table)]
    for path in expanded(root, documents):
        where = path.relative_to(root).as_posix()
        for stated in _on_lines(path.read_text(encoding="utf-8"), pairs):
            claim = stated.claim(where)
            claims.setdefault(claim.key, claim)
    processor = f"{first.environment.cpu_model}, {first.environment.cores} cores"
    return Claims(record, list(documents), processor, first.utc[:10], list(claims.values()))


def expanded(root: Path, documents: Sequence[str]) -> list[Path]:
    """Return the documents that the patterns mean, in order."""
    return [path for pattern in documents for path in sorted(root.glob(pattern))]


def statable(table: Table) -> Iterator[Stated]:
    """Yield every backend's speed against the baseline, the published code and the best plain Python."""
    others = dict.fromkeys((table.baseline, published_code(table), best_plain(table)))
    for name in table.timed(table.columns):
        for against in others:
            if against is None or against == name:
                continue
            if against == table.baseline:
                ratio, interval = speed(table.cells[name])
            else:
                pair = table.pair(name, against)
                ratio, interval = 1 / pair.ratio, inverse(pair.interval)
            if interval is not None:
                yield Stated(table, name, against, speed_text(ratio, interval))


def _on_lines(text: str, pairs: Sequence[Stated]) -> Iterator[Stated]:
    labels = sorted({pair.table.label for pair in pairs}, key=len, reverse=True)
    for line in text.splitlines():
        plain = _plain(line)
        label = next((label for label in labels if label.casefold() in line.casefold()), None)
        yield from (pair for pair in pairs if pair.table.label == label and _plain(pair.text) in plain)


def _plain(text: str) -> str:
    return text.replace("×", "")


def differences(file: Path) -> list[str]:
    """Return a sentence for everything in which list, record and documents do not agree."""
    stated, root = read_claims(file), root_of(file)
    fresh = found_in(root, stated.record, stated.documents)
    said = [*_head(file, stated, fresh), *_figures(file, stated, fresh)]
    records = read_records(root / stated.record)
    for path in expanded(root, stated.documents):
        said += _document(path, path.relative_to(root).as_posix(), records, stated, fresh)
    return said


def _head(file: Path, stated: Claims, fresh: Claims) -> Iterator[str]:
    for field in ("processor", "measured"):
        old, new = getattr(stated, field), getattr(fresh, field)
        if old != new:
            yield f"{file} has {field} {old!r}; the record says {new!r}."


def _figures(file: Path, stated: Claims, fresh: Claims) -> Iterator[str]:
    listed = {claim.key: claim for claim in stated.claim}
    found = {claim.key: claim for claim in fresh.claim}
    if len(listed) != len(stated.claim):
        yield f"{file} lists a claim twice; accepted is each pair once per document."
    for key, claim in listed.items():
        if key not in found:
            yield f"{file} lists {claim.text!r}, which {claim.where} does not state as the record has it."
        elif claim != found[key]:
            yield f"{file} lists {_figured(claim)}; the record says {_figured(found[key])}."
    for key, claim in found.items():
        if key not in listed:
            yield f"{claim.where} states {claim.text!r}, which {file} does not list."


def _figured(claim: Claim) -> str:
    return f"{claim.text!r} as {claim.ratio:g} [{claim.low:g}, {claim.high:g}]"


def _document(path: Path, name: str, records: Sequence[Record], stated: Claims, fresh: Claims) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    if MARKED.search(text) and filled(text, records) != text:
        yield f"{name} has blocks that differ from {stated.record}; run: harness report {stated.record} --into {name}."
    backed = " ".join(_plain(claim.text) for claim in fresh.claim)
    for figure in FIGURE.findall(NOTATION.sub("", MARKED.sub("", text))):
        if _plain(figure) not in backed:
            yield f"{name} states {figure!r} outside of generated blocks, and no claim backs it."


def write_claims(file: Path, claims: Claims) -> None:
    """Write a list of claims as TOML."""
    lines = [HEADER]
    lines += [f"{name} = {_toml(getattr(claims, name))}" for name in ("record", "documents", "processor", "measured")]
    for claim in claims.claim:
        lines += ["", "[[claim]]", *(f"{name} = {_toml(getattr(claim, name))}" for name in claim.__struct_fields__)]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")


def _toml(value: object) -> str:
    """Return a text, a number or a list of texts as TOML, whose basic strings escape as JSON's do."""
    return json.dumps(value, ensure_ascii=False)
