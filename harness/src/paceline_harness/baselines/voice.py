"""Voice activity as one would write it with an FFT library, frame by frame or over many frames at once.

Window, FFT, energy of the telephone band weighted by how peaked it is, and a floor that falls at once and rises slowly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Transform = Callable[..., Any]

RATE, FRAME = 16_000, 480
FFT_SIZE = 512
BAND = slice(10, 110)
"""Bins of 300 to 3,400 Hz."""

ABOVE_DB, RISE_DB, SILENCE = 6.0, 0.1, 1e-9
"""How far above the floor is speech; what the floor rises by per frame; a power that keeps the logarithm finite."""


class Spectral:
    """A detector on an rfft of one's choice: NumPy's or SciPy's."""

    def __init__(self, rfft: Transform) -> None:
        self.rfft, self.window = rfft, np.hanning(FRAME).astype(np.float32)
        self.floor = np.inf

    def levels(self, frames: Samples) -> npt.NDArray[np.float32]:
        """Return the level of (…, 480) samples in dB."""
        band = self.rfft(frames * self.window, FFT_SIZE)[..., BAND]
        power = band.real**2 + band.imag**2 + SILENCE
        mean = power.mean(axis=-1)
        flatness = np.exp(np.log(power).mean(axis=-1)) / mean
        found: npt.NDArray[np.float32] = 10.0 * np.log10(mean * (1.0 - flatness) ** 2 + SILENCE)
        return found

    def process(self, frame: Samples) -> bool:
        """Decide on the next frame."""
        level = float(self.levels(frame))
        self.floor = min(level, self.floor + RISE_DB)
        return level > self.floor + ABOVE_DB

    def all_at_once(self, frames: Samples) -> Flags:
        """Decide on (n, 480) samples from the beginning."""
        levels = self.levels(frames)
        risen = RISE_DB * np.arange(len(levels))
        floor = np.minimum.accumulate(levels - risen) + risen
        flags: Flags = levels > floor + ABOVE_DB
        return flags


def by_numpy() -> Spectral:
    """Return a detector on NumPy's FFT."""
    return Spectral(np.fft.rfft)


def by_scipy() -> Spectral:
    """Return a detector on SciPy's FFT."""
    from scipy import fft

    return Spectral(fft.rfft)


def as_bytes(whole: npt.NDArray[np.int16]) -> list[bytes]:
    """Return int16 samples as webrtcvad takes them: the bytes of each frame."""
    return [frame.tobytes() for frame in whole[: len(whole) // FRAME * FRAME].reshape(-1, FRAME)]


def each(decide: Callable[[bytes, int], bool], frames: list[bytes]) -> list[bool]:
    """Ask webrtcvad about one frame after the other."""
    return [decide(frame, RATE) for frame in frames]
