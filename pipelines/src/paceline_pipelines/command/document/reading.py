"""A manifest's file read, and what is wrong with it, sorted by place."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

from paceline.pipeline import ManifestError, Pipeline, validate
from paceline_pipelines.command.document.json_text import parse_json
from paceline_pipelines.command.document.places import Lines, Parsed, Place
from paceline_pipelines.command.document.yaml_text import parse_yaml
from paceline_pipelines.command.errors import CommandError

__all__ = ["Document", "Mistake", "read_document"]

_ENDINGS: Final = {".json": parse_json, ".yaml": parse_yaml, ".yml": parse_yaml}
_MAX_BYTES: Final = 16 * 2**20


class Mistake(NamedTuple):
    """What is wrong, and where."""

    place: Place
    sentence: str


@dataclass
class Document:
    """A manifest's file."""

    path: Path
    text: str
    parsed: Parsed
    broken: tuple[Mistake, ...] = ()
    """What kept it from being read at all."""

    @cached_property
    def mistakes(self) -> list[Mistake]:
        """Everything that is wrong, in the order of the text."""
        if self.broken:
            return list(self.broken)
        found = [Mistake(error.place, str(error)) for error in self.parsed.errors]
        if not found or self.parsed.data is not None:
            found += [Mistake(self.place(error), str(error)) for error in validate(self.parsed.data)]
        return sorted(dict.fromkeys(found), key=lambda mistake: mistake.place)

    @cached_property
    def lines(self) -> Lines:
        """The text's lines."""
        return Lines(self.text.removeprefix("\ufeff"))

    def place(self, error: ManifestError) -> Place:
        """Return where what an error is about stands: a name that is not known by its key, all else by its value."""
        path, parsed = error.path, self.parsed
        if ("no such field" in str(error) or "There is no param" in str(error)) and path in parsed.keys:
            return parsed.keys[path]
        while path and path not in parsed.values:
            path = re.sub(r"(\.[^.\[]*|\[\d+\]|^[^.\[]+)$", "", path)  # to what holds it
        return parsed.values.get(path, Place(1, 1))

    def pipeline(self, **config: Any) -> Pipeline:
        """Make the pipeline of a document without mistakes."""
        return Pipeline.from_manifest(self.parsed.data, **config)


def read_document(path: Path) -> Document:
    """Read a manifest's file by its ending.

    Raises
    ------
    CommandError
        The ending is of no manifest, or PyYAML is missing.
    OSError
        The file cannot be read.
    """
    parse = _ENDINGS.get(path.suffix.lower())
    if parse is None:
        raise CommandError(f"{path} does not say what it is; accepted are manifests named {', '.join(_ENDINGS)}.")
    with path.open("rb") as file:
        raw = file.read(_MAX_BYTES + 1)
    if len(raw) > _MAX_BYTES:
        sentence = f"The manifest has more than {_MAX_BYTES:,} bytes; accepted are up to that."
        return Document(path, "", Parsed(), (Mistake(Place(1, 1), sentence),))
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        text = raw[: error.start].decode("utf-8")
        sentence = f"The byte 0x{raw[error.start]:02X} is no UTF-8, which is what is accepted."
        mistake = Mistake(Lines(text).place(len(text)), sentence)
        return Document(path, raw.decode("utf-8", "replace"), Parsed(), (mistake,))
    try:
        return Document(path, text, parse(text))
    except ModuleNotFoundError as error:
        raise CommandError("Reading YAML needs PyYAML: pip install 'paceline[yaml]'; JSON needs nothing.") from error
