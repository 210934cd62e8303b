"""`paceline validate`, `graph`, `explain` and `schema`: what they print, and their exit status."""

import json
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner

from paceline.pipeline import Pipeline
from paceline.pipeline import schema as manifest_schema
from paceline_pipelines.command.cli import app

ROOT = Path(__file__).parents[2]
GOOD = """\
version: "1.0"
name: levels
nodes:
  - {id: scale, type: Calculator, params: {operation: multiply, operand: 2}, runtime_hint: python}
  - {id: split, type: Router, params: {rules: [{operation: gt, value: 10, output: high}], default: low}}
  - {id: high, type: Echo}
  - {id: both, type: PassThrough}
edges:
  - {from: scale, to: split}
  - {from: split, to: high, output_key: high}
  - {from: split, to: both, output_key: low, input_key: left}
  - {from: high, to: both, input_key: right}
"""
BAD = """\
version: "1.0"
nodes:
\t
  - {id: "é😀", type: Calculater}
  - {id: b,
     type: Filter,
     params: {operation: gt, valu: 1}}
edges:
  - {from: b, to: c}
"""


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "good.yaml"
    path.write_text(GOOD, "utf-8")
    return path


@pytest.fixture
def bad(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(BAD.replace("\t", ""), "utf-8")
    return path


def test_validate_is_content(good):
    result = run("validate", good)
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{good}: no mistakes.\n", "")
    assert run("validate", "-q", good).output == ""


def test_validate_tells_every_mistake_as_a_compiler_does(bad, good):
    result = run("validate", good, bad)
    assert result.exit_code == 1
    assert [line for line in result.stdout.splitlines() if line.startswith(str(bad))] == [
        f"{bad}:4:22: error: nodes[0].type: no node type 'Calculater' is registered; accepted are "
        f"{accepted_types(result.stdout)}. Did you mean 'Calculator'?",
        f"{bad}:7:30: error: nodes[1].params: There is no param 'valu'; accepted are 'operation', 'value'.",
        f"{bad}:9:19: error: edges[0].to: there is no node 'c'; accepted are the nodes' ids.",
    ]
    lines = result.stdout.splitlines()
    first = lines.index(next(line for line in lines if ":4:22:" in line))
    assert lines[first + 1] == '    4 |   - {id: "é😀", type: Calculater}'
    assert lines[first + 2] == "      |" + " " * 23 + "^"  # one more than the column: the wide letter takes two
    assert lines[0] == f"{good}: no mistakes."


def accepted_types(text):
    found = re.search(r"registered; accepted are ([^.]+)\.", text)
    assert found
    return found[1]


def test_validate_shows_the_part_of_a_long_line_where_the_mistake_is(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(
        json.dumps({"version": "1.0", "description": "x" * 500, "nodes": [{"id": "a", "type": "\x1b[31m"}]})
    )
    told, line, mark = run("validate", path).stdout.splitlines()
    assert "\x1b" not in told
    assert line[len(mark) - 1 :].startswith('"\\u001b[31m"')
    assert len(line) < 120


def test_validate_goes_on_after_a_file_that_cannot_be_read(tmp_path, bad):
    result = run("validate", tmp_path / "none.yaml", tmp_path / "a.txt", tmp_path, bad)
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        f"paceline: {tmp_path / 'none.yaml'}: No such file or directory.",
        f"paceline: {tmp_path / 'a.txt'} does not say what it is; accepted are manifests named .json, .yaml, .yml.",
        f"paceline: {tmp_path} does not say what it is; accepted are manifests named .json, .yaml, .yml.",
    ]
    assert ":4:22:" in result.stdout


@pytest.mark.parametrize("verb", ["graph", "explain", "run"])
def test_other_verbs_tell_the_mistakes_too(verb, bad, tmp_path):
    more = ["in.jsonl", "-o", tmp_path / "o.jsonl"] if verb == "run" else []
    result = run(verb, bad, *more)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert f"{bad}:7:30: error:" in result.stderr
    assert result.stderr.splitlines()[-1] == f"paceline: {bad} has 3 mistakes; see above."


def test_graph_prints_mermaid(good):
    result = run("graph", good)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "%% levels",
        "flowchart LR",
        '    n0["<b>scale</b><br/>Calculator<br/><i>python</i>"]',
        '    n1["<b>split</b><br/>Router"]',
        '    n2["<b>high</b><br/>Echo"]',
        '    n3["<b>both</b><br/>PassThrough"]',
        "    n0 --> n1",
        '    n1 -->|"high"| n2',
        '    n1 -->|"low → left"| n3',
        '    n2 -->|"→ right"| n3',
    ]


