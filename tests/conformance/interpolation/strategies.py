"""Inputs with structure: quaternions of any norm, stamps with any gaps, queries on, beside and beyond them."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

FAR = 2**58
"""How far beyond the knots queries go, in ns (9 years)."""


@st.composite
def quaternions(draw: st.DrawFn) -> tuple[float, float, float, float]:
    """Draw four finite numbers that are not all zero, with a norm anywhere between 1e-150 and 1e150."""
    q = draw(st.tuples(*[st.floats(-1.0, 1.0, allow_subnormal=False)] * 4).filter(lambda q: max(map(abs, q)) > 1e-3))
    scale = 10.0 ** draw(st.integers(-150, 150) | st.just(0))
    x, y, z, w = (c * scale for c in q)
    return x, y, z, w


def gaps() -> st.SearchStrategy[int]:
    """Draw a time between neighbours: some ns, a frame's, or years."""
    return st.integers(1, 9) | st.integers(1_000, 20_000_000) | st.integers(1, 2**57)


def recorded_gaps() -> st.SearchStrategy[int]:
    """Draw a time between neighbours of at most 2**53 ns (104 days)."""
    return st.integers(1, 9) | st.integers(1_000, 20_000_000) | st.integers(1, 2**53)


@st.composite
def knots(draw: st.DrawFn, *, least: int = 1, between: st.SearchStrategy[int] | None = None) -> Any:
    """Draw strictly increasing stamps, irregular, anywhere in int64."""
    steps = draw(st.lists(gaps() if between is None else between, min_size=least - 1, max_size=8))
    start = draw(st.integers(-(2**62), 2**62) | st.just(1_700_000_000_123_456_789) | st.just(0))
    return np.array([start, *steps], np.int64).cumsum()


def times(stamps: Any, *, beyond: int = FAR, most: int = 19) -> st.SearchStrategy[Any]:
    """Draw queries in any order: on knots, a few ns beside them, between and beyond them."""
    first, last = int(stamps[0]), int(stamps[-1])
    here = st.sampled_from(stamps.tolist())
    beside = st.builds(lambda s, d: min(max(s + d, first - beyond), last + beyond), here, st.integers(-3, 3))
    anywhere = st.integers(first - beyond, last + beyond)
    within = st.integers(first, last)
    return st.lists(here | beside | anywhere | within, max_size=most).map(lambda x: np.array(x, np.int64))


def positions() -> st.SearchStrategy[float]:
    """Draw a coordinate within 1,000 km, in whole metres or any digits."""
    return st.integers(-1_000_000, 1_000_000).map(float) | st.floats(-1e6, 1e6, allow_subnormal=False)


@st.composite
def trajectories(draw: st.DrawFn) -> tuple[Any, Any, Any]:
    """Draw stamps, positions that often cancel, and quaternions."""
    stamps = draw(knots(between=recorded_gaps()))
    m = len(stamps)
    rows = draw(st.lists(st.tuples(positions(), positions(), positions()), min_size=m, max_size=m))
    quats = draw(st.lists(quaternions(), min_size=m, max_size=m))
    return stamps, np.array(rows).reshape(m, 3), np.array(quats).reshape(m, 4)
