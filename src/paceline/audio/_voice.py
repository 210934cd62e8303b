"""What a voice detector computes with: frames, bins, counts, and the tables that kernels take.

Kernels take a frame as rows of 16 samples, one per vector lane, so that one frame fills the lanes: transform the
columns, multiply with ``turns``, transpose, transform the 16 columns' results (D. H. Bailey, "FFTs in external or
hierarchical memory", 1990). The columns are real: two rows are the real and imaginary parts of one, so that a complex
transform of ``length / 32`` rows is enough; ``split`` then parts the two, a row with its mirror image. Rows 1 to
``length / 32`` of the result have all bins but the multiples of ``length / 16``; those come from row 0, which is real:
its products with ``firsts``.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
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


class _Arrays(NamedTuple):
    plan: NDArray[np.int64]
    tables: NDArray[np.float32]


class Detector(_Arrays):
    """A detector's plan, as the kernel takes it.

    ``plan`` holds: mode, samples a frame, FFT length, first bin of the band, first bin beyond it, frames that the noise
    floor remembers, frames of the shortest speech, of padding before, of hang-over after, of the shortest silence, and
    the number of radices; then the radices of the columns' transform and the row in which it leaves each bin.

    ``tables`` holds, one after the other: the window (frame,), scaled so that a bin's squared magnitude is its share of
    the frame's mean square; ``turns`` (rows + 1, 2, 16), where ``rows = length / 32``: half of
    exp(-2πi·row·lane/length), real and imaginary; ``firsts`` (16, 2, 8): exp(-2πi·lane·k/16); ``split``
    (rows // 2 + 1, 2): -i·exp(-πi·row/rows); the twiddles of the columns' transform (count, 2). Mode RMS has none.
    """

    @cached_property
    def frame(self) -> int:
        """Samples a frame."""
        return int(self.plan[1])

    @cached_property
    def delay(self) -> int:
        """Frames by which a decision comes later than its frame."""
        _, _, _, _, _, _, shortest, padding, _, silence = self.plan[:10].tolist()
        return int(shortest - 1 + padding + silence - 1)

    @cached_property
    def _history(self) -> int:
        return 2 * int(self.plan[5]) + self.delay + 1

    @cached_property
    def _beginning(self) -> NDArray[np.int64]:
        return np.array([0, 0, -1, 0, -1 - int(self.plan[9]), 0], np.int64)

    def fresh(self) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return the history and state of a detector that has seen nothing."""
        return np.zeros(self._history, np.float32), self.beginning()

    def beginning(self) -> NDArray[np.int64]:
        """Return the state before the first frame."""
        return self._beginning.copy()


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
    turns = 0.5 * np.exp(-2j * np.pi * np.outer(np.arange(rows + 1), np.arange(LANES)) / length)
    firsts = np.exp(-2j * np.pi * np.outer(np.arange(LANES), np.arange(LANES // 2)) / LANES)
    split = -1j * np.exp(-1j * np.pi * np.arange(rows // 2 + 1) / rows)
    parts = (
        window,
        np.stack([turns.real, turns.imag], axis=1),
        np.stack([firsts.real, firsts.imag], axis=1),
        np.stack([split.real, split.imag], axis=1),
        twiddles,
    )
    flat = np.concatenate([np.ravel(part) for part in parts])
    room = np.empty(len(flat) + LANES, np.float32)
    start = -room.ctypes.data // room.itemsize % LANES  # on a cache line, which loads of 16 lanes are thankful for
    tables = room[start : start + len(flat)]
    tables[:] = flat
    return tables
