"""Other ways to run a line of nodes over items: what is written by hand, and what the published executor did."""

from __future__ import annotations

import asyncio
import atexit
import json
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from graphlib import TopologicalSorter
from itertools import repeat
from typing import Any, Final, Protocol

KINDS: Final = ("pass", "add", "subtract", "multiply", "divide")
SIGNS: Final = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}

Step = tuple[str, int | float]
Steps = tuple[Step, ...]
"""A line of nodes: for each its kind and its operand, which of a "pass" says nothing."""

Items = list[Any]


class Process(Protocol):
    """What every node here has: one item in, one item out."""

    def process(self, item: Any, /) -> Any:
        """Return what comes of an item."""


class PassThrough:
    """A node as a user would write it."""

    def process(self, item: Any) -> Any:
        """Return the item."""
        return item


class Calculator:
    """A node as a user would write it: the operation is looked at for each item."""

    def __init__(self, operation: str, operand: float) -> None:
        self.operation, self.operand = operation, operand

    def process(self, item: Any) -> Any:
        """Return the item, calculated with."""
        operation = self.operation
        if operation == "add":
            return item + self.operand
        if operation == "subtract":
            return item - self.operand
        if operation == "multiply":
            return item * self.operand
        if operation == "divide":
            return item / self.operand
        raise ValueError(f"operation is {operation!r}; accepted are {', '.join(SIGNS)}.")


def nodes_of(steps: Steps) -> list[Process]:
    """Return a line's nodes as plain objects."""
    return [PassThrough() if kind == "pass" else Calculator(kind, operand) for kind, operand in steps]


def loop(nodes: Sequence[Process], items: Items) -> Items:
    """Run items one by one: two loops, as anybody would write them."""
    out = []
    for item in items:
        for node in nodes:
            item = node.process(item)
        out.append(item)
    return out


def generated(steps: Steps) -> Callable[[Items], Items]:
    """Return the line as one comprehension, made of text."""
    body = "x"
    for kind, operand in steps:
        if kind != "pass":
            body = f"({body} {SIGNS[kind]} {operand!r})"
    made: Callable[[Items], Items] = eval(f"lambda xs: [{body} for x in xs]" if body != "x" else "lambda xs: xs[:]")
    return made


def loop_retrying(nodes: Sequence[Process], items: Items, retries: int = 3, threshold: int = 5) -> Items:
    """Run items one by one with a retry loop and a breaker around each call, as anybody would write them."""
    out = []
    failures = [0] * len(nodes)
    for item in items:
        for at, node in enumerate(nodes):
            if failures[at] >= threshold:
                raise RuntimeError("the breaker is open")
            for attempt in range(retries + 1):
                try:
                    item = node.process(item)
                except (TimeoutError, ConnectionError):
                    failures[at] += 1
                    if attempt == retries:
                        raise
                else:
                    failures[at] = 0
                    break
        out.append(item)
    return out


# -- asyncio


@cache
def event_loop() -> asyncio.AbstractEventLoop:
    """Return the one event loop that every candidate uses; making one costs more than most runs."""
    made = asyncio.new_event_loop()
    atexit.register(made.close)
    return made


@cache
def pool() -> ThreadPoolExecutor:
    """Return the one pool of threads, as large as asyncio's own is by default on small machines."""
    return ThreadPoolExecutor(6, "hop")


