"""Every example runs as it stands, without arguments, and prints what it promises."""

import json
import re
import runpy
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from paceline.pipeline import Pipeline, schema, validate
from paceline.pipeline.nodes import base
from paceline_pipelines.command.cli import app

EXAMPLES = Path(__file__).parents[2] / "examples"
PROMISES = {
    "quickstart_interpolation.py": r"frame 20: x = 0\.666667 m, turned 60\.0000 degrees",
    "umi_drop_in.py": r"90 frames: same to \de-1[5-9] m and \de-(0[7-9]|1\d) rad",
    "preprocess_speech.py": r"(.* s to .* s: speech\n){2}2\.\d\d s of 6\.00 s are speech \(4\d%\)",
    "pipeline_of_nodes.py": r"\['38\.2 degrees: call somebody'\]\n1 error: .* on item 2: (.*\n)*\[36\.72\] <Pipeline",
    "read_tum_file.py": r"152 knots over 2\.00 s, 0 repeated stamps\n41 frames, 5 of them more than 100 ms",
}


def test_every_example_has_a_promise():
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(PROMISES)


@pytest.fixture
def own_types(monkeypatch):
    """Node types that are registered here are forgotten."""
    monkeypatch.setattr("paceline.pipeline.nodes.base._TYPES", dict(base._TYPES))


@pytest.mark.parametrize("name", PROMISES)
@pytest.mark.usefixtures("own_types")
def test_example(name, capsys, monkeypatch):
    if name == "preprocess_speech.py":
        pytest.importorskip("soundfile")
    monkeypatch.setattr(sys, "argv", [name])
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")
    assert re.search(PROMISES[name], capsys.readouterr().out)


def test_the_manifest_finds_speech(sound, tmp_path):
    arguments = ["run", EXAMPLES / "speech_pipeline.yaml", sound("in.wav", seconds=4.0), "-o", tmp_path / "out.jsonl"]
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    pieces = [json.loads(line) for line in (tmp_path / "out.activity.jsonl").read_text().splitlines()]
    samples = [json.loads(line) for line in (tmp_path / "out.pcm.jsonl").read_text().splitlines()]
    speech = sum(sum(piece["flags"]) * piece["frame"] for piece in pieces)
    assert 0 < speech == sum(map(len, samples)) < 4 * 16_000


DOCUMENT = (EXAMPLES.parent / "docs" / "pipelines.md").read_text("utf-8")
FENCED = re.findall(r"```(\w+)\n(.*?)```", DOCUMENT, re.DOTALL)


@pytest.mark.parametrize("code", [code for language, code in FENCED if language == "python"])
@pytest.mark.usefixtures("own_types")
def test_what_the_guide_shows_in_python_runs(code, monkeypatch):
    from prometheus_client import CollectorRegistry

    monkeypatch.setattr("prometheus_client.REGISTRY", CollectorRegistry())
    exec(compile(code, "docs/pipelines.md", "exec"), {})


def test_the_manifest_of_the_guide_has_every_field():
    (text,) = [code for language, code in FENCED if language == "yaml"]
    data = yaml.safe_load(text)
    assert validate(data) == []
    properties = {name: set(found["properties"]) for name, found in schema()["$defs"].items()}
    assert set(data) == properties["Manifest"]
    assert set(data["config"]) == properties["Config"]
    assert set().union(*data["nodes"]) == properties["NodeSpec"]
    assert set().union(*data["edges"]) == properties["EdgeSpec"]


def test_the_metrics_of_the_guide_have_every_field():
    (text,) = [code for language, code in FENCED if language == "json"]
    told, real = json.loads(text), Pipeline.from_manifest(_ONE).get_metrics()
    assert list(told) == list(real)
    assert list(told["node_metrics"][0]) == list(real["node_metrics"][0])


_ONE = {"version": "1.0", "nodes": [{"id": "a", "type": "Echo"}]}
