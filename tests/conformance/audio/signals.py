"""Signals that resamplers are run on, with the oracle's answers, each worked out once per run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

import paceline
from oracles import resample as oracle

RATES = (
    (48_000, 16_000),
    (44_100, 48_000),
    (16_000, 48_000),
    (44_100, 16_000),
    (8_000, 44_100),
    (96_000, 44_100),
    (48_000, 44_101),  # no transform has a factor of 44,101, and its filters are interpolated
)
FAR = ((11_025, 768_000), (768_000, 1_000))
"""Ratios near the ends of what is accepted."""

PEAK = 1e-6
"""Of full scale: what the contract gives float32 sums."""

FLOAT64 = {"low": 2e-6, "medium": 1e-6, "high": 1e-7, "best": 1e-8}
"""The same for float64. Sums are exact to 1e-14; what counts is a filter between the rows of a bank, where the window's
step at its end is not a cubic."""


def truncated(quality: str) -> float:
    """Return how far a signal at full scale may be from the exact sum after blocks in the frequency domain.

    They leave out what the filter lets through of the stopband.
    """
    return PEAK + (10.0 ** (-oracle.PROMISE[quality][1] / 20) if quality in ("low", "medium") else 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """A signal (frames, channels) of values that float32 holds, and the exact sums."""

    signal: Any
    exact: Any


CHANNELS = ("noise", "ones", "first", "middle", "last")


@cache
def answered(in_rate: int, out_rate: int, quality: str = "high", frames: int = 700) -> Answered:
    """Make noise at full scale, ones from the first frame to the last, and impulses at the ends: a channel each."""
    rng = np.random.default_rng(frames)
    signal = np.zeros((frames, len(CHANNELS)), np.float32)
    signal[:, 0] = rng.uniform(-1, 1, frames)
    signal[:, 1] = 1
    signal[0, 2] = signal[frames // 2, 3] = signal[-1, 4] = 1
    signal.flags.writeable = False
    return Answered(signal, oracle.resample(signal, in_rate, out_rate, quality))


def noise(shape: Any, dtype: Any = np.float32, seed: int = 3) -> Any:
    """Make samples all over a format's range."""
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind in "iu":
        info = np.iinfo(dtype)
        return rng.integers(info.min, info.max, shape, dtype, endpoint=True)
    return rng.uniform(-1, 1, shape).astype(dtype)


def stream(in_rate: int, out_rate: int, signal: Any, backend: str, cuts: Any = (), **options: Any) -> Any:
    """Send a signal through a stream, cut at those frames."""
    channels = 1 if signal.ndim == 1 else signal.shape[1]
    made = paceline.audio.ResampleStream(
        in_rate, out_rate, channels=channels, dtype=signal.dtype, backend=backend, **options
    )
    pieces = np.split(signal, cuts)
    given = [made.process(piece, last=number == len(pieces) - 1) for number, piece in enumerate(pieces)]
    return np.concatenate(given)
