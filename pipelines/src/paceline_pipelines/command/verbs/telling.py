"""Mistakes as compilers tell them."""

import unicodedata
from typing import Final

import typer

from paceline_pipelines.command.document import Document

__all__ = ["mistake_lines"]

_WIDTH: Final = 100
_BEFORE: Final = 60
"""Of a long line this much is shown before the mistake."""


def mistake_lines(document: Document) -> list[str]:
    """Return the file, line, column and sentence of each mistake, the line itself, and a mark below the place."""
    told = []
    for place, sentence in document.mistakes:
        where = typer.style(f"{document.path}:{place.line}:{place.column}:", bold=True)
        told.append(f"{where} {typer.style('error:', fg='red', bold=True)} {_printable(sentence)}")
        line = document.lines[place.line]
        if line.strip():
            first = max(0, place.column - 1 - _BEFORE) if len(line) > _WIDTH else 0
            head = f"{place.line:>5} | "
            told.append(head + _printable(line[first : first + _WIDTH]))
            mark = typer.style("^", fg="red")
            told.append(" " * (len(head) - 2) + "| " + _blank(line[first : place.column - 1]) + mark)
    return told


def _printable(text: str) -> str:
    """Return a text that neither moves the cursor nor breaks the line."""
    return "".join(c if c == "\t" or unicodedata.category(c) not in ("Cc", "Zl", "Zp") else "\ufffd" for c in text)


def _blank(text: str) -> str:
    """Return as much space as a text takes on a terminal."""
    return "".join(
        "\t" if c == "\t" else "" if unicodedata.combining(c) else " " * (1 + (unicodedata.east_asian_width(c) in "WF"))
        for c in text
    )
