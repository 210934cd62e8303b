"""PACELINE_SHADOW: how it is read, whom it watches, and which calls are drawn."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import paceline
from house.fresh import run
from paceline import audio
from paceline.backends import load_kernel
from paceline.selection import refusals, rules, select, shadow
from paceline.selection.shadow import replay, watching
from selection.shadow.odd import STAMPS, linear


class TestSetting:
    @pytest.mark.parametrize(
        "text",
        ["", "1", "0", "1/0", "1/-1", "2/3", "1/1.5", "1/", "/10", " 1/10", "1/10\n", "1/1e3", "1/ 10", "1/١", "on"],
    )
    def test_anything_but_one_in_n_is_an_error(self, monkeypatch, text):
        monkeypatch.setenv("PACELINE_SHADOW", text)
        rules.forget()
        for call in (linear, lambda _: linear(7, backend="python"), lambda _: paceline.bind("to_mono")):
            with pytest.raises(ValueError, match="PACELINE_SHADOW is") as error:
                call(7)
            assert str(error.value) == (
                f"PACELINE_SHADOW is {text!r}; accepted is 1/N with a whole number N of 1 or more, as 1/1000: "
                "one call in N is replayed on the reference."
            )

    @pytest.mark.parametrize(
        ("text", "every"), [(None, None), ("1/1", 1), ("1/1000", 1_000), ("1/" + "9" * 18, 10**18 - 1)]
    )
    def test_is_read(self, text, every):
        assert shadow.read_setting(text) == every

    def test_off_is_the_very_kernel(self, monkeypatch):
        monkeypatch.delenv("PACELINE_SHADOW")
        rules.forget()
        for operation in ("interpolate_linear", "resample_chunk", "run_pipeline"):
            assert select(operation, "python") is load_kernel(operation, "python")
        assert (
            select("interpolate_linear", "odd")
            is select("interpolate_linear")
            is load_kernel("interpolate_linear", "odd")
        )
        linear(7)
        assert shadow.drain(0)
        assert shadow.counts() == replay.Counts()

    def test_the_reference_executors_and_bound_kernels_are_never_watched(self):
        assert select("interpolate_linear", "python") is load_kernel("interpolate_linear", "python")
        assert select("run_pipeline", "python") is load_kernel("run_pipeline", "python")
        assert watching.watched("run_pipeline", "odd", print, 1) is print
        assert paceline.bind("interpolate_linear", backend="odd") is load_kernel("interpolate_linear", "odd")
        assert select("interpolate_linear", "odd") is not load_kernel("interpolate_linear", "odd")

    def test_a_changed_variable_holds_once_it_is_read_anew(self, monkeypatch):
        raw = load_kernel("trajectory_gap", "odd")
        assert select("trajectory_gap") is not raw
        assert select("trajectory_gap", "odd") is select("trajectory_gap")
        monkeypatch.delenv("PACELINE_SHADOW")
        assert select("trajectory_gap") is not raw
        rules.reread()
        assert select("trajectory_gap") is raw
        assert select("trajectory_gap", "odd") is raw
        monkeypatch.setenv("PACELINE_SHADOW", "1/5")
        rules.forget()
        assert select("trajectory_gap", "odd") is select("trajectory_gap") is not raw

    def test_off_loads_nothing_of_it(self, path, monkeypatch):
        monkeypatch.delenv("PACELINE_SHADOW")
        code = "import paceline, sys; paceline.interpolate_linear([0, 1], [0.0, 1.0], [0]); print(*sys.modules)"
        loaded = run(code, *path).split()
        assert "paceline.selection.shadow" in loaded
        assert not {"paceline.selection.shadow.watching", "paceline.selection.shadow.replay"} & {*loaded}


class TestShare:
    @pytest.mark.parametrize("every", [1, 2, 7, 100])
    def test_of_every_n_calls_one_is_drawn(self, monkeypatch, every):
        monkeypatch.setenv("PACELINE_SHADOW", f"1/{every}")
        rules.forget()
        for block in range(1, 5):
            for _ in range(every):
                linear(5)
                assert shadow.drain(60)
            assert shadow.counts() == replay.Counts(replayed=block)

    def test_which_one_changes(self, monkeypatch):
        """A pattern of calls that has N as its length would hide all but one of them."""
        monkeypatch.setenv("PACELINE_SHADOW", "1/10")
        rules.forget()
        drawn, before = set(), 0
        for number in range(400):
            linear(5)
            assert shadow.drain(60)
            if shadow.counts().replayed > before:
                before += 1
                drawn.add(number % 10)
        assert len(drawn) > 3

    def test_streams_share_the_count(self, monkeypatch):
        monkeypatch.setenv("PACELINE_SHADOW", "1/10")
        rules.forget()
        for _ in range(40):
            audio.ResampleStream(48_000, 16_000, backend="odd").process(np.zeros(480, np.float32))
            assert shadow.drain(60)
        assert shadow.counts() == replay.Counts(replayed=4)

    def test_threads_share_the_count(self, monkeypatch):
        monkeypatch.setenv("PACELINE_SHADOW", "1/10")
        rules.forget()
        kernel = select("trajectory_gap")
        barrier = threading.Barrier(4)

        def calls():
            barrier.wait()
            out = np.empty(1, np.int64)
            for _ in range(500):
                kernel(STAMPS, STAMPS[:1], out)

        threads = [threading.Thread(target=calls) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert shadow.drain(60)
        found = shadow.counts()
        assert found.replayed + found.dropped == 200
        assert refusals.known() == {}
