"""A graph made ready to run: which executor takes it, which nodes it takes on itself, and why. Made once per graph."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from inspect import iscoroutinefunction
from typing import Any, Final

import msgspec

from paceline.backends import BackendUnavailable, Kernel
from paceline.operations import OPERATIONS
from paceline.pipeline.errors import ManifestError, NodeNotFound
from paceline.pipeline.graph import PlainEdge, topological_order
from paceline.pipeline.manifest import Config, NodeSpec, RuntimeHint
from paceline.pipeline.nodes.base import LOWER, Lowered, Node, StatefulNode, registered, type_name
from paceline.pipeline.nodes.flow import INPUT, OUTPUT
from paceline.pipeline.program import Kind, Program, Source, is_line
from paceline.pipeline.resilience import Guard, Resilience
from paceline.selection import TYPICAL_N, select, selector

OPERATION: Final = "run_pipeline"
NUMBERS: Final = frozenset({Kind.PASS, Kind.ADD, Kind.SUBTRACT, Kind.MULTIPLY, Kind.DIVIDE})
CALLED: Final = frozenset({Kind.CALL, Kind.CALL_MANY})
DIRECTED: Final = frozenset({Kind.FILTER, Kind.ROUTE, Kind.BUFFER})


class Entry(msgspec.Struct, eq=False):
    """A node of a graph: an object, or a type and params of which one is made when it is needed."""

    id: str
    type: str
    params: Mapping[str, Any]
    hint: RuntimeHint = "auto"
    lowered: Lowered | None = None
    """What executors know it as; None: it is called."""
    made: Node | None = None

    @classmethod
    def of(cls, node: Node, id: str, hint: RuntimeHint) -> Entry:
        """Make the entry of an object."""
        return cls(id, type_name(type(node)), {}, hint, node.lowered(), node)

    @property
    def node(self) -> Node:
        """The object, made on first use."""
        if self.made is None:
            self.made = registered()[self.type](**self.params)
        return self.made


class PlainEntry(Entry, gc=False):
    """An entry of a type that executors know: no cycle can lead through it, so the collector need not look at it."""


def entries_of(specs: Iterable[NodeSpec]) -> list[Entry]:
    """Make the entries of a manifest's nodes, whose types and params are checked; as :func:`entry_of`, for many."""
    entries: list[Entry] = []
    lower_of = LOWER.get
    for number, spec in enumerate(specs):
        lower = lower_of(spec.type)
        if lower is None:
            entries.append(entry_of(spec, number))
            continue
        try:
            entries.append(PlainEntry(spec.id, spec.type, spec.params, spec.runtime_hint, lower(spec.params)))
        except (TypeError, ValueError):
            entries.append(entry_of(spec, number))  # which says where
    return entries


def entry_of(spec: NodeSpec, number: int) -> Entry:
    """Make the entry of a manifest's node, whose type and params are checked.

    Raises
    ------
    NodeNotFound
        No such type is registered.
    ManifestError
        The params are not the type's.
    """
    kind = registered().get(spec.type)
    if kind is None:
        path = f"nodes[{number}].type"
        known = ", ".join(sorted(registered()))
        raise NodeNotFound(f"{path}: no node type {spec.type!r} is registered; accepted are {known}.", path)
    lower = LOWER.get(spec.type)
    try:
        if lower is not None:
            return Entry(spec.id, spec.type, spec.params, spec.runtime_hint, lower(spec.params))
        made = kind(**spec.params)
        return Entry(spec.id, spec.type, spec.params, spec.runtime_hint, made.lowered(), made)
    except (TypeError, ValueError) as error:
        path = f"nodes[{number}].params"
        raise ManifestError(f"{path}: {error}", path) from error


