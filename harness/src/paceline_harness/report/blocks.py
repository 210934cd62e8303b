"""Blocks of a report written into another document between markers, so that no figure there is typed by hand.

<!-- harness:overview -->
(replaced)
<!-- harness:end -->
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from paceline_harness.record import Record
from paceline_harness.report import documents_text, environment, means, sentences
from paceline_harness.report.markdown import overview_table
from paceline_harness.report.tables import tables_of
from paceline_harness.report.words import LEGEND, launches_text

Block = Callable[[Sequence[Record]], str]

MARKED = re.compile(r"(<!-- harness:(?P<name>[\w-]+) -->\n).*?(<!-- harness:end -->)", re.DOTALL)


class BlockError(ValueError):
    """A document without markers, or with one that names no block."""


def _overview(records: Sequence[Record]) -> str:
    launches = launches_text(tables_of(records)).capitalize()
    return f"{overview_table(records)}\n\n{LEGEND} {launches}, {records[0].utc[:10]}."


def _sentences(records: Sequence[Record]) -> str:
    tables = tables_of(records)
    lines = [f"- {sentences.closing(table)}" for table in tables]
    if said := means.sentence(tables):
        lines.append(f"- {said}")
    return "\n".join(lines)


def _claims(records: Sequence[Record]) -> str:
    return "\n".join(f"- {table.label}. {said}" for table in tables_of(records) if (said := sentences.claim(table)))


def _environment(records: Sequence[Record]) -> str:
    return "\n".join(f"- {line}" for line in environment.lines(records))


def _documents(records: Sequence[Record]) -> str:
    return documents_text.markdown(records, level=3)


BLOCKS: dict[str, Block] = {
    "overview": _overview,
    "sentences": _sentences,
    "claims": _claims,
    "environment": _environment,
    "documents": _documents,
}


def filled(document: str, records: Sequence[Record]) -> str:
    """Return `document` with the text between every pair of markers made anew from `records`.

    Raises
    ------
    BlockError
        There is no marker, or one names a block that does not exist.
    """
    names = [match["name"] for match in MARKED.finditer(document)]
    known = ", ".join(BLOCKS)
    if not names:
        raise BlockError(
            f"it has no markers; accepted are lines <!-- harness:NAME --> and <!-- harness:end -->, NAME one of {known}"
        )
    for name in names:
        if name not in BLOCKS:
            raise BlockError(f"it has a marker harness:{name}; accepted are {known}")
    return MARKED.sub(lambda match: f"{match[1]}{BLOCKS[match['name']](records)}\n{match[3]}", document)
