"""Measuring one table: calibrate, let the fast candidates take turns until decided, then the slow ones a few times.

Candidates that cost much more than the baseline would starve the others, so each order of magnitude of cost has a turn
of its own beside the baseline, with a number of pairs that is fixed before the first sample.
"""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from paceline_harness.clock import Call, Clock, nothing, overhead, perf_counter, timer_quantum
from paceline_harness.pairs import Pairs
from paceline_harness.planning import cost_groups, slow_pairs
from paceline_harness.record import Arm
from paceline_harness.sampler import WARM_NS, Tape, batches, call_cost, run_block, sample_target, warm
from paceline_harness.verdict import Judgement, fewest_pairs, judge, look_schedule, margin_for, settled

NULL_ARM = "null arm"
"""The baseline a second time, hidden: if it seems to differ from itself, nothing beside it can be trusted."""

SLOW_SHARE = 0.25
"""Of the budget, what the slow candidates get together."""

SLOW_CAP = 5.0
"""Times the budget: no slow group is given more, however few its pairs are then."""

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """Error level over the table, margin, seconds to spend, half-width at which a decided ratio is precise enough.

    `slow_cap` times the budget is the most that a group of slow candidates may take. One of several launches needs no
    interval of its own, so there it is 1.
    """

    alpha: float = 0.05
    margin: float = 0.005
    budget_s: float = 1.0
    report_hw: float = 0.01
    slow_cap: float = SLOW_CAP


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
    resets: Mapping[str, Call] | None = None,
    clock: Clock = perf_counter,
    progress: Progress | None = None,
) -> Measured:
    """Measure `calls` (the first is the baseline) against the baseline; Ctrl-C ends it and keeps what was measured.

    With `resets` every call of every candidate is timed by itself, after the reset of that name if there is one.

    Raises
    ------
    KeyboardInterrupt
        When it comes before the first pair.
    """
    session = _Session(calls, settings, rng, resets or {}, clock, progress or (lambda _: None))
    collecting = gc.isenabled()
    gc.collect(1)  # a full collection walks every object there is: 60 ms, several times what a verdict takes
    gc.disable()
    try:
        return session.run()
    finally:
        if collecting:
            gc.enable()


class _Session:
    def __init__(
        self,
        calls: Mapping[str, Call],
        settings: Settings,
        rng: random.Random,
        resets: Mapping[str, Call],
        clock: Clock,
        progress: Progress,
    ) -> None:
        self.names = [*calls, NULL_ARM]
        self.calls = [*calls.values(), next(iter(calls.values()))]
        of_arms = [resets.get(name, nothing) for name in calls]
        self.resets = [*of_arms, of_arms[0]] if resets else []
        self.settings, self.rng, self.clock, self.progress = settings, rng, clock, progress
        self.quantum = timer_quantum(clock)
        self.target = sample_target(self.quantum)
        self.tape = Tape()
        self.plans: list[_Plan] = []
        self.pairs = Pairs((), ())

    def run(self) -> Measured:
        self.plans = self.calibrate()
        self.pairs = Pairs(self.batch, [plan.overhead_ns for plan in self.plans])
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
        costs = [self.cost(arm) for arm in range(len(self.calls) - 1)]
        costs.append(costs[0])
        batch = batches(costs, self.target)
        empty = {size: overhead(size, self.clock, each=bool(self.resets)) for size in sorted(set(batch))}
        plans = []
        for name, cost, size in zip(self.names, costs, batch, strict=True):
            sample, call_ns = max(cost * size, costs[0] * batch[0]), max(cost, costs[0])
            margin = margin_for(sample, call_ns, self.settings.margin)
            plans.append(_Plan(name, cost, size, empty[size], margin))
        return plans

    def cost(self, arm: int) -> float:
        """Return the ns of one call, once it is warm."""
        call, reset = self.calls[arm], self.resets[arm] if self.resets else None
        taken = warm(call, self.clock, reset=reset or nothing)
        if len(taken) == 1 and taken[0] >= WARM_NS:
            return float(taken[0])  # it outlasts the whole warm-up: asking again would cost as much
        return call_cost(call, self.clock, self.quantum, reset=reset)

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
        null, batch, rounds = len(self.plans) - 1, self.batch, self.tape.rounds
        start = self.clock()
        deadline = start + round(budget_s * 1e9)
        active, look = list(arms), 0
        while active and look < len(looks):
            live = sorted({0, null, *active})  # the null arm watches over every other arm to the end
            short = self.short(live)
            late = False
            while len(rounds) < looks[look] and not late:
                self.block(batch, live, short)
                late = self.clock() >= deadline
            look += 1
            self.pairs.catch_up(self.tape)
            for arm in [arm for arm in active if self.settled(arm)]:
                active.remove(arm)
                self.plans[arm] = replace(self.plans[arm], stop_reason="decided")
            self.progress(min(1.0, (self.clock() - start) / (self.settings.budget_s * 1e9)))
            if late:
                break
        return "budget" if active else "decided"

    def block(self, batch: Sequence[int], live: Sequence[int], settle: Collection[int]) -> None:
        if self.resets:
            run_block(self.calls, batch, live, self.rng, self.tape, self.clock, settle=settle, resets=self.resets)
        else:
            run_block(self.calls, batch, live, self.rng, self.tape, self.clock, settle=settle)

    def slow_group(self, arms: Sequence[int], budget_s: float) -> None:
        """Sample slow `arms` beside the baseline a number of times that is fixed now: one look, no stopping rule."""
        alpha = self.level(1)
        round_s = sum(self.plans[arm].cost_ns * self.plans[arm].batch for arm in (0, *arms)) * 1e-9
        pairs = slow_pairs(round_s, budget_s, self.settings.slow_cap * self.settings.budget_s, fewest_pairs(alpha))
        for arm in arms:
            self.plans[arm] = replace(self.plans[arm], alpha=alpha, looks=(pairs,), stop_reason="planned pairs")
        for _ in range(pairs // 2):
            self.block(self.batch, (0, *arms), (0,))

    def short(self, live: Collection[int]) -> set[int]:
        """Return the arms of `live` whose sample lasts less than half as long as the longest one's."""
        lasts = {arm: self.plans[arm].cost_ns * self.plans[arm].batch for arm in live}
        return {arm for arm in live if 2 * lasts[arm] < max(lasts.values())}

    def settled(self, arm: int) -> bool:
        """Tell whether an arm has a verdict and its ratio a precise enough interval."""
        plan = self.plans[arm]
        return settled(self.pairs.judgement(arm, plan.alpha, plan.margin), self.settings.report_hw)

    @property
    def batch(self) -> list[int]:
        return [plan.batch for plan in self.plans]

    def conclude(self) -> list[Arm]:
        """Return an arm for the baseline and for every candidate that was sampled at least once."""
        self.pairs.catch_up(self.tape)
        base, arms = self.pairs.series(0), []
        for at, plan in enumerate(self.plans):
            series = self.pairs.series(at)
            arm = Arm(plan.name, plan.batch, plan.overhead_ns, series.samples_ns, series.rounds, cost_ns=plan.cost_ns)
            if at == 0:
                arms.append(arm)
            elif series.samples_ns:
                arms.append(concluded(arm, plan, judge(series, base, plan.alpha, plan.margin)))
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