@dataclass(frozen=True, slots=True)
class Segment:
    """Nodes that run one way, for ``explain``."""

    nodes: tuple[str, ...]
    backend: str
    why: str


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
    waits: bool = False
    frames: bool = False
    guards: list[Guard | None] = field(default_factory=list)
    delegated: dict[int, Kernel] = field(default_factory=dict)
    """Nodes that another executor runs than the one that runs the rest."""
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

    def segments(self) -> list[Segment]:
        """Return which nodes run on which backend, neighbours that run alike together."""
        found: list[tuple[list[str], str, str]] = []
        for number, entry in enumerate(self.entries):
            backend, why = self._where(number, entry)
            if found and found[-1][1:] == (backend, why):
                found[-1][0].append(entry.id)
            else:
                found.append(([entry.id], backend, why))
        return [Segment(tuple(ids), backend, why) for ids, backend, why in found]

    def _where(self, number: int, entry: Entry) -> tuple[str, str]:
        if number in self.delegated:
            return entry.hint, "its runtime_hint asks for it"
        if self.kinds[number] not in (Kind.CALL, Kind.CALL_MANY):
            if self.backend == "numba" and not self.is_numbers:
                return "python", "numba takes a line of numbers only, and this graph is more"
            return self.backend, self.why
        operation = getattr(entry.node, "operation", None)
        if isinstance(operation, str) and operation in OPERATIONS:
            asked = getattr(entry.node, "backend", None)
            why = "its runtime_hint asks for it" if asked else f"the best one here for {operation}"
            return selector(operation).choose(TYPICAL_N, asked).backend, why
        if entry.lowered is not None:
            return "python", "its runtime_hint asks for it"
        return "python", f"{entry.type} is Python code, called by {'asyncio' if self.waits else self.backend}"

    @property
    def is_line(self) -> bool:
        """Whether each node has the one before it as its only source."""
        return is_line(self.sources)

    @property
    def is_numbers(self) -> bool:
        """Whether the graph is a line of nodes of numbers."""
        return self.used <= NUMBERS and self.is_line


def has_life(node: Node) -> bool:
    """Whether a run begins or ends something in a node."""
    return node.has("setup") or node.has("teardown") or node.has("flush")


def make_plan(entries: Sequence[Entry], edges: Sequence[PlainEdge], config: Config) -> Plan:
    """Order a graph, check its ports and outputs, and choose its executor.

    Raises
    ------
    ManifestError
        A cycle, a port or an output that a node does not have, an output that leads nowhere.
    BackendUnavailable
        A runtime hint cannot be met.
    """
    plan = _plan_of_line(entries, edges, config) or _plan_of_graph(entries, edges, config)
    _choose_executor(plan)
    plan.guards = _guards(plan)
    plan.errors, plan.late_errors, plan.retries = ([0] * len(entries) for _ in range(3))
    return plan


def _plan_of_line(entries: Sequence[Entry], edges: Sequence[PlainEdge], config: Config) -> Plan | None:
    """Lay out a line of nodes that executors know, in the order in which they are given; None for any other graph."""
    if edges != line_edges(len(entries)):
        return None
    try:
        kinds, params = zip(*[entry.lowered for entry in entries], strict=True)
    except TypeError:  # None among them: a node that is called
        return None
    used = frozenset(kinds)
    if Kind.ROUTE in used:
        return None
    sources, keys, outputs = _line(len(entries))
    ids = tuple([entry.id for entry in entries])
    sinks, hint = (len(ids) - 1,), config.runtime_hint
    return Plan(list(entries), config, kinds, params, sources, keys, outputs, sinks, ids, hint, used)


@lru_cache(maxsize=32)
def line_edges(nodes: int) -> list[PlainEdge]:
    """Return the edges of a line of so many nodes; all who ask share them, so a copy is to be changed."""
    return [(node, node + 1, OUTPUT, INPUT) for node in range(nodes - 1)]


@lru_cache(maxsize=32)
def _line(nodes: int) -> tuple[Any, ...]:
    """Return the sources, the ports' keys and the outputs of a line."""
    sources = tuple(((Source(node - 1, None),),) if node else () for node in range(nodes))
    return sources, tuple((INPUT,) if node else () for node in range(nodes)), tuple({} for _ in range(nodes))


