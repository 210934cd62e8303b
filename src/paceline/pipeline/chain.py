"""What executors that work on whole lists and arrays have in common: when they may, and how that is counted."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter_ns
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from paceline.pipeline.exact import exact_interval
from paceline.pipeline.program import Count, Kind, Program
from paceline.pipeline.walk import Clock, WalkRunner

NUMBERS: Final = {int, float}

Operation = tuple[int, Any]
"""A kind and its operand."""


class ChainRunner(WalkRunner):
    """Runs a line of numbers over whole lists and arrays; whatever is no plain number is walked.

    A backend says how: ``run_list`` and ``run_array`` apply operations to all items and return as many, or None, or
    raise ArithmeticError, where an item is not theirs; nothing else can have happened then, so that a walk begins anew.
    """

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._operations: tuple[Operation, ...] = tuple(zip(program.kinds, program.params, strict=True))
        self._interval = exact_interval(self._operations)
        self._passes = all(kind == Kind.PASS for kind in program.kinds)
        self._chain_clock = Clock(len(program.kinds))

    def run_list(self, operations: tuple[Operation, ...], items: list[Any]) -> list[Any] | None:
        """Apply operations to a list of ints and floats (of anything, where all of them pass)."""
        raise NotImplementedError

    def run_array(self, operations: tuple[Operation, ...], x: NDArray[Any]) -> NDArray[Any]:
        """Apply operations to a contiguous array of float64, float32, or int64 within the exact interval."""
        raise NotImplementedError

    def __call__(self, data: Any) -> Any:
        """Run a whole input."""
        if type(data) is list:
            if self._passes or set(map(type, data)) <= NUMBERS:
                result = self._fused(self.run_list, data, len(data))
                if result is not None:
                    return result
            return super().__call__(data)
        if type(data) is np.ndarray and self._takes(data):
            result = self._fused(self.run_array, data, data.size)
            if result is not None:
                return result
        return self._program.whole(data)

    def counts(self) -> Sequence[Count]:
        """Return what was counted: an item of a whole list or array was taken by every node."""
        *nodes, runs = super().counts()
        *chained, items = self._chain_clock.counts()
        return [*(one.plus(two._replace(taken=items.taken)) for one, two in zip(nodes, chained, strict=True)), runs]

    def _takes(self, x: NDArray[Any]) -> bool:
        if x.ndim != 1 or not x.flags.c_contiguous or not x.dtype.isnative:
            return False
        if x.dtype.char in "fd":
            return True
        low, high = self._interval
        return x.dtype == np.int64 and (not x.size or bool(low <= x.min() and x.max() <= high))

    def _fused(self, run: Any, data: Any, size: int) -> Any:
        timed = self._clock is not None and self._chain_clock.due()
        began = perf_counter_ns() if timed else 0
        try:
            result = self._timed(run, data, size) if timed else run(self._operations, data)
        except ArithmeticError:
            return None
        if result is None or len(result) != size:
            return None
        if self._clock is not None:
            self._clock.take(-1, 1)
            self._chain_clock.take(-1, size)
            if timed:
                self._clock.time(-1, 1, perf_counter_ns() - began)
        return result

    def _timed(self, run: Any, data: Any, size: int) -> Any:
        """Run node after node, and note how long each took."""
        for node, operation in enumerate(self._operations):
            began = perf_counter_ns()
            data = run((operation,), data)
            took = perf_counter_ns() - began
            if data is None or len(data) != size:
                return None
            if size:
                self._chain_clock.time(node, size, took)
        return data
