import math
import random

import pytest
from scipy.stats import binom, binomtest

from paceline_harness.verdict import (
    Judgement,
    Series,
    classify,
    fewest_pairs,
    judge,
    log_ratios,
    look_schedule,
    margin_for,
    null_arm_is_off,
    printed_interval,
    sign_interval,
    sign_rank,
)


@pytest.mark.parametrize("pairs", [1, 5, 6, 9, 24, 34, 100, 999, 1000, 6000])
@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.05 / 9 / 18])
def test_rank_is_the_largest_that_the_exact_binomial_allows(pairs, alpha):
    rank = sign_rank(pairs, alpha)
    assert rank == 0 or binom.cdf(rank - 1, pairs, 0.5) <= alpha / 2 * (1 + 1e-9)
    assert binom.cdf(rank, pairs, 0.5) > alpha / 2 * (1 - 1e-9)


def test_rank_decides_a_tie_exactly():
    assert sign_rank(6, 2 * 0.5**6) == 1
    assert sign_rank(6, math.nextafter(2 * 0.5**6, 0)) == 0


def test_interval_is_the_set_of_medians_that_the_sign_test_does_not_reject():
    rng = random.Random(1)
    values = [rng.gauss(0, 1) for _ in range(50)]
    low, high = sign_interval(values, 0.05)
    for centre, inside in ((low + 1e-9, True), (high - 1e-9, True), (low - 1e-9, False), (high + 1e-9, False)):
        above = sum(value > centre for value in values)
        assert bool(binomtest(above, 50, 0.5).pvalue > 0.05) == inside


def test_interval_covers_the_median_as_often_as_it_says():
    rng = random.Random(2)
    hits = 0
    for _ in range(2000):
        low, high = sign_interval([rng.expovariate(1) for _ in range(40)], 0.05)
        hits += low <= math.log(2) <= high
    assert hits / 2000 >= 0.94


def test_too_few_values_have_no_interval():
    assert sign_interval([0.0] * 5, 0.05) is None
    assert sign_interval([0.0] * 6, 0.05) == (0.0, 0.0)
    assert fewest_pairs(0.05) == 6


def test_looks_are_planned_and_bounded():
    looks = look_schedule()
    assert looks[:4] == [24, 34, 48, 68]
    assert looks[-1] == 6000
    assert sorted(set(looks)) == looks


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [
        ((0.006, 0.02), "slower"),
        ((-0.02, -0.006), "faster"),
        ((-0.004, 0.004), "equivalent"),
        ((-0.004, 0.006), "inconclusive"),
        ((0.005, 0.02), "inconclusive"),
    ],
)
def test_verdict_of_an_interval(interval, verdict):
    assert classify(interval, 0.005) == verdict


def series(values, *, rounds=None, batch=1, overhead=0):
    return Series(list(values), list(range(len(values))) if rounds is None else rounds, batch, overhead)


def noisy(centre, pairs, seed):
    rng = random.Random(seed)
    return [round(centre * (1 + 0.01 * rng.random())) for _ in range(pairs)]


@pytest.mark.parametrize(("cost", "verdict"), [(20_000, "equivalent"), (20_600, "slower"), (19_400, "faster")])
def test_judging_synthetic_samples(cost, verdict):
    found = judge(series(noisy(cost, 400, 1)), series(noisy(20_000, 400, 2)), 0.01, 0.005)
    assert found.verdict == verdict
    low, high = found.interval_log
    assert low <= math.log(cost / 20_000) <= high


def test_noise_without_a_difference_is_never_faster_or_slower():
    for seed in range(40):
        found = judge(series(noisy(20_000, 48, seed)), series(noisy(20_000, 48, seed + 1000)), 0.001, 0.005)
        assert found.verdict in ("equivalent", "inconclusive")


def test_batches_and_overhead_are_taken_out():
    arm, base = series([1_100], batch=10, overhead=100), series([300], batch=1, overhead=100)
    assert log_ratios(arm, base) == [math.log(100) - math.log(200)]


def test_only_rounds_that_both_took_part_in_are_paired():
    arm, base = series([100, 200], rounds=[1, 5]), series([100] * 6)
    assert log_ratios(arm, base) == pytest.approx([0.0, math.log(2)])
    with pytest.raises(ValueError, match="share no round"):
        judge(series([1], rounds=[9]), base, 0.05, 0.005)


def test_quantiles_on_another_side_of_the_margin_make_long_samples_inconclusive():
    # Three quarters of the candidate's samples were interrupted, none of the baseline's.
    interrupted = [1_000_000 if at % 4 == 0 else 1_300_000 for at in range(100)]
    found = judge(series(interrupted), series([1_000_000] * 100), 0.01, 0.01)
    assert found.verdict == "inconclusive"
    assert "quantiles" in found.reason
    short = judge(series([ns // 100 for ns in interrupted]), series([10_000] * 100), 0.01, 0.01)
    assert short.verdict == "slower"


def test_margins_grow_with_the_sample():
    assert margin_for(20_000, 20_000) == 0.005
    assert margin_for(300_001, 300_001) == 0.01
    assert margin_for(20e6, 10_000_001) == 0.05
    assert margin_for(20_000, 20_000, 0.02) == 0.02
    assert margin_for(400_000, 400_000, 0.02) == 0.02


@pytest.mark.parametrize(
    ("centre", "interval", "off"),
    [
        (0.0, (-0.001, 0.001), False),
        (0.003, (-0.001, 0.007), False),
        (0.003, (0.001, 0.004), True),
        (0.006, (0.0055, 0.007), True),
        (0.0, None, False),
    ],
)
def test_null_arm(centre, interval, off):
    assert null_arm_is_off(Judgement(centre, interval, 0.0, 100, "inconclusive"), 0.005) is off


def test_printed_interval_is_widened_by_the_floor():
    low, high = printed_interval((0.0, 0.0))
    assert low == pytest.approx(0.997, abs=1e-5)
    assert high == pytest.approx(1.003, abs=1e-5)
