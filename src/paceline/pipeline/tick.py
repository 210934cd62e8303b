"""A tick of a graph that waits: where it is, and what has happened in it; and the gates that keep ticks in order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from paceline.pipeline.errors import NodeError


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


async def cancelled(tasks: Iterable[asyncio.Future[Any]]) -> None:
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
