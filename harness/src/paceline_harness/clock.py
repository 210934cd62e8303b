"""Reading the clock: its quantum, the length of one sample, and what an empty sample costs."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import repeat
from statistics import median_low

Clock = Callable[[], int]
"""Returns nanoseconds as an int; never goes back."""

Call = Callable[[], object]
"""A candidate with its arguments bound."""

CLOCK_NAME = "time.perf_counter_ns"
perf_counter: Clock = time.perf_counter_ns


def timer_quantum(clock: Clock = perf_counter, readings: int = 2000) -> int:
    """Return the median non-zero step between two neighbouring readings of `clock`, in ns (at least 1)."""
    steps = []
    for _ in range(readings):
        start = clock()
        step = clock() - start
        if step > 0:
            steps.append(step)
    return median_low(steps) if steps else 1


def time_calls(call: Call, batch: int, clock: Clock = perf_counter) -> int:
    """Return the ns that `batch` calls in a row take, the reading of the clock included."""
    if batch == 1:  # no loop around a single call: a loop costs as much as the smallest kernels
        start = clock()
        call()
        return clock() - start
    start = clock()
    for _ in repeat(None, batch):
        call()
    return clock() - start


def time_each(call: Call, reset: Call, batch: int, clock: Clock = perf_counter) -> int:
    """Return the ns that `batch` calls take, each timed by itself after a `reset` that is not timed."""
    total = 0
    for _ in repeat(None, batch):
        reset()
        start = clock()
        call()
        total += clock() - start
    return total


def nothing() -> None:
    """Do nothing: what is left when a candidate's work is taken away."""


def overhead(batch: int, clock: Clock = perf_counter, readings: int = 150, *, each: bool = False) -> int:
    """Return the median ns of a sample of `batch` empty calls: timer pair, loop and call.

    With `each`, of a sample whose calls are timed one by one.
    """
    if each:
        return median_low([time_each(nothing, nothing, batch, clock) for _ in range(readings)])
    return median_low([time_calls(nothing, batch, clock) for _ in range(readings)])
