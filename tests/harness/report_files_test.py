"""The files of a run's report: what is written, and that each says the same as the records."""

import csv
import io
import json

import msgspec
import pytest

from harness.fakes import run
from paceline_harness.report import analysis, write_run
from paceline_harness.report.sheet import HEADER, as_csv
from paceline_harness.report.summary import as_json


@pytest.fixture(scope="module")
def record():
    return run().record()


def test_every_view_is_written(record, tmp_path):
    written = write_run([record], tmp_path / "new" / "run")
    names = ["report.md", "report.html", "report.csv", "report.json", "chart.svg", "chart.png"]
    assert [path.name for path in written] == names
    assert all(path.stat().st_size > 0 for path in written)


def test_csv_has_a_line_per_candidate_with_unrounded_figures(record):
    lines = list(csv.DictReader(io.StringIO(as_csv([record]))))
    assert list(lines[0]) == list(HEADER)
    assert [line["candidate"] for line in lines] == [each.name for each in record.candidates]
    by_name = {line["candidate"]: line for line in lines}
    assert float(by_name["fast"]["ratio"]) == pytest.approx(0.5, rel=0.01)
    assert float(by_name["fast"]["ratio_low"]) < float(by_name["fast"]["ratio"]) < float(by_name["fast"]["ratio_high"])
    assert by_name["fast"]["fastest"] == "True"
    assert by_name["absent"]["ratio"] == ""
    assert by_name["absent"]["reason"] == "not installed"


def test_csv_is_no_formula_in_a_spreadsheet(record):

    candidates = [msgspec.structs.replace(record.candidates[3], name="=cmd()"), *record.candidates]
    text = as_csv([msgspec.structs.replace(record, candidates=candidates)])
    assert "'=cmd()" in text
    assert ",=cmd()" not in text


def test_json_holds_what_the_views_show(record):
    found = json.loads(as_json([record]))
    assert found["schema"] == "paceline-report/1"
    (table,) = found["tables"]
    assert (table["title"], table["baseline"], table["launches"]) == ("Doubling", "plain", 1)
    by_name = {each["name"]: each for each in table["candidates"]}
    assert by_name["fast"]["verdict"] == "faster"
    assert by_name["fast"]["fastest"] is True
    assert by_name["wrong"]["status"] == "not equal"
    assert by_name["wrong"]["call_ns"] is None


ANALYSIS = """Not under a heading.

## Doubling
First *paragraph*
over two lines.

Second with `a < b` and [a link](https://example.org).
## Tripling

**Third**.
"""


def test_analysis_paragraphs_by_heading():
    found = analysis.sections(ANALYSIS)
    assert list(found) == ["Doubling", "Tripling"]
    assert found["Doubling"][0] == "First *paragraph* over two lines."
    assert len(found["Doubling"]) == 2


def test_analysis_is_escaped_and_links_are_text():
    assert analysis.as_html("First *paragraph*.") == "<p>First <em>paragraph</em>.</p>"
    assert analysis.as_html("`a < b`, **so**") == "<p><code>a &lt; b</code>, <strong>so</strong></p>"
    assert analysis.as_html("[a](javascript:x)") == "<p>a (javascript:x)</p>"
    assert "<script" not in analysis.as_html('<script src="x"> "quoted"')


def test_analysis_stands_beside_its_table(record, tmp_path):
    (tmp_path / "analysis.md").write_text(ANALYSIS, encoding="utf-8")
    write_run([record], tmp_path)
    assert "First *paragraph* over two lines." in (tmp_path / "report.md").read_text()
    assert "First <em>paragraph</em> over two lines." in (tmp_path / "report.html").read_text()
    assert "Third" not in (tmp_path / "report.html").read_text()