def complete(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine to its end."""
    return event_loop().run_until_complete(work)


Work = Callable[[Process, Any], Awaitable[Any]]
_END: Final = object()


async def _through_queues(nodes: Sequence[Process], items: Items, work: Work) -> Items:
    """Run items through a task and a queue per node."""
    queues: list[asyncio.Queue[Any]] = [asyncio.Queue(16) for _ in range(len(nodes) + 1)]

    async def serve(node: Process, source: asyncio.Queue[Any], target: asyncio.Queue[Any]) -> None:
        while (item := await source.get()) is not _END:
            await target.put(await work(node, item))
        await target.put(_END)

    async def feed() -> None:
        for item in items:
            await queues[0].put(item)
        await queues[0].put(_END)

    tasks = [asyncio.create_task(serve(node, queues[at], queues[at + 1])) for at, node in enumerate(nodes)]
    tasks.append(asyncio.create_task(feed()))
    out = []
    while (item := await queues[-1].get()) is not _END:
        out.append(item)
    await asyncio.gather(*tasks)
    return out


async def _here(node: Process, item: Any) -> Any:
    return node.process(item)


async def _in_thread(node: Process, item: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(pool(), node.process, item)


def queues(nodes: Sequence[Process], items: Items) -> Items:
    """Run items through asyncio with a task and a queue per node."""
    done: Items = complete(_through_queues(nodes, items, _here))
    return done


def thread_hops(nodes: Sequence[Process], items: Items) -> Items:
    """Do what the published executor does: the same, with one hop to a thread per item and node."""
    done: Items = complete(_through_queues(nodes, items, _in_thread))
    return done


async def _together(run: Callable[[Items], Awaitable[Any]], items: Items) -> list[Any]:
    return await asyncio.gather(*[run([item]) for item in items])


def gathered(run: Callable[[Items], Awaitable[Any]], items: Items) -> list[Any]:
    """Start a run for each item, all at once, and wait for all of them."""
    done: list[Any] = complete(_together(run, items))
    return done


def bare(nodes: Sequence[Process]) -> Callable[[Items], Awaitable[Items]]:
    """Return a coroutine function that is the plain loop."""

    async def run(items: Items) -> Items:
        out = []
        for item in items:
            for node in nodes:
                item = node.process(item)
            out.append(item)
        return out

    return run


def bare_waiting(before: Process, waits: Any, after: Process) -> Callable[[Items], Awaitable[Items]]:
    """Return a coroutine function that is three nodes by hand, the middle one awaited."""

    async def run(items: Items) -> Items:
        return [after.process(await waits.process(before.process(item))) for item in items]

    return run


# -- awaiting what does not wait

AWAITS: Final = 200
"""Awaits per call: what drives the coroutine is then a fraction of one of them."""


def driven(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that never waits, without a loop.

    Raises
    ------
    RuntimeError
        It waits for something after all.
    """
    try:
        work.send(None)
    except StopIteration as end:
        return end.value
    work.close()
    raise RuntimeError("it waits, though nothing in it has to")


async def empty() -> None:
    """Do nothing: the smallest thing that can be awaited."""


async def awaiting(run: Callable[[Items], Awaitable[Any]], items: Items) -> Any:
    """Await run after run."""
    for _ in repeat(None, AWAITS):
        out = await run(items)
    return out


async def calling(run: Callable[[Items], Any], items: Items) -> Any:
    """Call run after run: nothing is awaited."""
    for _ in repeat(None, AWAITS):
        out = run(items)
    return out


async def calling_and_3(run: Callable[[Items], Any], items: Items) -> Any:
    """Call run after run, with three empty awaits each."""
    for _ in repeat(None, AWAITS):
        out = run(items)
        await empty()
        await empty()
        await empty()
    return out


async def calling_and_4(run: Callable[[Items], Any], items: Items) -> Any:
    """Call run after run, with four empty awaits each."""
    for _ in repeat(None, AWAITS):
        out = run(items)
        await empty()
        await empty()
        await empty()
        await empty()
    return out


# -- manifests


class Line:
    """A manifest made runnable by hand: nodes in topological order, one after the other."""

    def __init__(self, nodes: list[Process]) -> None:
        self.nodes = nodes

    def run_sync(self, items: Items) -> Items:
        """Run items."""
        return loop(self.nodes, items)


def from_json(text: str) -> Line:
    """Make a line of a manifest by json and graphlib, checking no more than that what it needs is there."""
    manifest = json.loads(text)
    sorter: TopologicalSorter[str] = TopologicalSorter()
    made: dict[str, Process] = {}
    for node in manifest["nodes"]:
        params = node["params"]
        made[node["id"]] = Calculator(params["operation"], params["operand"]) if params else PassThrough()
        sorter.add(node["id"])
    for edge in manifest["edges"]:
        sorter.add(edge["to"], edge["from"])
    return Line([made[id] for id in sorter.static_order()])
