"""What a resampler's output is worth: aliases or images, ripple, and its distance from the exact answer.

Two signals of two seconds, all tones at whole hertz: in one second of the output every tone, alias and image then
falls on a bin of its own, so no window smears one over another. The second is taken from the middle.
"""

from __future__ import annotations

from collections.abc import Callable
from math import gcd

import numpy as np
import numpy.typing as npt

from paceline_harness.record import Quality

Sound = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Resample = Callable[[Sound], npt.NDArray[np.floating]]

MOST_ALIAS_DB = -60.0
"""Beyond it a resampler lets through what it is there to keep out: it is timed, and nothing is gained against it."""

ODD_END = 137
"""At least as many frames beyond two seconds: a signal that repeats would flatter what takes its end to be followed by
its start. They are whole periods of the ratio, so that no number of frames is rounded."""

EDGE = 0.01
"""Of the lower Nyquist frequency, on both sides of it: what the ends of a signal leave behind gathers there."""

PASS_TONES, STOP_TONES = 45, 24
QUIETEST = 1e-12

_known: dict[tuple[str, int, int], tuple[Quality, str]] = {}


def examined(name: str, resample: Resample, in_rate: int, out_rate: int) -> tuple[Quality, str]:
    """Return a resampler's figures at a ratio and why it does other work, if so; found once per name in a process."""
    key = name, in_rate, out_rate
    if key not in _known:
        _known[key] = quality(resample, in_rate, out_rate)
    return _known[key]


def quality(resample: Resample, in_rate: int, out_rate: int) -> tuple[Quality, str]:
    """Measure a resampler of (frames,) float32: "alias" (or "image") is the worst one, over the tone that makes it."""
    lower = min(in_rate, out_rate) / 2
    alias, name = _alias(resample, in_rate, out_rate), "alias" if out_rate < in_rate else "image"
    tones = _whole(0.02 * lower, 0.9 * lower, PASS_TONES)
    phases = np.random.default_rng(1).uniform(0, 2 * np.pi, len(tones))
    size = 0.5 / np.sqrt(len(tones))
    got, at = _middle(resample(_sound(tones, phases, size, in_rate, out_rate)), out_rate)
    ideal = size * np.sin(2 * np.pi * np.outer(at, tones) + phases).sum(axis=1)
    gains = _decibel(_spectrum(got)[tones] / size)
    error = np.mean((got - ideal) ** 2) / np.mean(ideal**2)
    figures = {name: alias, "ripple to 0.9 Nyquist": float(np.ptp(gains)), "SNR": -float(_decibel(np.sqrt(error)))}
    other = f"aliases at {alias:.0f} dB: not the same work".replace("-", "−") if alias > MOST_ALIAS_DB else ""
    return Quality(figures, dict.fromkeys(figures, "dB")), other


def _alias(resample: Resample, in_rate: int, out_rate: int) -> float:
    """Return in dB the largest part of the output that no part of the input should have made."""
    down = out_rate < in_rate
    nyquist = min(in_rate, out_rate) / 2
    low, high = ((1 + EDGE) * nyquist, 0.98 * in_rate / 2) if down else (0.05 * nyquist, (1 - EDGE) * nyquist)
    tones = _whole(low, high, STOP_TONES)
    size = 0.5 / len(tones)
    phases = np.random.default_rng(2).uniform(0, 2 * np.pi, len(tones))
    found = _spectrum(_middle(resample(_sound(tones, phases, size, in_rate, out_rate)), out_rate)[0])
    found[int((1 - EDGE) * nyquist) + 1 : int((1 + EDGE) * nyquist)] = 0.0
    if not down:
        found[tones] = 0.0
    return float(_decibel(found.max() / size))


def _whole(low: float, high: float, count: int) -> npt.NDArray[np.int64]:
    return np.unique(np.linspace(np.ceil(low), np.floor(high), count).astype(np.int64))


def _sound(tones: npt.NDArray[np.int64], phases: Floats, size: float, rate: int, out_rate: int) -> Sound:
    period = rate // gcd(rate, out_rate)
    times = np.arange(2 * rate + -(-ODD_END // period) * period) / rate
    total = np.zeros(len(times))
    for tone, phase in zip(tones, phases, strict=True):  # one at a time: all at once would be a hundred megabytes
        total += np.sin(2 * np.pi * tone * times + phase)
    return np.asarray(size * total, np.float32)


def _middle(y: npt.NDArray[np.floating], rate: int) -> tuple[Floats, Floats]:
    """Return one second from the middle of two, and its times."""
    at = np.arange(rate // 2, rate // 2 + rate)
    return np.asarray(y, np.float64)[at], at / rate


def _spectrum(y: Floats) -> Floats:
    """Return the amplitudes of one second at 0, 1, 2, … Hz."""
    return np.abs(np.fft.rfft(y)) * 2 / len(y)


def _decibel(ratio: Floats | float) -> Floats:
    return np.asarray(20 * np.log10(np.maximum(ratio, QUIETEST)))
