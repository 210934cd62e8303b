"""The self-test's table: in a terminal, and between markers in a document."""

from __future__ import annotations

import re
from collections.abc import Sequence

from paceline_harness.environment import environment
from paceline_harness.selftest.rows import Row, missed
from paceline_harness.selftest.run import Findings

HEADER = ("what", "bar (goal)", "measured [95 % bound]", "met")
MARKED = re.compile(r"(<!-- selftest -->\n).*?(<!-- selftest:end -->)", re.DOTALL)


class MarkerError(ValueError):
    """A document without the markers between which the table belongs."""


def summary(found: Findings, table: Sequence[Row], seed: int) -> str:
    """Return in sentences how much was compared, on what, and which bars were missed."""
    made, about = len(found.outcomes), environment()
    phases = " and ".join(dict.fromkeys(each.phase for each in found.outcomes)) or "no phase"
    parts = [f"{made:,} comparisons ({phases}), all counted, seed {seed}; {about.cpu_model}, Python {about.python}."]
    if made < found.planned:
        parts.append(f"{found.planned - made:,} more were planned and not started: the time was up.")
    names = [row.what for row in missed(table)]
    parts.append(f"Bars missed: {'; '.join(names)}." if names else "No bar was missed.")
    return " ".join(parts)


def text(table: Sequence[Row]) -> str:
    """Return the table in columns of plain text."""
    lines = [HEADER, *((row.what, row.bar, row.measured, row.met) for row in table)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(HEADER))]
    return "\n".join(
        "  ".join(word.ljust(wide) for word, wide in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def markdown(found: Findings, table: Sequence[Row], seed: int) -> str:
    """Return the summary and the table as markdown."""
    rows = [f"| {row.what} | {row.bar} | {row.measured} | {row.met} |" for row in table]
    heading = [f"| {' | '.join(HEADER)} |", "|---|---|---|---|"]
    return "\n".join([summary(found, table, seed), "", *heading, *rows])


def filled(document: str, content: str) -> str:
    """Return `document` with what stands between the markers replaced by `content`.

    Raises
    ------
    MarkerError
        The document has no such markers.
    """
    if not MARKED.search(document):
        raise MarkerError("it has no markers; accepted are lines <!-- selftest --> and <!-- selftest:end -->")
    return MARKED.sub(lambda match: f"{match[1]}{content}\n{match[2]}", document)
