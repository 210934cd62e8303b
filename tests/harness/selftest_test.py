"""Tests of the tester: few comparisons, thresholds so loose that a noisy machine does not fail them."""

import random
from functools import partial

import pytest
from scipy.stats import binom
from typer.testing import CliRunner

from paceline_harness import read_records
from paceline_harness.cells import trustworthy
from paceline_harness.cli import app
from paceline_harness.selftest import doubles, rows
from paceline_harness.selftest.cases import COVERED, LOOP, SPIN, Case, Outcome, Workshop
from paceline_harness.selftest.kernels import Busy, calibrated
from paceline_harness.selftest.load import neighbour
from paceline_harness.selftest.plan import QUICK, Plan, cases
from paceline_harness.selftest.report import MarkerError, filled, markdown, summary, text
from paceline_harness.selftest.run import FIXED, PRIVATE, SHUFFLED, Findings, attempt, selftest
from paceline_harness.selftest.statistics import lower_bound, two_sided, upper_bound
from paceline_harness.verdict import margin_for

SEED = 11


@pytest.fixture(scope="module")
def workshop():
    return Workshop()


def outcomes(workshop, case, count):
    rng = random.Random(SEED)
    return [attempt(workshop, case, "quiet", rng)[0] for _ in range(count)]


def test_copies_are_hardly_ever_called_different(workshop):
    kernels = [kernel for kernel in workshop.same if kernel != "np.add, float32, 2,000"]
    found = [each for kernel in kernels for each in outcomes(workshop, Case("same", kernel), 6)]
    assert len(found) == 30
    assert sum(each.verdict in ("faster", "slower") for each in found) <= 3
    assert not any(each.error for each in found)


def test_five_per_cent_are_found(workshop):
    found = [each for kernel in (SPIN, LOOP) for each in outcomes(workshop, Case("power", kernel, 1.05), 15)]
    assert sum(each.found for each in found) >= 25
    assert not any(each.wrong_sign for each in found)


def test_intervals_hold_the_true_ratio(workshop):
    found = [each for ratio in (1.0, 1.05) for each in outcomes(workshop, Case("coverage", SPIN, ratio), 10)]
    assert sum(each.covered for each in found) >= 14
    assert all(each.interval[0] < each.ratio < each.interval[1] for each in found)


@pytest.mark.parametrize(
    ("case", "double"),
    [
        (Case("same", SPIN), lambda: doubles.first_slot_slowed),
        (Case("same", "np.add, float32, 2,000"), doubles.private_buffers),
    ],
)
def test_the_null_arm_catches_a_biased_runner(workshop, case, double):
    rng, caught = random.Random(SEED), 0
    for _ in range(6):
        comparison, _truth = workshop.comparison(case, rng)
        with doubles.standing_in(double()):
            caught += not trustworthy(comparison.run(launches=1, budget_s=0.8, seed=1).records[0])
    assert caught >= 4


def test_the_turns_cancel_a_slow_first_slot(workshop):
    rng, wrong = random.Random(SEED), 0
    for _ in range(6):
        comparison, _truth = workshop.comparison(Case("same", SPIN), rng)
        name = next(each.name for each in comparison.candidates if each.name != comparison.baseline)
        with doubles.standing_in(doubles.shuffled_first_slot_slowed):
            wrong += comparison.run(launches=1, budget_s=0.8, seed=1)[name].verdict in ("faster", "slower")
    assert wrong <= 1


def test_nothing_tells_the_harness_which_are_equal(workshop):
    same, _ = workshop.comparison(Case("coverage", SPIN, 1.0), random.Random(1))
    other, truth = workshop.comparison(Case("coverage", SPIN, 1.5), random.Random(1))
    assert [each.name for each in same.candidates] == [each.name for each in other.candidates]
    assert all(isinstance(each.call, partial) and each.call() is False for each in other.candidates)
    assert truth == pytest.approx(1.5, rel=1e-3) or truth == pytest.approx(1 / 1.5, rel=1e-3)


