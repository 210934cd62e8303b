"""The short way through a graph that waits: a line whose nodes send one item for one, run in a single coroutine.

Nothing overlaps there but other runs, so what happens can be counted at once. Whatever is out of the ordinary, an error
above all, is met as in the walk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import iscoroutinefunction
from time import perf_counter_ns
from typing import Any, Final

from paceline.pipeline.data import Shape, as_result, items_of, shape_of
from paceline.pipeline.errors import NodeError
from paceline.pipeline.program import Kind
from paceline.pipeline.resilience import Guard
from paceline.pipeline.run import Run
from paceline.pipeline.steps import Unfused, Way
from paceline.pipeline.tick import Tick
from paceline.pipeline.waiting_walk import WaitingWalk

ITEMS: Final = Shape.ITEMS  # looking an enum's member up takes longer


@dataclass(frozen=True, slots=True)
class LineStep:
    """One node, or a line of numbers that the executor runs."""

    nodes: range
    node: int
    """The first of them."""
    process: Callable[[Any], Any] | None
    """The coroutine function to be awaited; None for all that does not wait."""
    guard: Guard | None
    chain: Callable[[list[Any]], list[Any]] | None
    passes: bool
    """Whether every node sends on what it gets."""
    filters: bool


class WaitingLine:
    """The steps of a line; one coroutine a run, and nothing else that is kept while it waits."""

    def __init__(self, way: Way, steps: list[LineStep]) -> None:
        self._way = way
        self._steps = steps
        self._run = Run(way.plan)
        self._taken, self._time = way.clock.taken, way.clock.time

    async def run(self, data: Any) -> Any:
        """Run an input.

        No iterator and no bound method is made for a run to keep while it waits: with thousands of runs, the garbage
        collector's time for each such object is the larger part of what a run costs beyond the waiting.
        """
        taken, time, steps = self._taken, self._time, self._steps
        shape = ITEMS if type(data) is list else shape_of(data, self._way.plan.frames)
        output: list[Any] = []
        index = 0
        taken[-1] += 1
        began = perf_counter_ns()
        try:
            for item in data if shape is ITEMS else items_of(data, shape):
                number = 0
                while number < len(steps):
                    step = steps[number]
                    number += 1
                    if step.process is not None and (step.guard is None or not step.guard.troubled):
                        taken[step.node] += 1
                        since = perf_counter_ns()
                        try:
                            item = await step.process(item)
                        except Exception as error:
                            item = await self._met(step.node, item, index, error)
                        else:
                            if step.guard is not None and step.guard.troubled:  # since this call began
                                step.guard.succeeded()
                        time(step.node, 1, perf_counter_ns() - since)
                        if item is None:
                            break
                    elif step.passes and item is not None:
                        for node in step.nodes:
                            taken[node] += 1
                    elif step.chain is not None and (sent := fused(step.chain, item)):
                        item = sent[0]
                        for node in step.nodes:
                            taken[node] += 1
                    elif (item := await self._walked(step, item, index)) is None:
                        break
                else:
                    output.append(item)
                index += 1
        except NodeError:
            self._way.plan.failed_runs += 1
            raise
        finally:
            time(-1, 1, perf_counter_ns() - began)
        return output if shape is ITEMS else as_result(output, shape)

    async def _walked(self, step: LineStep, item: Any, index: int) -> Any:
        """Take an item through a step as the walk does; None where it is dropped."""
        walk, clock = WaitingWalk(self._way, self._run), self._way.clock
        for node in step.nodes:
            tick = Tick(index, index, [item], len(clock.taken) - 1)
            clock.taken[node] += 1
            began = perf_counter_ns()
            try:
                result = await walk.called(node, item, tick)
            finally:
                self._way.settle(self._run, tick.ledger)
                clock.time(node, 1, perf_counter_ns() - began)
            if step.filters:
                result = item if result else None
            item = result
            if item is None:
                break
        return item

    async def _met(self, node: int, item: Any, index: int, error: Exception) -> Any:
        """Return what comes of an item at which a node failed."""
        tick = Tick(index, index, [item], len(self._way.clock.taken) - 1)
        try:
            return await WaitingWalk(self._way, self._run).met(node, item, tick, error)
        finally:
            self._way.settle(self._run, tick.ledger)


def fused(chain: Callable[[list[Any]], list[Any]], item: Any) -> list[Any] | None:
    """Return what the executor makes of an item; None where it must be looked at node by node."""
    try:
        return chain([item]) or None
    except Unfused:
        return None


def line_of(way: Way) -> WaitingLine | None:
    """Return the short way, if the graph has one: no node keeps, yields, routes or is waited for with a limit."""
    plan = way.plan
    kinds = {*plan.kinds}
    short = plan.is_line and way.width == 1 and plan.shares_nodes and plan.config.on_error != "collect"
    if not short or kinds & {Kind.CALL_MANY, Kind.ROUTE, Kind.BUFFER} or plan.config.timeout_ms is not None:
        return None
    steps = []
    for step in way.steps:
        node = step.start
        process = None
        if way.awaited[node]:
            made = plan.entries[node].node
            if made.timeout_ms is not None or not iscoroutinefunction(made.process):
                return None
            process = made.process
        passes = all(plan.kinds[each] is Kind.PASS for each in step)
        filters = plan.kinds[node] is Kind.FILTER
        steps.append(LineStep(step, node, process, plan.guards[node], way.chains.get(node), passes, filters))
    return WaitingLine(way, steps)
