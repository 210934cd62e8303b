"""`harness regret`: the arithmetic on made-up points, what is measured, and the record."""

import math
import random

import msgspec
import pytest
from rich.console import Console
from typer.testing import CliRunner

from harness.profiles import measured_here, own_cache
from paceline.selection import curves, figures, profile, rules
from paceline_harness.cli import app
from paceline_harness.environment import environment
from paceline_harness.selection import points, telling, truth
from paceline_harness.selection.points import Point, Regret, RegretError, ahead_of_singles, best_single, summary

CURVES = {"python": [(1, 100.0), (1000, 100_000.0)], "numba": [(1, 1_000.0), (1000, 10_000.0)]}
(_, (CROSS, _)) = curves.ranges(CURVES)


def harness(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def point(chosen, n=10, operation="resample", kind="", halves=None, **times):
    times = {name: float(ns) for name, ns in times.items()}
    halves = halves or {name: (ns, ns) for name, ns in times.items()}
    return Point(operation, kind, n, chosen, "profile", times, halves)


def record(*some, ranges=None, skipped=None):
    named = dict.fromkeys(each.what for each in some)
    given = {name: [(0, "a"), (5, "b")] for name in named} if ranges is None else ranges
    return Regret(
        1, "2026-01-02T03:04:05+00:00", 7, environment(), dict.fromkeys(named, "here"), given, skipped or {}, list(some)
    )


class TestArithmetic:
    def test_regret_is_the_part_beyond_the_fastest(self):
        assert point("a", a=110, b=100).regret == pytest.approx(0.1)
        assert point("b", a=110, b=100).regret == 0
        assert point("a", a=110, b=100).best == "b"

    def test_chance_is_what_a_choice_by_the_other_half_regrets(self):
        found = point("a", a=100, b=101, halves={"a": (100.0, 105.0), "b": (102.0, 100.0)})
        assert found.chance == pytest.approx(0.05)
        assert point("a", a=100, b=200).chance == 0

    def test_a_summary(self):
        found = summary([point("a", 1, a=100, b=400), point("b", 2, a=400, b=100), point("a", 3, a=120, b=100)])
        assert found.mean == pytest.approx(0.2 / 3)
        assert found.worst.n == 3
        assert found.worse == 1
        assert found.single == "b"
        assert found.ahead == pytest.approx((4 * 1 * (100 / 120)) ** (1 / 3))

    def test_exactly_ten_percent_is_not_more(self):
        assert summary([point("a", a=110, b=100)]).worse == (0 if 110 / 100 - 1 <= 0.1 else 1)
        assert summary([point("a", a=1.5, b=1.0)]).worse == 1

    def test_the_best_single_one_serves_everywhere(self):
        some = [point("a", a=100, b=10, c=11), point("a", a=100, b=1000, c=110)]
        assert best_single(some) == ("c", pytest.approx(math.sqrt(0.11 * 1.1)))

    def test_a_variant_is_its_backend_where_it_has_no_kernel(self):
        some = [point("a", **{"a": 10, "a:fast": 5}), point("a", operation="to_mono", a=10, b=20)]
        assert best_single(some) == ("a:fast", pytest.approx(math.sqrt(0.5)))

    def test_a_backend_that_lacks_an_operation_is_no_single_one(self):
        some = [point("a", a=10, b=1), point("a", operation="to_mono", a=10)]
        assert best_single(some)[0] == "a"

    def test_ahead_of_each_operations_own_best(self):
        some = [point("a", a=100, b=200), point("b", operation="to_mono", a=200, b=100)]
        assert ahead_of_singles(some) == 1
        assert best_single(some)[1] == pytest.approx(math.sqrt(2))
        uneven = [point("a", 1, a=1, b=9), point("b", 2, a=9, b=1), point("a", operation="to_mono", a=1)]
        assert ahead_of_singles(uneven) == pytest.approx(9 ** (1 / 3))


class TestRecord:
    def test_is_read_as_it_was_written(self, tmp_path):
        found = record(
            point("a", a=1.25, b=2), point("b", 11, a=3, b=2), skipped={"slerp_quaternion": "it has one size"}
        )
        points.write(tmp_path / "new" / "r.json", found)
        assert points.read(tmp_path / "new" / "r.json") == found
        assert len((tmp_path / "new" / "r.json").read_text().splitlines()) == 4  # a point is a line

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda text: "[]", "is no record of regret"),
            (lambda text: text.replace('"format":1', '"format":2'), "is no record of regret"),
            (lambda text: text.replace('"chosen":"a"', '"chosen":"z"'), "has no time of 'z', which was chosen"),
            (lambda text: text.replace('"a":1.25', '"a":0.0'), "has a time that is not above 0"),
        ],
    )
    def test_that_is_none_is_a_mistake(self, tmp_path, change, said):
        points.write(tmp_path / "r.json", record(point("a", a=1.25, b=2)))
        text = (tmp_path / "r.json").read_text()
        assert change(text) != text
        (tmp_path / "r.json").write_text(change(text))
        with pytest.raises(RegretError, match=said):
            points.read(tmp_path / "r.json")

    def test_without_points_is_a_mistake(self, tmp_path):
        points.write(tmp_path / "r.json", record(ranges={}))
        with pytest.raises(RegretError, match="has no points"):
            points.read(tmp_path / "r.json")


