import json
from pathlib import Path

import msgspec
import pytest

from harness.fakes import FakeClock, run, timed, with_null_ratio
from paceline_harness import RecordError, paired_ratio, read_records, write_records
from paceline_harness.cells import trustworthy
from paceline_harness.record import seal
from paceline_harness.verdict import judge


def test_round_trip_is_bit_for_bit(tmp_path):
    records = run().records
    write_records(tmp_path / "deep" / "r.jsonl", records)
    again = read_records(tmp_path / "deep" / "r.jsonl")
    assert again == seal(records)
    assert read_records(tmp_path / "deep" / "r.jsonl") == seal(again)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["r.jsonl"]


def test_gzipped_records_are_reproducible_and_broken_ones_refused(tmp_path):
    records = run().records
    for name in ("a.jsonl.gz", "b.jsonl.gz"):
        write_records(tmp_path / name, records)
    assert read_records(tmp_path / "a.jsonl.gz") == seal(records)
    packed = (tmp_path / "a.jsonl.gz").read_bytes()
    assert packed == (tmp_path / "b.jsonl.gz").read_bytes()
    for content in (b"{}", packed[:-20]):
        (tmp_path / "a.jsonl.gz").write_bytes(content)
        with pytest.raises(RecordError, match="not gzipped"):
            read_records(tmp_path / "a.jsonl.gz")


def test_samples_are_integers_and_every_one_is_there(tmp_path):
    result = run()
    result.save(tmp_path / "r.jsonl")
    raw = json.loads((tmp_path / "r.jsonl").read_text())
    assert raw["schema"] == "paceline-record/3"
    for arm in raw["arms"]:
        assert all(type(ns) is int for ns in arm["samples_ns"])
        assert len(arm["samples_ns"]) == len(arm["index_of_round"])
    assert len(raw["arms"][0]["samples_ns"]) == len(raw["round_start_ns"])
    assert len(raw["order"]) * 2 == len(raw["round_start_ns"])


def test_every_verdict_can_be_computed_again_from_the_file(tmp_path):
    run().save(tmp_path / "r.jsonl")
    (record,) = read_records(tmp_path / "r.jsonl")
    base = record.arms[0].series()
    for arm in record.arms[1:]:
        found = judge(arm.series(), base, arm.alpha, arm.margin)
        assert (found.log_ratio, found.interval_log, found.verdict, found.pairs) == (
            arm.log_ratio,
            arm.ci_log,
            arm.verdict,
            arm.n_pairs,
        )


def test_an_infinite_error_is_null_in_the_file_and_infinite_again(tmp_path):
    clock = FakeClock()
    other_shape = {"plain": timed(clock, 100_000, lambda x: 2 * x), "short": lambda x: x[:-1]}
    result = run(clock, candidates=other_shape)
    result.save(tmp_path / "r.jsonl")
    (again,) = read_records(tmp_path / "r.jsonl")
    (short,) = [each for each in again.candidates if each.name == "short"]
    assert short.status == "not equal"
    assert list(short.correct.errors.values()) == [float("inf")]


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    target = tmp_path / "r.jsonl"
    target.write_text("old")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_records(target, run().records)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["r.jsonl"]


@pytest.mark.parametrize(("text", "said"), [("{}", "line 1"), ("\n{", "line 2"), ("[1]", "line 1")])
def test_what_is_no_record_is_refused_with_its_line(tmp_path, text, said):
    (tmp_path / "r.jsonl").write_text(text)
    with pytest.raises(RecordError, match=said):
        read_records(tmp_path / "r.jsonl")


def test_another_schema_is_refused(tmp_path):
    record = msgspec.structs.replace(run().records[0], schema="paceline-record/9")
    write_records(tmp_path / "r.jsonl", [record])
    with pytest.raises(RecordError, match="paceline-record/9"):
        read_records(tmp_path / "r.jsonl")


def test_cells_and_ratios():
    result = run()
    record = result.record(100)
    fast, slow = result["fast", 100], result["slow", 100]
    assert fast.ratio == pytest.approx(0.5, rel=0.01)
    assert fast.interval[0] < 0.5 < fast.interval[1]
    assert fast.verdict == "faster"
    assert slow.ratio == pytest.approx(3000, rel=0.01)
    direct = paired_ratio(record, "fast", "plain")
    assert (direct.ratio, direct.interval, direct.through) == (fast.ratio, fast.interval, None)
    inverse = paired_ratio(record, "plain", "fast")
    assert inverse.ratio == pytest.approx(1 / direct.ratio)
    across = paired_ratio(record, "slow", "fast")
    assert across.through == "plain"
    assert across.ratio == pytest.approx(6000, rel=0.01)
    assert across.interval[0] < across.ratio < across.interval[1]
    assert across.verdict == "slower"
    with pytest.raises(ValueError, match="'wrong' was not timed"):
        paired_ratio(record, "wrong", "fast")
    with pytest.raises(ValueError, match="no candidate"):
        result["nobody", 100]
    with pytest.raises(ValueError, match="No record has size 7"):
        result["fast", 7]


def test_an_off_null_arm_marks_the_table():
    record = run().record()
    assert trustworthy(record)
    assert not trustworthy(with_null_ratio(record, 0.0026))
    assert trustworthy(with_null_ratio(record, 0.0024))
