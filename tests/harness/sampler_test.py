import math
import random

import pytest

from harness.fakes import FakeClock, Kernel
from paceline_harness.clock import overhead, time_calls, time_each, timer_quantum
from paceline_harness.measure import NULL_ARM, Settings, measure
from paceline_harness.pairs import Pairs
from paceline_harness.planning import cost_groups, slow_pairs
from paceline_harness.sampler import Tape, batches, call_cost, run_block, sample_target, warm


def test_quantum_is_the_median_step():
    assert timer_quantum(FakeClock(reading_ns=50)) == 50
    assert sample_target(50) == 20_000
    assert sample_target(1_000) == 400_000


def test_overhead_is_what_an_empty_sample_takes():
    assert overhead(1, FakeClock(reading_ns=40)) == 40
    assert overhead(16, FakeClock(reading_ns=40)) == 40


def test_a_sample_is_as_many_calls_as_asked_for():
    clock = FakeClock()
    kernel = Kernel(clock, 100)
    assert time_calls(kernel, 5, clock) == 5 * 100 + 40
    assert len(kernel.log) == 5


def test_calls_timed_one_by_one_leave_their_resets_out():
    clock = FakeClock()
    kernel, reset = Kernel(clock, 100), Kernel(clock, 10_000)
    assert time_each(kernel, reset, 5, clock) == 5 * (100 + 40)
    assert overhead(5, FakeClock(reading_ns=40), each=True) == 5 * 40
    assert (len(kernel.log), len(reset.log)) == (5, 5)


def test_warming_ends_when_three_calls_agree():
    clock = FakeClock()
    kernel = Kernel(clock, 1_000)
    calls = iter([900_000, 500_000, 1_000, 1_000, 1_000, 1_000])

    def settling():
        kernel.cost_ns = next(calls)
        kernel()

    assert len(warm(settling, clock)) == 5


def test_warming_a_slow_call_takes_one_call():
    clock = FakeClock()
    assert len(warm(Kernel(clock, 1e9), clock)) == 1


@pytest.mark.parametrize("cost", [90, 5_000, 2e6])
def test_cost_of_a_call(cost):
    clock = FakeClock(reading_ns=1)
    assert call_cost(Kernel(clock, cost), clock) == pytest.approx(cost, rel=0.01)


def test_batches_reach_the_target_and_neighbours_share_one():
    assert batches([1_000, 1_400, 1_600, 10, 50_000], 20_000) == [20, 20, 13, 2000, 1]


def test_a_block_is_a_permutation_and_its_mirror():
    clock, log = FakeClock(), []
    calls = [Kernel(clock, 10, name, log=log) for name in "abcd"]
    tape = Tape()
    for _ in range(20):
        run_block(calls, [1] * 4, [0, 1, 3], random.Random(_), tape, clock)
    orders = [row.order for row in tape.rounds]
    assert all(orders[at + 1] == orders[at][::-1] for at in range(0, 40, 2))
    assert {tuple(sorted(order)) for order in orders} == {(0, 1, 3)}
    assert len(set(orders)) > 3
    assert log == ["abcd"[arm] for order in orders for arm in order]


def test_an_interrupted_round_leaves_no_trace():
    clock = FakeClock()
    calls_left = iter(range(5))

    def interrupted():
        if next(calls_left, None) is None:
            raise KeyboardInterrupt
        clock.now += 10

    tape = Tape()
    block = [interrupted, interrupted], [1, 1], [0, 1], random.Random(0), tape, clock
    run_block(*block)
    with pytest.raises(KeyboardInterrupt):
        run_block(*block)
    assert [len(row.elapsed_ns) for row in tape.rounds] == [2, 2]


def test_an_arm_that_settles_is_called_once_more_than_it_is_timed():
    clock, log = FakeClock(), []
    calls = [Kernel(clock, 10, "base", log=log), Kernel(clock, 1e9, "slow", log=log)]
    run_block(calls, [1, 1], [0, 1], random.Random(0), Tape(), clock, settle=(0,))
    assert (log.count("base"), log.count("slow")) == (4, 2)


def test_slow_candidates_are_grouped_by_tenfold():
    fast, slow = cost_groups([0.1e6, 1.9e6, 0.01e6, 8e6, 1500e6, 60e6, 0.1e6])
    assert fast == [1, 2, 6]
    assert slow == [[3], [5], [4]]
    assert cost_groups([50e6, 90e6, 101e6])[0] == [1]


