"""One run's way through a graph that waits: tick after tick, node after node; only waiting overlaps.

Within a tick, branches that wait do so at the same time; where a node may work on several items at once, ticks overlap
too, and each node lets them in in order. An error ends a run once everything that comes before it in that order has had
its say, so neither results nor errors nor counts depend on timing.
"""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Iterator, Sequence
from heapq import heappop, heappush
from time import perf_counter_ns
from typing import Any, Final

from paceline.pipeline.program import Kind, Source
from paceline.pipeline.resilience import Outcome
from paceline.pipeline.run import Run, emitted
from paceline.pipeline.steps import Unfused, Way, width_of
from paceline.pipeline.tick import Gate, Tick, cancelled

LAST: Final = -1
"""The index of the tick without an item, at the end of the input."""


class WaitingWalk:
    """One run's way through the graph."""

    def __init__(self, way: Way, run: Run) -> None:
        self._way = way
        self._plan = way.plan
        self._run = run
        self._ticks = 0
        self._held: dict[int, list[Any]] = {}
        self._queues: dict[int, tuple[deque[Any], ...]] = {
            node: tuple(deque() for _ in keys) for node, keys in enumerate(way.plan.keys) if len(keys) > 1
        }
        self._gates = (
            [Gate(max(width_of(way.plan, node) for node in step)) for step in way.steps] if way.width > 1 else None
        )

    async def tick(self, item: Any) -> list[list[Any]]:
        """Run one item's tick and return each sink's output."""
        return self._settled(await self._through(self._begin([item])))

    async def last(self) -> list[list[Any]]:
        """Run the tick at the end of the input."""
        return self._settled(await self._through(self._begin(None)))

    async def ticks(self, source: Iterable[Any] | AsyncIterable[Any]) -> AsyncGenerator[list[list[Any]], None]:
        """Yield each tick's output in order; as many are on their way as the widest node takes."""
        items = aiter(source) if isinstance(source, AsyncIterable) else _Plain(iter(source))
        pending: deque[asyncio.Task[Tick]] = deque()
        pull: asyncio.Future[Any] | None = None
        ended = False
        broken: Exception | None = None  # the source's error, which comes after the items before it
        try:
            while pending or not ended:
                if not ended and pull is None and len(pending) < self._way.width:
                    item = _NOTHING
                    if isinstance(items, _Plain):
                        try:
                            item = items.take()
                        except Exception as error:
                            item, broken = _END, error
                    else:
                        pull = asyncio.ensure_future(_next(items))
                    if item is _END:
                        ended = True
                    elif item is not _NOTHING:
                        pending.append(asyncio.ensure_future(self._through(self._begin([item]))))
                        if len(pending) < self._way.width:
                            await asyncio.sleep(0)  # let it begin before the next one is taken
                            if not pending[0].done():
                                continue
                waited = [each for each in (pull, pending[0] if pending else None) if each is not None]
                if waited:
                    await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
                if pull is not None and pull.done():
                    pulled, pull, item = pull, None, _END
                    try:
                        item = pulled.result()
                    except Exception as error:
                        broken = error
                    if item is _END:
                        ended = True
                    else:
                        pending.append(asyncio.ensure_future(self._through(self._begin([item]))))
                if pending and pending[0].done():
                    yield self._settled(pending.popleft().result())
            if broken is not None:
                raise broken
            yield await self.last()
        finally:
            await cancelled([*pending, *([pull] if pull is not None else [])])

    def _begin(self, items: list[Any] | None) -> Tick:
        number, self._ticks = self._ticks, self._ticks + 1
        return Tick(number, LAST if items is None else number, items or [], len(self._plan.entries))

    def _settled(self, tick: Tick) -> list[list[Any]]:
        """Let a tick count, whose turn it is, and return what its sinks sent, or raise its error."""
        self._way.settle(self._run, tick.ledger, tick.until)
        if tick.failure is not None:
            failure, tick.failure = tick.failure, None  # the error's frames hold the tick
            raise failure
        kinds, outboxes = self._plan.kinds, tick.outboxes
        return [
            [item for _, item in outboxes[sink]] if kinds[sink] is Kind.ROUTE else outboxes[sink]
            for sink in self._plan.sinks
        ]

    async def _through(self, tick: Tick) -> Tick:
        """Take a tick through every step; an error is kept until it is the tick's turn."""
        if self._way.branches:
            await self._through_branches(tick)
            return tick
        for number, step in enumerate(self._way.steps):
            try:
                await self._step(number, step, tick)
            except Exception as error:
                tick.failure, tick.until = error, step.stop - 1
                break
        return tick

    async def _through_branches(self, tick: Tick) -> None:
        """Take a tick through every step whose turn it is; those that wait do so at the same time."""
        way = self._way
        missing = [len(before) for before in way.before]
        turn = [number for number, count in enumerate(missing) if not count]
        running: dict[asyncio.Task[None], int] = {}
        failed: tuple[int, Exception] | None = None

        def completed(number: int) -> None:
            for after in way.after[number]:
                missing[after] -= 1
                if not missing[after]:
                    heappush(turn, after)

        try:
            while turn or running:
                while turn and (failed is None or turn[0] < failed[0]):
                    number = heappop(turn)
                    work = self._step(number, way.steps[number], tick)
                    if (way.waits[number] or self._gates is not None) and (turn or running):
                        running[asyncio.ensure_future(work)] = number
                        continue
                    try:
                        await work
                    except Exception as error:
                        failed = (number, error)
                    else:
                        completed(number)
                if failed is not None:
                    late = [task for task, number in running.items() if number > failed[0]]
                    await cancelled(late)
                    for task in late:
                        del running[task]
                if not running:
                    break
                done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in sorted(done, key=running.__getitem__):
                    number = running.pop(task)
                    if task.cancelled():
                        raise asyncio.CancelledError
                    ended = task.exception()
                    if ended is None:
                        completed(number)
                    elif not isinstance(ended, Exception):
                        raise ended
                    elif failed is None or number < failed[0]:
                        failed = (number, ended)
        finally:
            await cancelled(running)
        if failed is not None:
            tick.failure, tick.until = failed[1], way.steps[failed[0]].stop - 1

    async def _step(self, number: int, step: range, tick: Tick) -> None:
        """Take a tick through one step, when the step's gate lets it in."""
        if self._gates is None:
            await self._work(step, tick)
            return
        gate = self._gates[number]
        await gate.enter(tick.number)
        try:
            await self._work(step, tick)
        finally:
            gate.leave()

    async def _work(self, step: range, tick: Tick) -> None:
        inbox = self._inbox(step.start, tick)
        chain = self._way.chains.get(step.start)
        if chain is not None and inbox and self._fused(chain, step, inbox, tick):
            return
        for node in step:
            if node != step.start:
                inbox = tick.outboxes[node - 1]
            outbox: list[Any] = []
            tick.outboxes[node] = outbox
            for item in inbox:
                tick.ledger.taken[node] += 1
                began = perf_counter_ns()
                await self._item(node, item, tick, outbox)
                self._way.clock.time(node, 1, perf_counter_ns() - began)
            if tick.index == LAST:
                await self._flush(node, tick, outbox)

    def _fused(self, chain: Any, step: range, inbox: list[Any], tick: Tick) -> bool:
        """Let the executor do a line of numbers; False where it is one that must be looked at item by item."""
        began = perf_counter_ns()
        try:
            outbox = chain(inbox)
        except Unfused:
            return False
        if len(outbox) != len(inbox):
            return False
        each = (perf_counter_ns() - began) // len(step)
        for node in step:
            tick.ledger.taken[node] += len(inbox)
            self._way.clock.time(node, len(inbox), each)
        tick.outboxes[step.stop - 1] = outbox
        return True

    def _inbox(self, node: int, tick: Tick) -> list[Any]:
        ports = self._plan.sources[node]
        if not ports:
            return tick.items
        if len(ports) == 1:
            return _sent(tick, ports[0])
        queues = self._queues[node]
        for queue, sources in zip(queues, ports, strict=True):
            queue.extend(_sent(tick, sources))
        keys = self._plan.keys[node]
        return [
            dict(zip(keys, [queue.popleft() for queue in queues], strict=True)) for _ in range(min(map(len, queues)))
        ]

    async def _item(self, node: int, item: Any, tick: Tick, outbox: list[Any]) -> None:
        """Let a node work on an item, and send what comes of it."""
        kind = self._plan.kinds[node]
        if kind is Kind.BUFFER:
            held = self._held.setdefault(node, [])
            held.append(item)
            if len(held) == self._plan.params[node]:
                outbox.append(self._held.pop(node))
            return
        result = await self.called(node, item, tick)
        if result is None:
            return
        if kind is Kind.CALL_MANY:
            outbox.extend([each for each in result if each is not None])
        elif kind is Kind.FILTER:
            if result:
                outbox.append(item)
        else:
            outbox.append((result, item) if kind is Kind.ROUTE else result)

    async def called(self, node: int, item: Any, tick: Tick) -> Any:
        """Call a node, and meet its error."""
        guard = self._plan.guards[node]
        troubled = guard is not None and guard.troubled
        try:
            if guard is not None and troubled:
                guard.admit()
            if self._way.awaited[node]:
                result = await self._attempt(node, item)
            else:
                result = self._at_once(node, item)
        except Exception as error:
            return await self.met(node, item, tick, error)
        except BaseException:
            if guard is not None and troubled:
                guard.abandoned()
            raise
        if guard is not None and guard.troubled:  # perhaps only since this call began
            guard.succeeded()
        return result

    async def met(self, node: int, item: Any, tick: Tick, error: Exception) -> Any:
        """Return what comes of a node that has failed: a retry's result, or None where it is given up."""
        guard = self._plan.guards[node]
        if guard is None:
            outcome = Outcome(error=error)
        else:
            outcome = await guard.retry_async(
                lambda: self._attempt(node, item), error, lambda: _count(tick.ledger.retries, node)
            )
        if outcome.error is None:
            return outcome.value
        self._give_up(node, tick, outcome)
        return None

    async def _attempt(self, node: int, item: Any) -> Any:
        """Call a node once; a node that yields gives a list."""
        made = self._run.nodes[node]
        if made is None or not self._way.awaited[node]:
            return self._at_once(node, item)
        ms = made.timeout_ms if made.timeout_ms is not None else self._plan.config.timeout_ms
        async with asyncio.timeout(None if ms is None else ms / 1_000.0):
            result = made.process(item)
            if inspect.isasyncgen(result):
                return [each async for each in result]
            if inspect.isawaitable(result):
                return await result
            return list(result) if self._plan.kinds[node] is Kind.CALL_MANY else result

    def _at_once(self, node: int, item: Any) -> Any:
        """Call a node that does not wait."""
        result = self._run.bare(node)(item)
        return list(result) if self._plan.kinds[node] is Kind.CALL_MANY else result

    async def _flush(self, node: int, tick: Tick, outbox: list[Any]) -> None:
        """Send what a node has kept."""
        if node in self._queues and any(self._queues[node]):
            lengths = tuple(map(len, self._queues[node]))
            self._give_up(node, tick, Outcome(error=self._run.leftover_error(node, lengths)), late=True)
        if self._held.get(node):
            outbox.append(self._held.pop(node))
        made = self._run.nodes[node]
        if made is None or not made.has("flush"):
            return
        try:
            result = made.flush()
            if inspect.isasyncgen(result):
                outbox += [each async for each in result if each is not None]
            else:
                outbox += emitted(await result if inspect.isawaitable(result) else result)
        except Exception as error:
            self._give_up(node, tick, Outcome(error=error), late=True)

    def _give_up(self, node: int, tick: Tick, outcome: Outcome, *, late: bool = False) -> None:
        """Raise a node's error, or note it, as ``on_error`` says; one that is ``late`` is no item's."""
        error = self._run.node_error(node, tick.index, outcome)
        tick.ledger.failures[node] += 1
        tick.ledger.late[node] += late
        if self._plan.config.on_error == "raise":
            raise error
        if self._plan.config.on_error == "collect":
            tick.ledger.errors.append((node, error))


def _sent(tick: Tick, sources: Sequence[Source]) -> list[Any]:
    if len(sources) == 1 and sources[0].output is None:
        return tick.outboxes[sources[0].node]
    return [
        entry if output is None else entry[1]
        for node, output in sources
        for entry in tick.outboxes[node]
        if output is None or entry[0] == output
    ]


def _count(counts: list[int], node: int) -> None:
    counts[node] += 1


_END: Final = object()
_NOTHING: Final = object()


class _Plain:
    """A source that is not async: its next item is there at once."""

    def __init__(self, items: Iterator[Any]) -> None:
        self._items = items

    def take(self) -> Any:
        """Return the next item, or the end."""
        return next(self._items, _END)


async def _next(items: AsyncIterator[Any]) -> Any:
    try:
        return await anext(items)
    except StopAsyncIteration:
        return _END
