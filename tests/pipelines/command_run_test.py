"""`paceline run`: files in, files out, and what is left behind when something goes wrong."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from paceline.pipeline import Pipeline
from paceline_pipelines.command.cli import app
from paceline_pipelines.command.running import driving, input_arrays, input_lines
from paceline_pipelines.command.verbs import run as run_verb

COMMAND = [sys.executable, "-c", "from paceline_pipelines.command.cli import main; main()"]
DOUBLE = [{"id": "double", "type": "Multiply", "params": {"factor": 2}}]
ECHO = [{"id": "echo", "type": "Echo"}]
SPLIT = [
    {"id": "split", "type": "Router", "params": {"rules": [{"operation": "gt", "value": 5, "output": "high"}]}},
    {"id": "high", "type": "Echo"},
    {"id": "low", "type": "Buffer", "params": {"size": 4}},
]
SPLIT_EDGES = [{"from": "split", "to": "high", "output_key": "high"}, {"from": "split", "to": "low"}]


def run(*arguments):
    return CliRunner().invoke(app, ["run", *map(str, arguments)], catch_exceptions=False)


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def manifest(tmp_path):
    def write(nodes, edges=(), **fields):
        path = tmp_path / "m.json"
        path.write_text(json.dumps({"version": "1.0", "nodes": nodes, "edges": list(edges), **fields}))
        return path

    return write


@pytest.fixture
def lines(tmp_path):
    def write(items, name="in.jsonl"):
        path = tmp_path / name
        path.write_text("".join(json.dumps(item) + "\n" for item in items))
        return path

    return write


def read_lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_items_of_json_lines_come_out_as_such(manifest, lines, tmp_path):
    items = [1, 2.5, "é😀", None, True, {"a": [1, {"b": None}]}, [], 2**70, "\ud800"]
    result = run(manifest(ECHO), lines(items), "-o", tmp_path / "out.jsonl")
    assert result.exit_code == 0, result.output
    assert read_lines(tmp_path / "out.jsonl") == [item for item in items if item is not None]  # None drops
    told = result.stderr.splitlines()
    assert told[0] == f"read     {tmp_path / 'in.jsonl'}: 9 items"
    assert told[1] == f"wrote    {tmp_path / 'out.jsonl'}: 8 items"
    assert told[2].startswith("took     ")
    assert result.stdout == ""
    assert names_in(tmp_path) == ["in.jsonl", "m.json", "out.jsonl"]


def test_empty_lines_are_no_items(manifest, tmp_path):
    (tmp_path / "in.jsonl").write_text("1\n\n  \r\n2")
    run(manifest(DOUBLE), tmp_path / "in.jsonl", "-o", tmp_path / "out.jsonl", "-q")
    assert read_lines(tmp_path / "out.jsonl") == [2, 4]


def test_each_sink_has_a_file(manifest, lines, tmp_path):
    result = run(manifest(SPLIT, SPLIT_EDGES), lines(range(12)), "-o", tmp_path / "out.jsonl")
    assert result.exit_code == 0
    assert read_lines(tmp_path / "out.high.jsonl") == list(range(6, 12))
    assert read_lines(tmp_path / "out.low.jsonl") == [[0, 1, 2, 3], [4, 5]]
    assert not (tmp_path / "out.jsonl").exists()
    assert result.stderr.splitlines()[1:3] == [
        f"wrote    {tmp_path / 'out.high.jsonl'}: 6 items",
        f"wrote    {tmp_path / 'out.low.jsonl'}: 2 items",
    ]


@pytest.mark.parametrize("nodes", [DOUBLE, [*DOUBLE, {"id": "hold", "type": "Buffer", "params": {"size": 1}}]])
def test_many_batches_give_what_one_run_gives(manifest, lines, tmp_path, monkeypatch, nodes):
    """With and without a node that keeps something: the one is run batch by batch, the other is streamed."""
    monkeypatch.setattr(input_lines, "_BYTES", 50)
    monkeypatch.setattr(driving, "_HELD", 7)
    edges = [{"from": "double", "to": "hold"}] if len(nodes) > 1 else []
    path, items = manifest(nodes, edges), list(range(1000))
    assert run(path, lines(items), "-o", tmp_path / "out.jsonl").exit_code == 0
    assert read_lines(tmp_path / "out.jsonl") == Pipeline.from_json(path).run_sync(items)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.arange(1000), np.arange(1000) * 2),
        (np.linspace(0, 1, 1000), np.linspace(0, 2, 1000)),
        (np.arange(1000, dtype=">i4"), np.arange(1000) * 2),
        (np.empty(0), np.empty(0)),
        (np.linspace(0, 1, 600, dtype="f4").reshape(300, 2), np.linspace(0, 2, 600, dtype="f4").reshape(300, 2)),
    ],
)
def test_arrays_are_run_in_batches(manifest, tmp_path, monkeypatch, values, expected):
    monkeypatch.setattr(input_arrays, "_VALUES", 77)
    np.save(tmp_path / "in.npy", values)
    assert run(manifest(DOUBLE), tmp_path / "in.npy", "-o", tmp_path / "out.npy").exit_code == 0
    found = np.load(tmp_path / "out.npy")
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def test_arrays_of_numbers_are_streamed_through_what_keeps_them(manifest, tmp_path, monkeypatch):
    monkeypatch.setattr(input_arrays, "_VALUES", 7)
    np.save(tmp_path / "in.npy", np.arange(12))
    run(manifest(SPLIT, SPLIT_EDGES), tmp_path / "in.npy", "-o", tmp_path / "out.jsonl")
    assert read_lines(tmp_path / "out.low.jsonl") == [[0, 1, 2, 3], [4, 5]]


def test_parquet_is_rows_or_a_column(manifest, tmp_path):
    table = pa.table({"x": [1, 2, 3], "y": ["a", None, "c"], "z": [[1.5], [], None]})
    pq.write_table(table, tmp_path / "in.parquet")
    path, out = manifest(ECHO), tmp_path / "out.parquet"
    assert run(path, tmp_path / "in.parquet", "-o", out).exit_code == 0
    assert pq.read_table(out).to_pylist() == table.to_pylist()
    assert run(manifest(DOUBLE), tmp_path / "in.parquet", "-o", out, "--column", "x").exit_code == 0
    assert pq.read_table(out).to_pydict() == {"x": [2, 4, 6]}
    assert run(path, tmp_path / "in.parquet", "-o", tmp_path / "out.npy", "--column", "x").exit_code == 0
    assert np.load(tmp_path / "out.npy").tolist() == [2, 4, 6]


def test_parquet_of_many_items_has_them_all(manifest, tmp_path):
    np.save(tmp_path / "in.npy", np.arange(40_000))
    assert run(manifest(DOUBLE), tmp_path / "in.npy", "-o", tmp_path / "out.parquet").exit_code == 0
    assert pq.read_table(tmp_path / "out.parquet")["value"].to_pylist() == list(range(0, 80_000, 2))


@pytest.mark.parametrize("name", ["out.jsonl", "out.npy", "out.parquet", "out.wav"])
def test_an_output_without_items_is_complete(manifest, lines, tmp_path, name):
    nodes = [{"id": "f", "type": "Filter", "params": {"operation": "gt", "value": 100}}]
    assert run(manifest(nodes), lines([1]), "-o", tmp_path / name, "--rate", "8000").exit_code == 0
    if name == "out.jsonl":
        assert (tmp_path / name).read_bytes() == b""
    elif name == "out.npy":
        assert np.load(tmp_path / name).shape == (0,)
    elif name == "out.parquet":
        assert pq.read_table(tmp_path / name).num_rows == 0
    else:
        assert pytest.importorskip("soundfile").info(tmp_path / name).frames == 0


RESAMPLE = [
    {"id": "resample", "type": "AudioResample", "params": {"input_rate": 48_000, "output_rate": 16_000}},
    {"id": "pcm", "type": "FormatConverter", "params": {"to": "i16"}},
]
RESAMPLE_EDGES = [{"from": "resample", "to": "pcm"}]


@pytest.mark.parametrize("channels", [1, 2])
def test_sound_is_streamed_at_the_rate_that_the_graph_makes_of_it(manifest, sound, tmp_path, channels):
    soundfile = pytest.importorskip("soundfile")
    source = sound("in.wav", seconds=4.0, channels=channels, subtype="FLOAT")
    path = manifest(RESAMPLE, RESAMPLE_EDGES)
    result = run(path, source, "-o", tmp_path / "out.wav")
    assert result.exit_code == 0, result.output
    assert f"{tmp_path / 'out.wav'}: 64,000 frames at 16000 Hz, 4.000 s" in result.stderr
    info = soundfile.info(tmp_path / "out.wav")
    assert (info.samplerate, info.channels, info.subtype) == (16_000, channels, "PCM_16")
    found, _ = soundfile.read(tmp_path / "out.wav", dtype="int16")
    signal, _ = soundfile.read(source, dtype="float32")
    expected = Pipeline.from_json(path).run_sync(signal)
    assert np.abs(found.astype(int) - expected).max() <= 1  # a stream rounds in another order


def test_sound_runs_through_nodes_of_numbers(manifest, sound, tmp_path):
    soundfile = pytest.importorskip("soundfile")
    source = sound("in.wav", seconds=3.5, subtype="FLOAT")
    assert run(manifest(DOUBLE), source, "-o", tmp_path / "out.wav").exit_code == 0
    signal, rate = soundfile.read(source, dtype="float32")
    found, same = soundfile.read(tmp_path / "out.wav", dtype="float32")
    assert same == rate == 48_000
    np.testing.assert_array_equal(found, signal * np.float32(2))
    assert run(manifest(ECHO), source, "-o", tmp_path / "out.flac").exit_code == 0
    assert soundfile.info(tmp_path / "out.flac").subtype == "PCM_24"


def test_speech_is_told_as_lines(manifest, sound, tmp_path):
    nodes = [{"id": "vad", "type": "VAD", "params": {"rate": 48_000}}]
    assert run(manifest(nodes), sound("in.wav", seconds=4.0), "-o", tmp_path / "out.jsonl").exit_code == 0
    found = read_lines(tmp_path / "out.jsonl")
    assert set(found[0]) == {"flags", "scores", "segments", "rate", "frame"}
    assert 0 < sum(sum(piece["flags"]) for piece in found) < sum(len(piece["flags"]) for piece in found)


def test_metrics_are_written_in_both_shapes(manifest, lines, tmp_path):
    path = manifest(DOUBLE, name="mine", config={"enable_metrics": False})
    out, told = tmp_path / "out.jsonl", tmp_path / "metrics.json"
    run(path, lines([1, 2, 3]), "-o", out, "--metrics", told)
    found = json.loads(told.read_text())
    assert found["pipeline_id"] == "mine"
    assert [(node["node_id"], node["execution_count"]) for node in found["node_metrics"]] == [("double", 3)]
    run(path, lines([1, 2, 3]), "-o", out, "--metrics", told, "--metrics-shape", "dict")
    assert json.loads(told.read_text())["node_metrics"]["double"]["success_count"] == 3


def test_a_runtime_hint_goes_before_the_manifest(manifest, lines, tmp_path):
    path = manifest([{"id": "b", "type": "Buffer"}], config={"runtime_hint": "python"})
    result = run(path, lines([1]), "-o", tmp_path / "o.jsonl", "--runtime-hint", "numba")
    assert (result.exit_code, (tmp_path / "o.jsonl").exists()) == (0, True)


@pytest.mark.parametrize("keeps", [False, True])
def test_a_node_that_fails_is_named_with_the_item(manifest, lines, tmp_path, monkeypatch, keeps):
    monkeypatch.setattr(input_lines, "_BYTES", 30)
    out = tmp_path / "out.jsonl"
    out.write_text("older\n")
    nodes = [*DOUBLE, {"id": "hold", "type": "Buffer"}] if keeps else DOUBLE
    path = manifest(nodes, [{"from": "double", "to": "hold"}] if keeps else [])
    result = run(path, lines([*range(100), "x", 1]), "-o", out, "--metrics", tmp_path / "metrics.json")
    assert result.exit_code == 1
    assert result.stderr == (
        "paceline: The node 'double' (Multiply) failed on item 100: TypeError: The item is of type str: 'x'; "
        "accepted are int and float.\n"
    )
    assert out.read_text() == "older\n"
    assert names_in(tmp_path) == ["in.jsonl", "m.json", "out.jsonl"]


def test_what_was_written_is_kept_when_that_is_asked_for(manifest, lines, tmp_path, monkeypatch):
    monkeypatch.setattr(input_lines, "_BYTES", 30)
    arguments = [manifest(DOUBLE), lines([*range(100), "x"]), "--keep-partial", "-o"]
    for name in ("out.jsonl", "out.npy"):
        assert run(*arguments, tmp_path / name).exit_code == 1
    assert names_in(tmp_path) == ["in.jsonl", "m.json", "out.jsonl.partial", "out.npy.partial"]
    kept = read_lines(tmp_path / "out.jsonl.partial")
    assert kept == list(range(0, 2 * len(kept), 2))
    assert 50 < len(kept) <= 100
    assert np.load(tmp_path / "out.npy.partial").tolist() == kept


@pytest.mark.parametrize("policy", ["skip", "collect"])
def test_errors_that_are_lived_with_are_counted(manifest, lines, tmp_path, policy):
    result = run(manifest(DOUBLE, config={"on_error": policy}), lines([1, "x", 3]), "-o", tmp_path / "out.jsonl")
    assert result.exit_code == 0
    assert read_lines(tmp_path / "out.jsonl") == [2, 6]
    assert "failed   1 times a node failed on an item, which is left out" in result.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1\n{'a': 1}\n", "in.jsonl:2:2: the line is no JSON: expecting property name enclosed in double quotes"),
        ("1\nNaN\n", "in.jsonl:2:1: the line is no JSON: NaN is no number of JSON."),
        ("[" * 100_000, "in.jsonl:1:1: the line is no JSON: maximum recursion depth exceeded"),
        (b'"\xff"', "in.jsonl:1:1: the line is no JSON: 'utf-8' codec can't decode byte 0xff"),
    ],
)
def test_lines_that_are_no_json_have_a_place(manifest, tmp_path, text, words):
    (tmp_path / "in.jsonl").write_bytes(text if isinstance(text, bytes) else text.encode())
    result = run(manifest(ECHO), tmp_path / "in.jsonl", "-o", tmp_path / "out.jsonl")
    assert result.exit_code == 2
    assert words in result.stderr
    assert names_in(tmp_path) == ["in.jsonl", "m.json"]


@pytest.mark.parametrize(
    ("items", "name", "words"),
    [
        (
            [1, 2.5],
            "out.npy",
            "index 1 is of type float, 2.5, which {out} cannot hold; accepted is int64, as before it",
        ),
        ([1, "a"], "out.npy", "index 1 is of type str, 'a', which {out} cannot hold; accepted are numbers and arrays"),
        ([1, 2**63], "out.npy", "index 1 is of type int, 9223372036854775808"),
        (
            [1, {"a": 1}],
            "out.parquet",
            "index 1 is of type dict, {{'a': 1}}, which {out} cannot hold; accepted are either rows",
        ),
        (
            [{"a": 1}, {"b": 1}],
            "out.parquet",
            "index 1 is of type dict, {{'b': 1}}, which {out} cannot hold; accepted are rows with the keys 'a'.",
        ),
        ([1, "a"], "out.parquet", "accepted are results of one type"),
        ([1], "out.wav", "index 0 is of type int, 1, which {out} cannot hold; accepted are arrays of (frames,)"),
    ],
)
def test_results_that_a_file_cannot_hold_are_named(manifest, lines, tmp_path, items, name, words):
    out = tmp_path / name
    result = run(manifest(ECHO), lines(items), "-o", out, "--rate", "8000")
    assert result.exit_code == 2
    assert words.format(out=out) in result.stderr
    assert not out.exists()


def test_a_result_that_json_does_not_have_is_named(manifest, tmp_path):
    np.save(tmp_path / "in.npy", np.array([1.0, np.inf]))
    result = run(manifest(ECHO), tmp_path / "in.npy", "-o", tmp_path / "out.jsonl")
    assert result.exit_code == 2
    assert "The result at index 1 is of type float, inf, which" in result.stderr


@pytest.mark.parametrize(
    ("source", "out", "more", "words"),
    [
        ("none.jsonl", "o.jsonl", [], "none.jsonl: No such file or directory."),
        ("in.csv", "o.jsonl", [], "in.csv does not say what it is; accepted are files named .jsonl,"),
        (".", "o.jsonl", [], "does not say what it is"),
        ("in.jsonl", "o.txt", [], "o.txt does not say what to write; accepted are names in .jsonl,"),
        ("in.jsonl", "none/o.jsonl", [], "there is no directory none."),
        ("in.jsonl", "dir.jsonl", [], "dir.jsonl is a directory"),
        ("in.jsonl", "in.jsonl", [], "in.jsonl is a file to read"),
        ("in.jsonl", "o.jsonl", ["--metrics", "m.json"], "m.json is a file to read"),
        ("in.jsonl", "o.jsonl", ["--column", "x"], "--column 'x' names a column of Parquet"),
        ("in.jsonl", "/dev/null", [], "not a regular file"),
        ("in.parquet", "o.jsonl", ["--column", "y"], "in.parquet has no column 'y'; accepted are 'x'."),
        ("bad.parquet", "o.jsonl", [], "bad.parquet cannot be read as Parquet:"),
        ("bad.npy", "o.jsonl", [], "bad.npy cannot be read as an array:"),
        ("cube.npy", "o.jsonl", [], "an array of shape (2, 2, 2) and float64; accepted are"),
        ("text.npy", "o.jsonl", [], "an array of shape (1,) and <U1; accepted are"),
        ("bad.wav", "o.wav", [], "bad.wav cannot be read as audio"),
        ("in.jsonl", "o.wav", [], "o.wav needs a sampling rate, which INPUT does not tell; accepted is --rate HZ."),
    ],
)
def test_what_cannot_be_used_is_said_in_one_sentence(manifest, lines, tmp_path, monkeypatch, source, out, more, words):
    monkeypatch.chdir(tmp_path)
    manifest(ECHO)
    lines([1])
    (tmp_path / "dir.jsonl").mkdir()
    pq.write_table(pa.table({"x": [1]}), "in.parquet")
    np.save("cube.npy", np.zeros((2, 2, 2)))
    np.save("text.npy", np.array(["a"]))
    for name in ("bad.parquet", "bad.npy", "bad.wav"):
        (tmp_path / name).write_bytes(b"RIFF no")
    before = names_in(tmp_path)
    result = run("m.json", source, "-o", out, *more)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stderr.startswith("paceline: ")
    assert result.stderr.count("\n") == 1
    assert names_in(tmp_path) == before


def test_sound_of_another_rate_than_a_node_is_made_for_is_refused(manifest, sound, tmp_path):
    source = sound("in.wav", rate=44_100)
    result = run(manifest(RESAMPLE, RESAMPLE_EDGES), source, "-o", tmp_path / "out.wav")
    assert result.exit_code == 2
    assert "The node 'resample' (AudioResample) has input_rate 48000, and what it gets has 44100 Hz" in result.stderr


def test_damaged_sound_is_an_error_unless_it_is_accepted(manifest, sound, tmp_path):
    source = sound("in.wav", seconds=4.0)
    source.write_bytes(source.read_bytes()[:100_000])
    result = run(manifest(ECHO), source, "-o", tmp_path / "out.wav")
    assert result.exit_code == 2
    assert "is truncated" in result.stderr
    assert not (tmp_path / "out.wav").exists()
    result = run(manifest(ECHO), source, "-o", tmp_path / "out.wav", "--on-damage", "keep")
    assert result.exit_code == 0
    assert "is truncated" in result.stderr


def test_a_sink_that_cannot_be_a_name_is_refused(manifest, lines, tmp_path):
    nodes = [{"id": "a/b", "type": "Echo"}, {"id": "c", "type": "Echo"}]
    result = run(manifest(nodes), lines([1]), "-o", tmp_path / "out.jsonl")
    assert result.exit_code == 2
    assert "The sink 'a/b' cannot be a part of a file's name" in result.stderr


@pytest.mark.parametrize(("arguments", "shown"), [([], False), (["--progress"], True), (["--progress", "-q"], False)])
def test_progress_is_shown_on_terminals_only(manifest, lines, tmp_path, monkeypatch, arguments, shown):
    seen = []

    class Bar:
        def __init__(self, *_, **__):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def add_task(self, name, total):
            return total

        def update(self, task, *, completed):
            seen.append((completed, task))

    monkeypatch.setattr("rich.progress.Progress", Bar)
    source = lines([1, 2, 3])
    run(manifest(DOUBLE), source, "-o", tmp_path / "out.jsonl", *arguments)
    assert seen == ([(6, 6)] if shown else [])


SLOW = """\
import asyncio, sys, time
from pathlib import Path
from paceline.pipeline import Node, register

