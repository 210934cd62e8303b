"""The voice detector's answers, put to use: segments, the share of speech, and samples without their pauses."""

from array import array
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Pauses", "Segments"]


class Segments:
    """Positions of speech in the processed signal, 16 bytes each: all that grows with the length of a file."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._ends = array("q")

    def add(self, found: NDArray[np.int64]) -> None:
        """Append rows of start and end, in samples; the end is behind the last sample."""
        self._ends.frombytes(np.ascontiguousarray(found, np.int64).tobytes())

    @property
    def positions(self) -> NDArray[np.int64]:
        """Return starts and ends in samples, (k, 2)."""
        return np.frombuffer(self._ends, np.int64).reshape(-1, 2) if self._ends else np.empty((0, 2), np.int64)

    @property
    def seconds(self) -> NDArray[np.float64]:
        """Return starts and ends in seconds, (k, 2)."""
        return self.positions / self.rate

    def __len__(self) -> int:
        return len(self._ends) // 2


class Pauses:
    """Leaves out what is not speech; a sample waits only until its frame is decided.

    `frame` is the length of a detector's frame in samples: frame i decides on those from ``i * frame`` on.
    """

    def __init__(self, frame: int) -> None:
        self._frame = frame
        self._waiting: NDArray[Any] | None = None

    def drop(self, block: NDArray[Any], flags: NDArray[np.bool_]) -> Iterator[NDArray[Any]]:
        """Take the next samples, (frames, channels), and the next frames' flags; yield the speech that is decided."""
        held = block if self._waiting is None else np.concatenate((self._waiting, block))
        ready = min(len(held), len(flags) * self._frame)
        edges = np.flatnonzero(np.diff(flags, prepend=False, append=False))
        for first, last in edges.reshape(-1, 2):
            yield held[first * self._frame : min(last * self._frame, ready)]
        self._waiting = held[ready:].copy()
