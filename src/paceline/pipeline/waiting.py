"""Runs a plan in which a node waits: asyncio walks the graph, and lines of numbers go to the executor."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import threading
from collections.abc import AsyncIterable, AsyncIterator, Coroutine, Iterable, Sequence
from time import perf_counter_ns
from typing import Any, Final

from paceline.pipeline.data import Shape, as_result, items_of, shape_of
from paceline.pipeline.errors import NodeError
from paceline.pipeline.immediate import Collected
from paceline.pipeline.metrics import MetricsShape, as_json
from paceline.pipeline.plan import Plan, has_life
from paceline.pipeline.resilience import Outcome
from paceline.pipeline.run import Run
from paceline.pipeline.steps import Way
from paceline.pipeline.tick import cancelled
from paceline.pipeline.waiting_line import line_of
from paceline.pipeline.waiting_walk import WaitingWalk


class Waiting:
    """A plan with nodes that wait, and what is worked out about it once."""

    direct: Final = None

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.way = Way(plan)
        self._clock = self.way.clock
        self._line = line_of(self.way)
        self._sinks = [plan.ids[sink] for sink in plan.sinks]
        self._shares_nodes = plan.shares_nodes
        self._alive = any(entry.made is not None and has_life(entry.made) for entry in plan.entries)
        self._lock = threading.Lock()
        self._active = 0
        self._shared: Run | None = None

    def run_sync(self, data: Any) -> Any:
        """Run an input in an event loop of its own."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(self.run(data))
        raise RuntimeError("run_sync was called while an event loop runs here, and a node waits; await run() instead.")

    def run(self, data: Any) -> Coroutine[Any, Any, Any]:
        """Run an input."""
        if self._line is not None and (type(data) is list or not hasattr(data, "__aiter__")):
            return self._line.run(data)
        return self._run(data)

    async def _run(self, data: Any) -> Any:
        shape = Shape.ITEMS if hasattr(data, "__aiter__") else shape_of(data, self.plan.frames)
        source = data if hasattr(data, "__aiter__") else items_of(data, shape)
        outputs: list[list[Any]] = [[] for _ in self._sinks]
        run = self._begin()
        began = perf_counter_ns()
        try:
            if self._alive:
                await begin(run)
            walk = WaitingWalk(self.way, run)
            if self.way.width == 1 and not hasattr(source, "__aiter__"):
                for item in source:
                    _extend(outputs, await walk.tick(item))
                _extend(outputs, await walk.last())
            else:
                async for sent in walk.ticks(source):
                    _extend(outputs, sent)
        except BaseException as error:
            await self._end(run, began, error)
            raise
        await self._end(run, began)
        lists = outputs[0] if len(outputs) == 1 else dict(zip(self._sinks, outputs, strict=True))
        result = as_result(lists, shape)
        return Collected(result, run.errors) if self.plan.config.on_error == "collect" else result

    async def run_many(self, inputs: Sequence[Any], concurrency: int | None) -> list[Any]:
        """Run all inputs at once, or some at a time; the error of the first that fails, in their order, is raised."""
        limit = asyncio.Semaphore(concurrency) if concurrency is not None else None

        async def limited(data: Any, limit: asyncio.Semaphore) -> Any:
            async with limit:
                return await self.run(data)

        tasks = [asyncio.ensure_future(self.run(data) if limit is None else limited(data, limit)) for data in inputs]
        try:
            return [await task for task in tasks]
        finally:
            await cancelled(tasks)

    async def stream(self, source: Iterable[Any] | AsyncIterable[Any]) -> AsyncIterator[Any]:
        """Yield what comes of each item of a source."""
        run = self._begin()
        began = perf_counter_ns()
        try:
            if self._alive:
                await begin(run)
            ticks = WaitingWalk(self.way, run).ticks(source)
            async with contextlib.aclosing(ticks):
                async for outputs in ticks:
                    for sink, output in zip(self._sinks, outputs, strict=True):
                        for item in output:
                            yield item if len(outputs) == 1 else (sink, item)
        except BaseException as error:
            await self._end(run, began, error)
            raise
        await self._end(run, began)

    def metrics(self, name: str, order: Sequence[str], shape: MetricsShape) -> dict[str, Any]:
        """Return what was counted."""
        *counts, runs = self._clock.counts()
        return as_json(name, self.plan, counts, runs, order, shape)

    def _begin(self) -> Run:
        """Count a run, and return it; where none keeps anything, all are the same one."""
        with self._lock:
            apart, self._active = self._active > 0, self._active + 1
            self._clock.take(-1, 1)
        try:
            if self._alive or not self._shares_nodes or self.plan.config.on_error == "collect":
                return Run(self.plan, apart=apart)
            if self._shared is None:
                self._shared = Run(self.plan)
        except BaseException:  # a node that cannot be copied
            with self._lock:
                self._active -= 1
            raise
        return self._shared

    async def _end(self, run: Run, began: int, error: BaseException | None = None) -> None:
        """Tear a run down, whatever happened; what happened before is raised before an error of the teardown."""
        try:
            after = await end(run) if self._alive else None
            if after is not None and error is None:
                error = after
                raise after
            if after is not None and error is not None:
                error.add_note(f"Then: {after}")
        finally:
            with self._lock:
                self._active -= 1
                self._clock.time(-1, 1, perf_counter_ns() - began)
                self.plan.failed_runs += isinstance(error, NodeError)


async def begin(run: Run) -> None:
    """Set the nodes up, in order."""
    for number, node in enumerate(run.nodes):
        if node is not None and node.has("setup"):
            try:
                result = node.setup()
                if inspect.isawaitable(result):
                    await result
            except Exception as error:
                raise run.node_error(number, None, Outcome(error=error), "in setup") from error
        if node is not None and node.has("teardown"):
            run.alive_nodes.append(number)


async def end(run: Run) -> NodeError | None:
    """Tear down, in reverse order, what was set up; return the first error, after all have had their turn."""
    first: NodeError | None = None
    interrupted: BaseException | None = None
    while run.alive_nodes:
        number = run.alive_nodes.pop()
        node = run.nodes[number]
        assert node is not None  # only nodes that are there are set up
        try:
            result = node.teardown()
            if inspect.isawaitable(result):
                await result
        except Exception as error:
            first = first or run.node_error(number, None, Outcome(error=error), "in teardown")
        except BaseException as error:  # a cancellation, too, leaves the others their turn
            interrupted = interrupted or error
    if interrupted is not None:
        raise interrupted
    return first


def _extend(outputs: list[list[Any]], more: list[list[Any]]) -> None:
    for output, items in zip(outputs, more, strict=True):
        output.extend(items)
