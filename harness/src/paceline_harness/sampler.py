"""Taking samples: warming up, choosing how many calls make a sample, and letting candidates take turns.

Short samples and turns are what makes a shared machine measurable: most 20 us samples meet no interruption, and what
slows one candidate down slows its neighbour of the same round as well. Millisecond batches were refused: at the same
budget their ratio errs 30 to 250 times as much.
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from paceline_harness.clock import Call, Clock, nothing, perf_counter, time_calls, time_each
from paceline_harness.verdict import Series

WARM_NS = 50_000_000
SAMPLE_NS = 20_000
QUANTA_PER_SAMPLE = 400
SAME_BATCH_RATIO = 1.5


def warm(call: Call, clock: Clock = perf_counter, spend_ns: int = WARM_NS, reset: Call = nothing) -> list[int]:
    """Call until three calls in a row agree within 20 % or `spend_ns` is spent; return the ns of every call."""
    start = clock()
    taken: list[int] = []
    while True:
        reset()
        taken.append(time_calls(call, 1, clock))
        if len(taken) >= 3 and max(taken[-3:]) <= 1.2 * min(taken[-3:]):
            return taken
        if clock() - start >= spend_ns:
            return taken


def call_cost(
    call: Call,
    clock: Clock = perf_counter,
    quantum: int = 1,
    spend_ns: int = WARM_NS,
    reset: Call | None = None,
) -> float:
    """Return the ns of one call: the lower quartile of seven samples, fewer when `spend_ns` runs out."""
    start = clock()
    batch, costs = 1, list[float]()
    shortest = max(5_000, 100 * quantum)  # below it the clock's own steps would be a per cent of the sample
    while len(costs) < 7:
        elapsed = time_calls(call, batch, clock) if reset is None else time_each(call, reset, batch, clock)
        if elapsed < shortest:
            batch, costs = batch * 4, []
            continue
        costs.append(elapsed / batch)
        if clock() - start >= spend_ns:
            break
    return sorted(costs)[(len(costs) - 1) // 4]


def sample_target(quantum: int) -> int:
    """Return how long a sample should at least be: 20 us, or 400 steps of a coarser clock."""
    return max(SAMPLE_NS, QUANTA_PER_SAMPLE * quantum)


def batches(costs: Sequence[float], target: int) -> list[int]:
    """Return calls per sample for each cost in ns (the first is the baseline's), so that a sample lasts `target` ns.

    A candidate within a factor of 1.5 of the baseline gets the baseline's batch: the loop's cost then cancels.
    """
    base = max(1, math.ceil(target / costs[0]))
    return [
        base if max(cost, costs[0]) < SAME_BATCH_RATIO * min(cost, costs[0]) else max(1, math.ceil(target / cost))
        for cost in costs
    ]


class Round(NamedTuple):
    """One turn of every live arm: when it began, which arms in which order, and how long each sample lasted."""

    start_ns: int
    order: tuple[int, ...]
    elapsed_ns: tuple[int, ...]


@dataclass
class Tape:
    """Every complete round, in the order taken; two rounds, a permutation and its mirror, make a block."""

    rounds: list[Round] = field(default_factory=list)

    def series(self, arm: int, batch: int, overhead_ns: int) -> Series:
        """Return one arm's raw samples with the rounds they were taken in."""
        taken = [(at, row.elapsed_ns[row.order.index(arm)]) for at, row in enumerate(self.rounds) if arm in row.order]
        return Series([ns for _, ns in taken], [at for at, _ in taken], batch, overhead_ns)


def run_block(
    calls: Sequence[Call],
    batch: Sequence[int],
    live: Sequence[int],
    rng: random.Random,
    tape: Tape,
    clock: Clock = perf_counter,
    *,
    settle: Collection[int] = (),
    resets: Sequence[Call] = (),
) -> None:
    """Sample every live arm twice: in a random order, then in its mirror image, so that position cancels.

    Every sample is preceded by an empty one, so that each starts from the same state of the loop and the clock. An arm
    in `settle` is moreover called once or twice, by the same loop: beside one that takes ten times as long, it would
    pay for the caches that the slow one left cold (1 % of a 20 us sample at a true ratio of 20). With `resets`, one
    per arm, every call of every arm is timed by itself after its reset. A round enters the tape whole, in one step: an
    interrupted one leaves no trace.
    """
    order = list(live)
    rng.shuffle(order)
    for arms in (order, order[::-1]):
        elapsed = []
        started = clock()
        for arm in arms:
            call, size = calls[arm], batch[arm]
            if resets:
                time_each(nothing, nothing, 2, clock)
                if arm in settle:
                    time_each(call, resets[arm], min(size, 2), clock)
                elapsed.append(time_each(call, resets[arm], size, clock))
                continue
            time_calls(nothing, 2, clock)
            if arm in settle:
                time_calls(call, min(size, 2), clock)
            elapsed.append(time_calls(call, size, clock))
        tape.rounds.append(Round(started, tuple(arms), tuple(elapsed)))
