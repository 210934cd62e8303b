"""What is counted."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from conformance.executor.building import Noted, NotedAwaited, line
from paceline.pipeline import AddNode, CalculatorNode, FilterNode, Node, NodeError, PassThroughNode, Pipeline

pytestmark = pytest.mark.needs("run_pipeline")

KEYS = ("execution_count", "success_count", "error_count", "retry_count")


def counts(made):
    return [tuple(each[key] for key in KEYS) for each in made.get_metrics()["node_metrics"]]


def runs(made):
    metrics = made.get_metrics()
    return metrics["total_executions"], metrics["failed_executions"]


class Tries(Node):
    def __init__(self):
        self.tried = set()

    def process(self, item):
        if item == 1 and item not in self.tried:
            self.tried.add(item)
            raise ConnectionError
        if item == 2:
            raise LookupError
        return item


class TriesAwaited(Tries):
    async def process(self, item):
        return super().process(item)


@pytest.mark.parametrize("kind", [Tries, TriesAwaited])
def test_counts_of_items(backend, kind):
    """9.1, 9.4: taken, failed, tried again."""
    made = line(backend, AddNode(0), FilterNode("gt", 0), kind(), PassThroughNode(), on_error="skip")
    assert made.run_sync([0, 1, 2, 3]) == [1, 3]
    assert counts(made) == [(4, 4, 0, 0), (4, 4, 0, 0), (3, 2, 1, 1), (2, 2, 0, 0)]
    assert made.get_metrics()["node_metrics"][2]["success_rate"] == 2 / 3
    assert runs(made) == (1, 0)


@pytest.mark.parametrize("data", [[1, 2.5, 3], np.array([1, 2, 3]), np.array([1.5, 2, 3]), (1, 2, 3), [1, 2**70, 3]])
def test_counts_of_chains(backend, data):
    """9.1: whole lists and arrays count item by item."""
    made = line(backend, AddNode(1), CalculatorNode("multiply", 2), PassThroughNode())
    for _ in range(40):
        made.run_sync(data)
    assert counts(made) == [(120, 120, 0, 0)] * 3
    assert runs(made) == (40, 0)
    asyncio.run(made.run(data))
    assert counts(made) == [(123, 123, 0, 0)] * 3
    assert runs(made) == (41, 0)


@pytest.mark.parametrize("kind", [Noted, NotedAwaited])
def test_errors_of_no_item(backend, kind):
    """9.2: leave the successes as they are."""
    for data in ([], [1, 2]):
        made = line(backend, kind([], "a", "flush"), on_error="skip")
        made.run_sync(data)
        assert counts(made) == [(len(data), len(data), 1, 0)]
    left = Pipeline(runtime_hint=backend, on_error="skip").add_node(kind([], "a"), id="a")
    left.add_node(FilterNode("gt", 1), id="b", after=()).add_node(PassThroughNode(), id="c", after=())
    left.connect("a", "c", input_key="l").connect("b", "c", input_key="r")
    left.run_sync([1, 2])
    assert counts(left)[2] == (1, 1, 1, 0)


@pytest.mark.parametrize("waits", [False, True])
def test_a_run_that_fails(backend, waits):
    """9.3: what comes after the error in the order of ticks and nodes does not count."""

    class Two(Node):
        def process(self, item):
            if item == 2:
                raise LookupError
            return item

    class TwoAwaited(Node):
        max_concurrency = 4

        async def process(self, item):
            for _ in range(10 - item):
                await asyncio.sleep(0)
            if item == 2:
                raise LookupError
            return item

    made = (
        Pipeline(runtime_hint=backend).add_node(AddNode(0), id="a").add_node(TwoAwaited() if waits else Two(), id="b")
    )
    made.add_node(AddNode(0), id="c").add_node(PassThroughNode(), id="d", after="a")
    with pytest.raises(NodeError):
        made.run_sync([0, 1, 2, 3, 4])
    assert counts(made) == [(3, 3, 0, 0), (3, 2, 1, 0), (2, 2, 0, 0), (2, 2, 0, 0)]
    assert runs(made) == (1, 1)


@pytest.mark.parametrize("kind", [Noted, NotedAwaited])
@pytest.mark.parametrize("fails", ["setup", "process", "flush", "teardown"])
def test_failed_runs(backend, kind, fails):
    """9.4: wherever the error comes from."""
    made = line(backend, kind([], "a", fails))
    for number in range(3):
        with pytest.raises(NodeError):
            made.run_sync([1])
        assert runs(made) == (number + 1, number + 1)


@pytest.mark.parametrize("nodes", [[AddNode(1)], [lambda item: item + 1], [Noted([])], [NotedAwaited([])]])
def test_runs_of_all_ways(backend, nodes):
    """9.4: streams, single items, async sources and several at once."""
    made = line(backend, *nodes)

    async def source():
        yield 1

    async def all_ways():
        assert len([item async for item in made.stream([1])]) == 1
        await made.run([1])
        await made.run(1)
        await made.run(source())
        await made.run_many([[1], [1]])

    asyncio.run(all_ways())
    made.run_sync((1,))
    assert runs(made) == (7, 0)
    assert counts(made) == [(7, 7, 0, 0)]


def shape(value):
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    return float if isinstance(value, int | float) else type(value)


@pytest.mark.parametrize("kind", [Tries, TriesAwaited])
def test_off(backend, kind):
    """9.5: zeros, in the same shape."""
    nodes = lambda: (AddNode(0), kind(), PassThroughNode())  # noqa: E731
    on, off = line(backend, *nodes(), on_error="skip"), line(backend, *nodes(), on_error="skip", enable_metrics=False)
    for made in (on, off):
        assert made.run_sync([1, 2, 3]) == [1, 3]
    for form in ("list", "dict"):
        assert shape(on.get_metrics(form)) == shape(off.get_metrics(form))
    assert counts(off) == [(0, 0, 0, 0)] * 3
    assert runs(off) == (0, 0)
    with pytest.raises(ValueError, match="accepted are 'list' and 'dict'"):
        off.get_metrics("table")
