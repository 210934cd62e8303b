"""What a run takes, and what it gives back for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

JOINERS: Final[dict[type, Callable[[list[Any]], Any]]] = {}
"""How other things than arrays are joined, by their type."""


class Shape(Enum):
    """How an input is run, and so what comes back."""

    ITEMS = "items"
    """Item by item; a list comes back."""
    ONE = "one"
    """One item; what comes of it comes back bare: None, the item, or a list of several."""
    NUMBERS = "numbers"
    """An array of numbers, item by item; an array comes back where all are numbers."""
    SIGNAL = "signal"
    """An array as one signal, through nodes of frames; what comes of it is joined."""


def shape_of(data: Any, frames: bool) -> Shape:
    """Say how an input is run: ``frames`` is whether the pipeline has nodes of frames."""
    if isinstance(data, list):
        return Shape.ITEMS
    if isinstance(data, np.ndarray):
        if frames and data.ndim in (1, 2):
            return Shape.SIGNAL
        return Shape.NUMBERS if data.ndim == 1 and not frames else Shape.ONE
    single = isinstance(data, str | bytes | bytearray | memoryview | Mapping) or hasattr(data, "_fields")
    return Shape.ITEMS if isinstance(data, Iterable) and not single else Shape.ONE


def items_of(data: Any, shape: Shape) -> Iterable[Any]:
    """Return an input's items."""
    if shape is Shape.NUMBERS:
        return data.tolist() if data.dtype.kind in "iuf" and data.dtype.itemsize <= 8 else list(data)
    return data if shape is Shape.ITEMS else [data]


def as_result(lists: list[Any] | dict[str, list[Any]], shape: Shape) -> Any:
    """Return what a run gives back: of one sink what it sent, of several a dict by their ids."""
    form = _FORMS[shape]
    return {name: form(output) for name, output in lists.items()} if isinstance(lists, dict) else form(lists)


def _bare(output: list[Any]) -> Any:
    return output if len(output) > 1 else output[0] if output else None


def as_array(output: list[Any]) -> NDArray[Any] | list[Any]:
    """Return numbers as an array: int64 if all are ints that fit, float64 if all are floats; else the list.

    Raises
    ------
    OverflowError
        All are ints, and one is not within int64; it is named. A list in gives exact ints out.
    """
    kinds = set(map(type, output))
    if kinds == {float}:
        return np.array(output, np.float64)
    if kinds != {int}:
        return output if output else np.empty(0)
    for index, value in enumerate(output):
        if not -(2**63) <= value < 2**63:
            raise OverflowError(
                f"The result at index {index} is {value}, which int64 cannot hold; accepted is an array whose results "
                "are within int64, or a list, whose ints may have any size."
            )
    return np.array(output, np.int64)


def joined(output: list[Any]) -> Any:
    """Return the pieces of a signal as one: arrays along their frames, others that can join themselves; else a list."""
    if len(output) < 2:
        return output[0] if output else None
    if all(isinstance(piece, np.ndarray) for piece in output):
        return np.concatenate(output)
    kind = type(output[0])
    join = JOINERS.get(kind)
    return join(output) if join is not None and all(type(piece) is kind for piece in output) else output


_FORMS: dict[Shape, Callable[[list[Any]], Any]] = {
    Shape.ITEMS: lambda output: output,
    Shape.ONE: _bare,
    Shape.NUMBERS: as_array,
    Shape.SIGNAL: joined,
}
