import gzip
import json
import shutil
from functools import cache
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from harness import tampering
from harness.fakes import run
from paceline_harness import chains, write_records
from paceline_harness.audit import audit_file
from paceline_harness.cli import app

COMMITTED = Path(__file__).parents[2] / "results" / "README.jsonl.gz"


def harness(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    path = tmp_path_factory.mktemp("records") / "r.jsonl"
    write_records(path, [*tampering.launches(), *tampering.launches(3, "Doubling again")])
    return path


@pytest.fixture
def copy(sealed, tmp_path):
    return Path(shutil.copy(sealed, tmp_path / "r.jsonl"))


def test_what_was_measured_passes(sealed):
    done = audit_file(sealed)
    assert done.findings == []
    assert (done.records, done.tables, done.verdicts, done.across) == (5, 2, 15, 4)
    told = harness("audit", sealed)
    assert told.exit_code == 0
    assert "5 records of 2 tables, 15 verdicts recomputed and 4 over launches, all the same." in told.output


def test_the_committed_record_passes():
    done = audit_file(COMMITTED)
    assert [str(finding) for finding in done.findings] == []
    assert done.verdicts >= 47


@pytest.mark.parametrize("tamper", [*tampering.INCONSISTENT, *tampering.SEAL_ONLY], ids=lambda f: f.__name__)
def test_a_tampered_file_is_rejected(copy, tamper):
    contents = tampering.read(copy)
    tamper(contents)
    tampering.write(copy, contents, reseal=False)
    told = harness("audit", copy)
    assert told.exit_code == 1, told.output
    assert "rejected" in told.output


@pytest.mark.parametrize("tamper", tampering.INCONSISTENT, ids=lambda f: f.__name__)
def test_a_file_that_contradicts_itself_is_rejected_though_sealed_again(copy, tamper):
    contents = tampering.read(copy)
    tamper(contents)
    tampering.write(copy, contents, reseal=True)
    findings = audit_file(copy).findings
    assert findings
    for finding in findings:
        assert not finding.field.startswith(("chain", "record_sha256"))
        assert str(finding).startswith(("Record ", "The file"))
        assert str(finding).endswith(".")


@pytest.mark.parametrize("keep", [0, 10, -30, -1])
def test_a_file_cut_short_is_rejected(sealed, tmp_path, keep):
    packed = gzip.compress(sealed.read_bytes())
    (tmp_path / "r.jsonl.gz").write_bytes(packed[:keep])
    assert harness("audit", tmp_path / "r.jsonl.gz").exit_code == 1
    (tmp_path / "r.jsonl").write_bytes(sealed.read_bytes()[: keep or 1])
    assert keep == -1 or harness("audit", tmp_path / "r.jsonl").exit_code == 1


def test_a_field_that_is_there_twice_is_rejected(copy):
    copy.write_text(copy.read_text().replace('{"schema"', '{"op":"halving","schema"', 1))
    assert "names the field 'op' twice" in harness("audit", copy).output


def test_a_finding_says_where_what_is_stated_and_what_was_found(copy):
    contents = tampering.read(copy)
    tampering.verdict(contents)
    tampering.write(copy, contents, reseal=True)
    (finding,) = audit_file(copy).findings
    assert str(finding) == (
        "Record 1 (Doubling, size 100, launch 1 of 2), arm 'fast': verdict is stated as 'slower', found 'faster'."
    )


def test_records_of_before_the_chain_pass_when_that_is_accepted(copy):
    contents = tampering.read(copy)
    tampering.as_schema_1(contents)
    tampering.write(copy, contents, reseal=False)
    assert "is not sealed" in harness("audit", copy).output
    assert harness("audit", "--allow-unsealed", copy).exit_code == 0
    tampering.every_sample(contents)
    tampering.write(copy, contents, reseal=False)
    assert harness("audit", "--allow-unsealed", copy).exit_code == 1


def test_a_run_that_was_interrupted_passes(tmp_path):
    from harness.fakes import FakeClock, comparison, timed
    from paceline_harness import Candidate

    clock = FakeClock()
    calls = iter(range(4000))

    def until_stopped(x):
        if next(calls, None) is None:
            raise KeyboardInterrupt
        return x + x

    stopping = [
        Candidate("plain", timed(clock, 100_000, lambda x: 2 * x)),
        Candidate("stops", timed(clock, 90_000, until_stopped, spread=3.0)),
        Candidate("never", timed(clock, 400_000_000, lambda x: 2 * x)),
    ]
    result = comparison(clock, candidates=stopping).run(launches=1, budget_s=600.0, seed=5, clock=clock)
    assert result.interrupted
    result.save(tmp_path / "r.jsonl")
    assert [str(finding) for finding in audit_file(tmp_path / "r.jsonl").findings] == []


def test_mistakes_are_one_sentence(tmp_path):
    done = harness("audit", tmp_path / "no.jsonl")
    assert done.exit_code == 2
    assert "cannot be read: No such file" in done.output


def leaves(value, at=()):
    """Return the path of every number, text and null in a JSON value."""
    if isinstance(value, dict):
        return [path for name, each in value.items() for path in leaves(each, (*at, name))]
    if isinstance(value, list):
        return [path for number, each in enumerate(value) for path in leaves(each, (*at, number))]
    return [at]


@cache
def contents_and_leaves():
    """Return one sealed record, and the paths of its leaves by kind of field."""
    contents = chains.sealed([json.loads(msgspec.json.encode(record)) for record in run().records])
    kinds = {}
    for path in leaves(contents):
        kinds.setdefault(tuple(part for part in path if isinstance(part, str)), []).append(path)
    return contents, kinds


@st.composite
def a_change(draw):
    """Draw a field (each kind as likely as the others) and another value for it."""
    kinds = contents_and_leaves()[1]
    path = draw(st.sampled_from(kinds[draw(st.sampled_from(sorted(kinds)))]))
    return path, draw(
        st.one_of(st.integers(-5, 10**9), st.floats(-1, 1), st.text(max_size=5), st.none(), st.booleans())
    )


@given(a_change())
def test_any_change_of_one_field_is_rejected(tmp_path_factory, change):
    path, value = change
    contents = json.loads(json.dumps(contents_and_leaves()[0]))
    inner = contents
    for part in path[:-1]:
        inner = inner[part]
    same = type(inner[path[-1]]) is type(value) and inner[path[-1]] == value
    inner[path[-1]] = value
    file = tmp_path_factory.mktemp("changed") / "r.jsonl"
    tampering.write(file, contents, reseal=False)
    assert audit_file(file).passed == same
