"""The plain executor: a program walked node by node, as :mod:`paceline.pipeline.program` says it.

It is what every other executor is tested against, and what runs where an executor leaves a program to Python.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from time import perf_counter_ns
from typing import Any, Final

from paceline.pipeline.program import SLOW_NS, TIMED_EVERY, Count, Kind, Opened, Program, Session

Outbox = list[Any]

_NEVER: Final = 2**63


class Clock:
    """Counts and samples time, for each node and for whole runs."""

    def __init__(self, nodes: int) -> None:
        self.taken = [0] * (nodes + 1)
        """Items that each node took; last the runs."""
        self._times = [[0, 0, _NEVER, 0] for _ in range(nodes + 1)]  # how many were timed, ns in all, least, most
        self._ticks = 0
        self._slow = False

    def due(self) -> bool:
        """Say whether this tick, or this run of a chain, is to be timed."""
        self._ticks += 1
        return self._slow or self._ticks % TIMED_EVERY == 1

    @property
    def next_is_due(self) -> bool:
        """Whether :meth:`due` will say so."""
        return self._slow or self._ticks % TIMED_EVERY == 0

    @property
    def until_due(self) -> int:
        """How many ticks come before the next that is timed, where that is not the next one."""
        return TIMED_EVERY - self._ticks % TIMED_EVERY

    def skip(self, ticks: int) -> None:
        """Let ticks pass that were not timed."""
        self._ticks += ticks

    def ended(self, ns: int) -> None:
        """Note how long a timed tick took in all."""
        self._slow = ns > SLOW_NS

    def take(self, node: int, items: int) -> None:
        """Count items that a node took, or a run (node -1)."""
        self.taken[node] += items

    def time(self, node: int, items: int, ns: int) -> None:
        """Add the time of some items, already counted."""
        times = self._times[node]
        times[0] += items
        times[1] += ns
        if items != 1:
            ns //= items
        if ns < times[2]:
            times[2] = ns
        if ns > times[3]:
            times[3] = ns

    def counts(self) -> Sequence[Count]:
        """Return a count for each node and the one of whole runs last."""
        return [
            Count(taken, timed, ns, least if timed else 0, most)
            for taken, (timed, ns, least, most) in zip(self.taken, self._times, strict=True)
        ]


class Walk:
    """One run of a program, a tick at a time."""

    def __init__(self, program: Program, opened: Opened, clock: Clock | None) -> None:
        self._program = program
        self._opened = opened
        self._clock = clock
        self._outboxes: list[Outbox] = [[] for _ in program.kinds]
        self._held: dict[int, list[Any]] = {node: [] for node, kind in enumerate(program.kinds) if kind == Kind.BUFFER}
        self._queues: dict[int, tuple[deque[Any], ...]] = {
            node: tuple(deque() for _ in keys) for node, keys in enumerate(program.keys) if len(keys) > 1
        }
        self._steps = [self._step(node) for node in range(len(program.kinds))]

    def feed(self, items: list[Any], index: int) -> tuple[list[Any], ...]:
        """Run a tick for each item."""
        out: tuple[list[Any], ...] = tuple([] for _ in self._program.sinks)
        for item in items:
            self._tick([item], index)
            self._collect(out)
            index += 1
        return out

    def finish(self) -> tuple[list[Any], ...]:
        """Run the last tick."""
        self._tick([], -1)
        out: tuple[list[Any], ...] = tuple([] for _ in self._program.sinks)
        self._collect(out)
        return out

    def _collect(self, out: tuple[list[Any], ...]) -> None:
        for sink, items in zip(self._program.sinks, out, strict=True):
            box = self._outboxes[sink]
            items.extend([item for _, item in box] if self._program.kinds[sink] == Kind.ROUTE else box)

    def _tick(self, items: list[Any], index: int) -> None:
        last, clock = index < 0, self._clock
        timed = clock is not None and not last and clock.due()
        began = before = perf_counter_ns() if timed else 0
        for node, step in enumerate(self._steps):
            inbox = self._inbox(node, items)
            outbox: Outbox = []
            self._outboxes[node] = outbox
            for item in inbox:
                if clock is not None:
                    clock.take(node, 1)
                step(item, index, outbox)
            if timed and clock is not None:
                now = perf_counter_ns()
                if inbox:
                    clock.time(node, len(inbox), now - before)
                before = now
            if last:
                self._flush(node, outbox)
        if timed and clock is not None:
            clock.ended(before - began)

    def _inbox(self, node: int, items: list[Any]) -> list[Any]:
        ports = self._program.sources[node]
        if not ports:
            return items
        if len(ports) == 1:
            return self._sent(ports[0])
        queues = self._queues[node]
        for queue, sources in zip(queues, ports, strict=True):
            queue.extend(self._sent(sources))
        keys = self._program.keys[node]
        return [
            dict(zip(keys, [queue.popleft() for queue in queues], strict=True)) for _ in range(min(map(len, queues)))
        ]

    def _sent(self, sources: Sequence[tuple[int, int | None]]) -> list[Any]:
        if len(sources) == 1 and sources[0][1] is None:
            return self._outboxes[sources[0][0]]
        return [
            entry if output is None else entry[1]
            for node, output in sources
            for entry in self._outboxes[node]
            if output is None or entry[0] == output
        ]

    def _flush(self, node: int, outbox: Outbox) -> None:
        if node in self._queues and any(self._queues[node]):
            self._opened.leftover(node, tuple(map(len, self._queues[node])))
        if self._held.get(node):
            outbox.append(self._held.pop(node))
        flush = self._opened.flushes[node]
        if flush is not None:
            outbox.extend(flush())

    def _step(self, node: int) -> Callable[[Any, int, Outbox], None]:
        """Return what a node does with an item of a tick."""
        kind, calls, recover = self._program.kinds[node], self._opened.calls, self._opened.recover
        if kind == Kind.BUFFER:
            size = self._program.params[node]

            def hold(item: Any, index: int, outbox: Outbox) -> None:  # noqa: ARG001 - as all steps
                held = self._held[node]
                held.append(item)
                if len(held) == size:
                    outbox.append(held)
                    self._held[node] = []

            return hold

        def step(item: Any, index: int, outbox: Outbox) -> None:
            try:
                result = calls[node](item)
                if kind == Kind.CALL_MANY:
                    result = list(result)
            except Exception as error:
                result = recover(node, index, item, error)
            if kind == Kind.CALL_MANY:
                outbox.extend([each for each in result if each is not None])
            elif kind == Kind.FILTER:
                if result:
                    outbox.append(item)
            elif kind == Kind.ROUTE:
                if result is not None:
                    outbox.append((result, item))
            elif result is not None:
                outbox.append(result)

        return step


class WalkRunner:
    """Runs a program by walking it."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._clock = Clock(len(program.kinds)) if program.metrics else None

    def __call__(self, data: Any) -> Any:
        """Run a whole input."""
        if type(data) is not list:
            return self._program.whole(data)
        clock = self._clock
        began = perf_counter_ns()
        if clock is not None:
            clock.take(-1, 1)
        walk = self.open(self._program.open())
        fed, rest = walk.feed(data, 0), walk.finish()
        output = [items + more for items, more in zip(fed, rest, strict=True)]
        if clock is not None:
            clock.time(-1, 1, perf_counter_ns() - began)
        if len(output) == 1:
            return output[0]
        return {self._program.names[sink]: items for sink, items in zip(self._program.sinks, output, strict=True)}

    def open(self, opened: Opened) -> Session:
        """Begin a run that is fed in pieces."""
        return Walk(self._program, opened, self._clock)

    def counts(self) -> Sequence[Count]:
        """Return what was counted; nothing without metrics."""
        return (self._clock or Clock(len(self._program.kinds))).counts()
