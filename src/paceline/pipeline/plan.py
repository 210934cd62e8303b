"""A graph made ready to run: which executor takes it, which nodes it takes on itself, and why."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, Final

from paceline.backends import Kernel
from paceline.pipeline.entries import Entry
from paceline.pipeline.manifest import Config, RuntimeHint
from paceline.pipeline.nodes.base import Node, StatefulNode
from paceline.pipeline.program import Kind, Program, Source
from paceline.pipeline.resilience import Guard

NUMBERS: Final = frozenset({Kind.PASS, Kind.ADD, Kind.SUBTRACT, Kind.MULTIPLY, Kind.DIVIDE})
CALLED: Final = frozenset({Kind.CALL, Kind.CALL_MANY})
DIRECTED: Final = frozenset({Kind.FILTER, Kind.ROUTE, Kind.BUFFER})


@dataclass(slots=True, eq=False)
class Plan:
    """Everything about a graph that does not change from run to run; entries and all tuples in topological order."""

    entries: list[Entry]
    config: Config
    kinds: tuple[Kind, ...]
    params: tuple[Any, ...]
    sources: tuple[tuple[tuple[Source, ...], ...], ...]
    keys: tuple[tuple[str, ...], ...]
    outputs: tuple[dict[str, int], ...]
    """For each router the numbers of its connected outputs, empty for one that is a sink."""
    sinks: tuple[int, ...]
    ids: tuple[str, ...]
    hint: RuntimeHint
    used: frozenset[Kind]
    """The kinds that there are, because a plan asks for them more than once."""
    is_line: bool
    """Whether each node has the one before it as its only source."""
    waits: bool = False
    frames: bool = False
    guards: list[Guard | None] = field(default_factory=list)
    delegated: dict[int, tuple[str, Kernel]] = field(default_factory=dict)
    """Nodes that another executor runs than the one that runs the rest, each with that."""
    backend: str = "python"
    kernel: Kernel | None = None
    """The executor, once it is chosen."""
    why: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)
    errors: list[int] = field(default_factory=list)
    late_errors: list[int] = field(default_factory=list)
    """Those among them that are no item's: of a ``flush``, and of items without a partner."""
    retries: list[int] = field(default_factory=list)
    failed_runs: int = 0

    @property
    def calls(self) -> bool:
        """Whether a node is called, rather than done by an executor itself."""
        return not self.used.isdisjoint(CALLED)

    @property
    def shares_nodes(self) -> bool:
        """Whether all runs may share the nodes: no called one begins, keeps or ends something in a run."""
        return not self.calls or not any(
            kind in CALLED and (isinstance(entry.node, StatefulNode) or has_life(entry.node))
            for kind, entry in zip(self.kinds, self.entries, strict=True)
        )

    @property
    def is_numbers(self) -> bool:
        """Whether the graph is a line of nodes of numbers."""
        return self.used <= NUMBERS and self.is_line


def has_life(node: Node) -> bool:
    """Whether a run begins or ends something in a node."""
    return node.has("setup") or node.has("teardown") or node.has("flush")


def program_of(plan: Plan, open: Any, whole: Any) -> Program:
    """Return what executors run."""
    return Program(
        kinds=plan.kinds,
        params=plan.params,
        sources=plan.sources,
        keys=plan.keys,
        sinks=plan.sinks,
        names=plan.ids,
        open=open,
        whole=whole,
        metrics=plan.config.enable_metrics,
    )
