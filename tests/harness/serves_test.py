"""Who serves: what a record says of it, what every format of the report shows, and settings that cannot be."""

import io
import json
import os
import re
import subprocess
import sys

import msgspec
import pytest
from rich.console import Console
from typer.testing import CliRunner

import paceline
from harness.fakes import run
from paceline.selection import rules, warming
from paceline_harness import read_records, write_records
from paceline_harness.audit import audit_file
from paceline_harness.cli import app
from paceline_harness.environment import THREADS, one_thread_each
from paceline_harness.record import Serves
from paceline_harness.report import blocks, markdown, serves, summary, terminal
from paceline_harness.report.html.page import page
from paceline_harness.serving import asked

MEASURED = "on this machine, 2026-05-04 03:02 UTC"
PROFILE = Serves([(0, "cython"), (384, "rust")], "profile", MEASURED)
SHIPPED = Serves([(0, "rust")], "shipped", "on another machine, Some CPU: not measured here")
ORDER = Serves([(0, "cython")], "order")
NOT_HERE = "not measured here: harness calibrate does"


@pytest.fixture(scope="module")
def plain():
    return run().record()


def record_of(plain, op, answer):
    return msgspec.structs.replace(plain, op=op, serves=answer)


@pytest.fixture
def records(plain):
    return [
        record_of(plain, "to_mono", PROFILE),
        record_of(plain, "resample", SHIPPED),
        record_of(plain, "to_mono", PROFILE),
        record_of(plain, "double", None),
        record_of(plain, "interleave", ORDER),
    ]


def in_terminal(records):
    stream = io.StringIO()
    terminal.show(records, Console(file=stream, width=250))
    return stream.getvalue()


def test_an_operation_has_one_row_with_its_sizes_and_its_rule(records):
    assert [each.cells for each in serves.rows(records)] == [
        (["to_mono"], ["cython below 384, rust from 384 on (n = frames)"], [f"machine profile, measured {MEASURED}"]),
        (["resample"], ["rust"], [f"shipped table, measured on another machine, Some CPU; {NOT_HERE}"]),
        (["interleave"], ["cython"], [f"fixed order; {NOT_HERE}"]),
    ]


def test_launches_that_disagree_are_told_with_how_many_say_what(plain):
    found = serves.rows([record_of(plain, "to_mono", each) for each in (PROFILE, ORDER, PROFILE)])
    (_, sizes, rules) = found[0].cells
    assert sizes == [
        "launches disagree",
        "in 2 of 3 records: cython below 384, rust from 384 on (n = frames)",
        "in 1 of 3 records: cython",
    ]
    assert rules[1] == f"in 1 of 3 records: fixed order; {NOT_HERE}"


@pytest.mark.parametrize(
    ("answer", "sizes", "rule"),
    [
        (Serves([(0, "rust")], "environment", "PACELINE_BACKEND=rust"), "rust", "environment, PACELINE_BACKEND=rust"),
        (Serves(rule="environment", problem="It cannot."), "nobody", "It cannot."),
        (Serves(problem="The process ended."), "not known", "The process ended."),
    ],
)
def test_what_was_asked_for_and_what_is_not_known_are_said(plain, answer, sizes, rule):
    (found,) = serves.rows([record_of(plain, "to_mono", answer)])
    assert found.cells == (["to_mono"], [sizes], [rule])


@pytest.mark.parametrize("view", [in_terminal, markdown.report, page])
def test_every_format_has_the_section_after_the_tables(records, view):
    text = view(records)
    heading = text.index(serves.HEADING)
    assert heading > text.rindex("first call")
    after = text[heading:]
    for row in serves.rows(records):
        assert all(line in after for cell in row.cells for line in cell)
    assert serves.NOTE in after


@pytest.mark.parametrize("view", [in_terminal, markdown.report, page])
def test_records_that_do_not_say_it_have_no_such_section(plain, view):
    assert serves.HEADING not in view([plain])


def test_what_a_record_says_is_escaped_on_the_page(plain):
    evil = Serves([(0, "<img src=x>")], "shipped", "on <b>")
    text = page([record_of(plain, "to_mono", evil)])
    assert "<img src=x>" not in text
    assert "&lt;img src=x&gt;" in text


def test_the_summary_has_it_for_programs(records):
    found = json.loads(summary.as_json(records))["serves"]
    assert found["to_mono"] == [
        {"ranges": [[0, "cython"], [384, "rust"]], "rule": "profile", "source": MEASURED, "problem": "", "records": 2}
    ]
    assert "double" not in found


def test_blocks_in_a_document_leave_it_out(records):
    marked = "".join(f"<!-- harness:{name} -->\n<!-- harness:end -->\n" for name in blocks.BLOCKS)
    filled = blocks.filled(marked, records)
    assert "| operation |" in filled
    assert serves.HEADING not in filled
    assert NOT_HERE not in filled


