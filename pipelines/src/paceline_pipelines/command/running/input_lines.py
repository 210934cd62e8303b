"""JSON lines: one item a line."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

from paceline_pipelines.command.errors import CommandError
from paceline_pipelines.command.running.input import Batch, Input

__all__ = ["open_lines"]

_BYTES: Final = 1 << 18
"""About this much text makes a batch."""


@contextmanager
def open_lines(path: Path) -> Iterator[Input]:
    """Open a file of JSON lines; empty lines are no items."""
    with path.open("rb") as file:
        yield Input("items", _batches(path, file), "bytes", path.stat().st_size)


def _batches(path: Path, file: BinaryIO) -> Iterator[Batch]:
    number = done = 0
    while lines := file.readlines(_BYTES):
        items = []
        for line in lines:
            number += 1
            done += len(line)
            if line.strip():
                items.append(_item(path, number, line))
        yield Batch(items, done)


def _item(path: Path, number: int, line: bytes) -> Any:
    try:
        text = line.decode("utf-8")
        return _DECODER.decode(text.removeprefix("\ufeff") if number == 1 else text)
    except json.JSONDecodeError as error:
        reason = f"{error.msg[0].lower()}{error.msg[1:]}"
        raise CommandError(f"{path}:{number}:{error.colno}: the line is no JSON: {reason}.") from error
    except (ValueError, RecursionError) as error:  # no UTF-8, NaN, too many digits, too deep
        raise CommandError(f"{path}:{number}:1: the line is no JSON: {str(error).rstrip('.')}.") from error


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse)
