"""A backend that was proved and errs in use: it is found, refused, and told of; what had begun goes on right."""

from __future__ import annotations

import logging
import threading

import numpy as np
import pytest

import paceline
from paceline import audio
from paceline.backends import load_kernel
from paceline.selection import explanation, proof, refusals, rules, select, shadow
from paceline.selection.shadow import finding, mismatches, replay, reproduce
from selection.shadow.odd import IDENTITY, QUARTER, STAMPS, Holding, T, find, linear


class TestWrong:
    def test_is_right_where_it_is_proved(self):
        for operation in ("interpolate_linear", "trajectory_gap", "slerp_quaternion", "resample_chunk"):
            assert proof.golden_problem(operation, load_kernel(operation, "odd")) is None

    def test_is_found_and_refused(self, caplog):
        for start in range(8, 1_008):
            linear(start + 1_000)
            shadow.drain(60)
            if refusals.known():
                break
        assert start + 1_000 == 2_007
        why = paceline.status()["odd"].refused["interpolate_linear"]
        assert why.startswith(
            "gives 1.002007 at index 0 of the flattened out, and the reference gives 0.002007: 1 of 1 values differ by "
            "more than they may, in a call of 20"
        )
        assert f"not for interpolate_linear: it {why}" in str(paceline.status())
        assert explanation.explain("interpolate_linear").left_out["odd"] == f"it {why}"
        (record,) = [record for record in caplog.records if record.name == "paceline"]
        assert record.levelno == logging.WARNING
        assert record.getMessage() == f"The backend 'odd' will not serve interpolate_linear: it {why}."
        assert shadow.counts() == replay.Counts(replayed=1_000, mismatched=1)

    def test_later_calls_have_another(self):
        assert rules.selector("interpolate_linear").choose(1).backend == "odd"
        find()
        assert rules.selector("interpolate_linear").choose(1).backend == "python"
        assert linear(7) == [7e-6]
        with pytest.raises(
            paceline.BackendUnavailable, match="'odd' will not serve interpolate_linear, because it gives"
        ):
            linear(7, backend="odd")

    def test_other_operations_stay(self):
        find()
        assert rules.selector("trajectory_gap").choose(1).backend == "odd"

    @pytest.mark.parametrize("count", [1, 3])
    def test_of_many_at_once_one_is_told(self, caplog, count):
        held = threading.Event()
        replay.here().put(Holding(held))
        for _ in range(count):
            linear(7)
        held.set()
        assert shadow.drain(60)
        assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1
        assert len(list(mismatches.folder().iterdir())) == 1

    def test_a_trajectory_goes_on_right(self):
        at = T + np.array([7, 1_007])
        made = paceline.Trajectory(STAMPS, np.zeros((2, 3)), [IDENTITY, QUARTER])
        assert made.gap(at).tolist() == [8, 1_008]
        assert shadow.drain(60)
        assert made.gap(at).tolist() == [7, 1_007]

    def test_a_stream_goes_on_right(self):
        x = np.random.default_rng(0).uniform(-1, 1, 4_800).astype(np.float32)
        x[1_600] = 0.5
        expected = audio.ResampleStream(48_000, 16_000, backend="python")
        stream = audio.ResampleStream(48_000, 16_000, backend="odd")
        for number, chunk in enumerate(np.split(x, 6)):
            ours, right = stream.process(chunk), expected.process(chunk)
            assert ours[1:].tobytes() == right[1:].tobytes()
            assert (ours[:1] == right[:1]).all() == (number != 2)
            assert shadow.drain(60)
            assert bool(refusals.reason("resample_chunk", "odd")) == (number >= 2)

    def test_one_rotation(self):
        assert paceline.slerp_quaternion(T + 7, T, IDENTITY, T + 10, QUARTER)[0] > 0.9
        assert shadow.drain(60)
        assert "of the flattened rotation" in refusals.reason("slerp_quaternion", "odd")
        assert paceline.slerp_quaternion(T + 7, T, IDENTITY, T + 10, QUARTER)[0] == 0.0

    def test_what_returns_something_else(self):
        with paceline.using("odd"):
            audio.interleave(np.zeros((2, 3), np.int16))
        assert shadow.drain(60)
        assert refusals.reason("interleave", "odd").startswith(
            "returns None as the first offending index, and the reference -1, in a call of 20"
        )
        (file,) = mismatches.folder().iterdir()
        assert reproduce.main([str(file)]) == 0

    def test_what_raises_is_the_callers(self):
        with pytest.raises(OSError, match="no such instruction"):
            audio.deinterleave(np.zeros((2, 3), np.int16))
        assert shadow.counts() == replay.Counts()

    def test_once_it_is_lifted_a_new_one_is_watched(self):
        made = paceline.Trajectory(STAMPS, np.zeros((2, 3)), [IDENTITY, QUARTER])
        for _ in range(2):
            assert paceline.Trajectory(STAMPS, np.zeros((2, 3)), [IDENTITY, QUARTER]).gap(T + np.array([7])) == [8]
            assert shadow.drain(60)
            assert refusals.reason("trajectory_gap", "odd")
            assert made.gap(T + np.array([7])).tolist() == [7]
            refusals.lift("trajectory_gap", "odd")
            rules.forget()
        assert shadow.counts().mismatched == 2

    def test_what_would_be_chosen_now_goes_on(self, monkeypatch):
        monkeypatch.setenv("PACELINE_BACKEND", "odd,loops")
        rules.forget()
        kernel = select("slerp_quaternion")
        kernel(T + 7, T, IDENTITY, T + 10, QUARTER, False)
        assert shadow.drain(60)
        before = shadow.counts().replayed
        assert kernel(T + 7, T, IDENTITY, T + 10, QUARTER, False)[0] == 0.0
        assert shadow.drain(60)
        assert shadow.counts().replayed == before + 1  # "loops" is watched too, and the reference is not

    def test_where_nothing_else_is_asked_for_the_reference_goes_on(self, monkeypatch):
        monkeypatch.setenv("PACELINE_BACKEND", "odd")
        rules.forget()
        kernel = select("trajectory_gap")
        out = np.empty(1, np.int64)
        kernel(STAMPS, STAMPS[:1] + 7, out)
        assert shadow.drain(60)
        kernel(STAMPS, STAMPS[:1] + 7, out)
        assert out.tolist() == [7]
        with pytest.raises(paceline.BackendUnavailable, match="will not serve trajectory_gap"):
            select("trajectory_gap")


def test_what_fails_unforeseen_while_it_acts_is_told_too(monkeypatch, caplog):
    def fail(*_):
        raise ZeroDivisionError("unforeseen")

    monkeypatch.setattr(finding, "_told", fail)
    linear(7)
    assert shadow.drain(60)
    texts = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert texts[0].startswith("The backend 'odd' will not serve interpolate_linear: it gives 1.000007")
    assert texts[1].endswith("ZeroDivisionError: unforeseen")
    assert linear(7) == [7e-6]


def test_a_cache_directory_that_cannot_be_written_changes_nothing_else(tmp_path, caplog):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "paceline").write_text("a file, not a directory")
    assert linear(7) == [1.000007]
    assert shadow.drain(60)
    assert linear(7) == [7e-6]
    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "replayed; the call was not kept: " in record.getMessage()
    assert "; other processes do not know: The machine profile " in record.getMessage()
    assert shadow.counts() == replay.Counts(replayed=1, mismatched=1)