def test_pairs_of_slow_candidates_are_planned():
    assert slow_pairs(round_s=0.01, budget_s=1.0, cap_s=20, fewest=9) == 100
    assert slow_pairs(round_s=1.5, budget_s=1.0, cap_s=20, fewest=9) == 10
    assert slow_pairs(round_s=9.0, budget_s=1.0, cap_s=20, fewest=9) == 2
    assert slow_pairs(round_s=1e-5, budget_s=1.0, cap_s=20, fewest=9) == 400


def measured(costs, spread=0.002, **settings):
    clock = FakeClock()
    rng = random.Random(5)
    calls = {name: Kernel(clock, cost, name, spread, rng=rng) for name, cost in costs.items()}
    found = measure(calls, Settings(**settings), random.Random(1), clock=clock)
    return found, {arm.name: arm for arm in found.arms}


def test_decided_arms_are_dropped_and_the_null_arm_stays_to_the_end():
    found, arms = measured({"base": 100_000, "twice": 200_000, "same": 100_000}, spread=0.02)
    assert arms["twice"].verdict == "slower"
    assert arms["same"].verdict == "equivalent"
    assert arms["twice"].stop_reason == "decided"
    assert arms["twice"].n_pairs in arms["twice"].looks
    assert arms["twice"].n_pairs < arms["same"].n_pairs
    assert len(arms[NULL_ARM].samples_ns) == len(arms["base"].samples_ns) == len(found.tape.rounds)
    assert found.stop_reason == "decided"
    assert [arm.name for arm in found.arms] == ["base", "twice", "same", NULL_ARM]


def test_with_resets_every_call_is_reset_and_the_ratio_is_right():
    clock, log = FakeClock(), []
    calls = {"base": Kernel(clock, 5_000, "base", log=log), "twice": Kernel(clock, 10_000, "twice", log=log)}
    resets = {"base": Kernel(clock, 70_000, "reset", log=log)}
    found = measure(calls, Settings(), random.Random(1), resets=resets, clock=clock)
    twice = found.arms[1]
    assert math.exp(twice.log_ratio) == pytest.approx(2.0, rel=1e-3)
    assert found.arms[0].overhead_ns == 40 * found.arms[0].batch
    of_base = [at for at, name in enumerate(log) if name == "base"]
    assert all(log[at - 1] == "reset" for at in of_base)


def test_error_level_is_shared_by_arms_and_looks():
    _, arms = measured({"base": 100_000, "a": 200_000, "b": 100_000})
    assert arms["a"].alpha == pytest.approx(0.05 / 3 / len(arms["a"].looks))


def test_the_clock_s_own_cost_is_taken_out_of_the_ratio():
    _, arms = measured({"base": 20_000, "tenth": 2_000}, spread=0.0)
    series = arms["tenth"].series()
    assert (arms["tenth"].overhead_ns, arms["tenth"].batch) == (40, 10)
    assert set(series.call_ns()) == {2_000.0}


def test_slow_candidates_get_few_pairs_and_do_not_starve_the_others():
    _, arms = measured({"base": 100_000, "near": 101_000, "slow": 1.5e9}, spread=0.02, budget_s=4.0)
    assert arms["slow"].n_pairs <= 10
    assert arms["slow"].verdict == "slower"
    assert arms["near"].n_pairs > 4 * arms["slow"].n_pairs
    assert arms["near"].verdict == "slower"


@pytest.mark.parametrize("spread", [0.002, 0.3])
def test_what_is_seen_at_a_look_is_what_is_concluded_from_the_raw_samples(spread):
    found, _ = measured({"base": 100_000, "near": 103_000, "long": 900_000}, spread=spread, budget_s=0.5)
    pairs = Pairs([arm.batch for arm in found.arms], [arm.overhead_ns for arm in found.arms])
    pairs.catch_up(found.tape)
    for at, arm in enumerate(found.arms[1:], 1):
        look = pairs.judgement(at, arm.alpha, arm.margin)
        assert (look.log_ratio, look.interval_log, look.verdict) == (arm.log_ratio, arm.ci_log, arm.verdict)
        assert arm.cost_ns > 0


def test_the_budget_ends_a_comparison_that_cannot_be_decided():
    found, arms = measured({"base": 1e6, "near": 1.01e6}, spread=0.3, budget_s=0.2)
    assert found.stop_reason == "budget"
    assert arms["near"].verdict == "inconclusive"
    assert arms["near"].reason


def test_ctrl_c_keeps_what_was_measured():
    clock = FakeClock()
    kernel = Kernel(clock, 100_000, spread=0.5)
    left = iter(range(200))

    def call():
        if next(left, None) is None:
            raise KeyboardInterrupt
        kernel()

    found = measure({"base": kernel, "it": call}, Settings(), random.Random(1), clock=clock)
    assert found.stop_reason == "interrupted"
    assert found.arms[1].n_pairs > 0