def test_the_call_itself_is_calibrated_out():
    """A kernel of 500 ns a call and 2 ns a step, on a clock that only it moves."""

    class Clock:
        now = 0

        def __call__(self):
            self.now += 40
            return self.now

    clock = Clock()

    def work(n):
        clock.now += 500 + 2 * n
        return False

    busy = calibrated(work, 10_000, clock)
    assert busy.call_steps == pytest.approx(250, abs=2)
    steps, truth = busy.longer(20.0)
    assert (500 + 2 * steps) / (500 + 2 * busy.steps) == pytest.approx(truth, rel=1e-3)
    assert truth == pytest.approx(20, rel=1e-3)


def test_whole_steps_have_an_exact_ratio():
    steps, truth = Busy(lambda _n: False, 1_000).longer(1.0204)
    assert (steps, truth) == (1_020, 1.02)


@pytest.mark.parametrize(("hits", "of"), [(0, 1), (0, 300), (3, 1_000), (299, 300), (17, 40)])
def test_bounds_are_exact(hits, of):
    assert binom.cdf(hits, of, upper_bound(hits, of)) == pytest.approx(0.05, abs=1e-9)
    if hits:
        assert binom.sf(hits - 1, of, lower_bound(hits, of)) == pytest.approx(0.05, abs=1e-9)
    low, high = two_sided(hits, of)
    assert low <= lower_bound(hits, of) <= hits / of <= upper_bound(hits, of) <= high


def test_bounds_at_the_ends():
    assert (lower_bound(0, 10), upper_bound(10, 10), upper_bound(0, 0)) == (0.0, 1.0, 1.0)


def made(**more):
    base = {
        "record": "r", "phase": "quiet", "kind": "same", "kernel": SPIN, "nominal": 1.0, "truth": 1.0, "ratio": 1.0,
        "interval": (0.995, 1.005), "verdict": "equivalent", "pairs": 24, "wall_s": 0.01, "kernel_share": 0.7,
        "trustworthy": True,
    }  # fmt: skip
    return Outcome(**{**base, **more})


def power(ratio, **more):
    return made(**{"kind": "power", "nominal": ratio, "truth": ratio, "verdict": "slower", **more})


def perfect():
    """Return outcomes that meet every goal."""
    found = [made() for _ in range(1_000)] + [power(ratio) for ratio in (1.02, 1.05) for _ in range(300)]
    found += [
        made(kind="coverage", nominal=r, truth=r, ratio=r, interval=(r * 0.995, r * 1.005))
        for r in COVERED
        for _ in range(100)
    ]
    found.append(made(kind="sustained", kernel_share=0.9))
    return Findings(found, len(found), len(found), 0, biased={FIXED: [True] * 20, PRIVATE: [True] * 20})


def row(found, what):
    return next(each for each in rows.rows(found) if what in each.what)


def test_all_goals_met():
    table = rows.rows(perfect())
    assert not rows.missed(table)
    assert {each.met for each in table} == {"goal", ""}


@pytest.mark.parametrize(
    ("change", "what", "met"),
    [
        (lambda f: f.outcomes.extend([made(verdict="slower")] * 6), "copies called different", "yes"),
        (lambda f: f.outcomes.extend([made(verdict="slower")] * 20), "copies called different", "no"),
        (lambda f: f.outcomes.extend([power(1.02, verdict="inconclusive")] * 6), "2 % found", "yes"),
        (lambda f: f.outcomes.extend([power(1.02, verdict="inconclusive")] * 20), "2 % found", "no"),
        (lambda f: f.outcomes.extend([power(1.02, verdict="inconclusive")] * 20), "2 % left inconclusive", "no"),
        (lambda f: f.outcomes.append(power(1.05, verdict="faster")), "the slower one called faster", "no"),
        (lambda f: f.outcomes.append(power(1 / 1.05, nominal=1.05, verdict="faster")), "slower one called", "goal"),
        (lambda f: f.outcomes.extend([made(kind="coverage", interval=None)] * 50), "true ratio, all", "no"),
        (lambda f: setattr(f, "rejected", 1), "audit reproduces", "no"),
        (lambda f: f.biased[FIXED].extend([False] * 5), FIXED, "no"),
        (lambda f: f.outcomes.extend([made(kind="sustained", kernel_share=0.5)] * 3), "a 10 µs kernel", "no"),
    ],
)
def test_a_bar_is_met_or_missed(change, what, met):
    found = perfect()
    change(found)
    assert row(found, what).met == met


