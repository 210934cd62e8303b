"""What other processes know: later ones, forked ones; and how one ends."""

from __future__ import annotations

import os

import pytest

from house.fresh import run
from paceline.selection import profile, rules
from selection.shadow.odd import MENDED, find, linear


class TestLaterProcesses:
    CODE = """
import paceline
print(paceline.status()["odd"].refused)
print(paceline.interpolate_linear([0, 10], [0.0, 1.0], [7]))
paceline.interpolate_linear([0, 10], [0.0, 1.0], [7], backend="odd")
"""
    NAMED = """
import paceline
paceline.interpolate_linear([0, 10], [0.0, 1.0], [7], backend="odd")
"""

    def test_know_it(self, path, monkeypatch):
        find()
        monkeypatch.delenv("PACELINE_SHADOW")
        printed = run(self.CODE, *path, expect=1)
        assert "{'interpolate_linear': 'gives 1.000007 at index 0" in printed
        assert "[0.7]" in printed
        assert "BackendUnavailable: The backend 'odd' will not serve interpolate_linear, because it gives" in printed

    def test_know_it_in_their_first_call_by_name(self, path):
        find()
        assert "'odd' will not serve interpolate_linear, because" in run(self.NAMED, *path, expect=1)

    def test_do_not_where_it_is_another_version(self, path, tmp_path):
        find()
        (tmp_path / "odd" / "src" / "fake_odd" / "interpolation.py").write_text(MENDED)
        assert run(self.NAMED, *path) == ""

    def test_it_is_added_to_a_profile_once_for_each(self):
        find()
        linear(5)
        refusal = profile.Refusal("to_mono", "odd", "is wrong", "1", 1.0)
        profile.write(profile.path(), {}, [refusal])
        profile.write(profile.path(), {}, [refusal])
        found = profile.read(profile.path())
        assert [(each.operation, each.backend) for each in found.refusals] == [
            ("interpolate_linear", "odd"),
            ("to_mono", "odd"),
        ]
        assert found.operations == {}

    def test_are_not_told_by_a_profile_that_is_named(self, monkeypatch, tmp_path, caplog):
        monkeypatch.setenv("PACELINE_PROFILE", str(tmp_path / "pinned.json"))
        rules.forget(tables=True)
        find()
        assert not (tmp_path / "pinned.json").exists()
        assert (
            caplog.records[-1]
            .getMessage()
            .endswith(
                "repeats it; other processes do not know, because PACELINE_PROFILE names a profile, which is only read."
            )
        )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
class TestFork:
    CODE = """
import os, threading, numpy as np, paceline
from paceline.selection import shadow, refusals, rules
from paceline.selection.shadow import replay, watching
STAMPS, VALUES = np.array([0, 1_000_000]), np.array([0.0, 1.0])

def calls(*at):
    for t in at:
        paceline.interpolate_linear(STAMPS, VALUES, [t], backend="odd")

def child(work):
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException as error:
            print("child:", type(error).__name__, error, flush=True)
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def replays():
    assert shadow.counts() == replay.Counts(), shadow.counts()
    rules.forget()
    calls(1, 2, 3)
    assert shadow.drain(60)
    assert shadow.counts() == replay.Counts(replayed=3), shadow.counts()
    calls(7)
    assert shadow.drain(60)
    assert refusals.reason("interpolate_linear", "odd")

calls(1, 2)
assert shadow.drain(60)
"""

    def test_a_child_has_a_thread_of_its_own(self, path):
        code = self.CODE + "print(child(replays), shadow.counts().replayed, refusals.known())"
        assert "0 2 {}" in run(code, *path).splitlines()

    def test_also_where_locks_were_held_and_calls_were_waiting(self, path):
        more = """
class Held:
    nbytes = 0
    event = threading.Event()
    def run(self):
        with watching._lock, rules._state.lock, replay.here()._condition:
            locked.set()
            self.event.wait(60)

locked = threading.Event()
replay.here().put(Held())
locked.wait(60)
print(child(replays))
Held.event.set()
assert shadow.drain(60)
calls(3)
assert shadow.drain(60)
print(shadow.counts().replayed)
"""
        assert run(self.CODE + more, *path).splitlines()[:2] == ["0", "3"]


class TestExit:
    def test_waits_a_moment_for_what_is_there(self, path):
        code = """
import logging, paceline
logging.basicConfig()
paceline.interpolate_linear([0, 1_000_000], [0.0, 1.0], [7], backend="odd")
"""
        assert "The backend 'odd' will not serve interpolate_linear" in run(code, *path)

    def test_does_not_hang_and_calls_still_work(self, path):
        code = """
import atexit, threading, paceline
atexit.register(lambda: late())  # before the mode is loaded, and so called after it has ended
from paceline.selection import shadow
from paceline.selection.shadow import replay

class Endless:
    nbytes = 0
    def run(self):
        threading.Event().wait()

def late():
    print(paceline.interpolate_linear([0, 10], [0.0, 1.0], [5], backend="odd"), shadow.counts().dropped)

paceline.interpolate_linear([0, 10], [0.0, 1.0], [5], backend="odd")
replay.AT_EXIT_S = 0.05
replay.here().put(Endless())
"""
        assert run(code, *path) == "[0.5] 1\n"
