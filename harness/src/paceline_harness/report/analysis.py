"""Paragraphs written by hand beside a run: `analysis.md`, a heading per operation, in a small part of Markdown."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

FILE = "analysis.md"

HEADING = re.compile(r"^##\s+(.*\S)\s*$")
MARKS = (
    (re.compile(r"`([^`]+)`"), r"<code>\1</code>"),
    (re.compile(r"\*\*([^*]+)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"\*([^*]+)\*"), r"<em>\1</em>"),
    (re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)"), r"\1 (\2)"),
)


def read(folder: Path) -> dict[str, list[str]]:
    """Return the paragraphs of `analysis.md` in a folder by heading; nothing when there is no such file."""
    try:
        return sections((folder / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def sections(text: str) -> dict[str, list[str]]:
    """Return the paragraphs below each `## heading` (a table's title, or an operation); text before is left out."""
    found: dict[str, list[str]] = {}
    heading: str | None = None
    for block in re.split(r"\n\s*\n|\n(?=##\s)|(?<=\n)(?=##\s)", text):
        lines = block.strip().splitlines()
        if lines and (match := HEADING.match(lines[0])):
            heading, lines = match[1], lines[1:]
            found.setdefault(heading, [])
        if heading is not None and lines:
            found[heading].append(" ".join(line.strip() for line in lines))
    return found


def as_html(paragraph: str) -> str:
    """Return a paragraph as HTML: all of it escaped, then code, emphasis and links as text; nothing else is read."""
    said = escape(paragraph, quote=True)
    for mark, shown in MARKS:
        said = mark.sub(shown, said)
    return f"<p>{said}</p>"
