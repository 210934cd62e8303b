"""Voice activity in NumPy and SciPy: levels of all frames at once, decisions one by one."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Any

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Counts = NDArray[np.int64]

_ADAPTIVE, _FIXED, _RMS = range(3)
_LOUDEST = 1e12  # squares of more leave float32


def detect_voice(
    x: Samples,
    flush: bool,
    plan: Counts,
    tables: Samples,
    threshold: float,
    below_peak: float,
    history: Samples,
    state: Counts,
    scores: Samples,
    flags: NDArray[np.bool_],
) -> int:
    """Take samples, judge the whole frames in them, and write every decision that they determine."""
    sound = np.abs(x) <= _LOUDEST
    if not sound.all():
        return int(np.flatnonzero(~sound)[0])
    mode, frame, length, low, high, memory, shortest, padding, hang, silence = plan[:10].tolist()
    frames = x[: len(x) // frame * frame].reshape(-1, frame)
    if mode == _RMS:
        power = np.einsum("ij,ij->i", frames, frames, dtype=np.float64) / frame
        levels, limits = 10 * np.log10(power + 1e-30), (power > threshold**2).tolist()
    else:
        levels = _levels(frames, tables[:frame], length, low, high)
        limits = (levels > threshold).tolist()
    lag = shortest - 1 + padding
    delay = lag + silence - 1
    ring, pending = history[:memory], history[2 * memory :]
    seen, run, until, start, end, told = state.tolist()
    ordered = history[memory : memory + min(seen, memory)].tolist()
    wrote = 0
    late_frames = delay if flush else 0
    for level, active in zip(levels.tolist() + [None] * late_frames, limits + [False] * late_frames, strict=True):
        if level is not None:
            floor = 0.0
            if mode == _ADAPTIVE:
                if seen >= memory:
                    del ordered[bisect_left(ordered, float(ring[seen % memory]))]
                insort(ordered, level)
                ring[seen % memory] = level
                floor, peak = ordered[len(ordered) // 4], ordered[len(ordered) * 19 // 20]
                active = level > max(floor + threshold, peak - below_peak)
            pending[seen % len(pending)] = level - floor
        run = run + 1 if active else 0
        if run >= shortest:
            until = seen + hang
        late = seen - lag
        if 0 <= late <= until:
            if late - end > silence:
                start = late
            end = late
        decided = seen - delay
        if decided >= 0:
            flags[wrote] = start <= decided <= end
            scores[wrote] = pending[decided % len(pending)]
            wrote += 1
        seen += 1
    history[memory : memory + len(ordered)] = ordered
    state[:] = seen, run, until, start, end, told + wrote
    return -1


def _levels(frames: Samples, window: Samples, length: int, low: int, high: int) -> NDArray[Any]:
    from scipy import fft

    bins = fft.rfft(frames * window, length)[:, low:high]
    power = bins.real**2 + bins.imag**2 + np.float32(1e-14)
    energy = power.sum(axis=1)
    mean = energy / (high - low)
    flatness = np.exp2(np.log2(power).mean(axis=1)) / mean
    loud: NDArray[Any] = energy * np.maximum(1 - flatness, np.float32(0.05)) ** 2
    return np.asarray(10 * np.log10(loud + np.float32(4e-10)))
