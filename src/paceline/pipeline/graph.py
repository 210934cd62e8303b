"""The order of a graph's nodes, and the cycle where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from paceline.pipeline.errors import CycleError


Edge = tuple[int, int, str, str]
"""Two nodes by their numbers, the output of the one and the port of the other; a plain tuple, which is made fastest."""


def topological_order(ids: Sequence[str], edges: Sequence[Edge]) -> list[int]:
    """Return the nodes so that each comes after all that send to it; those that are free keep their order.

    Raises
    ------
    CycleError
        The edges form a cycle; it names the path.

    Notes
    -----
    Cost: O(nodes + edges). Source: A. B. Kahn, Topological sorting of large networks, 1962.
    """
    missing = [0] * len(ids)
    targets: list[list[int]] = [[] for _ in ids]
    for source, target, _, _ in edges:
        missing[target] += 1
        targets[source].append(target)
    order = [node for node, count in enumerate(missing) if not count]
    for node in order:  # grows while it is walked
        for target in targets[node]:
            missing[target] -= 1
            if not missing[target]:
                order.append(target)
    if len(order) < len(ids):
        raise _cycle_error(ids, edges, {node for node, count in enumerate(missing) if count})
    return order


def _cycle_error(ids: Sequence[str], edges: Sequence[Edge], stuck: set[int]) -> CycleError:
    before = {target: source for source, target, _, _ in reversed(edges) if source in stuck and target in stuck}
    node, seen = next(iter(before)), dict[int, int]()
    while node not in seen:  # every node that is stuck waits for another one that is
        seen[node] = len(seen)
        node = before[node]
    backwards = list(seen)[seen[node] :]
    cycle = [ids[each] for each in reversed(backwards)]
    cycle = [*cycle[-1:], *cycle]
    return CycleError(
        f"The edges form a cycle: {' -> '.join(cycle)}; accepted is a graph without.", "edges", tuple(cycle)
    )
