"""The published tables, row by row, and the verdict on every claim."""

import re

import msgspec
import pytest
from typer.testing import CliRunner

from harness.fakes import FakeClock, comparison, run, timed, with_null_ratio
from paceline_harness import Candidate
from paceline_harness.cli import app
from paceline_harness.report import claims, documents, documents_text
from paceline_harness.report.means import geometric_mean
from paceline_harness.report.tables import Table

TITLE = "SLERP (1000 quats)"


def measured(rust_ns=1_000_000, loop_ns=100_000_000, plain_ns=10_000_000, **more):
    """Return a table that a suite here could have measured: rust, plain code and the published loop."""
    clock = FakeClock()
    half = Candidate("half of the work", timed(clock, 1_000, lambda x: 2 * x))
    candidates = [
        Candidate("rust", timed(clock, rust_ns, lambda x: 2 * x), group="backend"),
        Candidate("plain", timed(clock, plain_ns, lambda x: 2 * x)),
        Candidate("loop", timed(clock, loop_ns, lambda x: 2 * x), group="as published"),
        half,
    ]
    settings = {
        "name": "slerp_quaternions_batch", "candidates": candidates, "sizes": (1000,), "title": TITLE, **more,
    }  # fmt: skip
    record = comparison(clock, **settings).run(budget_s=5.0, seed=3, clock=clock).record()
    parts = []
    for each in record.candidates:
        correct = each.correct
        if correct is not None and each.name != "half of the work":
            correct = msgspec.structs.replace(correct, errors={**correct.errors, "rotation": 0.0})
        parts.append(msgspec.structs.replace(each, correct=correct))
    return msgspec.structs.replace(record, candidates=parts)


@pytest.fixture(scope="module")
def record():
    return measured()


def row_of(records, operation):
    for table in documents.shown([Table([record]) for record in records]):
        for row, verdict in zip(table.rows, table.verdicts, strict=True):
            if row[0] == operation:
                return row, verdict
    raise AssertionError(operation)


def test_every_published_row_is_there():
    rows = {(table.name, row[0]) for table in documents.shown([]) for row in table.rows}
    speeds = [row for each in documents.documents() for table in each.speeds for row in table.rows]
    targets = [row for each in documents.documents() for table in each.targets for row in table.rows]
    assert len(speeds) + len(targets) == len([row for table in documents.shown([]) for row in table.rows])
    for table, operation in (
        ("Performance benchmarks (expected)", "Frame capture jitter"),
        ("Performance benchmarks (expected)", "Full pipeline overhead"),
        ("Measured benchmarks (v0.2.0)", "Format Convert (1M samples)"),
        ("Measured benchmarks (v0.2.0)", "Metrics Collection"),
        ("Achievements against targets", "metrics < 100 µs"),
        ("Full comparison", "Large (3n, 1000i)"),
        ("Scaling with pipeline size", "10 nodes"),
        ("Scaling with data size", "1000 items"),
        ("Per-node performance", "PassThroughNode"),
    ):
        assert (table, operation) in rows


def test_what_is_not_measured_says_why():
    for table in documents.shown([]):
        for verdict in table.verdicts:
            assert verdict.word == "cannot be tested here"
            assert verdict.reason
    assert row_of([], "Frame capture jitter")[1].reason == "not built yet"
    assert row_of([], TITLE)[1].reason == "not in this record"


def test_a_claim_is_judged_with_the_published_code_and_beside_it_the_best_plain_python(record):
    row, verdict = row_of([record], TITLE)
    assert verdict.word == "holds"
    assert "but only" in verdict.reason
    shown = dict(zip(documents.SPEED_HEADER, row, strict=True))
    assert shown["as published"] == "5 ms to 0.1 ms, 50x"
    assert shown["published code, measured here"].startswith("100")
    assert shown["best plain Python or NumPy"].startswith("plain 10.0 ms")
    assert re.match(r"rust (9\.9|10)", shown["fastest against best plain"])
    assert (shown["numba"], shown["cython"]) == ("–", "–")


def test_a_claim_that_is_too_large_does_not_hold():
    assert row_of([measured(loop_ns=20_000_000)], TITLE)[1].word == "does not hold"


def test_what_does_only_some_of_the_work_is_no_plain_python(record):
    assert claims.best_plain(Table([record])) == "plain"


def test_no_verdict_from_an_environment_that_cannot_be_trusted(record):
    verdict = row_of([with_null_ratio(record, 0.2)], TITLE)[1]
    assert verdict.text == "cannot be tested here: the environment was not trustworthy"


def test_an_absent_backend_is_a_reason():
    absent = run(name="slerp_quaternions_batch", title=TITLE, sizes=(1000,)).record()
    assert row_of([absent], TITLE)[1].text == "cannot be tested here: the rust backend was not asked for"


def test_a_table_of_that_title_from_elsewhere_is_not_taken(record):
    assert row_of([msgspec.structs.replace(record, op="mine")], TITLE)[1].reason == "not in this record"


def test_targets_are_times_or_speeds(record):
    targets = {
        row[0]: (row, verdict)
        for table in documents.shown([Table([record])])
        for row, verdict in zip(table.rows, table.verdicts, strict=True)
    }
    row, verdict = targets["1000 quaternions, 0.1 ms"]
    assert (verdict.word, row[2]) == ("not met", "rust 1.00 ms")


def test_the_published_average_stands_beside_the_geometric_mean():
    (below,) = [table.below for table in documents.shown([]) if table.name == "Full comparison"]
    assert below is not None
    assert "225.33x, an arithmetic mean of ratios; the geometric mean of the same rows is 146x" in below
    assert geometric_mean([1, 100]) == pytest.approx(10)


def test_the_command_prints_writes_and_fills(record, tmp_path):
    from paceline_harness import write_records

    write_records(tmp_path / "r.jsonl", [record])

    def harness(*words):
        return CliRunner().invoke(app, ["report", str(tmp_path / "r.jsonl"), *(str(word) for word in words)])

    printed = harness("--like", "documents").output
    for part in ("SLERP (1000 quats)", "Frame capture jitter", "cannot be", "holds: rust ran"):
        assert part in printed
    assert harness("--like", "documents", "--output", tmp_path / "new").exit_code == 0
    written = (tmp_path / "new" / "documents.md").read_text()
    assert documents_text.markdown([record]) in written
    page = tmp_path / "page.md"
    page.write_text("<!-- harness:documents -->\n<!-- harness:end -->\n")
    assert harness("--into", page).exit_code == 0
    assert "| Large (3n, 1000i) |" in page.read_text()
    assert harness("--like", "documents", "--into", page).exit_code == 2
