import msgspec
import pytest
from typer.testing import CliRunner

from harness.fakes import FakeClock, comparison, timed
from paceline_harness import Candidate, write_records
from paceline_harness.cli import app
from paceline_harness.diff import difference, ratio_of_ratios

NAMES = ("plain", "steady", "mine")


def run(mine_ns=50_000, steady_ns=80_000, seed=1, mine_code="1", **more):
    """Return a run in which `mine` was changed and `steady` is the same code as ever."""
    clock = FakeClock()
    candidates = [
        Candidate("plain", timed(clock, 100_000, lambda x: 2 * x)),
        Candidate("steady", timed(clock, steady_ns, lambda x: 2 * x)),
        Candidate("mine", timed(clock, mine_ns, lambda x: x + x), group="backend"),
    ]
    settings = {"candidates": candidates, **more}
    record = comparison(clock, **settings).run(launches=1, budget_s=1.0, seed=seed, clock=clock).records[0]
    codes = {"plain": "0", "steady": "0", "mine": mine_code}
    infos = [msgspec.structs.replace(each, file_sha256=codes.get(each.name)) for each in record.candidates]
    return [msgspec.structs.replace(record, candidates=infos)]


def words(before, after, **more):
    return {change.name: change.word for change in difference(before, after, **more).changes}


def test_a_regression_is_seen_beside_what_did_not_change():
    found = difference(run(seed=1), run(mine_ns=55_000, seed=2, mine_code="2"))
    mine, steady = (next(each for each in found.changes if each.name == name) for name in ("mine", "steady"))
    assert (mine.word, steady.word) == ("slower", "unchanged")
    assert mine.ratio == pytest.approx(1.1, rel=0.005)
    assert mine.interval[0] < 1.1 < mine.interval[1]
    assert (mine.same_code, steady.same_code) == (False, True)
    assert found.controls == 1
    assert words(run(seed=1), run(mine_ns=45_000, seed=2, mine_code="2"))["mine"] == "faster"
    assert words(run(seed=1), run(seed=2, mine_code="2"))["mine"] == "unchanged"


def test_no_change_is_claimed_that_is_not_larger_than_where_the_code_is_the_same():
    drifted = run(mine_ns=53_000, steady_ns=86_000, seed=2, mine_code="2")
    found = difference(run(seed=1), drifted)
    assert found.drift > 0.05
    assert {each.name: each.word for each in found.changes} == {"steady": "cannot tell", "mine": "cannot tell"}
    assert "no more than where the code is the same" in [each.reason for each in found.changes]
    assert words(run(seed=1), run(mine_ns=70_000, steady_ns=86_000, seed=2, mine_code="2"))["mine"] == "slower"


def test_one_launch_without_anything_known_to_be_the_same_says_nothing():
    before = run(seed=1)
    after = [msgspec.structs.replace(run(mine_ns=70_000, seed=2)[0], candidates=[
        msgspec.structs.replace(each, file_sha256=None) for each in before[0].candidates])]  # fmt: skip
    found = difference(before, after)
    assert {change.word for change in found.changes} == {"cannot tell"}
    assert all("one launch" in change.reason for change in found.changes)


def test_another_environment_is_told_and_makes_nothing_the_same():
    before, after = run(seed=1), run(mine_ns=70_000, seed=2)
    packages = {**after[0].environment.packages, "numpy": "0.1", "new": "3"}
    other = msgspec.structs.replace(after[0].environment, packages=packages, cpu_model="Z80")
    found = difference(before, [msgspec.structs.replace(after[0], environment=other)])
    assert [remark for remark in found.remarks if remark.startswith("Processor")]
    assert "new: absent before, 3 after." in found.remarks
    assert found.controls == 0


def test_any_candidate_can_be_what_is_divided_by():
    before, after = run(seed=1), run(mine_ns=60_000, seed=2, mine_code="2")
    found = difference(before, after, baseline="steady")
    assert {change.name for change in found.changes} == {"plain", "mine"}
    assert next(each for each in found.changes if each.name == "mine").ratio == pytest.approx(1.2, rel=0.01)
    with pytest.raises(ValueError, match="'nobody' was timed in no table"):
        difference(before, after, baseline="nobody")


def test_runs_with_other_baselines_are_compared_through_the_first_one():
    found = difference(run(seed=1), run(seed=2, baseline="steady"))
    assert {change.name for change in found.changes} == {"steady", "mine"}
    assert all(change.ratio == pytest.approx(1.0, rel=0.01) for change in found.changes)


def test_the_interval_of_a_ratio_of_ratios_is_as_wide_as_both_together():
    one, other = (difference(run(seed=1), run(seed=2)).changes[0], difference(run(seed=2), run(seed=1)).changes[0])
    assert one.ratio == pytest.approx(1 / other.ratio)
    assert one.interval[0] == pytest.approx(1 / other.interval[1])
    assert ratio_of_ratios(one.before, msgspec_none(one.after)) == (None, None)


def msgspec_none(cell):
    from dataclasses import replace

    return replace(cell, ratio=None)


@pytest.fixture
def files(tmp_path):
    for name, records in (
        ("a.jsonl.gz", [*run(seed=1), *run(seed=3, title="Only in a")]),
        ("b.jsonl", run(mine_ns=55_000, seed=2, mine_code="2")),
    ):
        write_records(tmp_path / name, records)
    return tmp_path / "a.jsonl.gz", tmp_path / "b.jsonl"


def harness(*said):
    return CliRunner().invoke(app, [str(word) for word in said])


def test_the_command_shows_and_fails_as_told(files):
    a, b = files
    done = harness("diff", a, b)
    assert done.exit_code == 1
    for said in ("1 slower", "Only before: Only in a, size 100.", "steady (same code)", "no smaller change is claimed"):
        assert said in done.output
    assert harness("diff", b, a).exit_code == 0
    assert harness("diff", b, a, "--fail-on", "any").exit_code == 1
    assert harness("diff", a, b, "--fail-on", "none", "--changed").exit_code == 0
    assert "steady" not in harness("diff", a, b, "--changed").output


def test_mistakes_are_one_sentence(files, tmp_path):
    a, b = files
    (tmp_path / "bad.jsonl").write_text("{}")
    for said, expected in (
        ([a, tmp_path / "no.jsonl"], "cannot be read: No such file"),
        ([tmp_path / "bad.jsonl", b], "line 1, is no record"),
        ([a, b, "--baseline", "nobody"], "'nobody' was timed in no table"),
    ):
        done = harness("diff", *said)
        assert done.exit_code == 2
        assert expected in done.output
