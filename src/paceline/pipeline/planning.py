"""Makes plans: orders a graph, checks its ports and outputs, and lays it out. Done once per graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from inspect import iscoroutinefunction
from typing import Any

from paceline.pipeline.choosing import choose_backends
from paceline.pipeline.entries import Entry
from paceline.pipeline.errors import ManifestError
from paceline.pipeline.graph import PlainEdge, topological_order
from paceline.pipeline.manifest import Config
from paceline.pipeline.nodes.backed import BackedNode
from paceline.pipeline.nodes.base import Node
from paceline.pipeline.nodes.flow import INPUT, OUTPUT
from paceline.pipeline.plan import NUMBERS, Plan
from paceline.pipeline.program import Kind, Source, is_line
from paceline.pipeline.resilience import Guard, Resilience


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
    choose_backends(plan)
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
    return Plan(list(entries), config, kinds, params, sources, keys, outputs, sinks, ids, hint, used, is_line=True)


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
        is_line=False,
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
    plan.is_line = is_line(plan.sources)
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
        return not isinstance(entry.node, BackedNode)
    return entry.lowered == (Kind.ROUTE, None)
