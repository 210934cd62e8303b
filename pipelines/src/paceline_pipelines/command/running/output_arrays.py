"""NumPy's files: numbers one after the other, or the frames of arrays."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paceline_pipelines.command.running.output import Items, Output

__all__ = ["ArrayOutput"]

_KINDS = {int: np.int64, float: np.float64, bool: np.bool_}


class ArrayOutput(Output):
    """One array: int64, float64 or bool by the first number, or as the first array is."""

    def __init__(self, partial: Path, target: Path) -> None:
        super().__init__(partial, target)
        self._file = partial.open("w+b")
        self._dtype: np.dtype[Any] | None = None
        self._rest: tuple[int, ...] = ()
        """The shape behind the first axis."""
        self._length = 0

    def write(self, items: Items) -> None:
        """Write numbers, or arrays one behind the other."""
        if isinstance(items, np.ndarray):
            self._append(items, 0, items)
            return
        index = 0
        while index < len(items):
            if isinstance(items[index], np.ndarray):
                self._append(items[index], index, items[index])
                index += 1
                continue
            kind, first = type(items[index]), index
            while index < len(items) and type(items[index]) is kind:
                index += 1
            self._append(self._numbers(kind, items, first, index), first, items[first])

    def _numbers(self, kind: type, items: Items, first: int, end: int) -> NDArray[Any]:
        if issubclass(kind, np.generic):
            return np.array(items[first:end])
        if kind not in _KINDS:
            raise self.refuse(first, items[first], "are numbers and arrays; .jsonl takes more")
        if kind is int:
            for index in range(first, end):
                if not -(2**63) <= items[index] < 2**63:
                    raise self.refuse(index, items[index], "are ints within int64; .jsonl takes any")
        return np.array(items[first:end], _KINDS[kind])

    def _append(self, values: NDArray[Any], index: int, item: Any) -> None:
        if values.ndim == 0 or values.dtype.kind not in "iufb":
            raise self.refuse(index, item, "are arrays of numbers of one dimension or more")
        if self._dtype is None:
            self._dtype, self._rest = values.dtype.newbyteorder("<"), values.shape[1:]
            self._file.write(self._header())
        if values.dtype.newbyteorder("<") != self._dtype or values.shape[1:] != self._rest:
            shape = f" of shape (n, {', '.join(map(str, self._rest))})" if self._rest else ""
            raise self.refuse(index, item, f"is {self._dtype.name}{shape}, as before it; .jsonl takes any")
        self._file.write(np.ascontiguousarray(values, self._dtype).data.cast("B") if values.size else b"")
        self._length += len(values)

    def told(self) -> str:
        """Return what is in it, in words."""
        dtype = self._dtype.name if self._dtype is not None else "float64"
        return f"{dtype} of shape {(self._length, *self._rest)}"

    def _header(self) -> bytes:
        header = io.BytesIO()
        dtype = self._dtype if self._dtype is not None else np.dtype("<f8")
        described: Any = {"descr": dtype.str, "fortran_order": False, "shape": (self._length, *self._rest)}
        np.lib.format.write_array_header_1_0(header, described)
        return header.getvalue()  # NumPy leaves room for the first axis to grow: the length never changes

    def close(self) -> None:
        """Put the length into the header."""
        self._file.seek(0)
        self._file.write(self._header())
        self._file.close()
