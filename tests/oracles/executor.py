"""What a pipeline means: one tick per item, node after node, in plain Python.

Naive on purpose: nothing is fused, nothing overlaps, nothing is timed, and nothing of paceline's is used. A graph is a
list of :class:`Vertex` and of edges (source, target, output, port); what users' nodes do is an :class:`Act`.
"""

from __future__ import annotations

import operator
import zlib
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

ARITHMETIC = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
}
COMPARE = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
RETRYABLE = (TimeoutError, ConnectionError)


class Act:
    """What a user's node does with an item: it depends on the item and on how often it has been tried."""

    def __init__(self, salt: int, fails: str = "", every: int = 5, succeeds_at: int = 2) -> None:
        self.salt = salt
        self.fails = fails
        self.every = every
        self.succeeds_at = succeeds_at
        self.tries: Counter[int] = Counter()
        self.setups = 0
        self.teardowns = 0
        self.kept: list[Any] = []

    def code(self, item: Any) -> int:
        return zlib.crc32(f"{self.salt} {item!r}".encode())

    def meet(self, item: Any) -> int:
        """Fail, if this item is one of those that do; else return its code."""
        code = self.code(item)
        if not self.fails or code % self.every:
            return code
        if self.fails == "hard":
            raise LookupError(f"act {code}")
        self.tries[code] += 1
        if self.fails == "never succeeds":
            raise ConnectionError(f"act {code}")
        if self.tries[code] % self.succeeds_at:
            raise ConnectionError(f"act {code}, try {self.tries[code]}")
        return code

    def one(self, item: Any) -> Any:
        code = self.meet(item)
        match code % 7:
            case 0:
                return None
            case 1 | 2:
                return item
            case 3:
                return code / 8
            case 4:
                return 2**64 + code
            case 5:
                return -(code % 100)
        return f"item {code % 100}"

    def many(self, item: Any) -> list[Any]:
        code = self.meet(item)
        return [None if code % 5 == number else code % 10 + number for number in range(code % 4)]

    def holds(self, item: Any) -> bool:
        return self.meet(item) % 3 > 0

    def route(self, item: Any, outputs: list[Any]) -> Any:
        return outputs[self.meet(item) % len(outputs)]

    def setup(self) -> None:
        self.setups += 1
        self.kept = []
        if self.fails == "setup":
            raise OSError("act in setup")

    def teardown(self) -> None:
        self.teardowns += 1
        if self.fails == "teardown":
            raise OSError("act in teardown")

    def keep(self, item: Any) -> Any:
        if self.meet(item) % 3:
            self.kept.append(item)
            return None
        return len(self.kept)

    def flush(self) -> list[Any]:
        if self.fails == "flush":
            raise OSError("act in flush")
        return list(self.kept)


@dataclass
class Vertex:
    """A node: its id, its kind, the kind's parameters, and, for a user's, what it does."""

    id: str
    kind: str
    param: Any = None
    act: Act | None = None

    @property
    def guarded(self) -> bool:
        return self.act is not None


@dataclass
class Graph:
    vertices: list[Vertex]
    edges: list[tuple[int, int, str, str]]
    config: dict[str, Any] = field(default_factory=dict)

    @property
    def order(self) -> list[int]:
        """Each after all that send to it; a node is taken as soon as it is free, the first of the list first."""
        done: list[int] = []
        missing = Counter(target for _, target, _, _ in self.edges)
        free = deque(node for node in range(len(self.vertices)) if not missing[node])
        while free:
            node = free.popleft()
            done.append(node)
            for source, target, _, _ in self.edges:
                if source == node:
                    missing[target] -= 1
                    if not missing[target]:
                        free.append(target)
        assert len(done) == len(self.vertices)
        return done

    @property
    def sinks(self) -> list[int]:
        return [node for node in range(len(self.vertices)) if all(source != node for source, *_ in self.edges)]


