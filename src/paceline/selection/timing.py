"""Times kernels against each other: short batches in turn, of which a low quantile is taken."""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from statistics import fmean
from time import perf_counter_ns
from typing import Any, Final

import numpy as np

from paceline.backends import Kernel
from paceline.operations import OPERATIONS
from paceline.selection import proof
from paceline.selection.signatures import SIGNATURES

__all__ = ["FAR", "PLACES", "Call", "Place", "Prepared", "low", "sampled", "undisturbed"]

BATCH_NS: Final = 10_000
"""A batch takes this long at least: long for the clock, short enough that most batches meet no interruption."""

PLACES: Final = 4
"""How many sets of addresses arrays have in turn. NumPy gives any multiple of 16, and whether a cache line begins there
decides a third of some kernels' time, of one more than of another."""

LARGE: Final = 2**17
"""Arrays from so many bytes on are mapped by the system, which gives them the same place in a page every time."""

LINE: Final = 64
PAGE: Final = 4096

QUANTILE: Final = 0.1
ROUNDS: Final = (8, 25)
"""Batches of each candidate at a size, at least and at most."""

FAR: Final = 2.0
FEW: Final = 2
"""A candidate that takes so many times as long as the fastest is timed in so many rounds: it will not be chosen."""


@dataclass(frozen=True, slots=True)
class Place:
    """One size's arguments at certain addresses."""

    arguments: tuple[Any, ...]
    state: Any = None
    """An array that calls change."""
    beginning: Any = None
    """What is in it before the first one."""


@dataclass(frozen=True, slots=True)
class Call:
    """One kernel on one size's arguments."""

    function: Callable[..., Any]
    places: Sequence[Place]

    def batch(self, calls: int, number: int = 0) -> int:
        """Return the ns that so many calls take; batches of successive numbers use the places in turn."""
        place = self.places[number % len(self.places)]
        function, arguments, state, beginning = self.function, place.arguments, place.state, place.beginning
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
            return {name: Call(runner, [Place((data,))]) for name, runner in self._runners.items()}
        given = proof.kernel_arguments(self.operation, arguments)
        if given is None:
            return None
        places = [self._place(each) for each in _placed(given, random.Random(self._seed))]
        return {name: Call(kernel, places) for name, kernel in self.kernels.items()}

    def _place(self, arguments: tuple[Any, ...]) -> Place:
        kept = SIGNATURES[self.operation].place  # it is put back before every call
        return Place(arguments) if kept is None else Place(arguments, arguments[kept], arguments[kept].copy())


def _placed(arguments: tuple[Any, ...], numbers: random.Random) -> list[tuple[Any, ...]]:
    """Return arguments whose small arrays are copies at addresses that NumPy might have given them.

    Each array begins once at every multiple of 16 in a cache line, two arrays not always at the same one.
    """
    columns = []
    for part in arguments:
        if _is_small(part):
            steps = numbers.sample(range(PLACES), PLACES)
            lines = [LINE * numbers.randrange(PAGE // LINE) for _ in steps]
            columns.append(
                [_moved(part, line + LINE // PLACES * step) for line, step in zip(lines, steps, strict=True)]
            )
        else:
            columns.append([part] * PLACES)
    return list(zip(*columns, strict=True))


def _is_small(part: Any) -> bool:
    return isinstance(part, np.ndarray) and part.nbytes < LARGE and part.flags.c_contiguous


def _moved(array: np.ndarray[Any, Any], offset: int) -> np.ndarray[Any, Any]:
    """Return a copy that begins so many bytes after the beginning of a page."""
    room = np.empty(array.nbytes + 2 * PAGE, np.uint8)
    begin = -room.ctypes.data % PAGE + offset
    moved: np.ndarray[Any, Any] = np.ndarray(array.shape, array.dtype, room, begin)
    moved[...] = array
    moved.flags.writeable = array.flags.writeable
    return moved


def sampled(
    calls: Mapping[str, Call], budget_ns: float, rounds: tuple[int, int] = ROUNDS, order: random.Random | None = None
) -> dict[str, list[int]]:
    """Time every call in turn, in an order drawn anew each round; return, for each, its batches' ns per call.

    Rounds go on until the budget is spent, within ``rounds``. A call that takes long is a batch of its own.
    """
    shuffle = (order or random.Random(0)).shuffle
    cost = {name: max(1, min(call.batch(1) for _ in range(2))) for name, call in calls.items()}
    calls_of = {name: max(1, -(-BATCH_NS // ns)) for name, ns in cost.items()}
    found: dict[str, list[int]] = {name: [] for name in calls}
    names = list(calls)
    began = perf_counter_ns()
    for number in range(rounds[1]):
        if number >= rounds[0] and perf_counter_ns() - began > budget_ns:
            break
        if number == FEW:
            least = {name: min(cost[name], *found[name]) for name in names}  # of all, as each may be interrupted
            names = [name for name in names if least[name] <= FAR * min(least.values())]
        if number % 2:
            names.reverse()
        else:
            shuffle(names)
        for name in names:
            found[name].append(calls[name].batch(calls_of[name], number) // calls_of[name])
    return found


def low(samples: Sequence[int], quantile: float = QUANTILE) -> float:
    """Return what a call takes when nothing comes between: a low quantile at each place, the mean over places.

    Few samples are not told apart by place: one of them alone may have been interrupted.
    """
    places = PLACES if len(samples) >= 2 * PLACES else 1
    parts = [sorted(samples[place::places]) for place in range(places)]
    return max(1.0, fmean(part[round(quantile * (len(part) - 1))] for part in parts))


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
