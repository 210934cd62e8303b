import re

import pytest
from typer.testing import CliRunner

from harness.fakes import run
from paceline_harness import read_records
from paceline_harness.cli import app

POSES = "1.0 0 0 0 0 0 0 1\n2.0 1 0 0 0 0 0 1\n2.0 9 0 0 0 0 0 1\n3.0 2 0 0 0 0 1 1\n"

COMPARISON = """
from paceline_harness import Comparison
doubling = Comparison(
    "doubling",
    candidates={"plain": lambda x: 2 * x, "sum": lambda x: x + x},
    inputs=lambda n, rng: (rng.standard_normal(n),),
    sizes=[200],
    baseline="plain",
)
"""


def harness(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_only_verbs_that_exist_are_shown():
    text = harness("--help").output
    assert "compare" in text
    assert "list" in text
    assert "audit" in text
    assert "calibrate" in text
    assert "tune" not in text


def test_list_names_suites_operations_and_backends():
    text = harness("list").output
    for word in ("trajectory", "interpolate_trajectory_batch", "python"):
        assert word in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing"], "'nothing' is no suite or operation; the suites are trajectory"),
        (["--backends", "rust,fortran"], "'fortran' is no backend; the backends are python"),
        (["--baseline", "nobody"], "--baseline is 'nobody'"),
        (["--sizes", "10,x"], "--sizes has 'x'; accepted are whole numbers"),
        (["--budget", "0"], "--budget is 0.0; accepted is a positive number"),
        (["--total", "-1"], "--total is -1.0; accepted is a positive number"),
        (["--launches", "0"], "--launches is 0; accepted is 1 and more"),
        (["--quick", "--launches", "3"], "--quick is one launch and --launches is 3"),
        (["--trajectory", "a.txt"], "--trajectory was given without --video-timestamps"),
        (["--video-timestamps", "a.txt"], "--video-timestamps was given without --trajectory"),
        (["--trajectory", "no.txt", "--video-timestamps", "no.txt"], "no.txt cannot be read: No such file"),
        (["missing.py"], "missing.py does not exist"),
    ],
)
def test_mistakes_are_one_sentence_and_exit_code_2(words, said):
    done = harness("compare", *words)
    assert done.exit_code == 2
    assert said in done.output
    assert len(done.output.strip().splitlines()) == 1


def test_a_file_without_a_comparison_says_so(tmp_path):
    (tmp_path / "empty.py").write_text("x = 1\n")
    done = harness("compare", tmp_path / "empty.py")
    assert done.exit_code == 2
    assert "defines no Comparison" in done.output


def test_a_file_of_one_s_own_is_measured_and_written(tmp_path):
    (tmp_path / "own.py").write_text(COMPARISON)
    done = harness("compare", tmp_path / "own.py", "--budget", "0.01", "--output", tmp_path / "runs")
    assert done.exit_code in (0, 3), done.output  # 3: the machine was too noisy for a verdict
    (folder,) = (tmp_path / "runs").iterdir()
    written = {path.name for path in folder.iterdir()}
    assert {"chart.svg", "record.jsonl", "report.html", "report.md"} <= written
    records = read_records(folder / "record.jsonl")
    assert [(record.op, record.launch.how) for record in records] == [("doubling", "fresh")] * 5
    assert "on doubling" in done.output
    assert "five launches" in done.output


def test_a_file_whose_import_fails_is_one_sentence(tmp_path):
    (tmp_path / "own.py").write_text("import paceline_harness\nimport nothing_of_this_name\n")
    done = harness("compare", tmp_path / "own.py")
    assert done.exit_code == 2
    assert "own.py, line 2, raises ModuleNotFoundError: No module named 'nothing_of_this_name'." in done.output
    assert len(done.output.strip().splitlines()) == 1


def test_a_launch_that_dies_is_told_and_ends_in_exit_code_1(tmp_path):
    dying = "import os\n" + COMPARISON.replace("lambda x: x + x", "lambda x: os._exit(7)")
    (tmp_path / "own.py").write_text(dying)
    done = harness("compare", tmp_path / "own.py", "--launches", "2", "--output", tmp_path / "runs")
    assert done.exit_code == 1
    assert "Launch 2 of 2 failed while it measured 'doubling': it ended with exit code 7." in done.output
    assert "Nothing was measured." in done.output


