"""Native peers, and work that is not the table's: never the best plain Python, always said."""

import msgspec
import pytest

from harness.fakes import FakeClock, comparison, timed
from paceline_harness import Candidate, read_records, write_records
from paceline_harness.audit import audit_file
from paceline_harness.record import Quality
from paceline_harness.report import claims, documents, sentences
from paceline_harness.report.markdown import report
from paceline_harness.report.sheet import as_csv
from paceline_harness.report.summary import summary
from paceline_harness.report.tables import Table

TITLE = "Audio Resample (1s)"
QUALITY = Quality({"alias": -131.2, "SNR": 128.0}, {"alias": "dB", "SNR": "dB"})


def measured(baseline="native", **more):
    clock = FakeClock()
    candidates = [
        Candidate("rust", timed(clock, 100_000, lambda x: 2 * x), group="backend", examine=lambda: (QUALITY, "")),
        Candidate("native", timed(clock, 200_000, lambda x: 2 * x), group="peer"),
        Candidate("plain", timed(clock, 400_000, lambda x: 2 * x)),
        Candidate("coarse", timed(clock, 50_000, lambda x: 2 * x), examine=lambda: (QUALITY, "aliases at −6 dB")),
        Candidate("copy", timed(clock, 20_000, lambda _: None), group="limit", other_work="only copies"),
    ]
    settings = {"name": "resample", "candidates": candidates, "title": TITLE, "baseline": baseline, **more}
    return comparison(clock, **settings).run(budget_s=5.0, seed=3, clock=clock).record()


@pytest.fixture(scope="module")
def record():
    return measured()


@pytest.fixture(scope="module")
def table(record):
    return Table([record])


def test_neither_a_peer_nor_other_work_is_plain_python(table):
    assert claims.best_plain(table) == "plain"
    assert claims.best_peer(table) == "native"


def test_what_does_other_work_is_timed_and_never_the_fastest(table):
    assert {"coarse", "copy"} <= set(table.timed())
    assert table.leaders() == {"rust"}
    assert table.other_work("coarse") == "aliases at −6 dB"


def test_the_closing_sentence_tells_a_gain_against_the_peer_and_plain_python(table):
    said = sentences.closing(table)
    assert "times faster than native (native peer), ran" in said
    assert "times faster than plain and took" in said
    assert said.index("native peer") < said.index("faster than plain")
    beside = sentences.closing(Table([measured("plain")]))
    assert "times faster than plain, ran" in beside
    assert "times faster than native (native peer)" in beside


def test_the_views_name_peers_quality_and_other_work(record):
    text = report([record])
    for part in (
        "| native (native peer) |",
        "| copy (limit) |",
        "faster: aliases at −6 dB |",
        "faster: only copies |",
        "Quality (alias dB / SNR dB): rust −131 / 128; coarse −131 / 128.",
        "native (native peer)<br>200 µs |",
    ):
        assert part in text
    (found,) = summary([record])["tables"]
    by_name = {each["name"]: each for each in found["candidates"]}
    assert by_name["native"]["group"] == "peer"
    assert by_name["rust"]["quality"]["figures"] == {"alias": -131.2, "SNR": 128.0}
    assert by_name["coarse"]["other_work"] == "aliases at −6 dB"
    assert ",only copies" in as_csv([record])


def test_the_published_tables_have_a_column_for_peers(table):
    (row,) = [row for each in documents.shown([table]) for row in each.rows if row[0] == TITLE]
    shown = dict(zip(documents.SPEED_HEADER, row, strict=True))
    assert shown["best native peer"].startswith("native 200")
    assert shown["best plain Python or NumPy"].startswith("plain 400")
    assert shown["fastest against best plain"].startswith(("rust 3.99", "rust 4.0"))
    assert shown["claim"].startswith("holds: no code was published with it; rust ran ")


def test_a_record_with_peers_is_read_and_audited(record, tmp_path):
    write_records(tmp_path / "r.jsonl", [record])
    (again,) = read_records(tmp_path / "r.jsonl")
    assert again.candidates == record.candidates
    assert audit_file(tmp_path / "r.jsonl").passed


def test_the_auditor_wants_an_output_compared_of_all_but_limits(record, tmp_path):
    changed = [
        msgspec.structs.replace(each, correct=None, other_work="nothing") if each.name == "native" else each
        for each in record.candidates
    ]
    write_records(tmp_path / "r.jsonl", [msgspec.structs.replace(record, candidates=changed)])
    (finding,) = audit_file(tmp_path / "r.jsonl").findings
    assert "its output was not compared" in str(finding)


def test_only_a_limit_may_do_other_work_from_the_start():
    with pytest.raises(ValueError, match="accepted is that for the group 'limit'"):
        Candidate("copy", lambda x: x, other_work="only copies")


def test_an_examination_that_fails_keeps_a_candidate_out():
    clock = FakeClock()

    def examine():
        raise RuntimeError("no such ratio")

    candidates = [
        Candidate("plain", timed(clock, 1_000, lambda x: 2 * x)),
        Candidate("odd", timed(clock, 1_000, lambda x: 2 * x), examine=examine),
    ]
    result = comparison(clock, candidates=candidates).run(launches=1, budget_s=0.1, seed=1, clock=clock)
    assert (result["odd"].status, result["odd"].reason) == ("failed", "RuntimeError: no such ratio")
