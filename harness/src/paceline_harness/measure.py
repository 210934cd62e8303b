"""Measuring one table: calibrate, let the fast candidates take turns until decided, then the slow ones a few times.

Candidates that cost much more than the baseline would starve the others, so each order of magnitude of cost has a turn
of its own beside the baseline, with a number of pairs that is fixed before the first sample.
"""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from paceline_harness.clock import Call, Clock, overhead, perf_counter, timer_quantum
from paceline_harness.planning import cost_groups, slow_pairs
from paceline_harness.record import Arm
from paceline_harness.sampler import WARM_NS, Tape, batches, call_cost, run_block, sample_target, warm
from paceline_harness.verdict import (
    Judgement,
    Series,
    fewest_pairs,
    judge,
    look_schedule,
    margin_for,
)

NULL_ARM = "null arm"
"""The baseline a second time, hidden: if it seems to differ from itself, nothing beside it can be trusted."""

SLOW_SHARE = 0.25
SLOW_CAP = 5.0

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """Error level over the table, margin, seconds to spend, half-width at which a decided ratio is precise enough."""

    alpha: float = 0.05
    margin: float = 0.005
    budget_s: float = 1.0
    report_hw: float = 0.01


@dataclass(frozen=True)
class Measured:
    """The raw tape and one arm per candidate: the baseline first, the null arm last."""

    arms: list[Arm]
    tape: Tape
    quantum_ns: int
    target_ns: int
    stop_reason: str


@dataclass(frozen=True, slots=True)
class _Plan:
    """One arm's part: how it is sampled, and at what level and margin it is judged."""

    name: str
    cost_ns: float
    batch: int
    overhead_ns: int
    margin: float
    alpha: float = 0.0
    looks: tuple[int, ...] = ()
    stop_reason: str = ""


def measure(
    calls: Mapping[str, Call],
    settings: Settings,
    rng: random.Random,
    *,
    clock: Clock = perf_counter,
    progress: Progress | None = None,
) -> Measured:
    """Measure `calls` (the first is the baseline) against the baseline; Ctrl-C ends it and keeps what was measured.

    Raises
    ------
    KeyboardInterrupt
        When it comes before the first pair.
    """
    session = _Session(calls, settings, rng, clock, progress or (lambda _: None))
    collecting = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        return session.run()
    finally:
        if collecting:
            gc.enable()


