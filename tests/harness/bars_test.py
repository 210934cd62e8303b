"""Bars: figures that follow from a table's ratios, and what is said where they cannot be told."""

import io
import json
import re

import msgspec
import pytest
from rich.console import Console

from harness.fakes import FakeClock, run, timed, with_null_ratio
from paceline_harness import Candidate
from paceline_harness.record import Bar
from paceline_harness.report import bars, markdown, means, summary, terminal
from paceline_harness.report.html.page import page
from paceline_harness.report.tables import Table

KERNEL, CHOSEN, UNIT = 100_000, 130_000, 10_000


def measured(*wanted, chosen=CHOSEN, **more):
    clock = FakeClock()
    return run(
        clock,
        candidates=[
            Candidate("kernel", timed(clock, KERNEL, lambda x: 2 * x)),
            Candidate("chosen", timed(clock, chosen, lambda x: x + x), group="backend"),
            Candidate("unit", timed(clock, UNIT, lambda _: None), group="limit", other_work="does nothing"),
            Candidate("absent", None, unavailable="not installed"),
        ],
        baseline="kernel",
        bars=wanted,
        **more,
    ).record()


def one(record):
    (found,) = bars.judged(Table([record]))
    return found


def choosing(at_most):
    return Bar("Choosing", "chosen", at_most, less="kernel", unit="unit")


@pytest.mark.parametrize(
    ("at_most", "word", "reason"),
    [(3.2, "met", ""), (2.8, "not met", ""), (3.0, "cannot be told", "the interval reaches across the bar")],
)
def test_a_difference_is_told_in_units(at_most, word, reason):
    found = one(measured(choosing(at_most)))
    assert found.figure == pytest.approx((CHOSEN - KERNEL) / UNIT, rel=0.02)
    low, high = found.interval
    assert low < (CHOSEN - KERNEL) / UNIT < high
    assert (found.word, found.reason) == (word, reason)


def test_the_interval_is_as_wide_as_those_of_the_ratios_allow():
    record = measured(choosing(4))
    table = Table([record])
    chosen, unit = table.cells["chosen"].interval, table.cells["unit"].interval
    assert one(record).interval == pytest.approx(((chosen[0] - 1) / unit[1], (chosen[1] - 1) / unit[0]))
    assert one(measured(Bar("All", "chosen", 20, unit="unit"))).figure == pytest.approx(CHOSEN / UNIT, rel=0.02)


def test_a_negative_difference_is_met_and_readable():
    record = measured(choosing(4), chosen=95_000)
    found = one(record)
    assert found.word == "met"
    assert found.interval[0] < found.figure < found.interval[1] < 0
    (line,) = bars.lines(Table([record]))
    number = r"−0\.\d\d"
    assert re.search(rf"chosen − kernel {number} \[{number}, {number}\], met\.", line)


def test_a_time_is_of_an_item_and_of_every_launch():
    record = measured(Bar("A call", "chosen", 1_350), Bar("A call", "kernel", 900))
    quick, slow = bars.judged(Table([record]))
    assert record.items == 100
    assert quick.figure == pytest.approx(CHOSEN / 100, rel=0.01)
    assert (quick.word, slow.word) == ("met", "not met")
    arm = record.arm("chosen")
    longer = msgspec.structs.replace(arm, samples_ns=[2 * ns for ns in arm.samples_ns])
    other = msgspec.structs.replace(record, arms=[longer if each is arm else each for each in record.arms])
    found = bars.judged(Table([record, other]))[0]
    assert (found.word, found.reason) == ("cannot be told", "the interval reaches across the bar")


def test_what_was_not_timed_or_cannot_be_trusted_is_not_told():
    found = one(measured(Bar("A call", "absent", 900)))
    assert (found.figure, found.word, found.reason) == (None, "cannot be told", "absent was not timed")
    found = one(with_null_ratio(measured(choosing(4)), 0.2))
    assert (found.word, found.reason) == ("cannot be told", "the environment was not trustworthy")
    record = measured(choosing(4))
    arms = [msgspec.structs.replace(arm, ci_log=None) if arm.name == "unit" else arm for arm in record.arms]
    found = one(msgspec.structs.replace(record, arms=arms))
    assert (found.word, found.interval) == ("cannot be told", None)
    assert found.figure == pytest.approx(3.0, rel=0.02)


def test_every_view_has_the_line():
    record = measured(choosing(4), Bar("A call", "chosen", 2_000))
    lines = bars.lines(Table([record]))
    assert len(lines) == 2
    assert re.match(r"Choosing, at most 4 times the unit's time: chosen − kernel \d\.\d+ \[.*\], met\.", lines[0])
    assert lines[1].startswith("A call, at most 2.00 µs: chosen 1.30 µs, met")
    stream = io.StringIO()
    terminal.show([record], Console(file=stream, width=200))
    for text in (stream.getvalue(), markdown.report([record]), page([record], {})):
        for line in lines:
            assert line.replace("'", "&#x27;") in text or line in text
    told = json.loads(summary.as_json([record]))["tables"][0]["bars"]
    assert [(each["name"], each["verdict"]) for each in told] == [("Choosing", "met"), ("A call", "met")]


def test_bars_of_one_name_and_height_share_a_line():
    record = measured(Bar("A call", "chosen", 2_000), Bar("A call", "kernel", 2_000))
    (line,) = bars.lines(Table([record]))
    assert re.fullmatch(r"A call, at most 2\.00 µs: chosen 1\.30 µs, met; kernel 1\.00 µs, met\.", line)


def test_tables_with_bars_are_in_no_mean_of_speeds():
    speeds = measured()
    asked = msgspec.structs.replace(measured(choosing(4)), title="Another")
    alone = means.means([Table([speeds])])
    assert alone.tables == 1
    both = means.means([Table([speeds]), Table([asked])])
    assert (both.of, both.tables, both.left_out) == (alone.of, 1, 1)
    assert means.means([Table([asked])]) is None


def test_a_bar_on_nobody_is_refused():
    with pytest.raises(ValueError, match="The bar's candidate 'nobody' is no candidate"):
        measured(Bar("A call", "chosen", 1, unit="nobody"))