def test_few_comparisons_decide_nothing_that_their_bound_allows():
    found = Findings([made()] * 20 + [made(verdict="slower")], 21)
    assert row(found, "copies called different").met == "too few"
    found = Findings([made()] * 10 + [made(verdict="slower")] * 10, 20)
    assert row(found, "copies called different").met == "no"


def test_the_table_in_text_and_in_a_document():
    found = perfect()
    table = rows.rows(found)
    assert "0 of 1,000 = 0 % [up to 0.3 %]" in text(table)
    assert "No bar was missed" in summary(found, table, 7)
    page = filled("a\n<!-- selftest -->\nold\n<!-- selftest:end -->\nb\n", markdown(found, table, 7))
    assert page.startswith("a\n<!-- selftest -->\n2,201 comparisons (quiet)")
    assert page.endswith("\n<!-- selftest:end -->\nb\n")
    assert filled(page, markdown(found, table, 7)) == page
    with pytest.raises(MarkerError, match="it has no markers"):
        filled("nothing", "x")


def test_cases_are_those_of_the_plan_in_a_drawn_order(workshop):
    drawn = cases(QUICK, workshop.same, random.Random(1))
    assert len(drawn) == QUICK.same + 2 * QUICK.power + len(COVERED) * QUICK.coverage + QUICK.sustained
    assert drawn != cases(QUICK, workshop.same, random.Random(2))


def test_a_comparison_that_fails_is_counted_as_inconclusive(workshop, monkeypatch):
    def broken(case, rng):
        comparison, truth = Workshop.comparison(workshop, case, rng)
        monkeypatch.setattr(comparison, "run", lambda **_: 1 / 0)
        return comparison, truth

    shop = Workshop.__new__(Workshop)
    shop.comparison = broken
    outcome, record = attempt(shop, Case("power", SPIN, 1.05), "quiet", random.Random(1))
    assert record is None
    assert outcome.verdict == "inconclusive"
    assert "ZeroDivisionError" in outcome.error


def test_a_whole_run_keeps_audited_records(tmp_path):
    plan = Plan(same=6, power=2, coverage=1, sustained=1, biased=1, limit_s=20)
    found = selftest(plan, SEED, loaded=True, output=tmp_path / "run.jsonl.gz")
    assert len(found.outcomes) == found.planned == 2 * (6 + 2 * 2 + len(COVERED) + 1)
    assert {each.phase for each in found.outcomes} == {"quiet", "loaded"}
    assert found.findings == []
    assert found.records == len(found.outcomes)
    assert [record.id for path in found.files for record in read_records(path)] == [o.record for o in found.outcomes]
    assert set(found.biased) == {FIXED, PRIVATE, SHUFFLED}


def test_the_neighbour_ends_with_the_context():
    with neighbour(1) as load:
        assert load.poll() is None
    assert load.poll() is not None


def test_mistakes_are_one_sentence(tmp_path):
    (tmp_path / "page.md").write_text("no markers\n")
    for words, said in (
        (["--quick", "--full"], "--quick and --full were given together"),
        (["--quick", "--into", str(tmp_path / "no.md")], "no.md cannot be read"),
        (["--quick", "--into", str(tmp_path / "page.md")], "page.md cannot be filled: it has no markers"),
    ):
        done = CliRunner().invoke(app, ["selftest", *words])
        assert done.exit_code == 2
        assert said in done.output
        assert len(done.output.strip().splitlines()) == 1


def test_calls_of_less_than_a_microsecond_have_a_wider_margin():
    assert margin_for(20_000, 760) == 0.015
    assert margin_for(20_000, 1_200) == pytest.approx(0.01)
    assert margin_for(20_000, 2_400) == 0.005
