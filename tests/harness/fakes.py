"""A clock that only moves when a fake kernel works, and comparisons small enough for a test."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from paceline_harness import Candidate, Comparison, Record


@dataclass
class FakeClock:
    """Reads the time that fake kernels have spent, plus a fixed cost per reading."""

    now: int = 0
    reading_ns: int = 40
    readings: int = 0

    def __call__(self) -> int:
        self.readings += 1
        self.now += self.reading_ns
        return self.now


@dataclass
class Kernel:
    """A callable that takes `cost_ns` of fake time with `spread` of relative noise, and notes when it ran."""

    clock: FakeClock
    cost_ns: float
    name: str = ""
    spread: float = 0.0
    log: list[str] = field(default_factory=list)
    rng: random.Random = field(default_factory=lambda: random.Random(7))

    def __call__(self, *_inputs: object) -> None:
        self.log.append(self.name)
        noise = 1 + self.spread * self.rng.random()
        self.clock.now += round(self.cost_ns * noise)


def timed(clock: FakeClock, cost_ns: float, function: Callable[..., Any], spread: float = 0.002) -> Callable[..., Any]:
    """Return `function` as a kernel of the given fake cost."""
    kernel = Kernel(clock, cost_ns, spread=spread)

    def call(*inputs: Any) -> Any:
        kernel()
        return function(*inputs)

    return call


def comparison(clock: FakeClock, **more: Any) -> Comparison:
    """Return a comparison of doubling an array: one candidate twice as fast, one wrong, one not there."""
    candidates = [
        Candidate("fast", timed(clock, 50_000, lambda x: x + x), "adds", "backend"),
        Candidate("plain", timed(clock, 100_000, lambda x: 2 * x), "multiplies"),
        Candidate("wrong", timed(clock, 10_000, lambda x: 2 * x + 1), "is off by one", "backend"),
        Candidate("absent", None, group="backend", unavailable="not installed"),
        Candidate("slow", timed(clock, 300_000_000, lambda x: x * 2), "a loop", "as published"),
    ]
    settings: dict[str, Any] = {
        "name": "double",
        "candidates": candidates,
        "inputs": lambda n, rng: (rng.standard_normal(n),),
        "sizes": (100,),
        "baseline": "plain",
        "title": "Doubling",
    }
    return Comparison(**{**settings, **more})


def run(clock: FakeClock | None = None, **more: Any) -> Any:
    """Run the comparison above on a fake clock and return its result."""
    clock = clock or FakeClock()
    return comparison(clock, **more).run(launches=1, budget_s=1.0, seed=3, clock=clock)


def with_null_ratio(record: Record, log_ratio: float) -> Record:
    """Return the record with another result of its null arm, known to 0.1 %."""
    interval = (log_ratio - 0.001, log_ratio + 0.001)
    arms = [
        msgspec.structs.replace(arm, log_ratio=log_ratio, ci_log=interval) if arm.name == record.null_arm else arm
        for arm in record.arms
    ]
    return msgspec.structs.replace(record, arms=arms)
