"""Pipelines in few words, for tests."""

from __future__ import annotations

from typing import Any

from paceline.pipeline import Node, NodeError, Pipeline


def line(backend: str, *nodes: Any, **config: Any) -> Pipeline:
    """Return a pipeline of nodes one after the other, with no waits between retries."""
    made = Pipeline("line", runtime_hint=backend, **{"retry_base_ms": 0.0, **config})
    for node in nodes:
        made.add_node(node)
    return made


def exactly(value: Any) -> str:
    """Return a text in which 1, 1.0 and True differ, and so do 0.0 and -0.0."""
    return repr(value)


def facts(error: NodeError) -> tuple[Any, ...]:
    """Return what an error says, but for its text."""
    return (type(error).__name__, error.node_id, error.index, error.attempt, repr(error.__cause__))


class Noted(Node):
    """Notes the calls of all its methods in a list that is given."""

    def __init__(self, notes: list[Any], label: str = "", fails: str = "") -> None:
        self.notes, self.label, self.fails = notes, label, fails

    def note(self, what: str) -> None:
        self.notes.append(f"{what} {self.label}".strip())
        if what == self.fails:
            raise ValueError(f"{what} of {self.label}")

    def setup(self):
        self.note("setup")

    def process(self, item):
        self.note("process")
        return item

    def flush(self):
        self.note("flush")

    def teardown(self):
        self.note("teardown")


class NotedAwaited(Noted):
    """The same, with methods that wait."""

    async def setup(self):
        self.note("setup")

    async def process(self, item):
        self.note("process")
        return item

    async def flush(self):
        self.note("flush")

    async def teardown(self):
        self.note("teardown")
