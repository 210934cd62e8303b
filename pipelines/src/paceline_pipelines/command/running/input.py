"""An open input: batches, none larger than what fits into memory easily."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple


class Batch(NamedTuple):
    """A piece of the input, and how much of it is read with this piece."""

    data: Any
    """A list of items; an array of numbers; or of (frames,) or (frames, channels): one piece of a signal."""
    done: int


@dataclass(slots=True)
class Input:
    """An open input."""

    kind: Literal["items", "numbers", "signal"]
    batches: Iterator[Batch]
    unit: str
    """Of ``done`` and ``total``."""
    total: int | None = None
    rate: int | None = None
    """Of a signal, in Hz, where the file tells."""
    notes: Callable[[], list[str]] = list
    """What there is to tell of it, once it is read."""
