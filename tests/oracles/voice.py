"""What a voice detector must find: one sum per bin, sorted lists, and the four steps on the whole signal at once."""

from __future__ import annotations

import itertools
from functools import cache
from math import ceil, floor
from typing import Any

import numpy as np


@cache
def spectrum_of(rate: int, size: int) -> Any:
    """Return the matrix that takes a weighted frame to the bins between 200 and 3,800 Hz, scaled to shares of power."""
    length = 1
    while length < size:
        length *= 2
    bins = np.arange(ceil(200 * length / rate), floor(3800 * length / rate) + 1)
    times = np.arange(size)
    window = 0.5 * (1 - np.cos(2 * np.pi * times / size))
    waves = np.exp(-2j * np.pi * (np.outer(bins, times) % length) / length)
    return waves * window * np.sqrt(2 / (length * np.sum(window * window)))


def levels(x: Any, rate: int, frame_ms: float = 30.0) -> Any:
    """Return the level of every whole frame in dB of full scale."""
    size = round(rate * frame_ms / 1000)
    matrix = spectrum_of(rate, size)
    found = []
    for start in range(0, len(x) - size + 1, size):
        power = np.abs(matrix @ np.asarray(x[start : start + size], np.float64)) ** 2 + 1e-14
        flatness = np.exp(np.mean(np.log(power))) / np.mean(power)
        found.append(10 * np.log10(np.sum(power) * max(1 - flatness, 0.05) ** 2 + 4e-10))
    return np.array(found)


def over_floor(level: Any, frame_ms: float = 30.0) -> Any:
    """Return each level over the lower quartile of the last 4 s, and by how much it exceeds its limit."""
    memory = ceil(4000 / frame_ms)
    scores, margins = [], []
    for i, now in enumerate(level):
        known = sorted(level[max(0, i + 1 - memory) : i + 1])
        low, peak = known[len(known) // 4], known[len(known) * 19 // 20]
        scores.append(now - low)
        margins.append(now - max(low + 5.5, peak - 24.0))
    return np.array(scores), np.array(margins)


def speech(active: Any, shortest: int, padding: int, hang: int, silence: int) -> Any:
    """Return which frames are speech, by the four steps, each on the whole signal."""
    n = len(active)
    flags = np.zeros(n, bool)
    for first, beyond in runs(active):
        if beyond - first >= shortest:
            flags[max(0, first - padding) : min(n, beyond + hang)] = True
    stretches = runs(flags)
    for (_, beyond), (first, _) in itertools.pairwise(stretches):
        if first - beyond < silence:
            flags[beyond:first] = True
    return flags


def runs(flags: Any) -> list[tuple[int, int]]:
    """Return (first, beyond the last) of each run of true frames."""
    found: list[tuple[int, int]] = []
    for i, flag in enumerate(flags):
        if flag and found and found[-1][1] == i:
            found[-1] = found[-1][0], i + 1
        elif flag:
            found.append((i, i + 1))
    return found
