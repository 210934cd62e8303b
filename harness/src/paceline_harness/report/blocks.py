"""Blocks of a report written into another document between markers, so that no figure there is typed by hand.

<!-- harness:overview -->
(replaced)
<!-- harness:end -->
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from paceline_harness.record import Record
from paceline_harness.report import environment, sentences
from paceline_harness.report.markdown import overview_table
from paceline_harness.report.words import LEGEND, ONE_LAUNCH

Block = Callable[[Sequence[Record]], str]

MARKED = re.compile(r"(<!-- harness:(?P<name>[\w-]+) -->\n).*?(<!-- harness:end -->)", re.DOTALL)


class BlockError(ValueError):
    """A document without markers, or with one that names no block."""


def _overview(records: Sequence[Record]) -> str:
    return f"{overview_table(records)}\n\n{LEGEND} {ONE_LAUNCH.capitalize()}, {records[0].utc[:10]}."


def _sentences(records: Sequence[Record]) -> str:
    lines = [f"- {sentences.closing(record)}" for record in records]
    if said := sentences.summary(records):
        lines.append(f"- {said}")
    return "\n".join(lines)


def _claims(records: Sequence[Record]) -> str:
    return "\n".join(f"- {record.title}. {said}" for record in records if (said := sentences.claim(record)))


def _environment(records: Sequence[Record]) -> str:
    return "\n".join(f"- {line}" for line in environment.lines(records[-1]))


BLOCKS: dict[str, Block] = {
    "overview": _overview,
    "sentences": _sentences,
    "claims": _claims,
    "environment": _environment,
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