def test_graph_escapes_what_mermaid_would_read(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"version": "1.0", "nodes": [{"id": 'end"]; click _x_ `<b>`', "type": "Echo"}]}))
    (node,) = [line for line in run("graph", path).stdout.splitlines() if line.startswith("    n0")]
    assert node == '    n0["<b>end#34;#93;#59; click #95;x#95; #96;#60;b#62;#96;</b><br/>Echo"]'


def test_graph_writes_markdown_and_files_of_mermaid(good, tmp_path):
    for name in ("a.md", "a.mmd"):
        assert run("graph", good, "-o", tmp_path / name).output == ""
    text = run("graph", good).stdout
    assert (tmp_path / "a.mmd").read_text("utf-8") == text
    assert (tmp_path / "a.md").read_text("utf-8") == f"```mermaid\n{text}```\n"


SVG = "{http://www.w3.org/2000/svg}"


def boxes_of(path):
    """Return the boxes of a drawing by id, as left, top, right and bottom, its arrows' ends, and its texts."""
    root = ET.parse(path).getroot()
    boxes = {}
    for group in root.iter(f"{SVG}g"):
        x, y, width, height = (float(group.find(f"{SVG}rect").get(name)) for name in ("x", "y", "width", "height"))
        boxes[group.find(f"{SVG}title").text.partition(":")[0]] = (x, y, x + width, y + height)
    ends = []
    for path in root.iter(f"{SVG}path"):
        if path.get("class") == "edge":
            way = re.findall(r"[A-Z]|-?[\d.]+", path.get("d"))
            x, y, to_x = way[1], way[2], way[-1] if way[-2] == "H" else way[-2]
            ends.append((float(x), float(y), float(to_x)))
    size = float(root.get("width")), float(root.get("height"))
    return boxes, ends, size, ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


def drawn(tmp_path, nodes, edges):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"version": "1.0", "nodes": nodes, "edges": edges}))
    assert run("graph", path, "-o", tmp_path / "a.svg").exit_code == 0
    return boxes_of(tmp_path / "a.svg")


def echo(id):
    return {"id": id, "type": "Echo"}


