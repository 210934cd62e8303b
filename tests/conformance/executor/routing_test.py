"""The cheapest way through a graph, against all ways."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paceline.pipeline.routing import Route, cost_of, shortest_path

NAMES = ("a", "b", "c")
COSTS = st.integers(0, 20).map(float)


@st.composite
def graphs(draw, kind: str):
    """Draw options, sources and what handing over costs."""
    nodes = draw(st.integers(1, 6))
    options = [
        draw(st.dictionaries(st.sampled_from(NAMES), COSTS, min_size=1)) if draw(st.booleans()) else
        {name: draw(COSTS) for name in NAMES}
        for _ in range(nodes)
    ]  # fmt: skip
    sources: list[list[int]] = [[] for _ in range(nodes)]
    for node in range(1, nodes):
        if kind == "line":
            sources[node] = [node - 1]
        elif kind == "forest":
            sources[node] = draw(st.sampled_from([[], *([before] for before in range(node))]))
        else:
            sources[node] = draw(st.lists(st.integers(0, node - 1), max_size=4))
    table = {(one, other): draw(COSTS) for one in NAMES for other in NAMES}
    weights = [draw(st.integers(0, 3)) for _ in range(nodes)]
    return options, sources, lambda source, target, one, other: table[one, other] * weights[target] + source % 2


def every(options, sources, handing_over):
    """Yield what each assignment costs."""
    edges = Counter((source, target) for target, before in enumerate(sources) for source in before)
    for backends in product(*options):
        yield Route(backends, cost_of(options, edges, handing_over, backends))


@given(st.one_of(graphs("line"), graphs("forest")))
def test_a_line_or_a_forest_is_exact(graph):
    found = shortest_path(*graph)
    assert found in list(every(*graph))
    assert found.cost == min(route.cost for route in every(*graph))


@given(graphs("any"))
def test_any_other_graph_never_costs_more_than_one_backend_for_all(graph):
    found = shortest_path(*graph)
    assert found in list(every(*graph))
    assert all(found.cost <= route.cost for route in every(*graph) if len(set(route.backends)) == 1)


def test_two_branches_that_meet_are_a_tree():
    options = [{"a": 1.0, "b": 9.0}, {"a": 9.0, "b": 1.0}, {"a": 2.0, "b": 3.0}]
    found = shortest_path(options, [[], [], [0, 1]], lambda _s, _t, one, other: 5.0 * (one != other))
    assert found == Route(("a", "b", "a"), 9.0)


def test_handing_over_decides():
    options = [{"a": 10.0, "b": 11.0}, {"a": 9.0, "b": 1.0}, {"a": 10.0, "b": 11.0}]
    for price, expected in ((0.0, "aba"), (0.9, "aba"), (1.1, "bbb")):
        found = shortest_path(options, [[], [0], [1]], lambda _s, _t, one, other, price=price: price * (one != other))
        assert "".join(found.backends) == expected
    options[1]["b"] = 8.5
    dear = shortest_path(options, [[], [0], [1]], lambda _s, _t, one, other: 100.0 * (one != other))
    assert dear == Route(("a", "a", "a"), 29.0)


def test_of_equals_the_first():
    options = [{"b": 1.0, "a": 1.0}] * 3
    assert shortest_path(options, [[], [0], [1]], lambda *_: 0.0).backends == ("b", "b", "b")


def test_a_long_line_is_not_too_long_for_the_stack():
    nodes = 5_000
    sources = [[node - 1] if node else [] for node in range(nodes)]
    found = shortest_path([{"a": 1.0, "b": 2.0}] * nodes, sources, lambda _s, _t, one, other: float(one != other))
    assert found == Route(("a",) * nodes, float(nodes))


def test_a_node_without_a_backend():
    with pytest.raises(ValueError, match=r"options\[1\] is empty"):
        shortest_path([{"a": 1.0}, {}], [[], [0]], lambda *_: 0.0)
