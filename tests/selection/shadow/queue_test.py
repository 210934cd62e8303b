"""The queue is bounded, what is in it is a copy, and nothing in it is in a caller's way."""

from __future__ import annotations

import logging
import threading

import numpy as np
import pytest

import paceline
from paceline import audio
from paceline.selection import refusals, shadow
from paceline.selection.shadow import replay, watching
from selection.shadow.odd import STAMPS, VALUES, Holding, T, find, linear


class TestQueue:
    @pytest.fixture
    def held(self):
        """Keep the thread busy until the event is set."""
        event = threading.Event()
        replay.here().put(Holding(event))
        yield event
        event.set()

    def test_calls_beyond_its_room_are_dropped_and_counted(self, held):
        for _ in range(replay.MOST + 50):
            assert linear(5) == [5e-6]
        assert not shadow.drain(0)
        assert shadow.counts().dropped in (50, 51)  # the thread may not have taken the job that holds it yet
        held.set()
        assert shadow.drain(60)
        assert shadow.counts().replayed + shadow.counts().dropped == replay.MOST + 50

    def test_so_are_those_beyond_its_bytes(self, held, monkeypatch):
        monkeypatch.setattr(replay, "MOST_BYTES", 1_000)
        for n in (1, 1, 1_000):
            paceline.interpolate_linear(STAMPS, VALUES, np.full(n, T))
        assert shadow.counts().dropped == 1
        held.set()
        assert shadow.drain(60)
        linear(*range(8, 45))
        assert shadow.drain(60)
        assert shadow.counts() == replay.Counts(replayed=3, dropped=1)

    def test_what_the_caller_writes_afterwards_is_not_what_is_replayed(self, held):
        stamps, values, at, out = STAMPS.copy(), VALUES.copy(), T + np.array([5, 6]), np.empty(2)
        paceline.interpolate_linear(stamps, values, at, out=out)
        stamps += 1_000
        values -= 5
        at[:] = 0
        out[:] = -1
        held.set()
        assert shadow.drain(60)
        assert shadow.counts() == replay.Counts(replayed=1)

    def test_a_replay_that_fails_is_told_once(self, monkeypatch, caplog):
        def fail(operation):
            raise MemoryError("no room")

        with monkeypatch.context() as patched:
            patched.setattr(watching, "reference_kernel", fail)
            linear(7)
            linear(7)
            assert shadow.drain(60)
        (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
        assert record.getMessage() == (
            "The shadow mode could not replay a call of interpolate_linear on 'odd': MemoryError: no room"
        )
        assert refusals.known() == {}
        find()
        assert shadow.counts() == replay.Counts(replayed=1, failed=2, mismatched=1)

    def test_a_process_without_room_for_a_thread_drops(self, monkeypatch):
        def refuse(self):
            raise RuntimeError("can't start new thread")

        replay._begin_anew()
        monkeypatch.setattr(threading.Thread, "start", refuse)
        assert linear(5) == [5e-6]
        assert shadow.counts() == replay.Counts(dropped=1)
        assert shadow.drain(0)

    def test_an_input_that_was_written_meanwhile_condemns_nobody(self):
        x = np.arange(6, dtype=np.int16).reshape(3, 2)
        assert audio.to_mono(x).tolist() == [9, 2, 4]
        assert shadow.drain(60)
        assert shadow.counts() == replay.Counts(disturbed=1)
        assert refusals.known() == {}

    def test_a_conversion_in_place_is_replayed(self, monkeypatch):
        x = np.array([0.5, -0.25, 1.0], np.float32)
        out = x.view(np.int32)
        monkeypatch.setenv("PACELINE_BACKEND", "odd,python")
        audio.convert_format(x, "i32", out=out, backend="odd")
        assert out.tolist() == [2**30, -(2**29), 2**31 - 1]
        assert shadow.drain(60)
        assert shadow.counts() == replay.Counts(replayed=1)
