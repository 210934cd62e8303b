"""The command: what it prints, its exit status, and one sentence instead of a traceback."""

import subprocess
import sys

import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from paceline_pipelines.trajectory_to_video import convert as module
from paceline_pipelines.trajectory_to_video.cli import app


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


def test_a_run_writes_the_table_and_tells_on_stderr(knots, frames, tmp_path):
    result = run(knots, frames, "-o", tmp_path / "poses.parquet", "--max-gap", "50ms", "--backend", "python")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "70 frames from 102 knots, 34 valid (python)." in result.stderr
    assert "inside it but over 50 ms from every knot." in result.stderr
    assert "repeats the stamp 0.2 s of line 22; the first of them is used." in result.stderr
    assert pq.read_table(tmp_path / "poses.parquet").num_rows == 70


def test_quiet_says_nothing(knots, frames, tmp_path):
    result = run(knots, frames, "-o", tmp_path / "poses", "--format", "csv", "-q", "--progress")
    assert (result.exit_code, result.output) == (0, "")


def test_null_in_csv_is_empty(knots, frames, tmp_path):
    run(knots, frames, "-o", tmp_path / "poses.csv", "--invalid", "null")
    table = pyarrow.csv.read_csv(tmp_path / "poses.csv")
    assert table["orientation_w"].null_count == table["valid"].to_pylist().count(False) > 0


def test_progress_can_be_asked_for(knots, frames, tmp_path, monkeypatch):
    seen = []

    class Bar:
        def __init__(self, *_, **__):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def add_task(self, name, total):
            return name

        def update(self, task, *, completed, total):
            seen.append(completed)

    monkeypatch.setattr("rich.progress.Progress", Bar)
    run(knots, frames, "-o", tmp_path / "poses.csv")
    assert seen == []
    run(knots, frames, "-o", tmp_path / "poses.csv", "--progress")
    assert seen == [70]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"trajectory": "none.tum"}, "none.tum: No such file or directory."),
        ({"trajectory": "."}, "Is a directory."),
        ({"--max-gap": "fast"}, "--max-gap 'fast' is not a length of time; accepted are such as 50ms"),
        ({"-o": "poses.npz"}, "poses.npz does not say what to write"),
        ({"--backend": "fortran"}, "fortran"),
        ({"--bounds": "error"}, "frames.txt, line 1: frame 0 at -0.1 s lies 100 ms before the first knot"),
        ({"--duplicates": "error"}, "knots.tum, line 23: stamps[21] = 200000000 is not after"),
        ({"trajectory": "frames.txt"}, "frames.txt, line 1: '-0.100000000' has 1 columns; accepted are 8"),
    ],
)
def test_a_mistake_is_one_sentence_and_status_2(knots, frames, tmp_path, change, words):
    options = {"-o": "poses.csv"} | {name: value for name, value in change.items() if name.startswith("-")}
    options["-o"] = tmp_path / options["-o"]
    flat = [part for option in options.items() for part in option]
    result = run(tmp_path / change.get("trajectory", knots.name), frames, *flat)
    assert result.exit_code == 2
    assert result.stderr.startswith("trajectory-to-video: ")
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["frames.txt", "knots.tum"]


def test_an_unknown_word_lists_the_accepted_ones(knots, frames):
    result = run(knots, frames, "-o", "poses.csv", "--bounds", "wrap")
    assert result.exit_code == 2
    assert "extrapolate" in result.stderr


def test_ctrl_c_is_status_130(knots, frames, tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "trajectory_to_video", interrupted)
    result = run(knots, frames, "-o", tmp_path / "poses.csv")
    assert result.exit_code == 130
    assert "Interrupted" in result.stderr


def test_help_loads_nothing_heavy():
    code = "import sys, paceline_pipelines.trajectory_to_video.cli; print({'numpy', 'pyarrow'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "set()\n"