class _Session:
    def __init__(
        self, calls: Mapping[str, Call], settings: Settings, rng: random.Random, clock: Clock, progress: Progress
    ) -> None:
        self.names = [*calls, NULL_ARM]
        self.calls = [*calls.values(), next(iter(calls.values()))]
        self.settings, self.rng, self.clock, self.progress = settings, rng, clock, progress
        self.quantum = timer_quantum(clock)
        self.target = sample_target(self.quantum)
        self.tape = Tape()
        self.plans: list[_Plan] = []

    def run(self) -> Measured:
        self.plans = self.calibrate()
        fast, slow = cost_groups([plan.cost_ns for plan in self.plans])
        stop = "decided"
        try:
            stop = self.fast_group(fast, self.settings.budget_s * (1 - SLOW_SHARE if slow else 1))
            for number, group in enumerate(slow):
                self.slow_group(group, self.settings.budget_s * SLOW_SHARE / len(slow))
                self.progress(1 - SLOW_SHARE * (len(slow) - 1 - number) / len(slow))
        except KeyboardInterrupt:
            if not self.tape.rounds:
                raise
            stop = "interrupted"
        return Measured(self.conclude(), self.tape, self.quantum, self.target, stop)

    def calibrate(self) -> list[_Plan]:
        costs = []
        for call in self.calls[:-1]:
            taken = warm(call, self.clock)
            # One call that outlasts the whole warm-up is its own best estimate; asking again would cost as much.
            slow = len(taken) == 1 and taken[0] >= WARM_NS
            costs.append(float(taken[0]) if slow else call_cost(call, self.clock, self.quantum))
        costs.append(costs[0])
        batch = batches(costs, self.target)
        empty = {size: overhead(size, self.clock) for size in sorted(set(batch))}
        plans = []
        for name, cost, size in zip(self.names, costs, batch, strict=True):
            sample, call_ns = max(cost * size, costs[0] * batch[0]), max(cost, costs[0])
            margin = margin_for(sample, call_ns, self.settings.margin)
            plans.append(_Plan(name, cost, size, empty[size], margin))
        return plans

    def level(self, looks: int) -> float:
        """Return the error level of one look at one arm: Bonferroni over the arms and the planned looks."""
        return self.settings.alpha / (len(self.plans) - 1) / looks

    def fast_group(self, arms: Sequence[int], budget_s: float) -> str:
        """Let `arms` and the null arm take turns until each is decided and precise, or the seconds are spent."""
        looks = look_schedule()
        for arm in arms:
            self.plans[arm] = replace(
                self.plans[arm], alpha=self.level(len(looks)), looks=tuple(looks), stop_reason="budget"
            )
        null = len(self.plans) - 1
        start = self.clock()
        deadline = start + round(budget_s * 1e9)
        active, look = list(arms), 0
        while active and look < len(looks):
            live = {0, null, *active}  # the null arm watches over every other arm to the end
            run_block(self.calls, self.batch, sorted(live), self.rng, self.tape, self.clock)
            late = self.clock() >= deadline
            if len(self.tape.rounds) >= looks[look] or late:
                look += 1
                for arm in [arm for arm in active if self.settled(arm)]:
                    active.remove(arm)
                    self.plans[arm] = replace(self.plans[arm], stop_reason="decided")
                self.progress(min(1.0, (self.clock() - start) / (self.settings.budget_s * 1e9)))
            if late:
                break
        return "budget" if active else "decided"

    def slow_group(self, arms: Sequence[int], budget_s: float) -> None:
        """Sample slow `arms` beside the baseline a number of times that is fixed now: one look, no stopping rule."""
        alpha = self.level(1)
        round_s = sum(self.plans[arm].cost_ns * self.plans[arm].batch for arm in (0, *arms)) * 1e-9
        pairs = slow_pairs(round_s, budget_s, SLOW_CAP * self.settings.budget_s, fewest_pairs(alpha))
        for arm in arms:
            self.plans[arm] = replace(self.plans[arm], alpha=alpha, looks=(pairs,), stop_reason="planned pairs")
        for _ in range(pairs // 2):
            run_block(self.calls, self.batch, (0, *arms), self.rng, self.tape, self.clock, settle=(0,))

    def settled(self, arm: int) -> bool:
        """Tell whether an arm has a verdict and, where its ratio is printed, a precise enough interval."""
        found = self.judgement(arm)
        if found.verdict == "equivalent":
            return True
        return found.verdict != "inconclusive" and found.half_width <= self.settings.report_hw

    @property
    def batch(self) -> list[int]:
        return [plan.batch for plan in self.plans]

    def series(self, arm: int) -> Series:
        return self.tape.series(arm, self.plans[arm].batch, self.plans[arm].overhead_ns)

    def judgement(self, arm: int) -> Judgement:
        return judge(self.series(arm), self.series(0), self.plans[arm].alpha, self.plans[arm].margin)

    def conclude(self) -> list[Arm]:
        """Return an arm for the baseline and for every candidate that was sampled at least once."""
        arms = []
        for at, plan in enumerate(self.plans):
            series = self.series(at)
            arm = Arm(plan.name, plan.batch, plan.overhead_ns, series.samples_ns, series.rounds)
            if at == 0:
                arms.append(arm)
            elif series.samples_ns:
                arms.append(concluded(arm, plan, self.judgement(at)))
        return arms


def concluded(arm: Arm, plan: _Plan, found: Judgement) -> Arm:
    """Return `arm` with what was found written into it."""
    return msgspec.structs.replace(
        arm,
        alpha=plan.alpha,
        margin=plan.margin,
        looks=list(plan.looks),
        log_ratio=found.log_ratio,
        ci_log=found.interval_log,
        q10_log_ratio=found.q10_log_ratio,
        n_pairs=found.pairs,
        verdict=found.verdict,
        reason=found.reason,
        stop_reason=plan.stop_reason,
    )
