"""NumPy's files, mapped into memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from paceline_pipelines.command.errors import CommandError
from paceline_pipelines.command.running.input import Batch, Input

__all__ = ["open_array"]

_VALUES: Final = 1 << 17
"""Values of a batch, all channels together."""


@contextmanager
def open_array(path: Path, signal: bool) -> Iterator[Input]:
    """Open an array of numbers (n,), or a signal of (frames,) or (frames, channels)."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise CommandError(f"{path} cannot be read as an array: {str(error).rstrip('.')}.") from error
    if not isinstance(array, np.ndarray):
        raise CommandError(f"{path} is an archive of arrays; accepted is one array.")
    if array.ndim not in (1, 2) or array.dtype.kind not in "iuf":
        raise CommandError(
            f"{path} holds an array of shape {array.shape} and {array.dtype}; accepted are numbers in one dimension, "
            "or in two: (frames, channels)."
        )
    kind: Any = "signal" if signal or array.ndim == 2 else "numbers"
    yield Input(kind, _batches(array), "frames" if kind == "signal" else "items", len(array))


def _batches(array: NDArray[Any]) -> Iterator[Batch]:
    size = max(1, _VALUES // (array.shape[1] if array.ndim == 2 and array.shape[1] else 1))
    native = array.dtype.newbyteorder("=")
    for first in range(0, len(array), size):
        piece = np.array(array[first : first + size], native)  # a copy: what is mapped is read here, not in a node
        yield Batch(piece, first + len(piece))
