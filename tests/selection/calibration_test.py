"""Calibrations: what is measured, kept, refused and written."""

from __future__ import annotations

import random

import pytest

import paceline
from paceline.selection import calibration, measuring, profile, refusals, rules, timing
from paceline.selection.profile import ProfileNotWritten
from selection.fakes import WRONG_ON_GOLDEN, WRONG_ON_WORKLOAD, flat, measured, serving


class TestMeasured:
    def test_really(self, installed):
        installed("one", "two")
        found = calibration.calibrate("to_mono", "interleave", "slerp_quaternion", budget_s=0.005)
        assert list(found.measured) == list(found.took) == ["to_mono", "interleave", "slerp_quaternion"]
        assert found.kept == ()
        entry = found.measured["to_mono"]
        assert set(entry.times) == set(entry.samples) == {"one", "two", "python"}
        for name, curve in entry.times.items():
            sizes = [n for n, _ in curve]
            assert sizes == list(measuring.SIZES[: len(sizes)])
            assert [n for n, _ in entry.samples[name]] == sizes
            for (_, ns), (_, samples) in zip(curve, entry.samples[name], strict=True):
                assert ns == timing.low(samples)
                assert timing.FEW <= len(samples) <= timing.ROUNDS[1]
        assert [n for n, _ in found.measured["slerp_quaternion"].times["python"]] == [1]
        assert entry.first_call_ns == {}
        assert entry.refused == {}

    def test_decides_from_then_on(self, installed, clock):
        installed("one", "two", "cython")
        clock.ns["cython"] = 500
        assert serving() == "cython"
        found = paceline.calibrate("to_mono")
        assert serving() == "one"
        why = paceline.explain("to_mono")
        assert why.rule == "profile"
        assert list(why.times_ns) == ["one", "two", "cython", "python"]
        assert found.path == profile.path()
        assert profile.read(found.path).operations == dict(found.measured)
        assert paceline.explain("interleave").rule == "order"

    def test_in_a_new_process(self, installed, clock):
        installed("one", "two")
        paceline.calibrate("to_mono")
        installed("one", "two")
        assert (serving(), paceline.explain("to_mono").rule) == ("one", "profile")

    def test_without_saving_nothing_changes(self, installed, backend, clock):
        installed("one", "cython", backend("two", {"to_mono": WRONG_ON_WORKLOAD}))
        found = paceline.calibrate("to_mono", save=False)
        assert found.path is None
        assert set(found.measured["to_mono"].refused) == {"two"}
        assert not profile.path().parent.exists()
        assert serving() == "cython"
        assert refusals.known() == {}
        assert str(found).splitlines()[-1].endswith("Nothing was written.")

    def test_prints_who_serves_which_sizes(self, installed, backend, clock):
        installed("one", backend("two", {"to_mono": WRONG_ON_GOLDEN}))
        paceline.calibrate("interleave")
        first, second, third, last = str(paceline.calibrate("to_mono", "interleave")).splitlines()
        assert first == "to_mono     one"
        assert second.startswith("            refused: two, which gives 3 in golden case 0 at index 0")
        assert third == "interleave  as measured before"
        assert last.startswith("1 operations measured in ")
        assert last.endswith(f" s. The machine profile is {profile.path()}.")

    def test_one_that_has_no_times_says_so(self):
        entry = profile.Measured("", 1.0, {}, {}, {}, {})
        text = str(calibration.Calibration({"resample": entry}, (), None, 0.0))
        assert text.splitlines()[0] == "resample  not measured: making its inputs took too long"

    def test_a_jit_backends_first_call_is_apart(self, installed, backend, clock):
        slow = "slow = getattr(to_mono, 'warm', False) or time.sleep(0.02); to_mono.warm = True\n    "
        installed("one", backend("numba", {"to_mono": f"{slow}return reference.to_mono(x, out)"}, jit=True))
        entry = paceline.calibrate("to_mono", save=False).measured["to_mono"]
        assert set(entry.first_call_ns) == {"numba"}
        assert entry.first_call_ns["numba"] > 20_000_000
        assert set(entry.times) == {"one", "numba", "python"}

    def test_variants_are_candidates_if_their_kernels_are_their_own(self, installed, backend, clock):
        variants = {"fast": {"to_mono": "return reference.to_mono(x, out)"}, "plain": {}}
        installed(backend("one", variants=variants))
        entry = paceline.calibrate("to_mono").measured["to_mono"]
        assert set(entry.times) == {"one", "one:fast", "python"}
        assert set(entry.backends) == {"one", "python"}
        assert serving() == "one:fast"

    def test_a_hopeless_one_is_not_timed_where_it_takes_long(self, installed, clock):
        installed("one", "two")
        clock.ns["two"] = 50_000_000
        entry = paceline.calibrate("to_mono", save=False, budget_s=100).measured["to_mono"]
        assert [n for n, _ in entry.times["two"]] == [1]
        assert len(entry.times["one"]) > 2


