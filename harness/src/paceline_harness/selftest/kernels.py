"""Work whose true cost is known: busy loops with a calibrated cost per call, and exact copies of real kernels."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from itertools import repeat
from statistics import median
from typing import Any, cast

import numpy as np

from paceline_harness.clock import Clock, nothing, perf_counter, time_calls

Work = Callable[[int], bool]
"""Does `n` equal steps and returns False whatever n is: every candidate's output is equal, as the gate demands."""

CALIBRATIONS, CALIBRATION_ROUNDS = 9, 40
SAMPLE_NS = 50_000


def _xorshift(n: int) -> bool:
    """Shift a state that is never 0: the compiler cannot know that, so it keeps the loop."""
    state = np.uint64(88172645463325252)
    for _ in range(n):
        state ^= state << np.uint64(13)
        state ^= state >> np.uint64(7)
        state ^= state << np.uint64(17)
    return bool(state == np.uint64(0))


def _consume(n: int) -> bool:
    """Exhaust an iterator inside the interpreter's C code: the compiled kernel where Numba is not installed."""
    deque(repeat(None, n), maxlen=0)
    return False


def spin() -> Work:
    """Return a compiled busy loop: Numba's, or CPython's own C loop."""
    if find_spec("numba") is None:
        return _consume
    import numba

    compiled = cast(Work, numba.njit(_xorshift))
    compiled(1)
    return compiled


def python_loop() -> Work:
    """Return a busy loop in plain Python; every call of this function makes a copy of its own."""

    def loop(n: int) -> bool:
        value = 1
        for _ in repeat(None, n):
            value = -value
        return value == 0

    return loop


@dataclass
class Busy:
    """A busy loop of `steps` steps per call; the call itself costs as much as `call_steps` steps more.

    That cost is no constant: it doubles for seconds while a neighbour shares the core's front end, and a loop of
    dependent steps does not. So it is measured again and again, and the median of the latest lines is taken.
    """

    work: Work
    steps: int
    lines: list[float] = field(default_factory=list)

    @property
    def call_steps(self) -> float:
        """What a call costs apart from its steps, in steps."""
        return max(0.0, median(self.lines[-CALIBRATIONS:])) if self.lines else 0.0

    def calibrate(self, clock: Clock = perf_counter) -> None:
        """Draw one more line through the times of two lengths."""
        few = max(8, self.steps // 16)
        short, long = _lower_times(self.work, (few, self.steps), clock)
        self.lines.append(long * (self.steps - few) / (long - short) - self.steps)

    def longer(self, ratio: float) -> tuple[int, float]:
        """Return the steps that make a call `ratio` times as long, and the exact ratio of that whole number."""
        steps = round(self.steps * ratio + self.call_steps * (ratio - 1))
        return steps, (steps + self.call_steps) / (self.steps + self.call_steps)


def calibrated(work: Work, call_ns: float, clock: Clock = perf_counter) -> Busy:
    """Return `work` as calls of about `call_ns` with the cost of a call, apart from its steps, measured in steps.

    Two lengths take turns; the empty sample is subtracted, as the harness does; low quantiles give the straight line.
    """
    few, many = 64, 4096
    short, long = _lower_times(work, (few, many), clock)
    busy = Busy(work, max(100, round(call_ns * (many - few) / (long - short))))
    for _ in range(CALIBRATIONS):
        busy.calibrate(clock)
    return busy


def _lower_times(work: Work, lengths: tuple[int, int], clock: Clock) -> list[float]:
    """Return the 10 % quantile of the ns of one call of each length, the empty sample subtracted."""
    calls = [partial(work, length) for length in lengths]  # as the harness binds arguments: a call costs the same
    once = [min(time_calls(call, 1, clock) for _ in range(9)) for call in calls]
    batch = [max(2, round(SAMPLE_NS / max(ns, 1))) for ns in once]
    taken: list[list[float]] = [[], []]
    for _ in range(CALIBRATION_ROUNDS):
        for at, call in enumerate(calls):
            empty = time_calls(nothing, batch[at], clock)
            taken[at].append((time_calls(call, batch[at], clock) - empty) / batch[at])
    return [sorted(each)[len(each) // 10] for each in taken]


@dataclass(frozen=True, slots=True)
class Copies:
    """A kernel that can be made any number of times, each copy a function of its own, with the inputs it takes."""

    make: Callable[[], Callable[..., Any]]
    inputs: Callable[[int, Any], tuple[Any, ...]]
    size: int
    keep_outputs: bool


def _add() -> Callable[..., Any]:
    def add(a: Any, b: Any, out: Any = None) -> Any:
        return np.add(a, b, out=out)

    return add


def _to_float() -> Callable[..., Any]:
    scale = np.float32(1 / 32768)

    def to_float(samples: Any, out: Any = None) -> Any:
        return np.multiply(samples, scale, out=out)

    return to_float


def _floats(n: int, rng: Any) -> tuple[Any, ...]:
    return rng.standard_normal(n, np.float32), rng.standard_normal(n, np.float32)


def _shorts(n: int, rng: Any) -> tuple[Any, ...]:
    return (rng.integers(-(2**15), 2**15, n, dtype=np.int16),)


def copies() -> dict[str, Copies]:
    """Return the real kernels that are registered twice under two names, busy loops apart."""
    return {
        "np.add, float32, 2,000": Copies(_add, _floats, 2_000, keep_outputs=True),
        "np.add, float32, 20,000": Copies(_add, _floats, 20_000, keep_outputs=True),
        "np.add, float32, 20,000, a new output per call": Copies(_add, _floats, 20_000, keep_outputs=False),
        "int16 to float32, 40,000": Copies(_to_float, _shorts, 40_000, keep_outputs=True),
    }
