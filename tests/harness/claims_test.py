import re
from dataclasses import replace

import msgspec
import pytest
from typer.testing import CliRunner

from harness.fakes import FakeClock, comparison, run
from paceline_harness import write_records
from paceline_harness.across import Across
from paceline_harness.claims import Claim, found_in, read_claims, write_claims
from paceline_harness.cli import app
from paceline_harness.replication import comparison_for, judged, replicate
from paceline_harness.report.blocks import filled

CLAIM = Claim("t", "README.md", "double", "Doubling", 100, "fast", "plain", 2.0, 1.98, 2.02)
PAGE = """# Page
Prose before.
<!-- harness:overview -->
<!-- harness:end -->
"""


def harness(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def project(tmp_path):
    records = run().records
    write_records(tmp_path / "results" / "README.jsonl.gz", records)
    (tmp_path / "README.md").write_text(filled(PAGE, records))
    (tmp_path / "docs").mkdir()
    file = tmp_path / "results" / "claims.toml"
    assert harness("claims", "--write", "--file", file).exit_code == 0
    return tmp_path


def check(project, expect):
    done = harness("claims", "--check", "--file", project / "results" / "claims.toml")
    assert done.exit_code == expect, done.output
    return done.output


def edit(path, old, new):
    text = path.read_text()
    assert re.search(old, text)
    path.write_text(re.sub(old, new, text, count=1))


def test_what_the_documents_state_is_listed_and_agrees(project):
    claims = read_claims(project / "results" / "claims.toml")
    (claim,) = claims.claim
    assert (claim.where, claim.title, claim.size, claim.candidate) == ("README.md", "Doubling", 100, "fast")
    assert claim.against == "plain"
    assert claim.low < claim.ratio < claim.high
    assert claim.ratio == pytest.approx(2.0, rel=0.01)
    assert "1 claims, all as results/README.jsonl.gz and the documents have them." in check(project, 0)


def test_a_list_written_twice_is_the_same(project):
    file = project / "results" / "claims.toml"
    before = file.read_bytes()
    assert harness("claims", "--write", "--file", file).exit_code == 0
    assert file.read_bytes() == before
    write_claims(file, read_claims(file))
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("where", "old", "new", "said"),
    [
        ("results/claims.toml", r"ratio = [\d.]+", "ratio = 7.5", "as 7.5 ["),
        ("results/claims.toml", r"high = [\d.]+", "high = 9.5", ", 9.5]; the record says"),
        ("results/claims.toml", r"(?s)\[\[claim\]\].*", "", "which .*claims.toml does not list"),
        ("results/claims.toml", 'candidate = "fast"', 'candidate = "slow"', "README.md does not state"),
        ("results/claims.toml", 'processor = ".*"', 'processor = "Z80"', "has processor 'Z80'"),
        ("README.md", r"× \[1", "× [9", "README.md has blocks that differ"),
        ("README.md", "Prose before.", "It is 31.0× [30.1, 32.0] as fast.", "no claim backs it"),
    ],
)
def test_what_differs_is_one_sentence(project, where, old, new, said):
    edit(project / where, old, new)
    assert re.search(said.replace("[", r"\["), check(project, 1))


def test_a_figure_in_backticks_explains_how_figures_are_written(project):
    edit(project / "README.md", "Prose before.", "`31.0× [30.1, 32.0]` means 31 times as fast.")
    check(project, 0)


def test_a_figure_in_prose_is_a_claim_too(project):
    (claim,) = read_claims(project / "results" / "claims.toml").claim
    figure = re.search(r"\d.*\]", claim.text)[0]
    (project / "docs" / "more.md").write_text(f"On doubling, fast ran {figure.replace('×', '')} times faster.\n")
    assert "docs/more.md states" in check(project, 1)
    found = found_in(project, "results/README.jsonl.gz", ["README.md", "docs/*.md"])
    assert [each.where for each in found.claim] == ["README.md", "docs/more.md"]


def test_mistakes_are_one_sentence(project, tmp_path):
    (tmp_path / "bad.toml").write_text("claim = 3")
    edit(project / "results" / "claims.toml", "README.jsonl.gz", "no.jsonl")
    for words, said in (
        (["--check", "--write"], "--check was given with --write"),
        (["--check", "--file", tmp_path / "no.toml"], "no.toml cannot be read"),
        (["--check", "--file", tmp_path / "bad.toml"], "bad.toml is no list of claims"),
        (["--check", "--file", project / "results" / "claims.toml"], "no.jsonl cannot be read"),
        (["--write", "--file", project / "results" / "claims.toml"], "no.jsonl cannot be read"),
    ):
        done = harness("claims", *words)
        assert done.exit_code == 2, done.output
        assert said in done.output


