"""What becomes of a node's error."""

from __future__ import annotations

import asyncio
import pickle

import pytest

from conformance.executor.building import Noted, facts, line
from paceline.errors import PacelineError
from paceline.pipeline import (
    AddNode,
    BackendUnavailable,
    BufferNode,
    CalculatorNode,
    CircuitBreakerTripped,
    Collected,
    CycleError,
    ManifestError,
    Node,
    NodeError,
    NodeNotFound,
    PassThroughNode,
    Pipeline,
    PipelineError,
    RetryLimitExceeded,
    RouterNode,
    VersionMismatch,
)

pytestmark = pytest.mark.needs("run_pipeline")


def fails_on_two(item):
    if item == 2:
        raise LookupError("two")
    return item


async def fails_on_two_awaited(item):
    await asyncio.sleep(0)
    return fails_on_two(item)


def yields_until_two(item):
    yield item
    fails_on_two(item)


FAILING = [fails_on_two, fails_on_two_awaited, yields_until_two]


@pytest.mark.parametrize("function", FAILING)
def test_an_error_says_where(backend, function):
    """5.1: node, type, index, attempt, cause."""
    made = line(backend, PassThroughNode())
    made.add_node(function, id="bad")
    with pytest.raises(NodeError) as caught:
        made.run_sync([0, 1, 2, 3])
    error = caught.value
    assert facts(error) == ("NodeError", "bad", 2, 1, "LookupError('two')")
    assert error.node_type == "MapNode"
    assert str(error) == "The node 'bad' (MapNode) failed on item 2: LookupError: two."
    copied = pickle.loads(pickle.dumps(error))
    assert (str(copied), copied.node_id, copied.index, copied.attempt) == (str(error), "bad", 2, 1)


@pytest.mark.parametrize("before", [PassThroughNode(), BufferNode(2), RouterNode([]), lambda item: item])
def test_an_index_is_the_items_that_was_taken_from_the_input(backend, before):
    """5.1: and None for what a node has kept to the end."""
    made = line(backend, before, CalculatorNode("divide", 0), on_error="collect")
    output, errors = made.run_sync([1, 2, 3])
    assert output == []
    kept = isinstance(before, BufferNode)
    assert [each.index for each in errors] == ([1, None] if kept else [0, 1, 2])


@pytest.mark.parametrize("slow", [False, True])
def test_the_first_error_is_raised(backend, slow):
    """5.2: by ticks, then by nodes, also where a later one came sooner."""

    class Fails(Node):
        max_concurrency = 4

        def __init__(self, at, name, turns):
            super().__init__(name=name)
            self.at, self.turns = at, turns

        async def process(self, item):
            for _ in range(self.turns * (10 - item)):
                await asyncio.sleep(0)
            if item >= self.at:
                raise LookupError(self.name)
            return item

    turns = (3, 0) if slow else (0, 3)
    made = Pipeline(runtime_hint=backend).add_node(Fails(2, "a", turns[0])).add_node(Fails(1, "b", turns[1]), after=())
    with pytest.raises(NodeError) as caught:
        made.run_sync([0, 1, 2, 3])
    assert (caught.value.node_id, caught.value.index) == ("b", 1)
    both = Pipeline(runtime_hint=backend).add_node(Fails(1, "a", turns[0])).add_node(Fails(1, "b", turns[1]), after=())
    with pytest.raises(NodeError) as caught:
        both.run_sync([0, 1, 2, 3])
    assert (caught.value.node_id, caught.value.index) == ("a", 1)


@pytest.mark.parametrize("function", FAILING)
def test_skip(backend, function):
    """5.3: the others go on; what a generator had yielded of the item is gone too."""
    assert line(backend, function, AddNode(1), on_error="skip").run_sync([1, 2, 3]) == [2, 4]