GRAPHS = {
    "three": ([echo(f"n{i}") for i in range(3)], [("n0", "n1"), ("n1", "n2")]),
    "line of 100": ([echo(f"n{i}") for i in range(100)], [(f"n{i}", f"n{i + 1}") for i in range(99)]),
    "fan of 100": ([echo(f"n{i}") for i in range(100)], [("n0", f"n{i}") for i in range(1, 100)]),
    "net of 100": (
        [echo(f"n{i}") for i in range(100)],
        [(f"n{j}", f"n{i}") for i in range(1, 100) for j in {i * 7 % i, max(0, i - 1 - i % 5), i // 2}],
    ),
    "apart": ([echo(f"n{i}") for i in range(5)], []),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_graph_draws_boxes_that_do_not_overlap_and_arrows_that_meet_them(name, tmp_path):
    nodes, edges = GRAPHS[name]
    boxes, ends, (width, height), texts = drawn(tmp_path, nodes, [{"from": a, "to": b} for a, b in edges])
    assert set(boxes) == {node["id"] for node in nodes} <= set(texts)
    assert width <= 2600  # a row is folded before it is too long
    every = list(boxes.items())
    for number, (id, (left, top, right, bottom)) in enumerate(every):
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
        for other, (l2, t2, r2, b2) in every[number + 1 :]:
            assert right <= l2 or r2 <= left or bottom <= t2 or b2 <= top, f"{id} and {other}"
    assert len(ends) == len(edges)
    for (source, target), (x, y, to_x) in zip(edges, ends, strict=True):
        assert x == pytest.approx(boxes[source][2], abs=0.2)
        assert boxes[source][1] <= y <= boxes[source][3]
        assert to_x == pytest.approx(boxes[target][0] - 1.0, abs=0.2)


def test_graph_escapes_what_xml_would_read_and_cuts_long_names(tmp_path):
    long = "a-very-long-identifier-that-nobody-would-type-twice"
    nodes = [echo("<a>&\"b'"), echo("nul\0bell\x07"), echo(long), echo("宽字")]
    boxes, _, _, texts = drawn(tmp_path, nodes, [])
    assert {"<a>&\"b'", "nul\ufffdbell\ufffd", long, "宽字"} == set(boxes)
    assert {"<a>&\"b'", f"{long[:29]}…"} <= set(texts)


def test_graph_labels_edges_and_tells_hints_in_light_and_in_dark(good, tmp_path):
    run("graph", good, "-o", tmp_path / "a.svg")
    _, _, _, texts = boxes_of(tmp_path / "a.svg")
    assert {"scale", "Calculator", "python", "auto"} <= set(texts)
    assert [text for text in texts if "→" in text or text == "highhigh"] == [
        "highhigh",
        "low → leftlow → left",
        "→ right→ right",
    ]
    assert "@media (prefers-color-scheme: dark)" in (tmp_path / "a.svg").read_text("utf-8")


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("a.png", "does not say what to draw; accepted are names in .svg, .mmd, .md."),
        ("none/a.svg", "there is no directory"),
        ("good.yaml", "does not say what to draw"),
        (".", "does not say what to draw"),
    ],
)
def test_graph_refuses_names(good, tmp_path, out, words):
    result = run("graph", good, "-o", tmp_path / out)
    assert result.exit_code == 2
    assert words in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["good.yaml"]


def test_explain_is_a_table_of_what_the_pipeline_says(good, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    said = Pipeline.from_yaml(good).explain()
    lines = run("explain", good).stdout.splitlines()
    assert lines[0].strip() == f"levels: the {said.backend} executor walks the graph"
    for segment in said.segments:
        (row,) = [line for line in lines if ", ".join(segment.nodes) in line]
        assert segment.backend in row
        assert segment.reason in row
        assert segment.estimate in row


def test_explain_takes_a_hint(good):
    assert "levels: the python executor walks the graph" in run("explain", good, "--runtime-hint", "python").stdout
    refused = run("explain", good, "--runtime-hint", "fortran")
    assert refused.exit_code == 2


def test_a_hint_that_cannot_be_met_is_a_mistake_with_a_place(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text('version: "1.0"\nnodes:\n  - {id: b, type: Buffer, runtime_hint: numba}\n')
    result = run("validate", path)
    assert result.exit_code == 1
    assert f"{path}:3:41: error: The backend 'numba' cannot run the node 'b'" in result.stdout


NODES = """\
from paceline.pipeline import node

@node("Shout")
def shout(text, *, times=1):
    return text.upper() + "!" * times
"""


def test_nodes_of_ones_own_are_imported_when_asked_for(tmp_path, monkeypatch):
    (tmp_path / "own_nodes.py").write_text(NODES)
    path = tmp_path / "a.yaml"
    path.write_text('version: "1.0"\nnodes:\n  - {id: a, type: Shout, params: {times: 2}}\n')
    assert "no node type 'Shout'" in run("validate", path).stdout
    monkeypatch.setattr("paceline.pipeline.nodes.base._TYPES", dict(types()))
    for name in (tmp_path / "own_nodes.py", "own_nodes"):
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "own_nodes", raising=False)
        assert run("validate", "--import", name, path).exit_code == 0


def types():
    from paceline.pipeline.nodes import base

    return base._TYPES


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no_such_module", "no_such_module cannot be imported: ModuleNotFoundError"),
        ("none.py", "none.py: No such file or directory."),
        ("wrong.py", "wrong.py cannot be imported: ZeroDivisionError: division by zero."),
    ],
)
def test_an_import_that_fails_says_so(name, words, good, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    Path("wrong.py").write_text("1 / 0")
    result = run("validate", "--import", name, good)
    assert result.exit_code == 2
    assert words in result.stderr


def test_the_committed_schema_is_current():
    assert (ROOT / "docs" / "manifest.schema.json").read_text("utf-8") == run("schema").stdout
    assert json.loads(run("schema").stdout) == manifest_schema()


def test_the_schema_accepts_and_refuses_manifests(good):
    validator = jsonschema.Draft202012Validator(manifest_schema())
    validator.check_schema(manifest_schema())
    validator.validate(Pipeline.from_yaml(good).to_manifest())
    for broken in (
        {},
        {"version": "1.0"},
        {"version": "1.0", "nodes": [{"id": "a"}]},
        {"version": "1.0", "nodes": [], "x": 1},
    ):
        assert not validator.is_valid(broken), broken


def test_help_comes_without_the_heavy_imports():
    import subprocess

    code = (
        "import sys; from paceline_pipelines.command.cli import app; "
        "print([name for name in ('numpy', 'paceline', 'pyarrow', 'yaml') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