def _plan_of_graph(entries: Sequence[Entry], edges: Sequence[PlainEdge], config: Config) -> Plan:
    """Order a graph and lay it out."""
    order = topological_order([entry.id for entry in entries], edges)
    place = [0] * len(order)
    for number, old in enumerate(order):
        place[old] = number
    ordered = [entries[old] for old in order]
    ports: list[dict[str, list[Source]]] = [{} for _ in order]
    outputs: list[dict[str, int]] = [{} for _ in order]
    leads_on = [False] * len(order)
    for source, target, output_key, input_key in edges:
        start, end = place[source], place[target]
        leads_on[start] = True
        lowered = ordered[start].lowered
        if lowered is not None and lowered[0] is Kind.ROUTE:
            number = outputs[start].setdefault(output_key, len(outputs[start]))
            ports[end].setdefault(input_key, []).append(Source(start, number))
        elif output_key == OUTPUT:
            ports[end].setdefault(input_key, []).append(Source(start, None))
        else:
            raise ManifestError(
                f"The edge from {ordered[start].id!r} to {ordered[end].id!r} has the output_key {output_key!r}; a "
                f"{ordered[start].type} has {OUTPUT!r} only.",
                f"edges[{edges.index((source, target, output_key, input_key))}].output_key",
            )
    plan = Plan(
        entries=ordered,
        config=config,
        kinds=(),
        params=(),
        sources=tuple([tuple([tuple(port) for port in each.values()]) for each in ports]),
        keys=tuple([tuple(each) for each in ports]),
        outputs=tuple(outputs),
        sinks=tuple([place[old] for old in range(len(order)) if not leads_on[place[old]]]),
        ids=tuple([entry.id for entry in ordered]),
        hint=config.runtime_hint,
        used=frozenset(),
    )
    kinds: list[Kind] = []
    params: list[Any] = []
    for number, entry in enumerate(ordered):
        if entry.lowered is None:
            node = entry.node
            plan.frames = plan.frames or node.frames
            plan.waits = plan.waits or _waits(node, order[number])
            kinds.append(Kind.CALL_MANY if node.yields else Kind.CALL)
            params.append(None)
            continue
        kind, param = entry.lowered
        if len(ports[number]) > 1 and kind is not Kind.PASS:
            raise ManifestError(
                f"The node {entry.id!r} has the ports {', '.join(map(repr, ports[number]))}; a {entry.type} has one. "
                "A PassThroughNode joins several into dicts.",
                _second_port(edges, order[number]),
            )
        if kind is Kind.ROUTE:
            param = _numbered(entry, param, outputs[number], order[number])
        kinds.append(kind)
        params.append(param)
    plan.kinds, plan.params, plan.used = tuple(kinds), tuple(params), frozenset(kinds)
    return plan


def _second_port(edges: Sequence[PlainEdge], node: int) -> str:
    """Return the path to the first edge that gives a node a port beside its first one."""
    first, *others = [(number, key) for number, (_, target, _, key) in enumerate(edges) if target == node]
    return f"edges[{next(number for number, key in others if key != first[1])}].input_key"


def _waits(node: Node, number: int) -> bool:
    width, timeout = node.max_concurrency, node.timeout_ms
    if type(width) is not int or width < 1:
        raise ManifestError(
            f"max_concurrency of a {type(node).__name__} is {width!r}; accepted is an int of 1 or more.",
            f"nodes[{number}]",
        )
    if timeout is not None and not timeout > 0:
        raise ManifestError(
            f"timeout_ms of a {type(node).__name__} is {timeout!r}; accepted is more than 0, or None.",
            f"nodes[{number}]",
        )
    timed = timeout is not None or width != 1
    if timed and not node.waits:
        raise ManifestError(
            f"The node {type(node).__name__} has a timeout_ms or a max_concurrency and does not wait; accepted are "
            "both of a node whose process is async, because one that is not cannot be interrupted.",
            f"nodes[{number}]",
        )
    return node.waits or iscoroutinefunction(node.setup) or iscoroutinefunction(node.teardown)


