import io
import xml.etree.ElementTree as ET

import msgspec
import pytest
from rich.console import Console

from harness.fakes import run, with_null_ratio
from paceline_harness.record import Claim
from paceline_harness.report import sentences
from paceline_harness.report.chart import save_chart
from paceline_harness.report.markdown import overview_table, report
from paceline_harness.report.terminal import show
from paceline_harness.report.words import figure, geometric_means, interval_text, leaders, time_text


@pytest.fixture(scope="module")
def record():
    return run(claim=Claim(5.0, 0.1, 50.0, "a leaflet")).record()


def printed(records, **options):
    stream = io.StringIO()
    show(records, Console(file=stream, width=200, **options))
    return stream.getvalue()


def test_terminal_is_plain_without_a_terminal(record):
    text = printed([record])
    assert "\x1b" not in text
    for part in ("Doubling", "one launch", "50.0 µs", "n/a: not installed", "not equal: output differs", "plain"):
        assert part in text
    assert "null arm" not in text


def test_terminal_with_nothing_measured():
    assert "Nothing was measured" in printed([])


def test_markdown_holds_every_candidate_and_marks_the_fastest(record):
    text = report([record], "chart.svg")
    assert "![" in text
    assert "(chart.svg)" in text
    for name in ("fast", "plain", "wrong", "absent", "slow"):
        assert f" {name} |" in text or f"**{name}** |" in text
    assert "| **50.0 µs**<br>" in overview_table([record])
    assert len({line.count("|") for line in overview_table([record]).splitlines()}) == 1


def test_what_cannot_be_told_from_the_fastest_is_bold_too(record):
    assert leaders(record) == {"fast"}
    base, fast, *rest = record.arms
    twin = msgspec.structs.replace(fast, name="slow")
    assert leaders(msgspec.structs.replace(record, arms=[base, fast, twin, rest[-1]])) == {"fast", "slow"}


def test_a_reader_is_told_of_the_null_arm(record):
    assert "The baseline against itself: " in printed([record])


def test_untrustworthy_tables_say_so_everywhere(record):
    off = with_null_ratio(record, 0.01)
    assert "not trustworthy" in printed([off])
    assert "not trustworthy" in report([off])
    assert "not trustworthy" in sentences.closing(off)
    assert "not trustworthy" not in report([record])


def test_chart_is_reproducible_svg_with_labels(record, tmp_path):
    for name in ("a.svg", "b.svg"):
        save_chart([record], tmp_path / name)
    text = (tmp_path / "a.svg").read_text()
    assert text == (tmp_path / "b.svg").read_text()
    ET.fromstring(text)
    for label in ("Doubling", "fast", "slow", "baseline"):
        assert label in text


def test_closing_sentence_says_what_the_verdict_allows(record):
    assert sentences.closing(record).startswith("fast ran 2.0")
    assert "times faster than plain on doubling (one launch)." in sentences.closing(record)
    arms = [msgspec.structs.replace(arm) for arm in record.arms]
    base = arms[0]
    same = msgspec.structs.replace(arms[1], samples_ns=base.samples_ns, index_of_round=base.index_of_round)
    same = msgspec.structs.replace(same, batch=base.batch)
    equal = msgspec.structs.replace(record, arms=[base, same, *arms[2:]])
    assert "as fast as plain within the margin" in sentences.closing(equal)


def test_claim_stands_beside_what_was_measured(record):
    said = sentences.claim(record)
    assert said is not None
    assert said.startswith("Claim (a leaflet): 5 ms to 0.1 ms, 50×; fast measured against slow: ")
    assert "against plain: 2.0" in said


def test_geometric_mean(record):
    mean, tables = geometric_means([record, record])["fast"]
    assert mean == pytest.approx(2, rel=0.01)
    assert tables == 2


@pytest.mark.parametrize(
    ("ns", "text"),
    [(80.24, "80.2 ns"), (1_234, "1.23 µs"), (20e6, "20.0 ms"), (1.5e9, "1.50 s"), (123_456, "123 µs"), (None, "–")],
)
def test_times(ns, text):
    assert time_text(ns) == text


def test_figures():
    assert [figure(value) for value in (0.04123, 1.0, 9.999, 5899, 12.34)] == [
        "0.0412",
        "1.00",
        "10.0",
        "5,900",
        "12.3",
    ]
    assert interval_text((0.998, 1.002), 1.0) == "[0.9980, 1.002]"
    assert interval_text(None) == "–"
