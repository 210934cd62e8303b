"""Manifests: what is read, what is refused, and that nothing else can happen."""

from __future__ import annotations

import json

import msgspec
import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from paceline.pipeline import (
    AddNode,
    BufferNode,
    CalculatorNode,
    Config,
    CycleError,
    FilterNode,
    Manifest,
    ManifestError,
    MapNode,
    MultiplyNode,
    Node,
    NodeNotFound,
    PassThroughNode,
    Pipeline,
    RouterNode,
    VersionMismatch,
    node,
    register,
    schema,
)
from paceline.pipeline.manifest import MAX_BYTES, MAX_DEPTH, MAX_NODES, convert, decode, parse_yaml, read

pytestmark = pytest.mark.needs("run_pipeline")

MANIFEST = {
    "version": "1.0",
    "name": "whole",
    "description": "each field once",
    "metadata": {"author": ["a", 1, None, 1.5, True]},
    "nodes": [
        {"id": "a", "type": "Calculator", "params": {"operation": "add", "operand": 2**70}},
        {"id": "r", "type": "Router", "params": {"rules": [{"operation": ">", "value": 5, "output": "large"}]}},
        {"id": "m", "type": "Multiply", "params": {"factor": 0.5}, "runtime_hint": "python"},
        {"id": "b", "type": "BufferNode", "params": {"buffer_size": 2}},
    ],
    "edges": [
        {"from": "a", "to": "r"},
        {"from": "r", "to": "m", "output_key": "large"},
        {"from": "r", "to": "b"},
    ],
    "config": {"on_error": "skip", "retry_policy": "fixed", "max_retries": 2, "circuit_breaker_threshold": None},
}


def minimal(**more):
    return {"version": "1.0", "nodes": [{"id": "a", "type": "Echo"}], **more}


def test_json_and_yaml(tmp_path):
    """10.1: text, files, and data."""
    text, block, flow = tmp_path / "a.json", tmp_path / "a.yaml", tmp_path / "a.YML"
    text.write_text(json.dumps(MANIFEST), encoding="utf-8")
    block.write_text(yaml.safe_dump(MANIFEST), encoding="utf-8")
    flow.write_text(json.dumps(MANIFEST), encoding="utf-8")
    made = [
        Pipeline.from_manifest(MANIFEST),
        Pipeline.from_json(json.dumps(MANIFEST)),
        Pipeline.from_json("  \n" + json.dumps(MANIFEST)),
        Pipeline.from_json(text),
        Pipeline.from_json(str(text)),
        Pipeline.from_yaml(block),
        *(Pipeline.from_manifest(read(path)) for path in (text, block, flow)),
    ]
    for each in made:
        assert each.to_manifest() == MANIFEST
        assert each.run_sync([1, -(2**70), 3]) == {"m": [(2**70 + 1) / 2, (2**70 + 3) / 2], "b": [[0]]}
    with pytest.raises(FileNotFoundError):
        Pipeline.from_json(tmp_path / "b.json")


def test_config_that_is_given_goes_first(tmp_path):
    """10.1: before the manifest's."""
    made = Pipeline.from_manifest(MANIFEST, on_error="collect", max_retries=7)
    assert made.to_manifest()["config"] == {**MANIFEST["config"], "on_error": "collect", "max_retries": 7}
    for wrong in (
        {"max_retrys": 1},
        {"max_retries": -1},
        {"timeout_ms": 0},
        {"on_error": "ignore"},
        {"max_retries": 1.5},
    ):
        for make in (lambda wrong: Pipeline("a", **wrong), lambda wrong: Pipeline.from_manifest(MANIFEST, **wrong)):
            with pytest.raises(ManifestError, match=r"config|accepted"):
                make(wrong)


V1 = {
    "version": "v1",
    "metadata": {"name": "older", "description": "of old", "created_at": "2025"},
    "nodes": [
        {
            "id": "a",
            "node_type": "MultiplyNode",
            "params": {"factor": 3},
            "runtime_hint": "cpython",
            "capabilities": {},
        },
        {"id": "b", "node_type": "AddNode", "params": {"addend": 1}, "runtime_hint": "rustpython"},
        {"id": "c", "node_type": "PassThrough"},
    ],
    "connections": [{"from": "a", "to": "b"}, {"from": "b", "to": "c"}],
}


