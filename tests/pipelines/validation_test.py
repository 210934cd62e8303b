"""`paceline.pipeline.validate`: every mistake, and none exactly where a pipeline can be made."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paceline.pipeline import BackendUnavailable, CycleError, ManifestError, NodeNotFound, Pipeline, VersionMismatch
from paceline.pipeline import validate as mistakes_of


def calculator(id="a", **fields):
    return {"id": id, "type": "Calculator", "params": {"operation": "add", "operand": 1}, **fields}


def manifest(*nodes, edges=(), **fields):
    return {"version": "1.0", "nodes": list(nodes), "edges": list(edges), **fields}


def edge(source, target, **keys):
    return {"from": source, "to": target, **keys}


ROUTER = {
    "id": "r",
    "type": "Router",
    "params": {
        "rules": [
            {"operation": "gt", "value": 2, "output": "high"},
            {"operation": "gt", "value": 1, "output": "middle"},
        ],
        "default": "low",
    },
}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (None, [("", "of type NoneType; accepted is a mapping")]),
        ([], [("", "of type list; accepted is a mapping")]),
        ({}, [("", "version is None"), ("", "the field 'nodes' is missing")]),
        (manifest(), [("nodes", "nodes is empty")]),
        ({**manifest(calculator()), "version": 1.0}, [("version", "write '1.0' in quotes")]),
        ({**manifest(calculator()), "version": "2.0"}, [("version", "version is '2.0'; accepted are '1.0' and 'v1'.")]),
        (manifest(calculator(), naem="x"), [("naem", "no such field; accepted are version, nodes")]),
        (manifest(calculator(), name=7), [("name", "Expected `str`, got `int`")]),
        ({**manifest(calculator()), "edges": 7}, [("edges", "Expected `array`, got `int`")]),
        (manifest(7, None), [("nodes[0]", "got `int`"), ("nodes[1]", "got `null`")]),
        (manifest({"type": "Add"}), [("nodes[0]", "the field 'id' is missing")]),
        (manifest(calculator(typ=1)), [("nodes[0].typ", "Did you mean 'type'?")]),
        (manifest(calculator(type="Calculater")), [("nodes[0].type", "Did you mean 'Calculator'?")]),
        (manifest(calculator(type="calculator")), [("nodes[0].type", "Did you mean 'Calculator'?")]),
        (manifest(calculator(params={1: 2})), [("nodes[0].params", "A key is wrong: Expected `str`, got `int`.")]),
        (manifest(calculator(runtime_hint="rsut")), [("nodes[0].runtime_hint", "Did you mean 'rust'?")]),
        (manifest(calculator(params={})), [("nodes[0].params", "The param 'operation' is missing")]),
        (
            manifest(calculator(params={"operation": "add", "operand": "1"})),
            [("nodes[0].params.operand", "operand is of type str: '1'")],
        ),
        (
            manifest(calculator(params={"operation": "add", "oprand": 1})),
            [("nodes[0].params.oprand", "There is no param 'oprand'")],
        ),
        (
            manifest({**ROUTER, "params": {"rules": [{"operation": "gt", "value": 1, "output": "a"}, {}]}}),
            [("nodes[0].params.rules[1]", "rules[1]: The param 'operation' is missing")],
        ),
        (
            manifest({**ROUTER, "params": {"rules": [{"operation": "no", "value": 1, "output": "a"}]}}),
            [("nodes[0].params.rules[0].operation", "operation is 'no'")],
        ),
        (manifest(calculator(), calculator()), [("nodes[1].id", "'a' is taken by nodes[0]")]),
        (manifest(calculator(), edges=[edge("a", "z")]), [("edges[0].to", "there is no node 'z'")]),
        (manifest(calculator("first"), edges=[edge("frist", "first")]), [("edges[0].from", "Did you mean 'first'?")]),
        (manifest(calculator(), edges=[{"from": "a"}]), [("edges[0]", "the field 'to' is missing")]),
        (manifest(calculator(), edges=[edge("a", "a")]), [("edges[0]", "a cycle: a -> a;")]),
        (
            manifest(
                calculator(), calculator("b"), calculator("c"), edges=[edge("a", "b"), edge("b", "c"), edge("c", "a")]
            ),
            [("edges[2]", "a cycle: a -> b -> c -> a;")],
        ),
        (
            manifest(calculator(), calculator("b"), edges=[edge("a", "b"), edge("b", "a"), edge("b", "b")]),
            [("edges[1]", "a cycle: b -> a -> b;"), ("edges[2]", "a cycle: b -> b;")],
        ),
        (
            manifest(
                calculator(), calculator("b"), edges=[edge("a", "b", output_key="x"), edge("a", "b", output_key="y")]
            ),
            [("edges[0].output_key", "the output_key 'x'"), ("edges[1].output_key", "the output_key 'y'")],
        ),
        (
            manifest(calculator(), calculator("b"), edges=[edge("a", "b"), edge("a", "b", input_key="right")]),
            [("edges[1].input_key", "has the ports 'input', 'right'; a Calculator has one")],
        ),
        (
            manifest(ROUTER, calculator(), edges=[edge("r", "a", output_key="low")]),
            [
                ("nodes[0].params.rules[0].output", "The output 'high' of the router 'r' leads nowhere"),
                ("nodes[0].params.rules[1].output", "The output 'middle' of the router 'r' leads nowhere"),
            ],
        ),
        (
            manifest(
                ROUTER, calculator(), edges=[edge("r", "a", output_key="high"), edge("r", "a", output_key="middle")]
            ),
            [("nodes[0].params.default", "The output 'low' of the router 'r' leads nowhere")],
        ),
        (
            manifest(calculator(), config={"max_retries": -1, "on_error": "rais", "tries": 3, "retry_base_ms": "x"}),
            [
                ("config.max_retries", "max_retries is -1; accepted is 0 or more"),
                ("config.on_error", "Did you mean 'raise'?"),
                ("config.tries", "no such field"),
                ("config.retry_base_ms", "Expected `float`, got `str`"),
            ],
        ),
        (
            {"version": "v1", "nodes": [{"id": "a", "node_type": "Ad"}], "connections": [edge("a", "b")]},
            [("nodes[0].node_type", "Did you mean 'Add'?"), ("connections[0].to", "there is no node 'b'")],
        ),
        ({"version": "v1", "nodes": [{"id": "a"}]}, [("nodes[0]", "the field 'node_type' is missing")]),
        (
            manifest({"id": "m", "type": "Map", "params": {"function": "os.system"}}),
            [("nodes[0].params.function", "'os.system'")],
        ),
    ],
)
def test_each_mistake_is_found_with_its_path(data, expected):
    found = mistakes_of(data)
    assert [error.path for error in found] == [path for path, _ in expected]
    for error, (_, words) in zip(found, expected, strict=True):
        assert words in str(error)
    with pytest.raises((ManifestError, BackendUnavailable)):
        Pipeline.from_manifest(data)


def test_mistakes_of_every_kind_are_found_together():
    data = manifest(
        calculator(type="Calculater"),
        calculator(),
        {"id": 3, "type": "Add"},
        calculator("b", params={"operation": "add"}),
        calculator("c"),
        edges=[edge("c", "c"), edge("a", "d"), {}, edge("b", "c", output_key="x")],
        config={"max_retries": -1},
        **{"version": "7"},
    )
    found = mistakes_of(data)
    assert {error.path for error in found} == {
        "version",
        "nodes[0].type",
        "nodes[1].id",
        "nodes[2].id",
        "nodes[3].params",
        "edges[0]",
        "edges[2]",
        "config.max_retries",
    }  # "d" may be the node that could not be read, and what b sends is not known
    kinds = {error.path: type(error) for error in found}
    assert kinds["version"] is VersionMismatch
    assert kinds["nodes[0].type"] is NodeNotFound
    assert kinds["edges[0]"] is CycleError


def test_each_hint_that_cannot_be_met_is_found():
    buffer = {"id": "b", "type": "Buffer", "runtime_hint": "numba"}
    both = manifest(calculator(runtime_hint="numba"), buffer, edges=[edge("a", "b")])
    assert [error.path for error in mistakes_of(both)] == ["nodes[0].runtime_hint", "nodes[1].runtime_hint"]
    assert "it takes a line of nodes of numbers" in str(mistakes_of(both)[0])


def test_a_manifest_that_is_too_deep_is_refused_once():
    deep: list = []
    for _ in range(200):
        deep = [deep]
    (error,) = mistakes_of(manifest(calculator(), metadata={"deep": deep}))
    assert "nested more than 64 deep" in str(error)


def test_what_is_given_is_not_changed():
    data = manifest(calculator(runtime_hint="numba"), ROUTER, edges=[edge("a", "r"), edge("r", "a")])
    before = copy.deepcopy(data)
    mistakes_of(data)
    assert data == before


WHOLE = manifest(
    calculator("scale"),
    {**ROUTER, "id": "split"},
    {"id": "join", "type": "PassThrough", "params": {}},
    {"id": "hold", "type": "Buffer", "params": {"size": 3}},
    {"id": "keep", "type": "Filter", "params": {"operation": ">=", "value": 0}},
    edges=[
        edge("scale", "split"),
        edge("split", "join", output_key="high", input_key="left"),
        edge("split", "join", output_key="middle", input_key="right"),
        edge("split", "hold", output_key="low"),
        edge("join", "keep"),
    ],
    config={"max_retries": 2, "on_error": "skip"},
    name="whole",
)
OLDER = {
    "version": "v1",
    "nodes": [{"id": "a", "node_type": "Add", "params": {"addend": 1}}, {"id": "b", "node_type": "Echo"}],
    "connections": [{"from": "a", "to": "b"}],
}
WORDS = ["a", "scale", "split", "join", "Add", "Router", "output", "high", "1.0", "v1", "numba", "python", ">=", ""]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 3),
    st.floats(allow_nan=False),
    st.sampled_from(WORDS),
    st.just([]),
    st.just({}),
)


def parts(data, path=()):
    """Return the way to every part of a document."""
    yield path
    steps = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in steps:
        yield from parts(value, (*path, key))


@st.composite
def broken(draw):
    """A manifest with up to three parts left out, doubled, put elsewhere or replaced."""
    data = copy.deepcopy(draw(st.sampled_from([WHOLE, OLDER])))
    for _ in range(draw(st.integers(0, 3))):
        *way, last = draw(st.sampled_from([path for path in parts(data) if path]))
        holder = data
        for key in way:
            holder = holder[key]
        what = draw(st.sampled_from(["replace", "remove", "add", "swap"]))
        if what == "remove":
            del holder[last]
        elif what == "add" and isinstance(holder, dict):
            holder[draw(st.sampled_from(["id", "type", "x", "input_key", "operand", "runtime_hint"]))] = draw(VALUES)
        elif what == "add":
            holder.append(copy.deepcopy(holder[last]))
        elif what == "swap" and isinstance(holder, list):
            holder.reverse()
        else:
            holder[last] = draw(VALUES)
    return data


@given(broken())
def test_nothing_is_found_exactly_where_a_pipeline_can_be_made(data):
    found = mistakes_of(data)
    try:
        Pipeline.from_manifest(data)
    except (ManifestError, BackendUnavailable):
        assert found, f"nothing is found in {json.dumps(data)}"
    else:
        assert not found, f"{found} in {json.dumps(data)}"
    known = {".".join(map(str, path)) for path in parts(data)}
    for error in found:
        way = error.path.replace("[", ".").replace("]", "")
        missing = way.endswith(".params")  # which a node may leave out
        assert way in known or (missing and way.removesuffix(".params") in known), error.path


def test_the_whole_manifests_are_right():
    assert mistakes_of(WHOLE) == []
    assert mistakes_of(OLDER) == []
