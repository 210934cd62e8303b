"""What executors that work on whole lists and arrays have in common: when they may, and how that is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from time import perf_counter_ns
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from paceline.pipeline.exact import exact_interval
from paceline.pipeline.program import TIMED_EVERY, Count, Kind, Program
from paceline.pipeline.walk import Clock, WalkRunner

Operation = tuple[int, Any]
"""A kind and its operand."""
Step = Callable[[Any], Any]
Make = Callable[[tuple[Operation, ...], str], Step]

PASSING: Final = frozenset({object})
LISTS: Final = {
    PASSING: "anything",
    frozenset[type](): "float",
    frozenset({int}): "int",
    frozenset({float}): "float",
    frozenset({int, float}): "mixed",
}
"""The kinds of lists, by the types of their items."""
ARRAYS: Final = {np.dtype(np.int64): "int64", np.dtype(np.float64): "float64", np.dtype(np.float32): "float32"}
"""The kinds of arrays, by their dtype."""
FLOATS: Final = {"int": "float", "mixed": "float", "int64": "float64"}
"""What a kind becomes where all of its items become floats."""


class ChainRunner(WalkRunner):
    """Runs a line of numbers over whole lists and arrays; whatever is no plain number is walked.

    A backend says how: ``list_step`` and ``array_step`` return what applies operations to all items and gives as many,
    or None, or raises ArithmeticError, where an item is not theirs; nothing else can have happened then, so that a walk
    begins anew.
    """

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._operations: tuple[Operation, ...] = tuple(zip(program.kinds, program.params, strict=True))
        self._interval = exact_interval(self._operations)
        self._passes = all(kind == Kind.PASS for kind in program.kinds)
        self._chain_clock = Clock(len(program.kinds))
        self._runs = 0
        self._steps: dict[str, Step] = {}

    def list_step(self, operations: tuple[Operation, ...], kind: str) -> Step:
        """Return what applies operations to a list: of int, of float, mixed, or of anything where all of them pass."""
        raise NotImplementedError

    def array_step(self, operations: tuple[Operation, ...], kind: str) -> Step:
        """Return what applies operations to a contiguous array of int64 in the exact interval, float64 or float32."""
        raise NotImplementedError

    def __call__(self, data: Any) -> Any:
        """Run a whole input."""
        if type(data) is list:
            kinds = PASSING if self._passes else frozenset(map(type, data))
            kind = LISTS.get(kinds)
            result = self._fused(self.list_step, kind, data) if kind is not None else None
            return super().__call__(data) if result is None else result
        if type(data) is np.ndarray:
            kind = ARRAYS.get(data.dtype)
            result = self._fused(self.array_step, kind, data) if kind is not None and self._takes(data) else None
            if result is not None:
                return result
        return self._program.whole(data)

    def counts(self) -> Sequence[Count]:
        """Return what was counted: an item of a whole list or array was taken by every node."""
        *nodes, runs = super().counts()
        *chained, items = self._chain_clock.counts()
        return [*(one.plus(two._replace(taken=items.taken)) for one, two in zip(nodes, chained, strict=True)), runs]

    def _takes(self, x: NDArray[Any]) -> bool:
        if x.ndim != 1 or not x.flags.c_contiguous:
            return False
        low, high = self._interval
        return x.dtype.kind == "f" or not x.size or bool(low <= x.min() and x.max() <= high)

    def _fused(self, make: Make, kind: str, data: Any) -> Any:
        clock = self._clock
        self._runs += 1
        if clock is not None and self._runs % TIMED_EVERY == 1:
            return self._timed(make, kind, data)
        try:
            step = self._steps.get(kind)
            if step is None:
                step = self._steps[kind] = make(self._operations, kind)
            result = step(data)
        except ArithmeticError:
            return None
        if result is None or len(result) != len(data):
            return None
        if clock is not None:
            clock.taken[-1] += 1
            self._chain_clock.taken[-1] += len(data)
        return result

    def _timed(self, make: Make, kind: str, data: Any) -> Any:
        """Run node after node, and note how long each took."""
        assert self._clock is not None  # who asks has one
        kinds = zip(self._operations, self._kinds(kind), strict=True)
        values, times = data, []
        try:
            steps = [make((operation,), each) for operation, each in kinds]
            began = before = perf_counter_ns()
            for step in steps:
                values = step(values)
                if values is None or len(values) != len(data):
                    return None
                now = perf_counter_ns()
                times.append(now - before)
                before = now
        except ArithmeticError:
            return None
        self._clock.take(-1, 1)
        self._clock.time(-1, 1, before - began)
        self._chain_clock.take(-1, len(data))
        for node, ns in enumerate(times if len(data) else ()):
            self._chain_clock.time(node, len(data), ns)
        return values

    def _kinds(self, kind: str) -> Iterator[str]:
        """Yield what kind of list or array each node is given: an integer that meets a float, or is divided, is one."""
        for operation, operand in self._operations:
            yield kind
            if operation != Kind.PASS and (operation == Kind.DIVIDE or type(operand) is float):
                kind = FLOATS.get(kind, kind)
