"""The one filter design that every backend's resampler uses, and the plans that run it.

The prototype is a Kaiser-windowed sinc (J. F. Kaiser and R. W. Schafer, "On the use of the I0-sinh window for
spectrum analysis", 1980) centred on time 0, so it delays nothing: ``y(t) = Σ x[k] · h(t - k)``, t in frames of the
input, where x is 0 outside of the signal. Output n is y at t = n · down / up.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, gcd
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from paceline.audio._fft import Transform, factors, is_smooth, transform

QualityName = Literal["low", "medium", "high", "best"]


class Quality(NamedTuple):
    """What a filter promises: its passband's edge as a part of the lower Nyquist frequency, and its stopband in dB.

    The stopband starts at the lower Nyquist frequency. The passband's ripple is what the same Kaiser window leaves:
    10^(-stopband/20) of the signal.
    """

    passband: float
    stopband_db: float


QUALITIES: Final[dict[str, Quality]] = {
    "low": Quality(0.80, 82.0),
    "medium": Quality(0.85, 105.0),
    "high": Quality(0.90, 125.0),
    "best": Quality(0.95, 143.0),
}

LARGEST_BANK: Final = 1 << 17
"""Coefficients that are stored one by one; where up · taps is more, they are interpolated."""

INTERVALS: Final = 128
"""Of a bank that is interpolated, for each frame of the lower rate: cubics err by less than -160 dB."""

LARGEST_BLOCK: Final = 8192
"""Rows of a block: 16 lanes of complex float32 are then 1 MiB."""


class Bank(NamedTuple):
    """Polyphase coefficients: output n takes ``taps`` frames from ``n * down // up - taps // 2 + 1`` on.

    ``coefficients`` has shape (phases, order, taps). With order 1, phases is ``up`` and row ``n * down % up`` is the
    filter. With order 4, rows are the cubics that interpolate it: for ``f = (n * down % up) * phases`` row ``f // up``
    at ``u = f % up / up``, Σ_i coefficients[row, i] · u**i.
    """

    up: int
    down: int
    taps: int
    coefficients: NDArray[Any]


class Blocks(NamedTuple):
    """Overlap-save in the frequency domain: how a signal is cut and what each block's bins are multiplied with.

    Block b takes ``size_in = (hop + 2 * guard) * down`` frames, the first of which is ``(b * hop - guard) * down``, and
    gives ``hop * up`` frames of output from ``b * hop * up`` on: those from row ``guard * up`` on of its
    ``size_out = (hop + 2 * guard) * up`` rows. Bins k and -k of the input are multiplied with ``response[k]``, which is
    real, and become bins k and -k of the output; all other bins of the output are 0.
    """

    hop: int
    guard: int
    response: NDArray[np.float32]
    """(bins,) already divided by size_in; 2 · bins ≤ min(size_in, size_out) + 1."""
    forward: Transform
    inverse: Transform


def reduced(in_rate: int, out_rate: int) -> tuple[int, int]:
    """Return (up, down), the ratio of the rates in lowest terms."""
    common = gcd(in_rate, out_rate)
    return out_rate // common, in_rate // common


def frames_out(frames: int, up: int, down: int) -> int:
    """Return how many frames a whole signal gives."""
    return -(-frames * up // down)


def half_taps(up: int, down: int, quality: str) -> int:
    """Return how many frames of input the filter looks ahead, and back."""
    if up == down:
        return 1
    passband, stopband = QUALITIES[quality]
    width = 0.5 * min(1.0, up / down) * (1.0 - passband)
    return ceil((stopband - 7.95) / (14.36 * width) / 2)


def prototype(t: NDArray[np.float64], up: int, down: int, quality: str) -> NDArray[np.float64]:
    """Return the continuous filter at the times ``t``, in frames of the input."""
    half = half_taps(up, down, quality)
    return np.where((-half <= t) & (t < half), _smooth(t, up, down, quality), 0.0)  # as many taps at every phase


def _smooth(t: NDArray[np.float64], up: int, down: int, quality: str) -> NDArray[np.float64]:
    """Return the filter without its ends: a little beyond them it goes on smoothly, to be interpolated across."""
    half = half_taps(up, down, quality)
    passband, stopband = QUALITIES[quality]
    cutoff = 0.25 * min(1.0, up / down) * (1.0 + passband)
    beta = 0.1102 * (stopband - 8.7)
    squared = beta**2 * (1.0 - (t / half) ** 2)
    beyond = 1.0 + squared / 4 * (1.0 + squared / 16 * (1.0 + squared / 36))  # the same series, for a negative square
    window = np.where(squared < 0, beyond, np.i0(np.sqrt(np.maximum(0.0, squared)))) / np.i0(beta)
    response: NDArray[np.float64] = 2.0 * cutoff * np.sinc(2.0 * cutoff * t) * window
    return response


@lru_cache(maxsize=32)
def bank(up: int, down: int, quality: str, dtype: str = "float32") -> Bank:
    """Return the polyphase coefficients; their array is read-only and shared."""
    taps = 2 * half_taps(up, down, quality)
    if up == down:
        coefficients = np.array([[[1.0, 0.0]]])
    elif up * taps <= LARGEST_BANK:
        offsets = taps // 2 - 1 - np.arange(taps)
        coefficients = prototype(offsets + np.arange(up)[:, None] / up, up, down, quality)[:, None, :]
    else:
        coefficients = _cubics(up, down, quality, taps)
    array = np.ascontiguousarray(coefficients, dtype=dtype)
    array.flags.writeable = False
    return Bank(up, down, taps, array)


def _cubics(up: int, down: int, quality: str, taps: int) -> NDArray[np.float64]:
    phases = max(1, ceil(INTERVALS * min(1.0, up / down)))
    offsets = taps // 2 - 1 - np.arange(taps)
    at = offsets + np.arange(-1, phases + 2)[:, None] / phases
    h = _smooth(at, up, down, quality)
    before, here, after, beyond = h[:-3], h[1:-2], h[2:-1], h[3:]
    return np.stack(  # Lagrange's cubic through four neighbours, in powers of the part of the interval
        [
            here,
            after - before / 3 - here / 2 - beyond / 6,
            (before + after) / 2 - here,
            (beyond - before) / 6 + (here - after) / 2,
        ],
        axis=1,
    )


LANES: Final = 32
"""Real signals that a compiled backend transforms at once: 16 lanes, two in each as real and imaginary part."""


@lru_cache(maxsize=256)
def blocks(up: int, down: int, quality: str, frames: int, channels: int) -> Blocks | None:
    """Return the cheapest plan for a signal, or None where its ratio has no transform or is better done directly."""
    guard = -(-half_taps(up, down, quality) // down)
    sizes = _sizes(up, down, guard)
    if sizes is None:
        return None
    outputs = frames_out(frames, up, down)
    units, batch_ns = sizes
    batches = -(-(-(-outputs // ((units - 2 * guard) * up)) * channels) // LANES)
    cost = batches * batch_ns  # a last batch that is not full costs as much as a full one
    best = int(cost.argmin())
    if cost[best] >= _direct_cost(outputs * channels, 2 * half_taps(up, down, quality)):
        return None
    return _plan(up, down, quality, int(units[best]), guard)


@lru_cache(maxsize=64)
def _sizes(up: int, down: int, guard: int) -> tuple[NDArray[np.int64], NDArray[np.float64]] | None:
    """Return the sizes that blocks can have, in units of (up, down), and what a batch of each costs in ns."""
    if up == down or not (is_smooth(up) and is_smooth(down)):
        return None
    most = LARGEST_BLOCK // max(up, down)
    units = [size for size in range(2 * guard + 1, most + 1) if is_smooth(size)]
    if not units:
        return None
    return np.array(units, np.int64), np.array([_rows_ns(size * up) + _rows_ns(size * down) for size in units])


def _direct_cost(outputs: int, taps: int) -> float:
    """Return roughly the ns of a direct sum: unaligned loads for every 16 products, and a sum across lanes."""
    return outputs * (0.058 * taps + 4.7)


ROW_NS: Final = 2.1
PASS_NS: Final = {2: 1.5, 3: 2.1, 4: 2.2, 5: 3.0, 7: 4.3, 8: 3.6}
"""What a row of 16 lanes costs a transform, and each of its passes; measured once with AVX-512, only ratios matter."""


def _rows_ns(size: int) -> float:
    return size * (ROW_NS + sum(PASS_NS[radix] for radix in factors(size)))


@lru_cache(maxsize=64)
def _plan(up: int, down: int, quality: str, units: int, guard: int) -> Blocks:
    size_in, size_out = units * down, units * up
    half = half_taps(up, down, quality)
    dense = ceil(4 * min(1.0, up / down))  # samples a frame: twice what the stopband's end asks for
    h = np.zeros(size_in * dense)
    reach = np.arange(-half * dense, half * dense + 1)
    np.add.at(h, reach % len(h), prototype(reach / dense, up, down, quality))
    bins = (min(size_in, size_out) + 1) // 2
    response = np.ascontiguousarray(np.fft.rfft(h).real[:bins] / (dense * size_in), np.float32)
    response.flags.writeable = False
    return Blocks(units - 2 * guard, guard, response, transform(size_in), transform(size_out))
