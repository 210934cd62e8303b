"""The cheapest assignment of backends to a graph's nodes: what nodes cost, and what handing over between them does.

A line, a tree and a forest are solved exactly, by dynamic programming from the leaves: O(nodes x backends²). In any
other graph that leaves out the edges that close a ring; what it finds is then held, with all edges counted, against
every backend that could take the whole graph, and the cheapest is taken. So a route never costs more than one backend
for all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

Options = Sequence[Mapping[str, float]]
"""For each node its cost on every backend that can run it."""

HandingOver = Callable[[int, int, str, str], float]
"""``(source, target, one, other)``: what an edge costs from a node on one backend to a node on the other."""


class Route(NamedTuple):
    """Where each node runs, and what that costs together."""

    backends: tuple[str, ...]
    cost: float


Edges = Mapping[tuple[int, int], int]
"""How many edges there are from one node to another."""


def shortest_path(options: Options, sources: Sequence[Sequence[int]], handing_over: HandingOver) -> Route:
    """Return the cheapest way through a graph; of equals the one whose backends come first in ``options``.

    Parameters
    ----------
    options : sequence of mappings
        For each node, in topological order, its cost on every backend that can run it; costs are 0 or more.
    sources : sequence of sequences of int
        For each node those that send to it, as often as they do.
    handing_over : callable
        What an edge costs between two backends, which may be the same one; 0 or more.

    Raises
    ------
    ValueError
        A node has no backend.
    """
    for node, each in enumerate(options):
        if not each:
            raise ValueError(f"options[{node}] is empty; accepted is one backend or more for every node.")
    edges = Counter((source, target) for target, before in enumerate(sources) for source in before)
    kept = _without_rings(len(options), edges)
    found = _along(options, kept, handing_over)
    if len(kept) == len(edges):
        return Route(found, cost_of(options, edges, handing_over, found))
    everywhere = [name for name in options[0] if all(name in each for each in options)]
    routes = [found, *((name,) * len(options) for name in everywhere)]
    return min(
        (Route(route, cost_of(options, edges, handing_over, route)) for route in routes), key=lambda each: each.cost
    )


def cost_of(options: Options, edges: Edges, handing_over: HandingOver, backends: Sequence[str]) -> float:
    """Return what an assignment costs: all nodes and all edges."""
    nodes = sum(each[name] for each, name in zip(options, backends, strict=True))
    return nodes + sum(
        times * handing_over(source, target, backends[source], backends[target])
        for (source, target), times in edges.items()
    )


def _without_rings(nodes: int, edges: Edges) -> dict[tuple[int, int], int]:
    """Return the edges, in order, without those between nodes that are connected already."""
    group = list(range(nodes))

    def leader(node: int) -> int:
        while group[node] != node:
            group[node] = group[group[node]]
            node = group[node]
        return node

    kept = {}
    for (source, target), times in edges.items():
        one, other = leader(source), leader(target)
        if one != other:
            group[other] = one
            kept[source, target] = times
    return kept


def _along(options: Options, edges: Edges, handing_over: HandingOver) -> tuple[str, ...]:
    """Return the cheapest assignment of a forest."""
    order = list(_from_roots(len(options), edges))
    best = [dict(each) for each in options]  # of a node and all that hangs on it
    then: list[dict[str, str]] = [{} for _ in options]
    """For each node the backend that is best for it, by that of the node that it hangs on."""
    for node, above in reversed(order):
        if above is None:
            continue
        for over in best[above]:
            costs = {
                name: cost + _edge(edges, handing_over, above, node, over, name) for name, cost in best[node].items()
            }
            then[node][over] = name = min(costs, key=costs.__getitem__)
            best[above][over] += costs[name]
    found: dict[int, str] = {}
    for node, above in order:
        found[node] = min(best[node], key=best[node].__getitem__) if above is None else then[node][found[above]]
    return tuple(found[node] for node in range(len(options)))


def _edge(edges: Edges, handing_over: HandingOver, above: int, node: int, over: str, name: str) -> float:
    """Return what the edge between two nodes costs, whichever way it leads."""
    if (above, node) in edges:
        return edges[above, node] * handing_over(above, node, over, name)
    return edges[node, above] * handing_over(node, above, name, over)


def _from_roots(nodes: int, edges: Edges) -> Iterator[tuple[int, int | None]]:
    """Yield every node of a forest behind the one that it hangs on, with that; None for a root."""
    beside: list[list[int]] = [[] for _ in range(nodes)]
    for source, target in edges:
        beside[source].append(target)
        beside[target].append(source)
    seen = [False] * nodes
    for root in range(nodes):
        if seen[root]:
            continue
        seen[root] = True
        waiting: list[tuple[int, int | None]] = [(root, None)]
        while waiting:
            node, above = waiting.pop()
            yield node, above
            for each in beside[node]:
                if not seen[each]:
                    seen[each] = True
                    waiting.append((each, node))
