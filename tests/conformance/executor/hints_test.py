"""Who runs a pipeline, and what it says of it."""

from __future__ import annotations

import logging

import pytest

from conformance.executor.building import line
from paceline.pipeline import (
    AddNode,
    BackendUnavailable,
    BufferNode,
    FilterNode,
    ManifestError,
    PassThroughNode,
    Pipeline,
    run_pipeline,
)
from paceline.selection import refusals, rules

pytestmark = pytest.mark.needs("run_pipeline")


def function(item):
    return item


async def waits(item):
    return item


@pytest.fixture
def broken():
    """Make a backend one that cannot serve."""
    refusals.refuse("run_pipeline", "rust", "was broken by a test", logging.DEBUG)
    rules.forget()
    yield
    refusals.lift("run_pipeline", "rust")
    rules.forget()


def test_a_hint_that_cannot_be_met(broken):
    """8.1: with the reason, and nothing in its place."""
    with pytest.raises(BackendUnavailable, match="was broken by a test"):
        line("rust", AddNode(1)).run_sync([1])
    made = Pipeline("a", runtime_hint="python").add_node(AddNode(1), runtime_hint="rust")
    with pytest.raises(BackendUnavailable, match="was broken by a test"):
        made.run_sync([1])


def test_hints_that_are_not_known():
    """8.1: are no hints."""
    for wrong in ("julia", "", None, 5):
        with pytest.raises(ManifestError):
            Pipeline("a", runtime_hint=wrong)
        with pytest.raises(ManifestError):
            Pipeline("a").add_node(AddNode(1), runtime_hint=wrong)


def test_auto_takes_one_that_is_ready():
    """8.1: and says so."""
    made = Pipeline("a").add_node(AddNode(1))
    explanation = made.explain()
    assert made.run_sync([1]) == [2]
    assert explanation.backend in {"rust", "cython", "numba", "python"}
    assert explanation.segments[0].why in {
        "the fastest that was measured here",
        "the fastest in the table that comes with paceline",
        "nothing was measured, and it is the first of the fixed order",
    }


def test_hints_of_users_nodes(backend):
    """8.2: "auto" and "python" can be met."""
    for node in (function, waits):
        for hint in ("auto", "python"):
            made = Pipeline("a", runtime_hint=backend).add_node(node, runtime_hint=hint)
            assert made.run_sync([1]) == [1]
        for hint in ("rust", "cython", "numba"):
            made = Pipeline("a").add_node(node, runtime_hint=hint)
            with pytest.raises(BackendUnavailable, match="it is Python code"):
                made.run_sync([1])


def test_numba_takes_lines_of_numbers():
    """8.3: the rest is Python's, or refused."""
    made = Pipeline("a", runtime_hint="numba").add_node(AddNode(1)).add_node(FilterNode("gt", 2))
    assert made.run_sync([1, 2]) == [3]
    assert {each.backend for each in made.explain().segments} == {"python"}
    node = Pipeline("a").add_node(AddNode(1), runtime_hint="numba").add_node(FilterNode("gt", 2))
    with pytest.raises(BackendUnavailable, match="a line of nodes of numbers"):
        node.run_sync([1])
    assert Pipeline("a").add_node(AddNode(1), runtime_hint="numba").run_sync([1]) == [2]


def test_a_node_elsewhere(backend):
    """8.1, 8.4: a node of numbers may be run by another executor than the rest."""
    other = "cython" if backend == "rust" else "rust"
    made = (
        Pipeline("a", runtime_hint=backend)
        .add_node(AddNode(1), id="a")
        .add_node(AddNode(2), id="b", runtime_hint=other)
    )
    made.add_node(BufferNode(2), id="c", runtime_hint="python").add_node(FilterNode(bool), id="d")
    if backend == "numba":
        made = (
            Pipeline("a", runtime_hint=backend)
            .add_node(AddNode(1), id="a")
            .add_node(AddNode(2), id="b", runtime_hint=other)
        )
        assert made.run_sync([1, 2.5, 2**70]) == [4, 5.5, 2**70 + 3]
        return
    assert made.run_sync([1, 2.5, 2**70]) == [[4, 5.5], [2**70 + 3]]
    where = {id: each.backend for each in made.explain().segments for id in each.nodes}
    assert where["a"] == backend
    assert where["b"] == other
    with pytest.raises(BackendUnavailable, match="directs the flow"):
        Pipeline("a", runtime_hint="python").add_node(BufferNode(1), runtime_hint="rust").run_sync([1])


@pytest.mark.parametrize("last", [AddNode(1), function, waits, BufferNode(2)])
def test_explain(backend, last):
    """8.4: each node once, in the order in which they run."""
    made = Pipeline("told", runtime_hint=backend).add_node(PassThroughNode(), id="p").add_node(AddNode(1), id="a")
    made.add_node(last, id="z")
    explanation = made.explain()
    assert [id for each in explanation.segments for id in each.nodes] == ["p", "a", "z"]
    assert explanation.backend == backend
    assert explanation.waits == (last is waits)
    assert all(each.why for each in explanation.segments)
    text = str(explanation)
    assert text.startswith("told: ")
    assert len(text.splitlines()) == 1 + len(explanation.segments)


def test_the_public_function(backend):
    """8.5: its backend stands in place of the manifest's, which need not be there."""
    manifest = {
        "version": "1.0",
        "nodes": [{"id": "a", "type": "Calculator", "params": {"operation": "add", "operand": 1}}],
    }
    assert run_pipeline(manifest, [1, 2.5], backend=backend) == [2, 3.5]
    assert run_pipeline(manifest, [1, 2.5]) == [2, 3.5]
    for hint in ("rust", "cython", "numba"):
        assert run_pipeline({**manifest, "config": {"runtime_hint": hint}}, [1], backend=backend) == [2]


def test_the_public_function_does_not_ask_the_manifests_backend(broken):
    """8.5: where another one is named."""
    manifest = {"version": "1.0", "nodes": [{"id": "a", "type": "Echo"}], "config": {"runtime_hint": "rust"}}
    assert run_pipeline(manifest, [1], backend="python") == [1]
    with pytest.raises(BackendUnavailable):
        run_pipeline(manifest, [1])


def test_using_another(backend):
    """8.1: the metrics are not shared."""
    made = line("python", AddNode(1))
    made.run_sync([1])
    other = made.using(backend)
    assert other.run_sync([1]) == [2]
    assert other.explain().backend == backend
    assert other.get_metrics()["total_executions"] == 1
