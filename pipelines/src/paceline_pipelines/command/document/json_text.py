"""JSON with the place of every part: the grammar of RFC 8259, no more."""

import re
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined] # of all versions of CPython
from typing import Any, Final

from paceline_pipelines.command.document.places import DocumentError, Lines, Parsed, child

__all__ = ["parse_json"]

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_NAMED: Final = {"true": True, "false": False, "null": None}
_DEPTH: Final = 200
"""Deeper than any manifest that is accepted."""


def parse_json(text: str) -> Parsed:
    """Read JSON; after an error of its grammar nothing more is read."""
    parser = _Parser(text)
    try:
        parser.parsed.data = parser.document()
    except _Stop as stop:
        parser.parsed.errors.append(DocumentError(stop.args[0], parser.place(stop.args[1])))
    return parser.parsed


class _Stop(Exception):  # noqa: N818 - it ends the walk
    pass


class _Parser:
    def __init__(self, text: str) -> None:
        self.text, self.parsed = text, Parsed()
        self.place = Lines(text).place

    def document(self) -> Any:
        if self.text.startswith("\ufeff"):
            raise _Stop("The text begins with a byte order mark, which JSON does not have.", 0)
        value, at = self._value(self._space(0), "", 0)
        at = self._space(at)
        if at < len(self.text):
            raise _Stop(f"{self._seen(at)} follows the end of the document; accepted is one value.", at)
        return value

    def _space(self, at: int) -> int:
        found = _SPACE.match(self.text, at)
        return found.end() if found else at

    def _seen(self, at: int) -> str:
        return repr(self.text[at]) if at < len(self.text) else "The end of the text"

    def _value(self, at: int, path: str, depth: int) -> tuple[Any, int]:
        if depth > _DEPTH:
            raise _Stop(f"The document is nested more than {_DEPTH} deep.", at)
        self.parsed.values[path] = self.place(at)
        first = self.text[at : at + 1]
        if first == "{":
            return self._object(at + 1, path, depth)
        if first == "[":
            return self._array(at + 1, path, depth)
        if first == '"':
            return self._string(at)
        if number := _NUMBER.match(self.text, at):
            whole = not (number[1] or number[2])
            try:
                value = int(number[0]) if whole else float(number[0])
            except ValueError:
                raise _Stop("The number has more digits than are accepted.", at) from None
            if value in (float("inf"), float("-inf")):
                raise _Stop(f"The number {number[0]} is beyond what a float can hold.", at)
            return value, number.end()
        word = _WORD.match(self.text, at)
        if word and word[0] in _NAMED:
            return _NAMED[word[0]], word.end()
        raise _Stop(f"{repr(word[0]) if word else self._seen(at)} stands where a value is expected.", at)

    def _string(self, at: int) -> tuple[str, int]:
        try:
            value, end = scanstring(self.text, at + 1, True)
        except JSONDecodeError as error:
            reason = f"{error.msg[0].lower()}{error.msg[1:].removesuffix(' at')}"
            raise _Stop(f"The text is not valid: {reason}.", error.pos) from None
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            raise _Stop("The text has half of a pair of surrogates.", at)
        return value, end

    def _object(self, at: int, path: str, depth: int) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        at = self._space(at)
        if self.text.startswith("}", at):
            return found, at + 1
        while True:
            if not self.text.startswith('"', at):
                more = "; a comma stands before it" if found and self.text.startswith("}", at) else ""
                raise _Stop(f"{self._seen(at)} stands where a key in double quotes is expected{more}.", at)
            key, end = self._string(at)
            where = child(path, key)
            if key in found:
                message = f"The key {key!r} stands here for the second time; accepted is once."
                self.parsed.errors.append(DocumentError(message, self.place(at)))
            self.parsed.keys[where] = self.place(at)
            end = self._space(end)
            if not self.text.startswith(":", end):
                raise _Stop(f"{self._seen(end)} stands where a colon is expected.", end)
            found[key], at = self._value(self._space(end + 1), where, depth + 1)
            at, more_follow = self._after(at, "}")
            if not more_follow:
                return found, at

    def _array(self, at: int, path: str, depth: int) -> tuple[list[Any], int]:
        found: list[Any] = []
        at = self._space(at)
        if self.text.startswith("]", at):
            return found, at + 1
        while True:
            if found and self.text.startswith("]", at):
                raise _Stop("']' stands where a value is expected; a comma stands before it.", at)
            value, at = self._value(at, child(path, len(found)), depth + 1)
            found.append(value)
            at, more_follow = self._after(at, "]")
            if not more_follow:
                return found, at

    def _after(self, at: int, closing: str) -> tuple[int, bool]:
        at = self._space(at)
        if self.text.startswith(closing, at):
            return at + 1, False
        if not self.text.startswith(",", at):
            raise _Stop(f"{self._seen(at)} stands where a comma or {closing!r} is expected.", at)
        return self._space(at + 1), True