class TestKept:
    @pytest.fixture
    def before(self, installed, clock):
        installed("one", "two")
        found = paceline.calibrate("to_mono", "interleave")
        clock.asked.clear()
        return found

    def test_what_still_holds_is_only_checked(self, before, clock):
        text = before.path.read_bytes()
        found = paceline.calibrate("to_mono", "interleave")
        assert (found.kept, found.measured) == (("to_mono", "interleave"), {})
        assert clock.asked == [["one", "two"]] * 4  # two operations at two sizes
        assert before.path.read_bytes() == text

    def test_all_is_measured_if_that_is_asked_for(self, before, clock):
        found = paceline.calibrate("to_mono", recalibrate=True)
        assert (found.kept, list(found.measured)) == ((), ["to_mono"])
        assert found.measured["to_mono"].at > before.measured["to_mono"].at
        assert profile.read(before.path).operations["interleave"] == before.measured["interleave"]

    def test_a_check_that_is_off_twice_has_it_measured_anew(self, before, clock):
        clock.ns["two"] = 50
        found = paceline.calibrate("to_mono")
        assert (found.kept, list(found.measured)) == ((), ["to_mono"])
        assert clock.asked[:4] == [["one", "two"]] * 4
        assert serving() == "two"

    def test_a_check_that_is_off_once_is_chance(self, before, clock, monkeypatch):
        verdicts = iter([True, False])
        monkeypatch.setattr(calibration, "_is_off_once", lambda *_: next(verdicts))
        assert paceline.calibrate("to_mono").kept == ("to_mono",)
        assert list(verdicts) == []

    def test_both_getting_slower_changes_nothing(self, before, clock):
        clock.ns = {name: 3 * ns for name, ns in clock.ns.items()}
        assert paceline.calibrate("to_mono").kept == ("to_mono",)

    def test_a_new_backend_has_it_measured_anew(self, before, installed):
        installed("one", "two", "three")
        assert set(paceline.calibrate("to_mono").measured["to_mono"].times) == {"one", "two", "three", "python"}

    def test_another_version_has_it_measured_anew(self, before, installed, backend):
        installed("one", backend("two", version="2.0"))
        assert paceline.calibrate("to_mono").kept == ()

    def test_one_that_lacks_the_operation_does_not(self, before, installed, backend):
        installed("one", "two", backend("three", lacks=("to_mono",)))
        assert paceline.calibrate("to_mono").kept == ("to_mono",)

    def test_a_damaged_profile_is_measured_anew(self, before):
        before.path.write_bytes(before.path.read_bytes()[:-9])
        assert paceline.calibrate("to_mono").kept == ()
        assert set(profile.read(before.path).operations) == {"to_mono"}


class TestArguments:
    @pytest.fixture(autouse=True)
    def nothing_may_be_measured(self, installed, clock, monkeypatch):
        installed("one")
        yield
        assert clock.asked == []

    def test_a_pinned_profile_is_not_written(self, monkeypatch, tmp_path):
        path = tmp_path / "pinned.json"
        monkeypatch.setenv("PACELINE_PROFILE", str(path))
        with pytest.raises(ProfileNotWritten) as error:
            paceline.calibrate("to_mono")
        assert str(error.value) == (
            f"The machine profile {path} is named by PACELINE_PROFILE and is only read; unset that, or calibrate with "
            "save=False."
        )
        assert not path.exists()

    def test_a_folder_that_takes_no_files(self, monkeypatch):
        monkeypatch.setenv("XDG_CACHE_HOME", "/proc")
        with pytest.raises(ProfileNotWritten, match=r"^The machine profile /proc/\S+ was not written: No such file or"):
            paceline.calibrate("to_mono")

    def test_no_such_operation(self):
        with pytest.raises(ValueError, match="operation is 'mono'; accepted are slerp_quaternion, "):
            paceline.calibrate("to_mono", "mono")

    @pytest.mark.parametrize("budget", [0, -1, -0.0, float("nan")])
    def test_no_budget(self, budget):
        with pytest.raises(ValueError, match=f"budget_s is {budget}; accepted are seconds above 0"):
            paceline.calibrate("to_mono", budget_s=budget)


class TestProgress:
    def test_is_told_before_each_and_at_the_end(self, installed, clock):
        installed("one")
        told = []
        paceline.calibrate("to_mono", "interleave", save=False, progress=lambda *step: told.append(step))
        assert told == [("to_mono", 0, 2), ("interleave", 1, 2), ("", 2, 2)]

    @pytest.mark.parametrize("at", [0, 1, 2])
    def test_ctrl_c_there_changes_nothing(self, installed, clock, at):
        installed("one", "two")
        path = paceline.calibrate("to_mono").path
        text = path.read_bytes()
        clock.ns["two"] = 1

        def interrupt(operation, done, of):
            if done == at:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            paceline.calibrate("to_mono", "interleave", recalibrate=True, progress=interrupt)
        assert path.read_bytes() == text
        assert serving() == "one"


def test_operations_measured_by_hand_count_like_others(installed, profiled):
    installed("one", "two")
    profiled(to_mono=measured("to_mono", flat(one=2.0, two=1.0, python=3.0)))
    assert serving() == "two"
    assert rules.tables().measured == {"to_mono"}


def test_samples_are_taken_in_turn_and_reproducibly(installed):
    installed("one", "two")
    kernels = dict(measuring.kernels_of("to_mono"))
    prepared = timing.Prepared("to_mono", kernels, seed=0)
    calls = prepared.calls(prepared.arguments(10))
    found = timing.sampled(calls, 0.0, order=random.Random(3))
    assert {name: len(samples) for name, samples in found.items()}.keys() == kernels.keys()
    assert all(len(samples) in (timing.FEW, timing.ROUNDS[0]) for samples in found.values())
    assert max(map(len, found.values())) == timing.ROUNDS[0]