FOUND = Across("plain ÷ fast", "timed", "", ratio=2.0, interval=(1.99, 2.01), margin=0.005)


@pytest.mark.parametrize(
    ("claim", "found", "word", "reason"),
    [
        ({}, {}, "replicated", ""),
        ({}, {"interval": (2.022, 2.04)}, "replicated", ""),  # within the systematic floor
        ({}, {"interval": (2.03, 2.04)}, "cannot tell", "apart by less than the margin"),
        ({}, {"interval": (2.05, 2.06)}, "not replicated", "% apart"),
        ({}, {"interval": (1.5, 1.6)}, "not replicated", "% apart"),
        ({}, {"interval": (0.4, 0.5)}, "not replicated", "apart"),
        ({"ratio": 1.1, "low": 1.05, "high": 1.15}, {"interval": (0.95, 1.2)}, "cannot tell", "reaches across 1"),
        ({"ratio": 0.9, "low": 0.85, "high": 0.95}, {"interval": (0.9, 1.2)}, "cannot tell", "reaches across 1"),
        ({"ratio": 1.0, "low": 0.99, "high": 1.01}, {"interval": (0.995, 1.02)}, "replicated", ""),
        ({}, {"interval": None, "reason": "few"}, "cannot tell", "few"),
        ({}, {"ratio": None, "interval": None}, "cannot tell", "too few pairs"),
    ],
)
def test_the_three_words(claim, found, word, reason):
    outcome = judged(msgspec.structs.replace(CLAIM, **claim), replace(FOUND, **found))
    assert outcome.word == word
    assert reason in outcome.reason


def outcomes(monkeypatch, claims, **more):
    clock = FakeClock()
    made = comparison(clock, **more)
    monkeypatch.setattr("paceline_harness.replication.chosen", lambda names, options: [made])
    measured = []

    def measure(comparison):
        measured.append([each.name for each in comparison.candidates])
        return comparison.run(launches=1, budget_s=1.0, seed=3, clock=clock).records

    return {each.claim.candidate: each for each in replicate(claims, measure)}, measured


def test_only_what_claims_name_is_measured_again(monkeypatch):
    slow = msgspec.structs.replace(CLAIM, candidate="wrong")
    found, measured = outcomes(monkeypatch, [CLAIM, slow])
    assert measured == [["fast", "plain", "wrong"]]
    assert (found["fast"].word, found["wrong"].word) == ("replicated", "cannot tell")
    assert "wrong: output differs" in found["wrong"].reason
    unknown = msgspec.structs.replace(CLAIM, title="Tripling")
    assert outcomes(monkeypatch, [unknown])[0]["fast"].reason == "no suite has such a table"


def test_a_claim_of_the_suites_finds_its_table():
    claim = msgspec.structs.replace(
        CLAIM, operation="slerp_quaternions_batch", title="SLERP (1000 quats)", size=1000,
        candidate="python", against="NumPy by hand",
    )  # fmt: skip
    found = comparison_for([claim])
    assert [each.name for each in found.candidates] == ["python", "NumPy by hand"]
    assert found.sizes == (1000,)
    assert comparison_for([msgspec.structs.replace(claim, size=17, title="SLERP (17 quats)")]) is not None
    assert comparison_for([msgspec.structs.replace(claim, operation="nothing")]) is None
    assert comparison_for([msgspec.structs.replace(claim, title="nothing")]) is None


def test_the_command_says_what_became_of_each_claim(monkeypatch, project):
    clock = FakeClock()
    made = comparison(clock)
    monkeypatch.setattr("paceline_harness.replication.chosen", lambda names, options: [made])
    plain = type(made).run
    monkeypatch.setattr(type(made), "run", lambda self, launches, budget_s: plain(self, budget_s=1.0, clock=clock))
    file = project / "results" / "claims.toml"
    done = harness("claims", "--quick", "--file", file)
    assert done.exit_code == 0, done.output
    assert "replicated: Doubling: fast is 2.0" in done.output
    assert "Of 1 claims: 1 replicated, 0 not replicated, 0 cannot tell." in done.output
    for name, figure in (("ratio", 3.0), ("low", 2.9), ("high", 3.1)):
        edit(file, rf"{name} = [\d.]+", f"{name} = {figure}")
    done = harness("claims", "--quick", "--file", file)
    assert done.exit_code == 1
    assert "not replicated (" in done.output
