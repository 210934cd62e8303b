"""Resampling as others do it: SciPy's three ways, soxr, and Rust's rubato as sphn wraps it.

Signals are (frames,) or (frames, channels) float32, as everywhere here; results have ceil(frames · up / down) frames.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

Sound = npt.NDArray[np.float32]

PASSBAND, STOPBAND_DB = 0.90, 123.0
"""What `quality="high"` promises: the passband's edge as a part of the lower Nyquist frequency, and the stopband."""

SPHN_CHUNK = 1024
"""Frames that sphn asks rubato's FFT resampler to take at a time."""


def frames_out(frames: int, up: int, down: int) -> int:
    """Return how many frames a whole signal gives."""
    return -(-frames * up // down)


@lru_cache(maxsize=16)
def same_quality_taps(up: int, down: int) -> Sound:
    """Return a Kaiser-windowed sinc for `scipy.signal.resample_poly` that keeps what `quality="high"` promises."""
    from scipy.signal import firwin, kaiser_beta

    lower = 1.0 / max(up, down)  # the lower Nyquist frequency, as a part of that of the common multiple of the rates
    width = lower * (1.0 - PASSBAND)
    half = int(np.ceil((STOPBAND_DB - 7.95) / (2.285 * np.pi * width) / 2))
    taps = firwin(2 * half + 1, lower * (1.0 + PASSBAND) / 2, window=("kaiser", kaiser_beta(STOPBAND_DB)))
    return np.asarray(taps, np.float32)


def scipy_poly(x: Sound, up: int, down: int, taps: Sound | None = None) -> Sound:
    """Resample by SciPy's polyphase filter: with taps of one's own, or its default of 20 · max(up, down) + 1."""
    from scipy.signal import resample_poly

    found: Sound = resample_poly(x, up, down, axis=0, window=("kaiser", 5.0) if taps is None else taps)
    return found


def scipy_whole(x: Sound, up: int, down: int) -> Sound:
    """Resample by one FFT over everything: the signal's end is taken to be followed by its beginning."""
    from scipy.signal import resample

    found: Sound = resample(x, frames_out(len(x), up, down), axis=0)
    return found


def fitted(y: Sound, frames: int) -> Sound:
    """Return an output with the frames that are wanted: some round their number where others round up."""
    if len(y) >= frames:
        return y[:frames]
    return np.concatenate([y, np.zeros((frames - len(y), *y.shape[1:]), y.dtype)])


class Sphn:
    """sphn's resampler, its delay and the missing end made good: zeros follow the signal, the delay is cut off.

    rubato's FFT resampler delays by half a block of output, and sphn neither removes that nor flushes the end. A block
    of input that is odd leaves half a frame of input that no cutting can remove.
    """

    def __init__(self, resample: Callable[..., Any], in_rate: int, out_rate: int, up: int, down: int) -> None:
        self.resample = resample
        self.rates, self.up, self.down = (in_rate, out_rate), up, down
        chunks = -(-SPHN_CHUNK // down)
        self.delay = chunks * up // 2
        self.aligned = chunks * down % 2 == 0

    def prepare(self, x: Sound) -> tuple[Sound, int]:
        """Return the signal as sphn takes it, (channels, frames), zeros at its end, and the frames it will give."""
        planar = x[None] if x.ndim == 1 else x.T
        end = frames_out(self.delay + self.up, self.down, self.up)
        return np.ascontiguousarray(np.pad(planar, ((0, 0), (0, end)))), frames_out(len(x), self.up, self.down)

    def __call__(self, planar: Sound, frames: int) -> Sound:
        """Resample what `prepare` returned; (channels, frames), a view without the delay."""
        found: Sound = self.resample(planar, *self.rates)
        return found[:, self.delay : self.delay + frames]


def interleaved(planar: Sound) -> Sound:
    """Return (channels, frames) as (frames,) or (frames, channels)."""
    return planar[0] if len(planar) == 1 else planar.T


def chunked(process: Any, chunks: list[Sound]) -> list[Sound]:
    """Give a stream its chunks, the last one marked as such; return what each call returned."""
    given = [process(chunk) for chunk in chunks[:-1]]
    given.append(process(chunks[-1], True))
    return given