@dataclass
class FailureError(Exception):
    """An error as a pipeline tells it."""

    type: str
    node: str
    index: int | None
    attempt: int
    cause: BaseException | None

    def facts(self) -> tuple[Any, ...]:
        """Return what is compared; the text of a cause only where it is not paceline's own."""
        text = str(self.cause)
        return (
            self.type,
            self.node,
            self.index,
            self.attempt,
            type(self.cause).__name__,
            text if text.startswith("act ") else "",
        )


class Oracle:
    """A graph with what it keeps over its runs: breakers and counts."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        size = len(graph.vertices)
        self.taken, self.succeeded, self.errors, self.retries = [0] * size, [0] * size, [0] * size, [0] * size
        self.runs = self.failed_runs = 0
        self.in_a_row = [0] * size
        self.opened = [False] * size
        self.last: list[Exception | None] = [None] * size
        config = graph.config
        self.on_error = config.get("on_error", "raise")
        self.max_retries = config.get("max_retries", 3) if config.get("retry_policy") != "none" else 0
        self.threshold = config.get("circuit_breaker_threshold", 5)
        self.cools_at_once = config.get("circuit_breaker_cooldown_ms", 30_000.0) == 0.0

    def counts(self) -> dict[str, tuple[int, int, int, int]]:
        rows = zip(self.taken, self.succeeded, self.errors, self.retries, strict=True)
        return {vertex.id: row for vertex, row in zip(self.graph.vertices, rows, strict=True)}

    def run(self, items: list[Any]) -> tuple[list[dict[str, list[Any]]], list[FailureError]]:
        """Return what each sink sends in each tick, the last one without an item, and the errors.

        Raises
        ------
        FailureError
            A node failed, and errors are raised.
        """
        self.runs += 1
        alive: list[Vertex] = []
        self.collected: list[FailureError] = []
        try:
            ticks = self._alive(items, alive)
        except FailureError:
            self._teardown(alive)
            self.failed_runs += 1
            raise
        failure = self._teardown(alive)
        if failure is not None:
            self.failed_runs += 1
            raise failure
        return ticks, self.collected

    def _teardown(self, alive: list[Vertex]) -> FailureError | None:
        first = None
        for vertex in reversed(alive):
            try:
                vertex.act.teardown()
            except Exception as error:
                first = first or FailureError("NodeError", vertex.id, None, 1, error)
        return first

    def _alive(self, items: list[Any], alive: list[Vertex]) -> list[dict[str, list[Any]]]:
        graph = self.graph
        for node in graph.order:
            vertex = graph.vertices[node]
            if vertex.kind.startswith("keep"):
                try:
                    vertex.act.setup()
                except Exception as error:
                    raise FailureError("NodeError", vertex.id, None, 1, error) from error
                alive.append(vertex)
        self.held = {node: [] for node in range(len(graph.vertices))}
        self.queues = {}
        for _, target, _, port in graph.edges:
            self.queues.setdefault(target, {}).setdefault(port, deque())
        ticks = [self._tick([item], index) for index, item in enumerate(items)]
        return [*ticks, self._tick([], None)]

    def _tick(self, items: list[Any], index: int | None) -> dict[str, list[Any]]:
        graph = self.graph
        sent: dict[int, list[tuple[Any, Any]]] = {}
        for node in graph.order:
            vertex = graph.vertices[node]
            outbox = sent[node] = []
            for item in self._inbox(node, items, sent):
                self.taken[node] += 1
                try:
                    outbox += self._work(node, item)
                except FailureError as failure:
                    failure.index = index
                    self._give_up(node, failure)
                else:
                    self.succeeded[node] += 1
            if index is None:
                outbox += self._end(node, vertex)
        return {graph.vertices[sink].id: [item for _, item in sent[sink]] for sink in graph.sinks}

    def _inbox(self, node: int, items: list[Any], sent: dict[int, list[tuple[Any, Any]]]) -> list[Any]:
        queues = self.queues.get(node)
        if queues is None:
            return items
        for source, target, output, port in self.graph.edges:
            if target == node:
                routes = self.graph.vertices[source].kind.startswith("route")
                queues[port] += [item for name, item in sent[source] if not routes or name == output]
        if len(queues) == 1:
            (queue,) = queues.values()
            inbox = list(queue)
            queue.clear()
            return inbox
        inbox = []
        while all(queues.values()):
            inbox.append({port: queue.popleft() for port, queue in queues.items()})
        return inbox

    def _end(self, node: int, vertex: Vertex) -> list[tuple[Any, Any]]:
        queues = self.queues.get(node, {})
        if any(queues.values()):
            self._give_up(node, FailureError("NodeError", vertex.id, None, 1, ValueError("left")))
        if vertex.kind == "buffer" and self.held[node]:
            return [(None, self.held[node])]
        if vertex.kind.startswith("keep"):
            try:
                return [(None, item) for item in vertex.act.flush() if item is not None]
            except Exception as error:
                self._give_up(node, FailureError("NodeError", vertex.id, None, 1, error))
        return []

    def _give_up(self, node: int, failure: FailureError) -> None:
        self.errors[node] += 1
        if self.on_error == "raise":
            raise failure
        if self.on_error == "collect":
            self.collected.append(failure)

    def _work(self, node: int, item: Any) -> list[tuple[Any, Any]]:
        vertex = self.graph.vertices[node]
        if vertex.guarded:
            return self._guarded(node, vertex, item)
        try:
            return self._once(node, vertex, item)
        except Exception as error:
            raise FailureError("NodeError", vertex.id, None, 1, error) from error

    def _guarded(self, node: int, vertex: Vertex, item: Any) -> list[tuple[Any, Any]]:
        if self.opened[node] and not self.cools_at_once:
            raise FailureError("CircuitBreakerTripped", vertex.id, None, 0, self.last[node])
        attempt = 1
        while True:
            try:
                sent = self._once(node, vertex, item)
            except Exception as error:
                retryable = isinstance(error, RETRYABLE)
                if retryable and attempt <= self.max_retries:
                    attempt += 1
                    self.retries[node] += 1
                    continue
                self.in_a_row[node] += 1
                self.last[node] = error
                if self.threshold is not None and self.in_a_row[node] >= self.threshold:
                    self.opened[node] = True
                kind = "RetryLimitExceeded" if retryable and attempt > 1 else "NodeError"
                raise FailureError(kind, vertex.id, None, attempt, error) from error
            self.in_a_row[node], self.opened[node] = 0, False
            return sent

    def _once(self, node: int, vertex: Vertex, item: Any) -> list[tuple[Any, Any]]:
        """Return what is sent, each with the output that it is sent to."""
        kind, param, act = vertex.kind, vertex.param, vertex.act
        match kind.split()[0]:
            case "pass":
                sent = [item]
            case "add" | "subtract" | "multiply" | "divide":
                number(item)
                if kind == "divide" and param == 0:
                    raise ZeroDivisionError(f"{item!r} / 0")
                sent = [ARITHMETIC[kind](item, param)]
            case "filter":
                sent = [item] if holds(item, *param) else []
            case "route":
                rules, default = param
                chosen = next((output for sign, value, output in rules if holds(item, sign, value)), default)
                return [] if chosen is None else [(chosen, item)]
            case "buffer":
                self.held[node].append(item)
                full = len(self.held[node]) == param
                sent = [self.held[node]] if full else []
                if full:
                    self.held[node] = []
            case "function_filter":
                sent = [item] if act.holds(item) else []
            case "route_by":
                chosen = act.route(item, param)
                connected = [output for source, _, output, _ in self.graph.edges if source == node]
                if chosen is not None and connected and chosen not in connected:
                    raise ValueError(f"{chosen} leads nowhere")
                return [] if chosen is None else [(chosen, item)]
            case "one":
                sent = [act.one(item)]
            case "many":
                sent = act.many(item)
            case "keep":
                sent = [act.keep(item)]
            case _:
                raise AssertionError(kind)
        return [(None, each) for each in sent if each is not None]


def number(item: Any) -> Any:
    """Refuse what is no number; a bool is none."""
    if isinstance(item, bool) or not isinstance(item, int | float):
        raise TypeError(f"{item!r} is no number")
    return item


def holds(item: Any, sign: str, value: Any) -> bool:
    return COMPARE[sign](number(item), value)
