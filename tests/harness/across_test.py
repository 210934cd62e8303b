import math
import random

import msgspec
import pytest
from scipy.stats import t as student

from harness.fakes import FakeClock, comparison, run, with_null_ratio
from paceline_harness.across import LogRatio, across, combine, paired_across, t_quantile, tables, trustworthy_table
from paceline_harness.launches import together
from paceline_harness.noise import noise
from paceline_harness.record import Launch


def launches(count, **more):
    """Return one table's records over `count` launches."""
    records = []
    for index in range(1, count + 1):
        clock = FakeClock()
        record = comparison(clock, **more).run(budget_s=1.0, seed=index, clock=clock).records[0]
        records.append(msgspec.structs.replace(record, launch=Launch(index, count)))
    return records


def test_records_of_one_table_come_together_in_the_order_of_launches():
    one, two = launches(2)
    (small,) = run(sizes=[50]).records
    assert tables([two, small, one]) == [[one, two], [small]]


@pytest.mark.parametrize("launch_count", [2, 5, 8])
def test_interval_over_launches_is_student_s(launch_count):
    rng = random.Random(launch_count)
    thetas = [rng.gauss(0.1, 0.01) for _ in range(launch_count)]
    centre, interval, _, _ = combine([LogRatio(theta, None) for theta in thetas], 0.005)
    mean = sum(thetas) / launch_count
    spread = math.sqrt(sum((theta - mean) ** 2 for theta in thetas) / (launch_count - 1) / launch_count)
    expected = student.interval(0.95, launch_count - 1, mean, spread)
    assert centre == pytest.approx(mean)
    assert interval == pytest.approx(expected)
    assert t_quantile(4) == pytest.approx(2.7764, abs=1e-4)


def test_interval_over_launches_covers_as_often_as_it_says():
    rng, hits = random.Random(3), 0
    for _ in range(2000):
        _, (low, high), _, _ = combine([LogRatio(rng.gauss(0.3, 0.02), None) for _ in range(5)], 0.005)
        hits += low <= 0.3 <= high
    assert 0.93 <= hits / 2000 <= 0.97


@pytest.mark.parametrize(
    ("thetas", "verdict"),
    [
        ([0.02, 0.021, 0.02, 0.019, 0.02], "slower"),
        ([-0.02, -0.021, -0.02, -0.019, -0.02], "faster"),
        ([0.001, -0.001, 0.0005, 0.0, 0.0], "equivalent"),
        ([0.02, -0.02, 0.03, 0.0, 0.01], "inconclusive"),
    ],
)
def test_verdict_over_launches(thetas, verdict):
    _, _, found, reason = combine([LogRatio(theta, None) for theta in thetas], 0.005)
    assert found == verdict
    assert bool(reason) == (verdict == "inconclusive")


def test_a_launch_wholly_on_the_other_side_has_a_veto():
    ratios = [LogRatio(0.05, (0.04, 0.06)) for _ in range(9)] + [LogRatio(0.03, (-0.02, -0.01))]
    _, _, verdict, reason = combine(ratios, 0.005)
    assert verdict == "inconclusive"
    assert reason == "launch 10 lies wholly on the other side"


def test_a_table_of_many_rows_asks_more_of_each():
    ratios = [LogRatio(0.02 + 0.01 * at, None) for at in (-1, 0, 0, 0, 1)]
    assert combine(ratios, 0.005, 0.05, 1)[2] == "slower"
    centre, interval, verdict, reason = combine(ratios, 0.005, 0.05, 40)
    assert verdict == "inconclusive"
    assert "too few" in reason
    assert interval == combine(ratios, 0.005, 0.05, 1)[1]
    assert centre == pytest.approx(0.02)


def test_long_samples_whose_low_quantiles_disagree_are_inconclusive():
    ratios = [LogRatio(0.1, None, 0.0) for _ in range(5)]
    assert combine(ratios, 0.01)[2] == "slower"
    assert combine(ratios, 0.01, long=True)[2] == "inconclusive"


def test_one_launch_says_what_its_record_says():
    result = run()
    found, arm = result["fast", 100], result.records[0].arm("fast")
    assert (found.launches, found.verdict, found.pairs) == (1, arm.verdict, arm.n_pairs)
    assert found.ratio == pytest.approx(math.exp(arm.log_ratio))
    assert found.thetas == (arm.log_ratio,)
    assert found.stop == "precise"


def test_a_candidate_over_five_launches():
    table = launches(5)
    found = across(table, "fast")
    assert found.verdict == "faster"
    assert found.launches == len(found.thetas) == 5
    assert found.pairs == sum(record.arm("fast").n_pairs for record in table)
    low, high = found.interval
    assert low < found.ratio < high
    assert found.ratio == pytest.approx(0.5, rel=0.01)
    assert across(table, "plain").is_baseline
    assert across(table, "plain").ratio == 1
    assert (across(table, "absent").status, across(table, "absent").reason) == ("unavailable", "not installed")
    assert across(table, "slow").stop == "planned pairs"
    with pytest.raises(ValueError, match="is no candidate"):
        across(table, "nobody")


def test_two_candidates_over_launches():
    table = launches(5)
    found = paired_across(table, "slow", "fast")
    assert found.ratio == pytest.approx(6000, rel=0.01)
    assert (found.launches, found.verdict) == (5, "slower")
    with pytest.raises(ValueError, match="were not both timed"):
        paired_across(table, "wrong", "fast")


def test_a_null_arm_that_is_off_in_all_launches_condemns_the_table():
    table = launches(5)
    assert trustworthy_table(table)
    assert not trustworthy_table([with_null_ratio(record, 0.02) for record in table])
    mixed = [with_null_ratio(record, ratio) for record, ratio in zip(table, (0.02, -0.02, 0.01, -0.01, 0), strict=True)]
    assert trustworthy_table(mixed)
    assert any("in one launch the baseline differed" in said for said in noise(mixed))


def test_a_quiet_machine_is_not_remarked_on_and_a_busy_one_is():
    (record,) = run().records
    idle = msgspec.structs.replace(record.before, loadavg=(0.1, 0.1, 0.1), steal_ticks=0, involuntary_switches=0)
    quiet = msgspec.structs.replace(record, before=idle, after=idle, wall_s=10.0)
    assert noise([quiet]) == []
    busy = msgspec.structs.replace(idle, loadavg=(90.0, 1, 1), steal_ticks=10**6, involuntary_switches=10**5)
    said = " ".join(noise([msgspec.structs.replace(quiet, after=busy)]))
    for word in ("load was up to 90.0", "host took away", "10000 times a second"):
        assert word in said
    assert noise([]) == []


def test_launches_that_ended_are_counted_and_the_others_named():
    records = launches(3)[:2]
    found = together(records, ["Launch 3 of 3 failed: it was killed by SIGSEGV."], 3)
    assert [(each.launch.index, each.launch.of, each.launch.planned) for each in found] == [(1, 2, 3), (2, 2, 3)]
    assert all(each.notes[-1].startswith("Launch 3 of 3") for each in found)
