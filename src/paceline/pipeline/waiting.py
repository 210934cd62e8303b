"""Runs a plan in which a node waits: asyncio walks the graph, and lines of numbers go to the executor.

The outcome is that of running tick after tick and node after node; only waiting overlaps. Within a tick, branches that
wait do so at the same time; where a node may work on several items at once, ticks overlap too, and each node lets them
in in order. An error ends a run once everything that comes before it in that order has had its say, so neither results
nor errors nor counts depend on timing.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import threading
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Sequence
from heapq import heappop, heappush
from time import perf_counter_ns
from typing import Any, Final, NoReturn

from paceline.pipeline.data import Shape, as_result, items_of, shape_of
from paceline.pipeline.errors import NodeError
from paceline.pipeline.immediate import Collected
from paceline.pipeline.metrics import MetricsShape, as_json
from paceline.pipeline.plan import NUMBERS, OPERATION, Plan, has_life
from paceline.pipeline.program import Kind, Opened, Program, Source
from paceline.pipeline.resilience import Outcome
from paceline.pipeline.run import Run, emitted
from paceline.pipeline.walk import Clock
from paceline.selection import select

LAST: Final = -1
"""The index of the tick without an item, at the end of the input."""


class Ledger:
    """What happened in one tick, node by node; added to the plan's counts when the tick's turn has come."""

    __slots__ = ("errors", "failures", "late", "retries", "taken")

    def __init__(self, nodes: int) -> None:
        self.taken = [0] * nodes
        self.retries = [0] * nodes
        self.failures = [0] * nodes
        self.late = [0] * nodes
        self.errors: list[tuple[int, NodeError]] = []


class Gate:
    """Lets the ticks into a node in order, no more than a number of them at once."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._next = 0
        self._inside = 0
        self._waiting: dict[int, asyncio.Future[None]] = {}

    async def enter(self, tick: int) -> None:
        """Wait for the tick's turn."""
        while tick != self._next or self._inside >= self._width:
            future = asyncio.get_running_loop().create_future()
            self._waiting[tick] = future
            await future
        self._next += 1
        self._inside += 1
        self._wake()

    def leave(self) -> None:
        """Make room for the next tick."""
        self._inside -= 1
        self._wake()

    def _wake(self) -> None:
        future = self._waiting.pop(self._next, None)
        if future is not None and not future.done():
            future.set_result(None)


class Tick:
    """One item on its way through the graph, or the end of the input."""

    __slots__ = ("failure", "index", "items", "ledger", "number", "outboxes", "until")

    def __init__(self, number: int, index: int, items: list[Any], nodes: int) -> None:
        self.number = number
        self.index = index
        self.items = items
        self.outboxes: list[list[Any]] = [[]] * nodes
        self.ledger = Ledger(nodes)
        self.failure: Exception | None = None
        self.until: int | None = None
        """The last node that counts: where the tick failed."""


class Waiting:
    """A plan with nodes that wait, and what is worked out about it once."""

    direct: Final = None

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.clock = Clock(len(plan.entries))
        self.awaited = [_waits(plan, node) for node in range(len(plan.entries))]
        self.steps = steps_of(plan)
        self.waits = [any(self.awaited[node] for node in step) for step in self.steps]
        self.before = steps_before(plan, self.steps)
        self.after: list[list[int]] = [[] for _ in self.steps]
        for number, before in enumerate(self.before):
            for each in before:
                self.after[each].append(number)
        self.branches = wait_side_by_side(self.before, self.waits)
        self.width = max(_width(plan, node) for step in self.steps for node in step)
        self.chains = {step.start: chain_of(plan, step) for step in self.steps if _is_chain(plan, step)}
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

    async def run(self, data: Any) -> Any:
        """Run an input."""
        shape = Shape.ITEMS if hasattr(data, "__aiter__") else shape_of(data, self.plan.frames)
        source = data if hasattr(data, "__aiter__") else items_of(data, shape)
        outputs: list[list[Any]] = [[] for _ in self._sinks]
        run = self._begin()
        began = perf_counter_ns()
        try:
            if self._alive:
                await begin(run)
            walk = WaitingWalk(self, run)
            if self.width == 1 and not hasattr(source, "__aiter__"):
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
            await _cancelled(tasks)

    async def stream(self, source: Iterable[Any] | AsyncIterable[Any]) -> AsyncIterator[Any]:
        """Yield what comes of each item of a source."""
        run = self._begin()
        began = perf_counter_ns()
        try:
            if self._alive:
                await begin(run)
            ticks = WaitingWalk(self, run).ticks(source)
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
        *counts, runs = self.clock.counts()
        return as_json(name, self.plan, counts, runs, order, shape)

    def settle(self, run: Run, ledger: Ledger, until: int | None = None) -> None:
        """Add a tick's counts to the plan's, those of nodes up to ``until``."""
        plan = self.plan
        with plan.lock:
            for node in range(len(plan.entries) if until is None else until + 1):
                if ledger.taken[node]:
                    self.clock.take(node, ledger.taken[node])
                    plan.retries[node] += ledger.retries[node]
                if ledger.failures[node]:
                    plan.errors[node] += ledger.failures[node]
                    plan.late_errors[node] += ledger.late[node]
        if ledger.errors:
            run.errors += [error for _, error in sorted(ledger.errors, key=lambda each: each[0])]

    def _begin(self) -> Run:
        """Count a run, and return it; where none keeps anything, all are the same one."""
        with self._lock:
            apart, self._active = self._active > 0, self._active + 1
            self.clock.take(-1, 1)
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
                self.clock.time(-1, 1, perf_counter_ns() - began)
                self.plan.failed_runs += isinstance(error, NodeError)