def test_the_older_version():
    """10.2: with node_type and connections."""
    for made in (Pipeline.from_manifest(V1), Pipeline.from_json(json.dumps(V1))):
        assert made.run_sync([1, 2]) == [4, 7]
        assert made.name == "older"
        found = made.to_manifest()
        assert found["version"] == "1.0"
        assert found["nodes"][0] == {
            "id": "a",
            "type": "MultiplyNode",
            "params": {"factor": 3},
            "runtime_hint": "python",
        }
        assert Pipeline.from_manifest(found).to_manifest() == found


@pytest.mark.parametrize("version", ["1", "2.0", "V1", "", 1, 1.0, None, [], {}, pytest.param(15**5_000, id="huge")])
def test_other_versions(version):
    """10.2: are a mismatch."""
    for make in (convert, Pipeline.from_manifest):
        with pytest.raises(VersionMismatch, match=r"accepted are '1\.0' and 'v1'") as caught:
            make(minimal(version=version))
        assert caught.value.path == "version"
    if version != 15**5_000:
        with pytest.raises(VersionMismatch):
            decode(json.dumps(minimal(version=version)))
    with pytest.raises(VersionMismatch):
        convert({"nodes": []})
    with pytest.raises(VersionMismatch):
        Pipeline.from_manifest(Manifest("2.0", []))


TWO = [{"id": "a", "type": "Echo"}, {"id": "b", "type": "Echo"}]


@pytest.mark.parametrize(
    ("wrong", "kind", "path"),
    [
        (minimal(more=1), ManifestError, ""),
        (minimal(nodes=[{"id": "a", "type": "Echo", "paramz": {}}]), ManifestError, "nodes[0]"),
        (minimal(nodes=[{"id": "a"}]), ManifestError, "nodes[0]"),
        (minimal(nodes=[{"id": 5, "type": "Echo"}]), ManifestError, "nodes[0].id"),
        (minimal(nodes={}), ManifestError, "nodes"),
        (minimal(nodes=[]), ManifestError, "nodes"),
        ({"version": "1.0"}, ManifestError, ""),
        (minimal(edges=[{"from": "a"}]), ManifestError, "edges[0]"),
        (minimal(edges=[{"from": "a", "to": "z"}]), NodeNotFound, "edges[0].to"),
        (minimal(edges=[{"from": "z", "to": "a"}]), NodeNotFound, "edges[0].from"),
        (minimal(edges=[{"from": "a", "to": "a"}]), CycleError, "edges"),
        (minimal(nodes=TWO, edges=[{"from": "a", "to": "b"}, {"from": "b", "to": "a"}]), CycleError, "edges"),
        (minimal(nodes=[*TWO, {"id": "a", "type": "Echo"}]), ManifestError, "nodes[2].id"),
        (minimal(nodes=[*TWO, {"id": "c", "type": "Ech"}]), NodeNotFound, "nodes[2].type"),
        (minimal(nodes=[{"id": "a", "type": "Echo", "params": {"x": 1}}]), ManifestError, "nodes[0].params"),
        (minimal(nodes=[{"id": "a", "type": "Echo", "params": []}]), ManifestError, "nodes[0].params"),
        (minimal(nodes=[{"id": "a", "type": "Calculator", "params": {}}]), ManifestError, "nodes[0].params"),
        (
            minimal(nodes=[{"id": "a", "type": "Calculator", "params": {"operation": "root", "operand": 2}}]),
            ManifestError,
            "nodes[0].params",
        ),
        (
            minimal(nodes=[{"id": "a", "type": "Calculator", "params": {"operation": "add", "operand": "2"}}]),
            ManifestError,
            "nodes[0].params",
        ),
        (minimal(nodes=[{"id": "a", "type": "Buffer", "params": {"size": 0}}]), ManifestError, "nodes[0].params"),
        (
            minimal(nodes=[{"id": "a", "type": "Map", "params": {"function": "os.system"}}]),
            ManifestError,
            "nodes[0].params",
        ),
        (
            minimal(nodes=[{"id": "a", "type": "Echo", "runtime_hint": "julia"}]),
            ManifestError,
            "nodes[0].runtime_hint",
        ),
        (minimal(config={"on_error": "ignore"}), ManifestError, "config.on_error"),
        (minimal(config={"max_retries": -1}), ManifestError, "config"),
        (minimal(config={"retry_base_ms": -1}), ManifestError, "config"),
        (minimal(config={"circuit_breaker_threshold": 0}), ManifestError, "config"),
        (minimal(config={"unknown": 0}), ManifestError, "config"),
        (minimal(name=5), ManifestError, "name"),
    ],
)
def test_what_is_refused(wrong, kind, path):
    """10.3, 2.8, 4.12: from data, JSON and YAML alike, with the place."""
    for make in (
        Pipeline.from_manifest,
        lambda data: Pipeline.from_json(json.dumps(data)),
        lambda data: Pipeline.from_manifest(parse_yaml(yaml.safe_dump(data).encode())),
    ):
        with pytest.raises(ManifestError) as caught:
            make(wrong)
        assert type(caught.value) is kind
        assert caught.value.path == path
        assert str(caught.value).endswith(".")