class Marks(Node):
    def setup(self):
        Path("up").touch()

    def teardown(self):
        Path("down").touch()

@register("Sleeps")
class Sleeps(Marks):
    def process(self, item):
        print("ready", flush=True)
        time.sleep(600)

@register("Waits")
class Waits(Marks):
    async def process(self, item):
        print("ready", flush=True)
        await asyncio.sleep(600)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("kind", ["Sleeps", "Waits"])
def test_ctrl_c_ends_at_once_and_tears_down(manifest, lines, tmp_path, kind):
    (tmp_path / "slow.py").write_text(SLOW)
    manifest([{"id": "slow", "type": kind}])
    lines([1, 2])
    (tmp_path / "out.jsonl").write_text("older\n")
    arguments = ["run", "--import", "slow.py", "m.json", "in.jsonl", "-o", "out.jsonl"]
    process = subprocess.Popen(
        [*COMMAND, *arguments], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=300)  # far less than the nodes would take
    assert (process.returncode, told) == (130, "Interrupted; out.jsonl is as it was before.\n")
    assert (tmp_path / "out.jsonl").read_text() == "older\n"
    assert {"up", "down", "out.jsonl"} <= set(names_in(tmp_path))
    assert not [name for name in names_in(tmp_path) if "partial" in name]


def test_memory_does_not_grow_with_the_input(manifest, tmp_path):
    """Twenty times the items, streamed through a buffer, and the peak is the same within a few MB."""

    def peak(count):
        (tmp_path / "in.jsonl").write_text("123456789\n" * count)
        path = manifest([*DOUBLE, {"id": "hold", "type": "Buffer"}], [{"from": "double", "to": "hold"}])
        told = tmp_path / "metrics.json"
        arguments = ["run", str(path), "in.jsonl", "-o", "out.jsonl", "--metrics", str(told), "-q"]
        subprocess.run([*COMMAND, *arguments], cwd=tmp_path, check=True)
        return json.loads(told.read_text())["peak_memory_bytes"]

    small, large = peak(20_000), peak(400_000)
    assert large - small < 8 * 2**20  # a list of the items alone would be 16 MB


def test_the_verb_is_one_function_for_other_programs(manifest, lines, tmp_path):
    run_verb.run(manifest(DOUBLE), lines([4]), tmp_path / "out.jsonl", quiet=True)
    assert read_lines(tmp_path / "out.jsonl") == [8]