def test_a_candidate_that_differs_ends_in_exit_code_1(tmp_path):
    (tmp_path / "own.py").write_text(COMPARISON.replace("x + x", "x + x + 1"))
    done = harness("compare", tmp_path / "own.py", "--quick", "--budget", "0.01", "--output", tmp_path / "runs")
    assert done.exit_code == 1
    assert "not equal: output differs" in done.output


def test_repeated_stamps_are_told_one_by_one(tmp_path):
    (tmp_path / "poses.txt").write_text(POSES)
    (tmp_path / "video.txt").write_text("1.5\n2.5\n")
    files = ["--trajectory", tmp_path / "poses.txt", "--video-timestamps", tmp_path / "video.txt"]
    run = ["compare", "interpolate_trajectory_batch", "--backends", "python", "--quick", "--budget", "0.001"]
    done = harness(*run, *files, "--output", tmp_path / "runs")
    assert done.exit_code in (0, 3), done.output
    assert re.search(r"poses\.txt, line 3: the stamp 2000000000 ns repeats line 2; --duplicates first", done.output)
    (folder,) = (tmp_path / "runs").iterdir()
    assert read_records(folder / "record.jsonl")[0].input.source == "poses.txt (3 knots), video.txt (2 frames)"
    refused = harness(*run, *files, "--duplicates", "error")
    assert refused.exit_code == 2
    assert "repeats line 2" in refused.output


def test_ctrl_c_reports_what_was_measured(tmp_path):
    stopping = COMPARISON + (
        "left = iter(range(30))\n"
        "def stop(x):\n"
        "    if next(left, None) is None: raise KeyboardInterrupt\n"
        "    return x + x\n"
        "doubling = Comparison('doubling', {'plain': lambda x: 2 * x, 'stop': stop},\n"
        "    lambda n, rng: (rng.standard_normal(n),), [20_000], 'plain')\n"
    )
    (tmp_path / "own.py").write_text(stopping)
    done = harness("compare", tmp_path / "own.py", "--budget", "60", "--output", tmp_path / "runs")
    assert done.exit_code == 130
    assert "Interrupted" in done.output


@pytest.fixture
def records(tmp_path):
    path = tmp_path / "r.jsonl.gz"
    run().save(path)
    return path


def test_report_shows_and_writes(records, tmp_path):
    assert "Doubling" in harness("report", records).output
    done = harness("report", records, "--output", tmp_path / "new")
    assert done.exit_code == 0
    assert "# Comparison" in (tmp_path / "new" / "report.md").read_text()


def test_report_keeps_a_document_equal_to_the_records(records, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- harness:overview -->\n1,000,000x\n<!-- harness:end -->\nafter\n")
    stale = harness("report", records, "--into", page, "--check")
    assert stale.exit_code == 1
    assert "differs from" in stale.output
    assert "1,000,000x" in page.read_text()
    assert harness("report", records, "--into", page).exit_code == 0
    text = page.read_text()
    assert text.startswith("before\n<!-- harness:overview -->\n| operation |")
    assert text.endswith("\n<!-- harness:end -->\nafter\n")
    assert harness("report", records, "--into", page, "--check").exit_code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [("nothing", "has no markers"), ("<!-- harness:x -->\n<!-- harness:end -->", "harness:x; accepted")],
)
def test_a_document_without_blocks_says_so(records, tmp_path, text, said):
    (tmp_path / "page.md").write_text(text)
    done = harness("report", records, "--into", tmp_path / "page.md")
    assert done.exit_code == 2
    assert said in done.output


def test_report_mistakes(records, tmp_path):
    (tmp_path / "bad.jsonl").write_text("{}")
    (tmp_path / "empty.jsonl").write_text("")
    for words, said in (
        ([tmp_path / "no.jsonl"], "cannot be read: No such file"),
        ([tmp_path / "bad.jsonl"], "line 1, is no record"),
        ([tmp_path / "empty.jsonl"], "holds no record"),
        ([records, "--check"], "--check was given without --into"),
        ([records, "--into", tmp_path / "no.md"], "no.md cannot be read"),
    ):
        done = harness("report", *words)
        assert done.exit_code == 2
        assert said in done.output
