"""Where the parts of a document stand in its text."""

import re
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

__all__ = ["DocumentError", "Lines", "Parsed", "Place", "child"]

_BREAK: Final = re.compile(r"\r\n|[\n\r]")


class Place(NamedTuple):
    """A line and a column, both from 1; a column is a character, a tab or a wide one too."""

    line: int
    column: int


class Lines:
    """The lines of a text, as editors count them; they are asked for nearly in order."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(found.end() for found in _BREAK.finditer(text))]
        self._near = 0

    def place(self, at: int) -> Place:
        """Return where a character stands."""
        starts, near = self._starts, self._near
        while near and starts[near] > at:
            near -= 1
        while near + 1 < len(starts) and starts[near + 1] <= at:
            near += 1
        self._near = near
        return Place(near + 1, at - starts[near] + 1)

    def __getitem__(self, line: int) -> str:
        """Return a line by its number from 1, without its end."""
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        return self.text[self._starts[line - 1] : end].rstrip("\r\n")


class DocumentError(ValueError):
    """The text is not of its format; or two parts of it have one key, or another part is refused."""

    def __init__(self, message: str, place: Place) -> None:
        super().__init__(message)
        self.place = place


@dataclass(slots=True)
class Parsed:
    """What a text says, and by path, as in ``nodes[2].params``, where each value and each key begins."""

    data: Any = None
    values: dict[str, Place] = field(default_factory=dict)
    keys: dict[str, Place] = field(default_factory=dict)
    errors: list[DocumentError] = field(default_factory=list)


def child(path: str, key: object) -> str:
    """Return the path of a field or an item within what ``path`` leads to."""
    if isinstance(key, int) and not isinstance(key, bool):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else f"{key}"
