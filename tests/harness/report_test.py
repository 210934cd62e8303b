import io
import xml.etree.ElementTree as ET

import msgspec
import pytest
from rich.console import Console

from harness.fakes import run, with_null_ratio
from paceline_harness.record import Claim, FirstCall
from paceline_harness.report import means, sentences
from paceline_harness.report.chart import save_chart
from paceline_harness.report.markdown import overview_table, report
from paceline_harness.report.tables import Table
from paceline_harness.report.terminal import show
from paceline_harness.report.words import counted, figure, interval_text, launches_text, time_text


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
        assert any(f"{name}{after}" in text for after in (" |", "** |", " (as published) |"))
    assert "| **50.0 µs**<br>" in overview_table([record])
    assert len({line.count("|") for line in overview_table([record]).splitlines()}) == 1


def test_what_cannot_be_told_from_the_fastest_is_bold_too(record):
    assert Table([record]).leaders() == {"fast"}
    base, fast, *rest = record.arms
    twin = msgspec.structs.replace(fast, name="slow")
    assert Table([msgspec.structs.replace(record, arms=[base, fast, twin, rest[-1]])]).leaders() == {"fast", "slow"}


def test_a_reader_is_told_of_the_null_arm(record):
    assert "The baseline against itself: " in printed([record])


def test_untrustworthy_tables_say_so_everywhere(record):
    off = with_null_ratio(record, 0.01)
    assert "not trustworthy" in printed([off])
    assert "not trustworthy" in report([off])
    assert "not trustworthy" in sentences.closing(Table([off]))
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
    assert sentences.closing(Table([record])).startswith("fast ran 2.0")
    assert "times faster than plain on doubling (one launch)." in sentences.closing(Table([record]))
    arms = [msgspec.structs.replace(arm) for arm in record.arms]
    base = arms[0]
    same = msgspec.structs.replace(arms[1], samples_ns=base.samples_ns, index_of_round=base.index_of_round)
    same = msgspec.structs.replace(same, batch=base.batch)
    equal = msgspec.structs.replace(record, arms=[base, same, *arms[2:]])
    assert "as fast as plain within the margin" in sentences.closing(Table([equal]))


def test_claim_stands_beside_what_was_measured(record):
    said = sentences.claim(Table([record]))
    assert said is not None
    assert said.startswith("Claim (a leaflet): 5 ms to 0.1 ms, 50×; fast measured against slow: ")
    assert "against plain: 2.0" in said


def backends_only(record, *names):
    """Return the record with only these backends beside its baseline."""
    kept = [each for each in record.candidates if each.group != "backend" or each.name in names]
    return msgspec.structs.replace(record, candidates=kept)


def test_geometric_mean(record):
    table = Table([backends_only(record, "fast")])
    found = means.means([table, table])
    assert found is not None
    assert found.of == {"fast": pytest.approx(2, rel=0.01)}
    assert (found.tables, found.left_out) == (2, 0)


def test_geometric_means_count_only_tables_that_all_were_timed_in(record):
    fast = next(each for each in record.candidates if each.name == "fast")
    twin = msgspec.structs.replace(fast, name="twin")
    arms = [*record.arms, msgspec.structs.replace(record.arm("fast"), name="twin")]
    both = msgspec.structs.replace(backends_only(record, "fast"), arms=arms, candidates=[*record.candidates[:2], twin])
    alone = Table([backends_only(record, "fast")])
    found = means.means([Table([both]), alone])
    assert found is not None
    assert set(found.of) == {"fast", "twin"}
    assert (found.tables, found.left_out) == (1, 1)
    said = means.sentence([Table([both]), alone])
    assert said is not None
    assert "over one table that all were timed in, one table not counted: fast" in said


def test_tables_that_are_not_trustworthy_count_in_no_mean(record):
    assert means.means([Table([with_null_ratio(backends_only(record, "fast"), 0.01)])]) is None


def test_launches_are_counted_in_words(record):
    launch = record.launch
    five = [
        msgspec.structs.replace(record, launch=msgspec.structs.replace(launch, index=at, of=5)) for at in range(1, 6)
    ]
    assert launches_text([Table([record])]) == "one launch"
    assert launches_text([Table(five)]) == "five launches"
    assert launches_text([Table(five), Table([record])]) == "one to five launches"
    text = report(five)
    assert "## Doubling: 100 items, five launches" in text
    assert "over five launches" in text
    assert "one launch" not in text
    assert "five launches" in printed(five)
    assert [counted(13, "table"), counted(0, "table")] == ["13 tables", "no tables"]


def test_chart_is_a_png_too(record, tmp_path):
    save_chart([record], tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


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


def test_a_compiling_candidates_first_call_is_told_in_three_figures(record):
    first = FirstCall(1_200_000_000, 8_000_000, 250_000)
    candidates = [
        msgspec.structs.replace(each, first_call=first) if each.name == "fast" else each for each in record.candidates
    ]
    text = report([msgspec.structs.replace(record, candidates=candidates)])
    assert "First call of fast: 1.20 s to start its compiler" in text
    assert "8.00 ms to compile or load from its cache, 250 µs to run." in text
    assert "First call" not in report([record])


def test_a_comparison_without_backends_has_its_candidates_as_columns(record):
    own = [msgspec.structs.replace(each, group="baseline") for each in record.candidates]
    table = Table([msgspec.structs.replace(record, candidates=own)])
    assert table.columns == [name for name in table.names if name != table.baseline]
    assert table.columns