def test_a_record_keeps_it_and_one_without_it_is_read(plain, tmp_path):
    file = tmp_path / "records.jsonl"
    write_records(file, [record_of(plain, "to_mono", PROFILE)])
    assert read_records(file)[0].serves == PROFILE
    assert audit_file(file).findings == []
    old = json.loads(file.read_text())
    del old["serves"], old["chain"], old["record_sha256"]
    file.write_text(json.dumps(old) + "\n")
    assert read_records(file)[0].serves is None
    assert audit_file(file, unsealed=True).findings == []


def test_nothing_is_asked_of_other_operations(monkeypatch, plain):
    monkeypatch.setattr(subprocess, "run", None)
    assert asked(["double", "resampling"]) == {}
    assert plain.serves is None


def test_what_is_told_is_what_an_import_explains(monkeypatch):
    monkeypatch.delenv("PACELINE_BACKEND", raising=False)
    monkeypatch.setattr(warming, "_warm", {})  # as in a process that has just begun
    rules.forget()
    found = asked(["to_mono", "double", "to_mono", "resample"])
    assert set(found) == {"to_mono", "resample"}
    for operation, answer in found.items():
        explained = paceline.explain(operation)
        assert (answer.ranges, answer.rule) == (list(explained.ranges), explained.rule)
    monkeypatch.undo()
    rules.forget()


def test_a_variable_is_what_it_rests_on(monkeypatch):
    monkeypatch.setenv("PACELINE_BACKEND_TO_MONO", "python")
    assert asked(["to_mono"])["to_mono"] == Serves([(0, "python")], "environment", "PACELINE_BACKEND_TO_MONO=python")


def test_a_process_that_dies_is_a_problem_and_no_failure(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    found = asked(["to_mono"])["to_mono"]
    assert (found.ranges, found.rule) == ([], "")
    assert "ended with exit code 1: it said nothing." in found.problem


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("PACELINE_BACKEND", "typo", "PACELINE_BACKEND=typo: no backend is named 'typo'"),
        ("PACELINE_BACKEND_TYPO", "python", "PACELINE_BACKEND_TYPO names no operation"),
        ("PACELINE_BACKEND_TO_MONO", "python:fast", "the backend 'python' has no variant 'fast'"),
    ],
)
def test_a_setting_that_cannot_be_ends_compare_before_a_launch(monkeypatch, tmp_path, variable, value, said):
    monkeypatch.setenv(variable, value)
    done = CliRunner().invoke(app, ["compare", "interleave", "--quick", "--output", str(tmp_path / "runs")])
    assert done.exit_code == 2
    assert said in done.output
    assert len(done.output.strip().splitlines()) == 1
    assert not (tmp_path / "runs").exists()


def test_a_setting_that_cannot_serve_an_operation_ends_compare_before_a_launch(monkeypatch, tmp_path):
    partial = next((name for name in paceline.status() if _lacks(name, "detect_voice")), None)
    if partial is None:
        pytest.skip("every backend that is ready implements detect_voice")
    monkeypatch.setenv("PACELINE_BACKEND", partial)
    done = CliRunner().invoke(app, ["compare", "detect_voice", "--quick", "--output", str(tmp_path / "runs")])
    assert done.exit_code == 2
    assert f"The backend {partial!r} does not implement detect_voice" in done.output
    assert len(done.output.strip().splitlines()) == 1


def _lacks(name, operation):
    state = paceline.status()[name]
    if state.state != "ready":
        return False
    try:
        paceline.explain(operation, backend=name)
    except paceline.BackendUnavailable:
        return True
    return False


def test_a_run_says_what_was_calibrated_though_its_launches_have_one_core_and_thread(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for variable in THREADS:
        monkeypatch.delenv(variable, raising=False)
    command = [sys.executable, "-c", "import paceline; paceline.calibrate('interleave', budget_s=0.01)"]
    subprocess.run(command, check=True, env=dict(os.environ))
    one_thread_each()
    assert os.environ[THREADS[0]] == "1"
    run = ["compare", "interleave", "--backends", "python", "--budget", "0.001", "--launches", "2", "--sizes", "100"]
    done = CliRunner().invoke(app, [*run, "--output", str(tmp_path / "runs")])
    assert done.exit_code in (0, 3), done.output
    (folder,) = (tmp_path / "runs").iterdir()
    answers = [each.serves for each in read_records(folder / "record.jsonl")]
    assert len(answers) >= 2
    assert {each.rule for each in answers} == {"profile"}
    assert re.search(r"interleave +\| .* \| machine profile, measured on this machine", done.output)
