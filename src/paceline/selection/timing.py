"""Times kernels against each other: short batches in turn, of which a low quantile is taken."""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from time import perf_counter_ns
from typing import Any, Final

import numpy as np

from paceline.backends import Kernel
from paceline.operations import OPERATIONS
from paceline.selection import proof
from paceline.selection.signatures import SIGNATURES

BATCH_NS: Final = 10_000
"""A batch takes this long at least: long for the clock, short enough that most batches meet no interruption."""

QUANTILE: Final = 0.1
ROUNDS: Final = (7, 25)
"""Batches of each candidate at a size, at least and at most."""

FAR: Final = 2.0
FEW: Final = 2
"""A candidate that takes so many times as long as the fastest is timed in so many rounds: it will not be chosen."""


@dataclass(frozen=True, slots=True)
class Call:
    """One kernel on one size's arguments."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    state: Any = None
    """An array that calls change."""
    beginning: Any = None
    """What is in it before the first one."""

    def batch(self, calls: int) -> int:
        """Return the ns that so many calls take."""
        function, arguments, state, beginning = self.function, self.arguments, self.state, self.beginning
        times = repeat(None, calls)
        if state is None:
            began = perf_counter_ns()
            for _ in times:
                function(*arguments)
        else:
            began = perf_counter_ns()
            for _ in times:
                state[:] = beginning
                function(*arguments)
        return perf_counter_ns() - began


class Prepared:
    """An operation's candidates, made ready once; calls of each size share their inputs and their output."""

    def __init__(self, operation: str, kernels: Mapping[str, Kernel], seed: int) -> None:
        self.operation, self.kernels, self._seed = operation, kernels, seed
        self._runners: dict[str, Any] = {}

    def arguments(self, n: int, kind: str = "") -> tuple[Any, ...]:
        """Return the public function's arguments at a size."""
        operation = OPERATIONS[self.operation]
        workload = operation.kinds[kind] if kind else operation.workload
        return workload(n, np.random.default_rng((self._seed, n)))

    def calls(self, arguments: tuple[Any, ...]) -> dict[str, Call] | None:
        """Return what is timed for these arguments; None where the public function asks another kernel for them."""
        if self.operation == "run_pipeline":
            manifest, data = arguments
            if not self._runners:
                self._runners = {name: proof.runner_of(manifest, kernel) for name, kernel in self.kernels.items()}
            return {name: Call(runner, (data,)) for name, runner in self._runners.items()}
        given = proof.kernel_arguments(self.operation, arguments)
        if given is None:
            return None
        place = SIGNATURES[self.operation].place
        if place is None:
            return {name: Call(kernel, given) for name, kernel in self.kernels.items()}
        state = given[place]  # it is put back before every call
        return {name: Call(kernel, given, state, state.copy()) for name, kernel in self.kernels.items()}


def sampled(
    calls: Mapping[str, Call], budget_ns: float, rounds: tuple[int, int] = ROUNDS, order: random.Random | None = None
) -> dict[str, list[int]]:
    """Time every call in turn, in an order drawn anew each round; return, for each, its batches' ns per call.

    Rounds go on until the budget is spent, within ``rounds``. A call that takes long is a batch of its own.
    """
    shuffle = (order or random.Random(0)).shuffle
    cost = {name: max(1, min(call.batch(1) for _ in range(2))) for name, call in calls.items()}
    calls_of = {name: max(1, -(-BATCH_NS // ns)) for name, ns in cost.items()}
    near = [name for name, ns in cost.items() if ns <= FAR * min(cost.values())]
    found: dict[str, list[int]] = {name: [] for name in calls}
    names = list(calls)
    began = perf_counter_ns()
    for number in range(rounds[1]):
        if number >= rounds[0] and perf_counter_ns() - began > budget_ns:
            break
        if number == FEW:
            names = [name for name in names if name in near]
        if number % 2:
            names.reverse()
        else:
            shuffle(names)
        for name in names:
            found[name].append(calls[name].batch(calls_of[name]) // calls_of[name])
    return found


def low(samples: Sequence[int], quantile: float = QUANTILE) -> float:
    """Return a low quantile of times: what a call takes when nothing comes between."""
    ordered = sorted(samples)
    return float(max(1, ordered[round(quantile * (len(ordered) - 1))]))


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep the collector from running in between."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