class TestTelling:
    def test_totals_stand_beside_their_bars(self):
        some = [point("a", n, a=100, b=200) for n in range(1, 100)]
        good = "\n".join(telling.totals(record(*some, point("a", 100, a=115, b=100))))
        assert "Mean regret: 0.1 %; meets the bar of 2 %, meets the aim of 1 %." in good
        assert "1 of 100, 1.0 %; meets the bar of 4 %, meets the aim of 2 %." in good
        assert "In the 1 operations whose backend changes with the size" in good
        assert "misses the bar of 1.0" not in "\n".join(telling.totals(record(*some)))
        bad = "\n".join(telling.totals(record(*some, *(point("a", n, a=160, b=100) for n in range(100, 104)))))
        assert "Mean regret: 2.3 %; misses the bar of 2 %, misses the aim of 1 %." in bad
        assert "4 of 103, 3.9 %; meets the bar of 4 %, misses the aim of 2 %." in bad

    def test_a_choice_behind_a_single_backend_misses_its_bar(self):
        found = "\n".join(telling.totals(record(point("a", a=200, b=100), ranges={"resample": [(0, "a")]})))
        assert "known in hindsight: 0.500 times as fast; misses the bar of 1.0." in found
        assert "whose backend changes" not in found

    def test_other_kinds_are_told_of_apart(self):
        usual = point("a", a=100, b=200)
        some = [point("a", kind=kind, a=150, b=100) for kind in ("i16", "u8")]
        ranges = {name: [(0, "a")] for name in ("resample", "resample of i16", "resample of u8")}
        found = record(usual, *some, ranges=ranges)
        said = list(telling.totals(found))
        assert said[0].startswith("Mean regret: 0.0 %")
        assert said[-1] == (
            "Other kinds, 2 of them: mean regret 50.0 %, 2 of 2 points with more than 10 %, 0.667 times as fast as "
            "each kind's best single backend."
        )
        assert len(list(telling.totals(record(*some, ranges=ranges)))) == 1
        to = Console(width=200, record=True)
        telling.show(found, to)
        text = to.export_text()
        assert "resample, 2 kinds" in text
        assert "50.0 % at 10 of i16" in text
        assert "| resample of u8 " in text

    def test_the_worst_points_come_last_in_a_table(self):
        some = [point("a", n, a=100 + n, b=100) for n in range(1, 15)]
        to = Console(width=200, record=True)
        telling.show(record(*some, skipped={"to_mono": "it was never measured"}), to)
        text = to.export_text()
        worst = text[text.index("The 10 worst points") :]
        for n in range(5, 15):
            assert f"{n}.0 %" in worst
        assert " 4.0 %" not in worst
        assert "to_mono has no points: it was never measured." in text
        assert "Chosen: 14 by the rule 'profile'." in text


class TestTruth:
    class Ready:
        """Stands for Prepared: sizes below 10 are another kernel's."""

        operation = "resample"

        @staticmethod
        def arguments(n, kind):
            return n if kind == "i16" else -n

        @staticmethod
        def calls(n):
            return None if n < 10 else {}

    def drawn(self, count, seed=1, largest=1000):
        curves = {"a": [(1, 1.0), (largest, 3.0)], "b": [(12, 2.0)]}
        return truth.sizes_for(self.Ready, "i16", curves, count, seed)

    def test_sizes_are_new_ones_within_what_was_measured(self):
        found = self.drawn(40)
        assert len(set(found)) == 40
        assert found == sorted(found)
        assert not {1, 12, 1000} & set(found)
        assert min(found) >= 10
        assert max(found) < 1000
        assert sum(n < 100 for n in found) > 5  # evenly in their logarithms

    def test_sizes_depend_on_the_seed_alone(self):
        assert self.drawn(10) == self.drawn(10)
        assert self.drawn(10) != self.drawn(10, seed=2)

    def test_a_small_range_has_fewer(self):
        assert self.drawn(30, largest=14) == [10, 11, 13]

    def test_who_was_called_hopeless_by_mistake_is_timed_again(self, monkeypatch):
        asked = []

        def sampled(calls, budget, rounds, order):
            asked.append(sorted(calls))
            if len(asked) == 1:
                return {"best": [100] * 32, "unlucky": [90, 900], "chosen": [500, 500], "far": [1000, 1000]}
            return {name: [95] * 32 for name in calls}

        monkeypatch.setattr(truth, "sampled", sampled)
        found = truth.timed(dict.fromkeys(("best", "unlucky", "chosen", "far")), "chosen", random.Random(0))
        assert asked == [["best", "chosen", "far", "unlucky"], ["unlucky"], ["chosen"]]
        assert {name: len(samples) for name, samples in found.items()} == {
            "best": 32,
            "unlucky": 32,
            "chosen": 32,
            "far": 2,
        }