@pytest.mark.parametrize("data", [None, 5, "text", [], [1], b"bytes", 1.5])
def test_no_mapping(data):
    """10.3: is no manifest."""
    with pytest.raises(ManifestError):
        convert(data)


def deep(levels):
    data = []
    for _ in range(levels):
        data = [data]
    return data


@pytest.mark.parametrize("where", ["metadata", "params"])
def test_limits_of_depth(where):
    """10.4: counted without recursion."""

    def manifest(levels):
        if where == "metadata":
            return minimal(metadata={"deep": deep(levels)})
        return minimal(nodes=[{"id": "a", "type": "Echo", "params": {"deep": deep(levels)}}])

    for make in (convert, lambda data: decode(msgspec.json.encode(data))):
        assert make(manifest(10)).version == "1.0"
        with pytest.raises(ManifestError, match=f"more than {MAX_DEPTH} deep"):
            make(manifest(MAX_DEPTH + 1))
    with pytest.raises(ManifestError):
        convert(manifest(100_000))


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"version": "1.0", "metadata": {"a":' + "["])
def test_texts_that_are_too_deep(opening):
    """10.4, 10.5: overflow no stack."""
    text = opening * 100_000
    for make in (decode, lambda text: parse_yaml(text.encode())):
        with pytest.raises(ManifestError):
            make(text)


def test_limits_of_size():
    """10.4: of nodes and bytes."""
    nodes = [{"id": str(number), "type": "Echo"} for number in range(MAX_NODES + 1)]
    assert len(convert(minimal(nodes=nodes[:-1])).nodes) == MAX_NODES
    for make in (convert, lambda data: decode(json.dumps(data))):
        with pytest.raises(ManifestError, match="10,001 nodes"):
            make(minimal(nodes=nodes))
    text = json.dumps(minimal())
    with pytest.raises(ManifestError, match="bytes"):
        decode(text + " " * MAX_BYTES)
    with pytest.raises(ManifestError, match="bytes"):
        parse_yaml(text.encode() + b" " * MAX_BYTES)
    wide = json.dumps(minimal(description="é" * (MAX_BYTES // 2)), ensure_ascii=False)
    assert len(wide) < MAX_BYTES < len(wide.encode())
    with pytest.raises(ManifestError, match="bytes"):
        decode(wide)


@pytest.mark.parametrize(
    "text",
    [
        "version: '1.0'\nnodes: &a []\nedges: *a",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]",
        "<<: &a {version: '1.0'}\nnodes: *a",
    ],
)
def test_aliases(text):
    """10.4: so that a short text stays small."""
    with pytest.raises(ManifestError, match="without aliases"):
        parse_yaml(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['true']",
        "!!python/name:os.system",
        "!unknown {}",
        "{unclosed",
        "a: b: c",
        "\x00",
        "? [a]\n: b",
        "a: 2001-99-99",
        "a: " + "9" * 5_000,
        "- - - [",
        "%YAML 9.9\n--- a",
        "--- a\n--- b",
        "a: !!binary '*'",
        "<<: 5",
    ],
)
def test_yaml_that_is_no_data(text):
    """10.5, 10.3: builds no object and raises nothing else."""
    with pytest.raises(ManifestError):
        convert(parse_yaml(text.encode()))


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=12,
)
IDS = st.sampled_from(["a", "b", "c", "", "é"])
NAMES = st.sampled_from(
    ["version", "nodes", "edges", "config", "name", "metadata", "id", "type", "params", "from", "to"]
)
TYPES = st.sampled_from(
    ["Echo", "Calculator", "Multiply", "Add", "Buffer", "Filter", "Router", "Map", "Nothing", "AudioResample"]
)
PARAMS = st.dictionaries(
    st.sampled_from(
        ["operation", "operand", "factor", "addend", "size", "value", "rules", "default", "function", "name"]
    ),
    st.one_of(st.sampled_from(["add", "divide", "gt", ">"]), st.integers(-2, 5), JSON),
    max_size=3,
)
LIKELY = st.fixed_dictionaries(
    {"version": st.sampled_from(["1.0", "1.0", "1.0", "v1", "2"])},
    optional={
        "nodes": st.lists(
            st.one_of(
                st.fixed_dictionaries(
                    {"id": IDS, "type": TYPES}, optional={"params": PARAMS, "runtime_hint": st.just("python")}
                ),
                st.fixed_dictionaries({"id": IDS, "node_type": TYPES}, optional={"params": PARAMS}),
                st.dictionaries(NAMES, JSON, max_size=3),
            ),
            max_size=4,
        ),
        "edges": st.lists(
            st.fixed_dictionaries(
                {"from": IDS, "to": IDS},
                optional={"output_key": st.sampled_from(["output", "large"]), "input_key": IDS},
            ),
            max_size=4,
        ),
        "connections": JSON,
        "config": st.one_of(JSON, st.dictionaries(st.sampled_from(Config.__struct_fields__), JSON, max_size=2)),
        "metadata": JSON,
        "name": st.one_of(st.text(max_size=5), JSON),
    },
)


@given(data=st.one_of(LIKELY, LIKELY, JSON, st.dictionaries(NAMES, JSON)))
def test_data_is_read_or_refused(data):
    """10.5: by a ManifestError; and what is read can be written and read again."""
    for make in (Pipeline.from_manifest, lambda data: Pipeline.from_json("{" + json.dumps(data)[1:])):
        try:
            made = make(data)
        except ManifestError:
            continue
        again = Pipeline.from_manifest(made.to_manifest())
        assert again.to_manifest() == made.to_manifest()


@given(text=st.one_of(st.text(), st.binary(), st.text('{}[]:,"\\ue0-1.nultrfs')))
def test_text_is_read_or_refused(text):
    """10.5: as JSON and as YAML, surrogates and all."""
    encoded = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    for make in (lambda: decode(text), lambda: decode(encoded), lambda: convert(parse_yaml(encoded))):
        with pytest.raises(ManifestError):
            make()


@given(data=LIKELY, cut=st.integers(0, 400), put=st.text(max_size=3), at=st.integers(0, 400))
def test_damaged_text_is_read_or_refused(data, cut, put, at):
    """10.5: a manifest with a piece missing and another one put in."""
    for dump, parse in ((json.dumps, decode), (yaml.safe_dump, lambda text: convert(parse_yaml(text.encode())))):
        text = dump(data)
        at %= len(text)
        damaged = text[:at] + put + text[at + cut % 3 :]
        try:
            Pipeline.from_manifest(parse(damaged))
        except ManifestError:
            continue


def test_surrogates():
    """10.5: half a character."""
    for text in ("\ud800", '{"version": "\ud800"}'):
        with pytest.raises(ManifestError):
            decode(text)


class Unregistered(Node):
    def process(self, item):
        return item


@register("tests: scaled")
class Scaled(Node):
    def __init__(self, first, *, name=None, second=2, **more):
        super().__init__(name=name)
        self.all = (first, second, more)

    def process(self, item):
        return (item, *self.all)


@node("tests: shifted")
def shifted(item, *, by=1):
    return item + by


def test_round_trips():
    """10.6: of every node, with edges, keys and config."""
    made = Pipeline("trip", on_error="skip", circuit_breaker_threshold=3, timeout_ms=5)
    made.add_node(CalculatorNode("add", 2**80), id="a").add_node(MultiplyNode(), id="b").add_node(AddNode(addend=0.5))
    made.add_node(PassThroughNode(name="named")).add_node(FilterNode(">", 1)).add_node(BufferNode(3))
    made.add_node(MapNode("tests: shifted"), runtime_hint="python").add_node(shifted(by=3), after=["a", "b"])
    made.add_node(Scaled(1, second=5, third=6)).add_node(Scaled(first=1))
    router = RouterNode(
        [{"operation": "gt", "value": 1, "output": "x"}, {"operation": "lt", "value": 1, "output": None}], "y"
    )
    made.add_node(router, id="r", after="a")
    for key in "xy":
        made.add_node(PassThroughNode(), id=key, after=()).connect("r", key, output_key=key)
    made.connect("x", "y", input_key="second")
    found = made.to_manifest()
    assert json.loads(json.dumps(found)) == found
    again = Pipeline.from_manifest(found)
    assert again.to_manifest() == found
    assert repr(again) == repr(made)
    assert found["nodes"][8]["params"] == {"first": 1, "second": 5, "third": 6}
    assert again.explain().segments == made.explain().segments


def test_what_a_manifest_cannot_hold():
    """10.6: functions, and types that no other process knows."""
    cyclic = []
    cyclic.append(cyclic)
    for wrong in (
        lambda item: item,
        FilterNode(bool),
        RouterNode(str),
        Unregistered(),
        Scaled(object()),
        Scaled(cyclic),
        Scaled("\ud800"),
        CalculatorNode("add", np.int64(1)),
    ):
        with pytest.raises(ManifestError) as caught:
            Pipeline("a").add_node(wrong).to_manifest()
        assert caught.value.path.startswith("nodes[0].")


def test_ids():
    """10.3: are texts, and taken once."""
    made = Pipeline("a").add_node(AddNode(1), id="a")
    with pytest.raises(ManifestError, match="taken"):
        made.add_node(AddNode(1), id="a")
    with pytest.raises(TypeError, match="id is of type int"):
        made.add_node(AddNode(1), id=5)
    with pytest.raises(NodeNotFound):
        made.add_node(AddNode(1), after="z")
    with pytest.raises(NodeNotFound):
        made.connect("a", "z")
    assert [each["id"] for each in made.to_manifest()["nodes"]] == ["a"]
    with pytest.raises(ManifestError, match="no nodes"):
        Pipeline("a").run_sync([1])


def test_a_type_is_registered_once():
    """10.3: a second class of that name is refused."""
    with pytest.raises(ValueError, match="already"):
        register("Echo")(Unregistered)


def test_the_schema():
    """10.7: names what is written."""
    found = schema()
    definitions = found["$defs"]
    assert set(MANIFEST) <= set(definitions["Manifest"]["properties"])
    for each in MANIFEST["nodes"]:
        assert set(each) <= set(definitions["NodeSpec"]["properties"])
    for each in MANIFEST["edges"]:
        assert set(each) <= set(definitions["EdgeSpec"]["properties"])
    assert set(MANIFEST["config"]) <= set(definitions["Config"]["properties"])
    assert definitions["Manifest"]["required"] == ["version", "nodes"]
    assert not definitions["Manifest"]["additionalProperties"]
