"""Rows on lines of nodes over lists: the published six, single nodes, more nodes, more items."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from paceline_harness.baselines.executor import Steps
from paceline_harness.candidate import Candidate
from paceline_harness.comparison import Comparison
from paceline_harness.record import Claim
from paceline_harness.suites.executor.shared import (
    CALCULATING,
    COMPLEX,
    EXACT,
    LOOP,
    MEDIUM,
    OPERATION,
    PUBLISHED,
    SIMPLE,
    executors,
    floats,
    floor,
    generated,
    hops,
    ints,
    loop,
    queues,
    repeated,
)

WORKLOADS: Final[tuple[tuple[str, Steps, int, Claim], ...]] = (
    ("Simple (3n, 10i)", SIMPLE, 10, Claim(2.71, 0.13, 20.31, PUBLISHED)),
    ("Simple (3n, 100i)", SIMPLE, 100, Claim(18.24, 0.15, 125.46, PUBLISHED)),
    ("Medium (5n, 100i)", MEDIUM, 100, Claim(26.91, 0.17, 155.00, PUBLISHED)),
    ("Complex (10n, 100i)", COMPLEX, 100, Claim(48.98, 0.22, 220.97, PUBLISHED)),
    ("Calc-Heavy (7n, 100i)", CALCULATING, 100, Claim(36.45, 0.22, 168.66, PUBLISHED)),
    ("Large (3n, 1000i)", SIMPLE, 1000, Claim(185.72, 0.28, 661.58, PUBLISHED)),
)
"""The published six; "complex" was published as a mix of ten, "calculation-heavy" as seven that calculate."""

PIPELINES: Final[tuple[tuple[str, Steps], ...]] = (
    ("3 nodes that pass", SIMPLE),
    ("5 nodes, 2 calculate", MEDIUM),
    ("10 nodes, 5 calculate", COMPLEX),
    ("7 nodes that calculate", CALCULATING),
)
"""The same for sizes of one's own."""

Draw = Callable[..., tuple[Any, ...]]
NODES: Final = (1, 30, 100)
ITEMS: Final = (1, 1_000, 10_000)


def rows(names: list[str], *, brief: bool = False) -> list[Comparison]:
    """Return the published six for ints, as they were, and for floats; and the published single nodes.

    In brief there are the published ones alone.
    """
    found = []
    for title, steps, items, claim in WORKLOADS:
        found.append(_line(names, title, steps, ints, (items,), published=True))
        found[-1].claim = claim
        if not brief:
            found.append(_line(names, f"{title}, floats", steps, floats, (items,)))
    found.append(_line(names, "PassThroughNode", (("pass", 0),), ints, (100,), published=True))
    found.append(_line(names, "CalculatorNode (add)", (("add", 5),), ints, (100,), published=True))
    return found


def of_sizes(names: list[str], sizes: tuple[int, ...]) -> list[Comparison]:
    """Return every pipeline with as many items as asked for."""
    return [
        _line(names, f"{title}, {kind}", steps, draw, sizes)
        for title, steps in PIPELINES
        for kind, draw in (("ints", ints), ("floats", floats))
    ]


def scaling(names: list[str]) -> list[Comparison]:
    """Return the rows over growing numbers of nodes and of items."""

    def drawn(nodes: int, rng: Any) -> tuple[Any, ...]:
        return (*ints(100, rng), nodes)

    more_nodes = _comparison(
        names, "Scaling by nodes (100 items)", lambda _x, nodes: repeated(nodes), drawn, NODES, item="node"
    )
    return [more_nodes, _line(names, "Scaling by items (7 nodes)", CALCULATING, floats, ITEMS)]


def _line(
    names: list[str], title: str, steps: Steps, draw: Draw, sizes: tuple[int, ...], *, published: bool = False
) -> Comparison:
    def lay(_items: Any) -> Steps:
        return steps

    more = [queues(lay), hops(lay)] if published else []
    return _comparison(names, title, lay, draw, sizes, more)


def _comparison(
    names: list[str],
    title: str,
    lay: Callable[..., Steps],
    draw: Draw,
    sizes: tuple[int, ...],
    more: list[Candidate] | None = None,
    item: str = "item",
) -> Comparison:
    return Comparison(
        OPERATION,
        [*executors(names, lay), loop(lay), generated(lay), *(more or ()), floor(lay)],
        draw,
        sizes,
        LOOP,
        EXACT,
        reference=LOOP,
        keep_outputs=False,
        title=title,
        item=item,
        source="numbers up to a million, drawn from the seed",
    )