@pytest.fixture
def file(tmp_path, monkeypatch):
    pytest.importorskip("numba")  # one of the two that are chosen
    with own_cache(tmp_path / "cache", monkeypatch) as path:
        profile.write(path, {"trajectory_gap": measured_here("trajectory_gap", CURVES)})
        yield path


class TestCommand:
    def test_the_choice_of_the_profile_is_judged(self, file, tmp_path):
        done = harness("regret", "trajectory_gap", "--sizes", "6", "--output", tmp_path / "r.json")
        assert done.exit_code == 0, done.output
        found = points.read(tmp_path / "r.json")
        assert len(found.points) == 6
        assert found.ranges == {"trajectory_gap": [(0, "python"), (CROSS, "numba")]}
        for each in found.points:
            assert (each.operation, each.rule) == ("trajectory_gap", "profile")
            assert each.chosen == ("python" if each.n < CROSS else "numba")
            assert {"python", "numba"} <= set(each.times) == set(each.halves)
            assert 1 < each.n < 1000
        shown = harness("regret", "--from", tmp_path / "r.json")
        assert shown.exit_code == 0, shown.output
        assert shown.output == done.output.removesuffix(f"{tmp_path / 'r.json'}\n")

    def test_kinds_are_judged_by_their_own_ranges(self, file, tmp_path):
        kinds = {"i16": {"python": [(1, 1.0), (50, 1.0)], "numba": [(1, 2.0), (50, 2.0)]}}
        profile.write(file, {"interleave": measured_here("interleave", CURVES, kinds)})
        rules.forget(tables=True)
        done = harness("regret", "interleave", "--kinds", "--sizes", "3", "--output", tmp_path / "r.json")
        assert done.exit_code == 0, done.output
        found = points.read(tmp_path / "r.json")
        assert found.ranges["interleave of i16"] == [(0, "python")]
        assert found.ranges["interleave of u8"] == found.ranges["interleave"]  # it was not measured
        assert {each.kind for each in found.points} == {"", "i16", "u8", "f64"}
        assert {each.chosen for each in found.points if each.kind == "i16"} == {"python"}
        assert max(each.n for each in found.points if each.kind == "i16") < 50

    def test_what_has_no_choice_is_said(self, file, monkeypatch):
        for words, said in (
            (["slerp_quaternion"], "slerp_quaternion has no points: it has one size."),
            (["to_mono"], "to_mono has no points: it was never measured: run harness calibrate."),
        ):
            monkeypatch.setattr(truth, "figures", lambda name: None if name == "to_mono" else figures(name))
            done = harness("regret", *words)
            assert done.exit_code == 2
            assert done.output.strip() == said
        monkeypatch.setenv("PACELINE_BACKEND", "python")
        done = harness("regret", "trajectory_gap")
        assert done.exit_code == 2
        assert "the rule 'environment' chooses its backend, whatever was measured" in done.output

    def test_ctrl_c_writes_nothing(self, file, tmp_path, monkeypatch):
        def interrupted(*_):
            raise KeyboardInterrupt

        monkeypatch.setattr(truth, "timed", interrupted)
        done = harness("regret", "trajectory_gap", "--output", tmp_path / "r.json")
        assert done.exit_code == 130
        assert "Stopped after 0 points; nothing was written." in done.output
        assert not (tmp_path / "r.json").exists()

    def test_mistakes_are_one_sentence(self, tmp_path):
        (tmp_path / "bad.json").write_bytes(msgspec.json.encode({"format": 1}))
        for words, said in (
            (["slerp"], "'slerp' is no operation; accepted are slerp_quaternion, "),
            (["--sizes", "0"], "--sizes is 0; accepted is 1 and more."),
            (["--from", tmp_path / "none.json"], "none.json cannot be read: No such file or directory."),
            (["--from", tmp_path / "bad.json"], "bad.json is no record of regret"),
            (["--from", tmp_path / "bad.json", "--seed", "3"], "--from was given with what there is to measure"),
        ):
            done = harness("regret", *words)
            assert done.exit_code == 2, done.output
            assert said in done.output
            assert len(done.output.strip().splitlines()) == 1


def test_a_document_gets_the_totals_and_a_row_for_each_operation(tmp_path):
    file, page = tmp_path / "r.json", tmp_path / "page.md"
    points.write(
        file, record(point("rust", rust=1.0, cython=2.0), point("rust", operation="to_mono", rust=1.0, cython=2.0))
    )
    page.write_text("before\n<!-- selection:regret -->\nold\n<!-- selection:end -->\nafter\n")
    assert harness("regret", "--from", file, "--into", page).exit_code == 0
    lines = page.read_text().splitlines()
    assert lines[:2] == ["before", "<!-- selection:regret -->"]
    assert lines[-2:] == ["<!-- selection:end -->", "after"]
    assert "old" not in lines
    assert [line.split(" | ")[0] for line in lines if line.startswith("| ")] == [
        "| operation",
        "| ---",
        "| resample",
        "| to_mono",
    ]
    assert any(line.startswith("- Mean regret: ") for line in lines)
    page.write_text("no markers")
    done = harness("regret", "--from", file, "--into", page)
    assert done.exit_code == 2
    assert "it has no markers; accepted are lines <!-- selection:regret -->" in done.output
