"""Runs a plan in which nothing waits: an executor does all of it, in the caller's thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from time import perf_counter_ns
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from paceline.pipeline.data import Shape, as_result, items_of, shape_of
from paceline.pipeline.errors import NodeError
from paceline.pipeline.metrics import MetricsShape, as_json
from paceline.pipeline.nodes.elementwise import as_numbers
from paceline.pipeline.plan import Plan, program_of
from paceline.pipeline.program import Count, Opened, Runner
from paceline.pipeline.resilience import Outcome
from paceline.pipeline.run import Run
from paceline.pipeline.walk import Clock


class Collected(NamedTuple):
    """What a run gives back where ``on_error`` is "collect"."""

    output: Any
    """As without errors; what came of the items that failed is missing."""
    errors: list[NodeError]
    """In the order of the items."""


class Immediate:
    """A plan and the executor's runner for it.

    ``direct`` is the runner itself where a run needs no more: no node has a life of its own, and errors are not
    collected.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._sinks = [plan.ids[sink] for sink in plan.sinks]
        self._runs = Clock(0)
        self._lock = threading.Lock()
        self._active = 0
        self._shared: Opened | None = None
        assert plan.kernel is not None  # chosen when the plan was made
        self._runner: Runner = plan.kernel(program_of(plan, self._open, self._whole))
        simple = plan.config.on_error != "collect" and not plan.frames and plan.shares_nodes
        self.direct: Callable[[Any], Any] | None = self._runner if simple else None
        self._whole_signal = plan.frames and plan.is_line and all(hasattr(each.node, "whole") for each in plan.entries)
        self._signals = Clock(len(plan.entries) if self._whole_signal else 0)

    def run_sync(self, data: Any) -> Any:
        """Run any input; what comes to a ``direct`` plan goes to its runner instead."""
        if hasattr(data, "__aiter__"):
            return asyncio.run(self.run(data))
        if self.direct is None and self._is_numbers(data):
            result = self._runner(data)  # an array of numbers has nothing to collect, unless it is run item by item
            return result if isinstance(result, Collected) else Collected(result, [])
        return self._items(data)

    def _whole(self, data: Any) -> Any:
        """Run what the executor does not take."""
        if hasattr(data, "__aiter__"):
            return self.run_sync(data)
        if self._is_numbers(data):
            values = _contiguous_numbers(data)
            if values is not data:
                return self._runner(values)
        return self._items(data)

    def _is_numbers(self, data: Any) -> bool:
        numbers = isinstance(data, np.ndarray) and data.ndim == 1 and data.dtype.kind in "iuf"
        return numbers and self.plan.is_numbers

    def _items(self, data: Any) -> Any:
        shape = shape_of(data, self.plan.frames)
        if self.direct is not None:
            return as_result(self.direct(list(items_of(data, shape))), shape)
        with self._counted(), self._run() as run:
            if shape is Shape.SIGNAL and self._whole_signal:
                outputs: Sequence[list[Any]] = [self._signal(run, data)]
            else:
                session = self._runner.open(run.opened)
                fed, rest = session.feed(list(items_of(data, shape)), 0), session.finish()
                outputs = [items + more for items, more in zip(fed, rest, strict=True)]
        return self._result(outputs, shape, run)

    async def run(self, data: Any) -> Any:
        """Run any input, or an async iterable."""
        if type(data) is not list and hasattr(data, "__aiter__"):
            data = [item async for item in data]
        return self.run_sync(data) if self.direct is None else self.direct(data)

    async def run_many(self, inputs: Sequence[Any], _concurrency: int | None) -> list[Any]:
        """Run inputs one after the other: nothing waits, so nothing is gained by tasks."""
        return [await self.run(data) for data in inputs]

    async def stream(self, source: Iterable[Any] | AsyncIterable[Any]) -> AsyncIterator[Any]:
        """Yield what comes of each item of a source."""
        with self._counted(), self._run() as run:
            session = self._runner.open(run.opened)
            index = 0
            async with aclosing(each(source)) as items:
                async for item in items:
                    for sent in self._sent(session.feed([item], index)):
                        yield sent
                    index += 1
            for sent in self._sent(session.finish()):
                yield sent

    def metrics(self, name: str, order: Sequence[str], shape: MetricsShape) -> dict[str, Any]:
        """Return what was counted."""
        *counts, direct = map(Count._make, self._runner.counts())
        runs = direct.plus(self._runs.counts()[-1])  # streams, and runs that need more than the runner
        if self._whole_signal:
            counts = [one.plus(other) for one, other in zip(counts, self._signals.counts()[:-1], strict=True)]
        return as_json(name, self.plan, counts, runs, order, shape)

    def _result(self, outputs: Sequence[list[Any]], shape: Shape, run: Run) -> Any:
        lists = outputs[0] if len(outputs) == 1 else dict(zip(self._sinks, outputs, strict=True))
        result = as_result(lists, shape)
        return Collected(result, run.errors) if self.plan.config.on_error == "collect" else result

    def _sent(self, outputs: Sequence[list[Any]]) -> Iterator[Any]:
        if len(outputs) == 1:
            yield from outputs[0]
        else:
            for sink, output in zip(self._sinks, outputs, strict=True):
                for item in output:
                    yield sink, item

    def _signal(self, run: Run, data: Any) -> list[Any]:
        """Run a signal through a line of nodes that take it as a whole."""
        value = data
        for number, node in enumerate(run.nodes):
            self._signals.take(number, 1)
            began = perf_counter_ns()
            try:
                value = node.whole(value)  # type: ignore[union-attr]
            except Exception as error:
                run.give_up(number, 0, Outcome(error=error))
                return []
            self._signals.time(number, 1, perf_counter_ns() - began)
            if value is None:
                return []
        return [value]

    def _open(self) -> Opened:
        """Give a direct run what it needs; all of them share it."""
        if self._shared is None:
            self._shared = Run(self.plan).opened
        return self._shared

    @contextmanager
    def _run(self) -> Iterator[Run]:
        """Set nodes up for a run and tear them down after it."""
        with self._lock:
            apart, self._active = self._active > 0, self._active + 1
        try:
            run = Run(self.plan, apart=apart)
            with run.alive():
                yield run
        finally:
            with self._lock:
                self._active -= 1

    @contextmanager
    def _counted(self) -> Iterator[None]:
        began = perf_counter_ns()
        self._runs.take(-1, 1)
        try:
            yield
        finally:
            self._runs.time(-1, 1, perf_counter_ns() - began)


async def each(source: Iterable[Any] | AsyncIterable[Any]) -> AsyncGenerator[Any, None]:
    """Yield a source's items, whether it is async or not."""
    if isinstance(source, AsyncIterable):
        async for item in source:
            yield item
    else:
        for item in source:
            yield item


def _contiguous_numbers(data: NDArray[Any]) -> NDArray[Any]:
    """Return an array as an executor takes it; as it is where its numbers are not those of an array."""
    try:
        return np.ascontiguousarray(as_numbers(data))
    except TypeError:
        return data  # item by item, which words the error
