"""The straight line through a candidate's times: what a call costs apart from what an item costs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from paceline_harness.across import t_quantile
from paceline_harness.curve.model import Line

WORST_RESIDUAL = 0.1
"""A line that misses a point by more than a tenth of it describes another shape: the points are shown instead."""


def fit(sizes: Sequence[float], times: Sequence[float]) -> Line | None:
    """Return the line through `times` in ns at `sizes`, or None with fewer than two sizes.

    Errors are relative (a time is known to so many per cent), so each point weighs 1 / t²: with equal weights the
    largest size alone would decide what a call of the smallest costs.
    """
    if len(set(sizes)) < 2:
        return None
    weights = [1 / (time * time) for time in times]
    total = math.fsum(weights)
    centre = math.fsum(w * n for w, n in zip(weights, sizes, strict=True)) / total
    level = math.fsum(w * t for w, t in zip(weights, times, strict=True)) / total
    spread = math.fsum(w * (n - centre) ** 2 for w, n in zip(weights, sizes, strict=True))
    slope = math.fsum(w * (n - centre) * (t - level) for w, n, t in zip(weights, sizes, times, strict=True)) / spread
    start = level - slope * centre
    residuals = [(t - start - slope * n) / t for n, t in zip(sizes, times, strict=True)]
    left = math.fsum(each * each for each in residuals)
    around = math.fsum(w * (t - level) ** 2 for w, t in zip(weights, times, strict=True))
    worst = max(abs(each) for each in residuals)
    starts = slopes = None
    if len(sizes) > 2:
        reach = t_quantile(len(sizes) - 2) * math.sqrt(left / (len(sizes) - 2))
        half, wide = reach / math.sqrt(spread), reach * math.sqrt(1 / total + centre * centre / spread)
        starts, slopes = (start - wide, start + wide), (slope - half, slope + half)
    explained = 1 - left / around if around else 1.0
    return Line(start, starts, slope, slopes, explained, worst, worst <= WORST_RESIDUAL)
