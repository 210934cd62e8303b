"""Measures a resampler by what goes in and what comes out: ripple, aliases and images, and the time of the signal.

Tones have whole numbers of periods in the window of output frames that is looked at, so that one FFT tells them apart
without leakage; before and after the window lies more signal than any filter of that quality spans.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from oracles import resample as oracle

Resampler = Callable[[Any], Any]
"""From (frames, channels) at the one rate to (frames, channels) at the other."""


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """Signals for one ratio and quality, and the answers that an ideal resampler would give."""

    signal: Any
    """(frames, channels) float64: the multitone first, then one channel for each tone of the sweep."""
    window: slice
    """Of the output."""
    bins: Any
    """Of the window's FFT, where the multitone's tones are: 0.01 to all of the passband."""
    ideal: Any
    """The multitone at the window's own times."""
    swept: Any
    """The sweep's frequencies in Hz."""
    in_rate: int
    out_rate: int


@dataclass(frozen=True, slots=True)
class Measured:
    ripple_db: float
    """Of the passband, peak to peak."""
    unwanted_db: float
    """The strongest alias or image of a tone at full scale, by power, next to the tone."""
    snr_db: float
    """Of the multitone against itself at the output's times: gain, phase and delay all count."""


def _window(in_rate: int, out_rate: int) -> int:
    """Return how many frames of output to look at.

    Where a signal goes through blocks, an alias right at the stopband's edge is stronger in some of them than in
    others: by 3 dB in 1,000 frames. It is the mean over several blocks that counts.
    """
    if in_rate > 100 * out_rate:
        return 200
    return 8_000 if out_rate <= 8 * in_rate else 250 * out_rate // in_rate


@cache
def probe(in_rate: int, out_rate: int, quality: str, tones: int) -> Probe:
    """Make the signals; ``tones`` is how many the sweep has."""
    up, down = oracle.lowest_terms(in_rate, out_rate)
    guard = -(-oracle.half_span(up, down, quality) * up // down) + 8
    lower = min(in_rate, out_rate) / 2
    count = _window(in_rate, out_rate)
    frames = -(-(count + 2 * guard) * down // up)
    times = np.arange(frames) / in_rate
    rng = np.random.default_rng(45)

    step = out_rate / count
    edge = oracle.DESIGN[quality][0] * lower
    bins = np.unique(np.rint(np.linspace(0.01, 1.0, 41) * edge / step - 0.5).astype(np.int64))
    bins = bins[bins > 0]
    phases = rng.uniform(0, 2 * np.pi, len(bins))
    amplitude = 0.2 * np.sqrt(2 / len(bins))
    window = slice(guard, guard + count)
    at = np.arange(window.start, window.stop) / out_rate
    multitone, ideal = (
        amplitude * sum(np.cos(2 * np.pi * k * step * t + p) for k, p in zip(bins, phases, strict=True))
        for t in (times, at)
    )
    if out_rate < in_rate:  # all that comes from above the new Nyquist frequency is an alias
        swept = lower + step + (0.99 * in_rate / 2 - lower - step) * np.linspace(0, 1, tones) ** 2
    else:  # tones on bins; all beside them is an image
        swept = np.unique(np.rint(np.linspace(0.05, 1.0, tones) * lower / step - 0.51)) * step
    sweep = [0.9 * np.cos(2 * np.pi * f * times + p) for f, p in zip(swept, rng.uniform(0, 6, tones), strict=False)]
    return Probe(np.stack([multitone, *sweep], axis=1), window, bins, ideal, swept, in_rate, out_rate)


def measure(resampler: Resampler, made: Probe, dtype: Any) -> Measured:
    """Run the signals through a resampler and read off the figures."""
    output = np.asarray(resampler(made.signal.astype(dtype)), np.float64)
    assert output.shape == (oracle.length(len(made.signal), made.in_rate, made.out_rate), made.signal.shape[1])
    output = output[made.window]
    gains = np.abs(np.fft.rfft(output[:, 0])[made.bins]) / np.abs(np.fft.rfft(made.ideal)[made.bins])
    unwanted = output[:, 1:]
    if made.out_rate > made.in_rate:
        spectrum = np.fft.rfft(unwanted, axis=0)
        own = np.rint(made.swept * len(unwanted) / made.out_rate).astype(np.int64)
        spectrum[own, np.arange(len(own))] = 0
        unwanted = np.fft.irfft(spectrum, len(unwanted), axis=0)
    power = (unwanted**2).mean(axis=0).max() / (0.9**2 / 2)
    error = ((output[:, 0] - made.ideal) ** 2).mean() / (made.ideal**2).mean()
    return Measured(
        20 * np.log10(gains.max() / gains.min()), 10 * np.log10(power + 1e-30), -10 * np.log10(error + 1e-30)
    )
