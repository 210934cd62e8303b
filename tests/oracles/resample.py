"""What resampling must give: a float64 sum over the filter's formula for every output, naive on purpose.

Written from the mathematics once more. Times are whole numbers of 1/up of a frame until the one division that the
formula needs, so no position is rounded; the Bessel function is its power series.
"""

from __future__ import annotations

from math import ceil, gcd
from typing import Any

import numpy as np

DESIGN = {"low": (0.80, 82.0), "medium": (0.85, 105.0), "high": (0.90, 125.0), "best": (0.95, 143.0)}
"""Passband's edge as a part of the lower Nyquist frequency, and the stopband in dB that the window is made for."""

PROMISE = {"low": (0.0014, 80), "medium": (0.0002, 100), "high": (0.00002, 120), "best": (0.00001, 140)}
"""Ripple in dB and stopband in dB that the documentation promises."""

_AT_ONCE = 1 << 20


def lowest_terms(in_rate: int, out_rate: int) -> tuple[int, int]:
    """Return (up, down)."""
    common = gcd(in_rate, out_rate)
    return out_rate // common, in_rate // common


def length(frames: int, in_rate: int, out_rate: int) -> int:
    """Return how many output times n·in/out are before the time of the frame that would come after the last."""
    return len(range(0, frames * out_rate, in_rate))


def half_span(up: int, down: int, quality: str) -> int:
    """Return how many frames of input the filter reaches to either side (Kaiser's estimate of its order)."""
    passband, stopband = DESIGN[quality]
    transition = (1 - passband) / 2 * min(1, up / down)  # in cycles per frame of the input
    return ceil((stopband - 7.95) / (2 * 14.36 * transition))


def bessel_i0(x: Any) -> Any:
    term = total = np.ones_like(np.asarray(x, np.float64))
    for k in range(1, 80):
        term = term * (x / (2 * k)) ** 2
        total = total + term
    return total


def response(time: Any, up: int, down: int, quality: str) -> Any:
    """Return the filter at whole times in 1/up of a frame of the input."""
    passband, stopband = DESIGN[quality]
    half, beta = half_span(up, down, quality), 0.1102 * (stopband - 8.7)
    nyquist = 0.5 * min(1, up / down)
    twice_cutoff = nyquist * (1 + passband)  # the cutoff is in the middle between passband and stopband
    t = np.asarray(time, np.int64) / up
    inside = (-half * up <= np.asarray(time)) & (np.asarray(time) < half * up)
    window = bessel_i0(beta * np.sqrt(np.where(inside, 1 - (t / half) ** 2, 0))) / bessel_i0(beta)
    angle = np.pi * twice_cutoff * t
    sinc = np.divide(np.sin(angle), angle, out=np.ones_like(t), where=angle != 0)
    return np.where(inside, twice_cutoff * sinc * window, 0.0)


def resample(x: Any, in_rate: int, out_rate: int, quality: str = "high") -> Any:
    """Resample (frames, channels) of any dtype, taken as numbers, to float64."""
    x = np.asarray(x, np.float64)
    if in_rate == out_rate:
        return x
    up, down = lowest_terms(in_rate, out_rate)
    half, n = half_span(up, down, quality), length(len(x), in_rate, out_rate)
    padded = np.concatenate([np.zeros((half, x.shape[1])), x, np.zeros((half + 1, x.shape[1]))])
    reach = np.arange(-half, half + 1)
    y = np.zeros((n, x.shape[1]))
    at_once = max(1, _AT_ONCE // len(reach))
    for start in range(0, n, at_once):
        times = np.arange(start, min(start + at_once, n)) * down
        centres = times // up
        fractions, row = np.unique(times % up, return_inverse=True)
        weights = response(fractions[:, None] - reach * up, up, down, quality)[row]
        y[start : start + len(times)] = np.einsum("nt,ntc->nc", weights, padded[centres[:, None] + reach + half])
    return y
