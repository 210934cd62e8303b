"""How many comparisons of which kind a self-test makes."""

from __future__ import annotations

import random
from dataclasses import dataclass

from paceline_harness.selftest.cases import COVERED, FOUND, LONG_SPIN, LOOP, SHORT_SPIN, SPIN, Case

POWER_KERNELS = (SPIN, SPIN, LONG_SPIN, SHORT_SPIN, LOOP)


@dataclass(frozen=True, slots=True)
class Plan:
    """Comparisons of copies; per ratio to be found; per ratio to be covered; of a whole second; with a biased runner.

    `limit_s` is when the last comparison of a phase is started.
    """

    same: int
    power: int
    coverage: int
    sustained: int
    biased: int
    limit_s: float


QUICK = Plan(same=250, power=80, coverage=20, sustained=2, biased=4, limit_s=22)
MIDDLE = Plan(same=1_000, power=300, coverage=84, sustained=5, biased=20, limit_s=120)
FULL = Plan(same=2_000, power=600, coverage=150, sustained=10, biased=40, limit_s=540)


def cases(plan: Plan, same: list[str], rng: random.Random) -> list[Case]:
    """Return a phase's cases in a random order, so that no kind is measured at a quieter time than another."""
    made = [Case("same", same[at % len(same)]) for at in range(plan.same)]
    made += [Case("power", POWER_KERNELS[at % len(POWER_KERNELS)], r) for r in FOUND for at in range(plan.power)]
    made += [Case("coverage", SPIN, ratio) for ratio in COVERED for _ in range(plan.coverage)]
    made += [Case("sustained", SPIN)] * plan.sustained
    rng.shuffle(made)
    return made