class WaitingWalk:
    """One run's way through the graph."""

    def __init__(self, ready: Waiting, run: Run) -> None:
        self._ready = ready
        self._plan = ready.plan
        self._run = run
        self._ticks = 0
        self._held: dict[int, list[Any]] = {}
        self._queues: dict[int, tuple[deque[Any], ...]] = {
            node: tuple(deque() for _ in keys) for node, keys in enumerate(ready.plan.keys) if len(keys) > 1
        }
        self._gates = (
            [Gate(max(_width(ready.plan, node) for node in step)) for step in ready.steps] if ready.width > 1 else None
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
                if not ended and pull is None and len(pending) < self._ready.width:
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
                        if len(pending) < self._ready.width:
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
            await _cancelled([*pending, *([pull] if pull is not None else [])])

    def _begin(self, items: list[Any] | None) -> Tick:
        number, self._ticks = self._ticks, self._ticks + 1
        return Tick(number, LAST if items is None else number, items or [], len(self._plan.entries))

    def _settled(self, tick: Tick) -> list[list[Any]]:
        """Let a tick count, whose turn it is, and return what its sinks sent, or raise its error."""
        self._ready.settle(self._run, tick.ledger, tick.until)
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
        if self._ready.branches:
            await self._through_branches(tick)
            return tick
        for number, step in enumerate(self._ready.steps):
            try:
                await self._step(number, step, tick)
            except Exception as error:
                tick.failure, tick.until = error, step.stop - 1
                break
        return tick

    async def _through_branches(self, tick: Tick) -> None:
        """Take a tick through every step whose turn it is; those that wait do so at the same time."""
        ready = self._ready
        missing = [len(before) for before in ready.before]
        turn = [number for number, count in enumerate(missing) if not count]
        running: dict[asyncio.Task[None], int] = {}
        failed: tuple[int, Exception] | None = None

        def completed(number: int) -> None:
            for after in ready.after[number]:
                missing[after] -= 1
                if not missing[after]:
                    heappush(turn, after)

        try:
            while turn or running:
                while turn and (failed is None or turn[0] < failed[0]):
                    number = heappop(turn)
                    work = self._step(number, ready.steps[number], tick)
                    if (ready.waits[number] or self._gates is not None) and (turn or running):
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
                    await _cancelled(late)
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
            await _cancelled(running)
        if failed is not None:
            tick.failure, tick.until = failed[1], ready.steps[failed[0]].stop - 1

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
        chain = self._ready.chains.get(step.start)
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
                self._ready.clock.time(node, 1, perf_counter_ns() - began)
            if tick.index == LAST:
                await self._flush(node, tick, outbox)

    def _fused(self, chain: Any, step: range, inbox: list[Any], tick: Tick) -> bool:
        """Let the executor do a line of numbers; False where it is one that must be looked at item by item."""
        began = perf_counter_ns()
        try:
            outbox = chain(inbox)
        except _Unfused:
            return False
        if len(outbox) != len(inbox):
            return False
        each = (perf_counter_ns() - began) // len(step)
        for node in step:
            tick.ledger.taken[node] += len(inbox)
            self._ready.clock.time(node, len(inbox), each)
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
        result = await self._called(node, item, tick)
        if result is None:
            return
        if kind is Kind.CALL_MANY:
            outbox.extend([each for each in result if each is not None])
        elif kind is Kind.FILTER:
            if result:
                outbox.append(item)
        else:
            outbox.append((result, item) if kind is Kind.ROUTE else result)

    async def _called(self, node: int, item: Any, tick: Tick) -> Any:
        """Call a node, and meet its error."""
        guard = self._plan.guards[node]
        troubled = guard is not None and guard.troubled
        try:
            if guard is not None and troubled:
                guard.admit()
            if self._ready.awaited[node]:
                result = await self._attempt(node, item)
            else:
                result = self._at_once(node, item)
        except Exception as error:
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
        except BaseException:
            if guard is not None and troubled:
                guard.abandoned()
            raise
        if guard is not None and guard.troubled:  # perhaps only since this call began
            guard.succeeded()
        return result

    async def _attempt(self, node: int, item: Any) -> Any:
        """Call a node once; a node that yields gives a list."""
        made = self._run.nodes[node]
        if made is None or not self._ready.awaited[node]:
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


# -- what is worked out once


def _waits(plan: Plan, node: int) -> bool:
    return plan.kinds[node] in (Kind.CALL, Kind.CALL_MANY) and plan.entries[node].node.waits


def _width(plan: Plan, node: int) -> int:
    return plan.entries[node].node.max_concurrency if _waits(plan, node) else 1


def steps_of(plan: Plan) -> list[range]:
    """Return the nodes in steps: each by itself, but lines of numbers together."""
    targets = [0] * len(plan.kinds)
    for ports in plan.sources:
        for source in {source.node for port in ports for source in port}:
            targets[source] += 1
    steps: list[range] = []
    for node, kind in enumerate(plan.kinds):
        goes_on = (
            steps
            and kind in NUMBERS
            and plan.kinds[node - 1] in NUMBERS
            and node not in plan.delegated
            and plan.sources[node] == ((Source(node - 1, None),),)
            and targets[node - 1] == 1
        )
        if goes_on:
            steps[-1] = range(steps[-1].start, node + 1)
        else:
            steps.append(range(node, node + 1))
    return steps


def steps_before(plan: Plan, steps: Sequence[range]) -> list[set[int]]:
    """Return for each step those that send to it."""
    home = {node: number for number, step in enumerate(steps) for node in step}
    return [{home[source.node] for port in plan.sources[step.start] for source in port} for step in steps]


def wait_side_by_side(before: Sequence[set[int]], waits: Sequence[bool]) -> bool:
    """Say whether two steps wait of which neither comes after the other."""
    behind: list[int] = []  # a bit for each step that waits and comes before
    waiting = 0
    for number, sources in enumerate(before):
        mask = 0
        for source in sources:
            mask |= behind[source] | (waits[source] << source)
        if waits[number]:
            if mask != waiting:
                return True
            waiting |= 1 << number
        behind.append(mask)
    return False


class _Unfused(Exception):  # noqa: N818 - it leads from the executor back to the walk
    """The executor has met an item that is not plain."""


def _is_chain(plan: Plan, step: range) -> bool:
    return all(plan.kinds[node] in NUMBERS for node in step) and len(plan.sources[step.start]) < 2


def chain_of(plan: Plan, step: range) -> Callable[[list[Any]], list[Any]]:
    """Return the executor's runner for a line of numbers."""

    def opened() -> Opened:
        raise _Unfused

    def whole(_data: Any) -> NoReturn:
        raise _Unfused

    nodes = range(len(step))
    program = Program(
        tuple(int(plan.kinds[node]) for node in step),
        tuple(plan.params[node] for node in step),
        tuple(((Source(node - 1, None),),) if node else () for node in nodes),
        tuple(("input",) if node else () for node in nodes),
        (len(step) - 1,),
        tuple(plan.ids[node] for node in step),
        opened,
        whole,
        metrics=False,
    )
    runner: Callable[[list[Any]], list[Any]] = select(OPERATION, plan.backend)(program)
    return runner


# -- small parts


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


def _sent(tick: Tick, sources: Sequence[Source]) -> list[Any]:
    if len(sources) == 1 and sources[0].output is None:
        return tick.outboxes[sources[0].node]
    return [
        entry if output is None else entry[1]
        for node, output in sources
        for entry in tick.outboxes[node]
        if output is None or entry[0] == output
    ]


def _extend(outputs: list[list[Any]], more: list[list[Any]]) -> None:
    for output, items in zip(outputs, more, strict=True):
        output.extend(items)


def _count(counts: list[int], node: int) -> None:
    counts[node] += 1


async def _cancelled(tasks: Iterable[asyncio.Future[Any]]) -> None:
    """Cancel tasks and wait until they have ended, so that none outlives its run."""
    tasks = list(tasks)
    again: asyncio.CancelledError | None = None
    while left := [task for task in tasks if not task.done()]:
        for task in left:
            task.cancel()
        try:
            await asyncio.wait(left)
        except asyncio.CancelledError as error:  # whoever cancels twice does not leave them behind either
            again = error
    if again is not None:
        raise again
    for task in tasks:
        if task.done() and not task.cancelled():
            task.exception()  # it was another one's that is raised


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
