"""JSON lines: one item a line."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from paceline_pipelines.command.running.output import Items, Output

__all__ = ["LinesOutput"]


class LinesOutput(Output):
    """Arrays are written as lists, named tuples as objects; NaN and infinity are errors, as JSON has none."""

    def __init__(self, partial: Path, target: Path) -> None:
        super().__init__(partial, target)
        self._file = partial.open("w", encoding="utf-8", newline="\n")
        self._encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=_plain).encode

    def write(self, items: Items) -> None:
        """Write a line for each item."""
        lines = []
        for index, item in enumerate(items.tolist() if isinstance(items, np.ndarray) else items):
            try:
                lines.append(self._encode(_named(item)) + "\n")
            except (TypeError, ValueError, RecursionError) as error:
                raise self.refuse(index, item, f"is what JSON has ({str(error).rstrip('.')})") from error
        try:
            text = "".join(lines)
            text.encode("utf-8")
        except UnicodeEncodeError:  # halves of surrogate pairs, which JSON can escape only
            text = "".join(json.dumps(json.loads(line)) + "\n" for line in lines)
        self._file.write(text)

    def close(self) -> None:
        """Write what is held back."""
        self._file.close()


def _plain(value: Any) -> Any:
    """Return what JSON has for a value that it has not."""
    if isinstance(value, np.ndarray):
        return _named(value.tolist())
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"an object of type {type(value).__name__}")


def _named(value: Any) -> Any:
    """Return named tuples as dicts; JSON would lose their names."""
    if hasattr(value, "_asdict"):
        return {key: _named(each) for key, each in value._asdict().items()}
    if type(value) in (list, tuple):
        return [_named(each) for each in value]
    return {key: _named(each) for key, each in value.items()} if type(value) is dict else value
