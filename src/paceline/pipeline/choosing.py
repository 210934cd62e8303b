"""Chooses who runs what when a plan is made: the executor of the graph, and the backends of single nodes.

Nothing is timed. Executors were measured on a line of ten nodes and lists of ints; so a node is taken to cost a tenth
of that for 1,000 items. A node that runs on another executor than the one that walks the graph is called for each item:
handing over costs 1,000 calls with one. Where a node waits, items come one by one, and one is counted. An executor that
has a way of its own for lines of numbers only is not chosen for other graphs by those times.

Nodes with backends of their own need no path: they share arrays, so handing over is free, and what they convert is an
operation like any other. Each operation's own choice is the cheapest way then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from paceline.backends import BackendUnavailable, lines_only
from paceline.pipeline.entries import Entry
from paceline.pipeline.nodes.backed import BackedNode
from paceline.pipeline.plan import CALLED, NUMBERS, Plan
from paceline.pipeline.program import Kind
from paceline.pipeline.routing import Route, shortest_path
from paceline.selection import TYPICAL_N, Choice, overrides, select, selector
from paceline.selection.choices import Rule

OPERATION: Final = "run_pipeline"
MEASURED_NODES: Final = 10
"""The nodes of the line that executors are measured on."""

_WHY: Final[Mapping[Rule, str]] = {
    "call": "a runtime_hint asks for it",
    "using": "a block of paceline.using() asks for it",
    "profile": "the fastest that was measured here",
    "shipped": "the fastest in the table that comes with paceline",
    "order": "nothing was measured, and it is the first of the fixed order",
}

ASKED_FOR: Final = frozenset({"using", "environment"})
"""The rules by which a user says it, beside hints."""

_executors: Final = selector(OPERATION)


def choose_backends(plan: Plan) -> None:
    """Set the plan's executor; turn nodes that run elsewhere into calls; bind nodes that run on backends of their own.

    Raises
    ------
    BackendUnavailable
        A runtime hint cannot be met.
    """
    hints = {entry.hint for entry in plan.entries}
    elsewhere: Mapping[int, str] = {}
    if plan.hint != "auto":
        chosen, why = _executors.choose(TYPICAL_N, plan.hint), "the pipeline's runtime_hint asks for it"
    elif hints == {"auto"}:
        chosen, why = _fastest(plan)
    else:
        chosen, why, elsewhere = _cheapest(plan)
    plan.backend, plan.kernel, plan.why = chosen.backend, chosen.kernel, why
    if not plan.used.isdisjoint(CALLED):
        _bind(plan)
    if hints != {"auto"}:
        _run_elsewhere(plan, elsewhere)


def why_chosen(choice: Choice, operation: str) -> str:
    """Return the rule of a choice in words that end a line."""
    if choice.rule == "environment":
        return f"{overrides.setting_of(operation)} asks for it"
    return _WHY[choice.rule]


def _fastest(plan: Plan) -> tuple[Choice, str]:
    """Return the executor of a graph without hints."""
    chosen = _executors.choose(_items(plan))
    if not plan.is_numbers and not plan.waits and chosen.rule not in ASKED_FOR and lines_only(chosen.backend):
        return _for_graphs(plan)
    return chosen, why_chosen(chosen, OPERATION)


def _for_graphs(plan: Plan) -> tuple[Choice, str]:
    """Return the fastest executor of those that take any graph; without one Python, which all others use then."""
    times = _executors.times(_items(plan))
    for name in sorted(times, key=times.__getitem__):
        if not lines_only(name) and _executors.proved(name):
            return _executors.choose(TYPICAL_N, name), "the fastest that was measured, of those for any graph"
    return _executors.choose(TYPICAL_N, "python"), "none that is here is faster with more than a line of numbers"


def _items(plan: Plan) -> int:
    """Return how many items an executor is typically given at once: one where asyncio walks the graph."""
    return 1 if plan.waits else TYPICAL_N


def _cheapest(plan: Plan) -> tuple[Choice, str, Mapping[int, str]]:
    """Return the executor of a graph in which nodes have hints, and the nodes that run on others."""
    asked = list(dict.fromkeys(e.hint for e in plan.entries if e.lowered is not None and e.hint not in NO_EXECUTOR))
    if not plan.is_numbers:
        _refuse_lines_only(plan)
    chosen = _executors.choose(_items(plan))
    if chosen.rule in ASKED_FOR:
        return chosen, why_chosen(chosen, OPERATION), {}
    if not asked:  # a node in Python, or one that is called anyway: no line of numbers
        chosen, why = (
            _for_graphs(plan)
            if lines_only(chosen.backend) and not plan.waits
            else (chosen, why_chosen(chosen, OPERATION))
        )
        return chosen, why, {}
    routes = {name: found for name in _executors.times(1) if (found := _route(plan, name)) is not None}
    for name in sorted(routes, key=lambda name: routes[name].cost):
        if _executors.proved(name):
            why = "a runtime_hint asks for it" if name in asked else "the cheapest, with what its calls of others cost"
            elsewhere = {n: each for n, each in enumerate(routes[name].backends[1:]) if each != name}
            return _executors.choose(TYPICAL_N, name), why, elsewhere
    named = min(asked, key=lines_only)  # the first, if there is one, that takes any graph
    return _executors.choose(TYPICAL_N, named), "a runtime_hint asks for it", {}


NO_EXECUTOR: Final = frozenset({"auto", "python"})
"""Hints that do not ask for an executor: a node in Python is called by whichever there is."""


def _refuse_lines_only(plan: Plan) -> None:
    for entry in plan.entries:
        if entry.lowered is not None and entry.hint not in NO_EXECUTOR and lines_only(entry.hint):
            raise _cannot(entry, entry.hint, "it takes a line of nodes of numbers, and this graph is more")


def _route(plan: Plan, walker: str) -> Route | None:
    """Return where nodes run at the least cost if this executor walks the graph; None where it cannot, or no figures.

    Number 0 of the route is the graph's input, which the walker has.
    """
    n = _items(plan)
    node_ns = {name: ns / MEASURED_NODES for name, ns in _executors.times(n).items()}
    call_ns = {name: n * ns for name, ns in _executors.times(1).items()}
    options: list[Mapping[str, float]] = [{walker: 0.0}]
    for number, entry in enumerate(plan.entries):
        kind = plan.kinds[number]
        moves = kind in NUMBERS and len(plan.sources[number]) < 2
        if entry.lowered is None or entry.hint == "python":
            options.append({walker: 0.0})  # a call in Python, whoever walks
        elif entry.hint not in ("auto", walker) and not (moves and entry.hint in node_ns):
            return None
        elif entry.hint != "auto":
            options.append({entry.hint: node_ns[entry.hint]})
        else:
            options.append(node_ns if moves else {walker: node_ns[walker]})
    sources = [[], *([s.node + 1 for port in ports for s in port] or [0] for ports in plan.sources)]
    found = shortest_path(options, sources, lambda _source, _target, _one, other: call_ns[other] * (other != walker))
    alone = all(name == walker for name in found.backends) and plan.is_numbers
    alone = alone and all(entry.hint != "python" for entry in plan.entries)
    return None if lines_only(walker) and not alone and not plan.waits else found


def _run_elsewhere(plan: Plan, elsewhere: Mapping[int, str]) -> None:
    """Turn nodes of numbers that another executor runs, and nodes in Python, into calls."""
    kinds = list(plan.kinds)
    params = list(plan.params)
    for number, entry in enumerate(plan.entries):
        hint = elsewhere.get(number, entry.hint)
        if entry.lowered is None or hint == "auto":
            continue
        if hint == plan.backend:
            if hint != "python" and lines_only(hint) and not plan.is_numbers:
                raise _cannot(entry, hint, "it takes a line of nodes of numbers, and this graph is more")
            continue
        kind = entry.lowered[0]
        if hint == "python":
            if kind is Kind.PASS and len(plan.sources[number]) > 1:
                continue  # a join is the graph's, not the node's
            params[number] = None
            kinds[number] = kind if kind in (Kind.FILTER, Kind.ROUTE) else Kind.CALL
        elif kind in NUMBERS:
            plan.delegated[number] = hint, select(OPERATION, hint)
            kinds[number], params[number] = Kind.CALL, None
        else:
            raise _cannot(entry, hint, f"it directs the flow of a graph that {plan.backend} runs")
    plan.kinds, plan.params, plan.used = tuple(kinds), tuple(params), frozenset(kinds)


def _bind(plan: Plan) -> None:
    """Put copies, bound to their backends, in the place of nodes that have some; the user's nodes stay as they are."""
    for number, entry in enumerate(plan.entries):
        if entry.lowered is not None:
            continue
        node = entry.node
        if not isinstance(node, BackedNode):
            if entry.hint not in NO_EXECUTOR:
                raise _cannot(entry, entry.hint, "it is Python code")
            continue
        asked = next((hint for hint in (entry.hint, node.backend, plan.hint) if hint not in (None, "auto")), None)
        if asked is not None and node.operation is not None:
            selector(node.operation).choose(TYPICAL_N, asked)  # raises where the hint cannot be met
        plan.entries[number] = Entry(entry.id, entry.type, entry.params, entry.hint, None, node.bound(asked))


def _cannot(entry: Entry, backend: str, reason: str) -> BackendUnavailable:
    return BackendUnavailable(f"The backend {backend!r} cannot run the node {entry.id!r} ({entry.type}): {reason}.")