@pytest.mark.parametrize("function", FAILING)
def test_collect(backend, function):
    """5.4: by ticks, then nodes."""
    made = Pipeline(runtime_hint=backend, on_error="collect")
    made.add_node(function, id="b").add_node(function, id="a", after=()).add_node(CalculatorNode("divide", 0), id="c")
    for data in ([1, 2, 2], iter([1, 2, 2])):
        result = made.run_sync(data)
        assert isinstance(result, Collected)
        assert result.output == {"b": [1], "c": []}
        assert [(each.node_id, each.index) for each in result.errors] == [
            ("c", 0),
            ("b", 1),
            ("a", 1),
            ("b", 2),
            ("a", 2),
        ]
    assert made.run_sync(1).output == {"b": 1, "c": None}


def test_a_stream_does_not_collect(backend):
    """5.4: errors would be lost."""
    with pytest.raises(ValueError, match="'raise' and 'skip'"):
        line(backend, AddNode(1), on_error="collect").stream([1])


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError])
@pytest.mark.parametrize("on_error", ["raise", "skip"])
def test_other_exceptions_pass(backend, kind, on_error):
    """5.5: as they are, after the teardown."""
    notes = []

    def stops(item):
        raise kind

    def stops_while_it_yields(item):
        yield item
        raise kind

    for function in (stops, stops_while_it_yields):
        with pytest.raises(kind):
            line(backend, Noted(notes), function, on_error=on_error).run_sync([1])
        assert notes == ["setup", "process", "teardown"]
        notes.clear()


def test_nothing_is_run_again(backend):
    """5.6: each item once, whatever fails after it."""
    seen = []

    def sees(item):
        seen.append(item)
        return item

    for last in (CalculatorNode("divide", 0), fails_on_two, AddNode(2**70)):
        seen.clear()
        line(backend, sees, AddNode(2**62), AddNode(2**62), last, on_error="skip").run_sync([1, 2, 3, 2**63, 1.5])
        assert seen == [1, 2, 3, 2**63, 1.5]
    seen.clear()
    with pytest.raises(NodeError):
        line(backend, sees, CalculatorNode("divide", 0)).run_sync([1, 2])
    assert seen == [1]


def test_the_hierarchy():
    """5.7: one base for all, beside BackendUnavailable."""
    assert issubclass(PipelineError, PacelineError)
    assert issubclass(ManifestError, PipelineError)
    assert issubclass(ManifestError, ValueError)
    assert issubclass(NodeError, PipelineError)
    for kind in (VersionMismatch, NodeNotFound, CycleError):
        assert issubclass(kind, ManifestError)
    for kind in (RetryLimitExceeded, CircuitBreakerTripped):
        assert issubclass(kind, NodeError)
    assert issubclass(BackendUnavailable, PacelineError)
    assert not issubclass(BackendUnavailable, PipelineError)


class UnspeakableError(Exception):
    def __str__(self):
        raise RuntimeError("no text")


class Unprintable:
    def __repr__(self):
        raise RuntimeError("no repr")


def test_errors_that_cannot_be_told(backend):
    """5.8: the type at least."""

    def fails(item):
        raise UnspeakableError

    with pytest.raises(NodeError, match="UnspeakableError: its text fails: RuntimeError"):
        line(backend, fails).run_sync([1])
    with pytest.raises(NodeError, match="its repr fails: RuntimeError"):
        line(backend, AddNode(1)).run_sync([Unprintable()])
    with pytest.raises(NodeError, match="its repr fails: ValueError") as caught:
        line(backend, CalculatorNode("divide", 0)).run_sync([10**5_000])
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_stop_iteration_is_an_error_like_others(backend):
    """5.1: and ends nothing silently."""

    def stops(item):
        raise StopIteration(item)

    async def waits(item):
        return item

    for nodes in ([stops], [stops, waits]):
        with pytest.raises(NodeError) as caught:
            line(backend, *nodes).run_sync([1, 2])
        assert isinstance(caught.value.__cause__, StopIteration)
        assert line(backend, *nodes, on_error="skip").run_sync([1, 2]) == []
