"""What a voice detector computes with: frames, bins, counts, and the tables that kernels take.

The spectrum of a frame is a complex FFT of half its length, ``points``, over pairs of samples. Kernels arrange the
pairs in rows of 16, one per vector lane, so that one frame fills the lanes: transform the columns (``points / 16``
rows), multiply with ``columns``, transpose, transform the 16 columns' results (D. H. Bailey, "FFTs in external or
hierarchical memory", 1990). ``split`` then parts the two halves that were packed as real and imaginary part.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from paceline.audio._fft import transform

ADAPTIVE, FIXED, RMS = range(3)
"""How a frame is judged: over the noise floor, over a level in the speech band, or by its RMS."""

BAND_HZ: Final = (200.0, 3800.0)
MEMORY_MS: Final = 4000.0
LANES: Final = 16


class Detector(NamedTuple):
    """A detector's plan, as the kernel takes it.

    ``plan`` holds: mode, samples a frame, FFT length, first bin of the band, first bin beyond it, frames that the noise
    floor remembers, frames of the shortest speech, of padding before, of hang-over after, of the shortest silence, and
    the number of radices; then the radices of the columns' transform and the row in which it leaves each bin.

    ``tables`` holds, one after the other: the window (frame,), scaled so that a bin's squared magnitude is its share of
    the frame's mean square; ``columns`` (rows, 2, 16): exp(-2πi·row·lane/points), real and imaginary; ``split``
    (2, points): exp(-2πi·k/length); the twiddles of the columns' transform (count, 2). Mode RMS has none of them.
    """

    plan: NDArray[np.int64]
    tables: NDArray[np.float32]

    @property
    def frame(self) -> int:
        """Samples a frame."""
        return int(self.plan[1])

    @property
    def delay(self) -> int:
        """Frames by which a decision comes later than its frame."""
        _, _, _, _, _, _, shortest, padding, _, silence = self.plan[:10]
        return int(shortest - 1 + padding + silence - 1)

    def fresh(self) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return the history and state of a detector that has seen nothing."""
        return np.zeros(2 * int(self.plan[5]) + self.delay + 1, np.float32), self.beginning()

    def beginning(self) -> NDArray[np.int64]:
        """Return the state before the first frame."""
        return np.array([0, 0, -1, 0, -1 - self.plan[9], 0], np.int64)


@lru_cache(maxsize=32)
def detector(
    rate: int, mode: int, frame_ms: float, shortest_ms: float, padding_ms: float, hang_ms: float, silence_ms: float
) -> Detector:
    """Plan a detector; its arrays are read-only and shared."""
    frame = round(rate * frame_ms / 1000)
    counts = (
        ceil(MEMORY_MS / frame_ms),
        max(1, round(shortest_ms / frame_ms)),
        round(padding_ms / frame_ms),
        round(hang_ms / frame_ms),
        max(1, round(silence_ms / frame_ms)),
    )
    if mode == RMS:
        plan = np.array([mode, frame, 0, 0, 0, 1, *counts[1:], 0], np.int64)
        tables = np.zeros(0, np.float32)
    else:
        length = 1 << (frame - 1).bit_length()
        low, high = ceil(BAND_HZ[0] * length / rate), int(BAND_HZ[1] * length / rate) + 1
        rows = transform(length // 2 // LANES)
        head = [mode, frame, length, low, high, *counts, len(rows.radices)]
        plan = np.array([*head, *rows.radices, *rows.order], np.int64)
        tables = _tables(frame, length, rows.size, rows.twiddles)
    plan.flags.writeable = tables.flags.writeable = False
    return Detector(plan, tables)


def _tables(frame: int, length: int, rows: int, twiddles: NDArray[np.float32]) -> NDArray[np.float32]:
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frame) / frame)
    window *= np.sqrt(2 / (length * (window**2).sum()))
    columns = np.exp(-2j * np.pi * np.outer(np.arange(rows), np.arange(LANES)) / (length // 2))
    split = np.exp(-2j * np.pi * np.arange(length // 2) / length)
    parts = (
        window,
        np.stack([columns.real, columns.imag], axis=1),
        np.stack([split.real, split.imag]),
        twiddles,
    )
    flat = np.concatenate([np.ravel(part) for part in parts])
    room = np.empty(len(flat) + LANES, np.float32)
    start = -room.ctypes.data // room.itemsize % LANES  # on a cache line, which loads of 16 lanes are thankful for
    tables = room[start : start + len(flat)]
    tables[:] = flat
    return tables
