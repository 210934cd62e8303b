"""Resampling in NumPy and SciPy: FFTs of many blocks at once, and a matrix product for the direct sum."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

Samples = NDArray[Any]
Indices = NDArray[np.int64]

BATCH = 1 << 17
"""Values that are worked on at a time, so that they stay in the cache."""


def resample(
    x: Samples,
    up: int,
    down: int,
    hop: int,
    guard: int,
    response: NDArray[np.float32],
    radices_in: Indices,
    twiddles_in: NDArray[np.float32],
    order_in: Indices,
    radices_out: Indices,
    twiddles_out: NDArray[np.float32],
    order_out: Indices,
    out: Samples,
) -> int:
    """Resample (frames, channels) by overlap-save; SciPy has its own FFT, so the plans' arrays give only the sizes."""
    from scipy import fft

    del radices_in, twiddles_in, radices_out, twiddles_out
    bad = _first_bad_frame(x)
    if bad >= 0:
        return bad
    size_in, size_out = len(order_in), len(order_out)
    blocks = -(-len(out) // (hop * up))
    gain = response * np.float32(size_out)  # irfft divides by it
    at_once = max(1, BATCH // max(size_in, size_out))
    for channel in range(x.shape[1]):
        padded = np.zeros((blocks * hop + 2 * guard) * down, x.dtype)
        padded[guard * down : guard * down + len(x)] = x[: blocks * hop * down + guard * down, channel]
        step = hop * down * padded.itemsize
        pieces = as_strided(padded, (blocks, size_in), (step, padded.itemsize), writeable=False)
        for start in range(0, blocks, at_once):
            bins = fft.rfft(pieces[start : start + at_once])[:, : len(response)]
            rows = fft.irfft(bins * gain, size_out)[:, guard * up : (guard + hop) * up].reshape(-1)
            into = out[start * hop * up :, channel]
            into[: len(rows)] = rows[: len(into)]
    return -1


def resample_chunk(
    x: Samples, flush: bool, up: int, down: int, coefficients: Samples, history: Samples, state: Indices, out: Samples
) -> int:
    """Take (frames, channels) and write every frame of output that they determine."""
    bad = _first_bad_frame(x)
    if bad >= 0:
        return bad
    consumed, produced, held = (int(value) for value in state)
    half = coefficients.shape[2] // 2
    room = history.shape[1]
    total = consumed + len(x) + (half if flush else 0)
    done = wrote = 0
    while True:
        take = min(room - held, total - consumed)
        known = x[done : done + take].T
        history[:, held : held + known.shape[1]] = known
        history[:, held + known.shape[1] : held + take] = 0
        done, held, consumed = done + known.shape[1], held + take, consumed + take
        ready = max(produced, -(-(consumed - half) * up // down)) if consumed > half else produced
        if flush:
            ready = min(ready, produced + len(out) - wrote)
        if ready > produced:
            first = consumed - held
            _direct(history, first, up, down, coefficients, produced, out[wrote : wrote + ready - produced])
            wrote, produced = wrote + ready - produced, ready
        needed = produced * down // up - half + 1
        drop = min(held, max(0, needed - (consumed - held)))
        history[:, : held - drop] = history[:, drop:held].copy()
        held -= drop
        if consumed == total:
            break
    state[:] = consumed, produced, held
    return -1


def _direct(history: Samples, first: int, up: int, down: int, coefficients: Samples, start: int, out: Samples) -> None:
    """Write the outputs from number ``start`` on; ``history`` begins with frame ``first``."""
    phases, order, taps = coefficients.shape
    span = np.arange(taps)
    at_once = max(1, BATCH // taps)
    for done in range(0, len(out), at_once):
        times = (start + np.arange(done, min(done + at_once, len(out)))) * down
        rows = (times // up - taps // 2 + 1 - first)[:, None] + span
        fractions = times % up * phases
        filters = coefficients[fractions // up]
        u = (fractions % up / up).astype(history.dtype)
        for channel in range(len(history)):
            windows = history[channel][rows]
            total = (windows * filters[:, order - 1]).sum(axis=1)  # row by row, so that cuts change no bit
            for power in range(order - 2, -1, -1):
                total = total * u + (windows * filters[:, power]).sum(axis=1)
            out[done : done + len(times), channel] = total


def _first_bad_frame(x: Samples) -> int:
    finite = np.isfinite(x)
    return -1 if finite.all() else int(np.flatnonzero(~finite.all(axis=1))[0])