def _numbered(entry: Entry, param: Any, outputs: Mapping[str, int], node: int) -> Any:
    """Put numbers for the names of a router's outputs; each must lead somewhere, unless the router is a sink."""
    if param is None:
        return None
    rules, default = param
    named = [output for _, _, output in rules] + [default]
    for output in named if outputs else ():
        if output is not None and output not in outputs:
            raise ManifestError(
                f"The output {output!r} of the router {entry.id!r} leads nowhere; connected are "
                f"{', '.join(map(repr, outputs))}, and null drops an item.",
                f"nodes[{node}].params",
            )
    numbers = {None: None, **(outputs or {output: 0 for output in named if output is not None})}
    return tuple((comparison, value, numbers[output]) for comparison, value, output in rules), numbers[default]


def _choose_executor(plan: Plan) -> None:
    """Set the plan's backend from the hints, and turn nodes that run elsewhere into calls."""
    hints = {entry.hint for entry in plan.entries}
    if hints == {"auto"}:
        named: RuntimeHint | None = None if plan.hint == "auto" else plan.hint
        why = "the pipeline's runtime_hint asks for it"
    else:
        asked = list(dict.fromkeys(e.hint for e in plan.entries if e.lowered is not None and e.hint != "auto"))
        native = [hint for hint in asked if hint != "python"]
        named = plan.hint if plan.hint != "auto" else native[0] if native else None
        why = "a runtime_hint asks for it"
    chosen = selector(OPERATION).choose(TYPICAL_N, named)  # raises where the hint cannot be met
    plan.backend, plan.kernel = chosen.backend, chosen.kernel
    plan.why = why if named else "it is the best one here for this operation"
    if hints == {"auto"}:
        return
    kinds = list(plan.kinds)
    params = list(plan.params)
    for number, entry in enumerate(plan.entries):
        if entry.hint in ("auto", plan.backend) and entry.lowered is not None:
            if entry.hint == "numba" and not plan.is_numbers:
                raise _cannot(entry, "numba", "it takes a line of nodes of numbers, and this graph is more")
            continue
        if entry.hint == "auto":
            continue
        if entry.lowered is None:
            if entry.node.frames:
                _bind_frames(entry)
            elif entry.hint != "python":
                raise _cannot(entry, entry.hint, "it is Python code")
            continue
        kind = entry.lowered[0]
        if entry.hint == "python":
            if kind is Kind.PASS and len(plan.sources[number]) > 1:
                continue  # a join is the graph's, not the node's
            params[number] = None
            kinds[number] = kind if kind in (Kind.FILTER, Kind.ROUTE) else Kind.CALL
        elif kind in NUMBERS:
            plan.delegated[number] = select(OPERATION, entry.hint)
            kinds[number], params[number] = Kind.CALL, None
        else:
            raise _cannot(entry, entry.hint, f"it directs the flow of a graph that {plan.backend} runs")
    plan.kinds, plan.params, plan.used = tuple(kinds), tuple(params), frozenset(kinds)


def _cannot(entry: Entry, backend: str, reason: str) -> BackendUnavailable:
    return BackendUnavailable(f"The backend {backend!r} cannot run the node {entry.id!r} ({entry.type}): {reason}.")


def _bind_frames(entry: Entry) -> None:
    """Let a node of frames use the backend that its hint names."""
    use = getattr(entry.node, "use", None)
    if use is None:
        if entry.hint != "python":
            raise _cannot(entry, entry.hint, "it is Python code")
        return
    use(entry.hint)


def _guards(plan: Plan) -> list[Guard | None]:
    if plan.used <= NUMBERS:
        return [None] * len(plan.entries)
    config = plan.config
    resilience = Resilience(
        policy=config.retry_policy,
        max_retries=config.max_retries,
        base_ms=config.retry_base_ms,
        jitter=config.retry_jitter,
        threshold=config.circuit_breaker_threshold,
        cooldown_ms=config.circuit_breaker_cooldown_ms,
        timeout_ms=config.timeout_ms,
    )
    idle = config.retry_policy == "none" and config.circuit_breaker_threshold is None
    return [
        Guard(resilience, entry.node.retryable) if not idle and _is_users(entry) else None for entry in plan.entries
    ]


def _is_users(entry: Entry) -> bool:
    """Say whether a node runs a user's code, a function that decides for a router included."""
    if entry.lowered is None:
        return not entry.node.frames
    return entry.lowered == (Kind.ROUTE, None)


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
