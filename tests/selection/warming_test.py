"""Backends that compile: never chosen by what was measured before they are warm, and no call waits for a compiler."""

from __future__ import annotations

import logging
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest

import paceline
from house.fresh import run
from paceline.selection import selector, warming
from selection.fakes import RAISES, WRONG_ON_GOLDEN, flat, measured, serving, sources

STEREO = np.array([[1, 3], [5, 7]], np.int16)
INIT = """
import threading
begun, gate, asked = threading.Event(), threading.Event(), []

def warm_up(operation):
    asked.append(operation)
    begun.set()
    assert gate.wait(60)
"""
FASTEST = flat(numba=1.0, rust=5.0, python=9.0)


@pytest.fixture
def cold(installed, backend):
    """Install "numba", which compiles, and "rust", which does not."""
    installed(backend("numba", jit=True, lacks=("deinterleave",)), "rust")


@pytest.fixture
def gated(installed, backend):
    """Install a "numba" whose warm_up() waits for a gate; give its package."""
    installed(backend("numba", jit=True, init=INIT, more="warm_up=warm_up"), "rust")
    paceline.status()
    return sys.modules["fake_numba"]


class TestChoice:
    @pytest.fixture(params=["profile", "shipped", "order"])
    def rule(self, request, cold, shipped, profiled):
        """Let a rule have the cold backend as the fastest, or the only one."""
        if request.param == "profile":
            profiled(to_mono=measured("to_mono", FASTEST))
        elif request.param == "shipped":
            shipped(to_mono=FASTEST)
        return request.param

    def test_a_cold_one_is_chosen_only_once_it_is_warm(self, rule, installed, backend):
        assert serving() == "rust"
        why = paceline.explain("to_mono")
        assert (why.backend, why.rule) == ("rust", rule)
        assert why.left_out["numba"] == "it compiles on its first call: paceline.warm_up('to_mono') does so ahead"
        assert "numba" not in why.times_ns
        paceline.warm_up("to_mono")
        assert serving() == ("rust" if rule == "order" else "numba")
        assert "numba" not in paceline.explain("to_mono").left_out

    def test_the_order_has_it_once_it_is_warm(self, installed, backend):
        installed(backend("numba", jit=True))
        assert paceline.explain("to_mono").backend == "python"
        paceline.warm_up("to_mono")
        assert paceline.explain("to_mono").backend == "numba"
        assert paceline.explain("interleave").backend == "python"

    def test_who_names_it_gets_it_cold(self, cold, monkeypatch):
        assert selector("to_mono").pick(2, "numba").backend == "numba"
        with paceline.using("numba"):
            assert serving() == "numba"
        monkeypatch.setenv("PACELINE_BACKEND", "numba")
        assert paceline.explain("to_mono").backend == "numba"

    def test_a_call_does_not_run_its_kernel(self, installed, backend, shipped):
        installed(backend("numba", {"to_mono": RAISES}, jit=True), "rust")
        shipped(to_mono=FASTEST)
        assert paceline.audio.to_mono(STEREO).tolist() == [2, 6]
        assert "fake_numba.formats" not in sys.modules

    @pytest.mark.parametrize("body", [WRONG_ON_GOLDEN, "return reference.to_mono(x, out) if len(out) > 9 else 1 / 0"])
    def test_a_warm_one_that_is_wrong_is_refused(self, installed, backend, shipped, monkeypatch, body):
        installed(backend("numba", {"to_mono": body}, jit=True), "rust")
        shipped(to_mono=FASTEST)
        monkeypatch.setitem(warming._warm, ("to_mono", "numba"), 1)
        assert serving() == "rust"
        assert list(paceline.status()["numba"].refused) == ["to_mono"]


class TestWarmUp:
    def test_gives_the_seconds_of_what_was_compiled(self, cold):
        seconds = paceline.warm_up("to_mono", "deinterleave")
        assert list(seconds) == ["to_mono"]  # the other one has no kernel
        assert seconds["to_mono"] > 0
        assert paceline.warm_up("to_mono") == seconds
        assert set(paceline.warm_up()) == {"to_mono", "interleave"}
        assert warming.compile_ns("to_mono", "numba") == round(seconds["to_mono"] * 1e9)
        assert warming.compile_ns("deinterleave", "numba") is None

    def test_without_such_backends_there_is_nothing_to_do(self, installed):
        installed("rust")
        assert paceline.warm_up() == {}
        assert paceline.warm_up(background=True).result(60) == {}

    def test_one_that_says_how_is_asked(self, gated):
        gated.gate.set()
        assert list(paceline.warm_up("interleave")) == ["interleave"]
        assert gated.asked == ["interleave"]

    def test_variants_are_compiled_too(self, installed, backend, shipped):
        body = "to_mono.sizes = {*getattr(to_mono, 'sizes', ()), len(out)}; return reference.to_mono(x, out)"
        installed(backend("numba", jit=True, variants={"fast": {"to_mono": body}}), "rust")
        shipped(to_mono={**flat(rust=5.0, python=9.0), "numba:fast": [(1, 1.0)]})
        assert serving() == "rust"
        assert "it compiles on its first call" in paceline.explain("to_mono").left_out["numba:fast"]
        paceline.warm_up("to_mono")
        assert warming.SIZE in sys.modules["fake_numba.fast"].to_mono.sizes
        assert serving() == "numba:fast"

    def test_no_such_operation(self, cold):
        for background in (False, True):
            with pytest.raises(ValueError, match="operation is 'mono'; accepted are slerp_quaternion, "):
                paceline.warm_up("to_mono", "mono", background=background)
        assert not warming._warm

    def test_an_error_is_raised_and_what_was_compiled_before_it_serves(self, installed, backend, shipped):
        installed(backend("numba", {"interleave": RAISES}, jit=True), "rust")
        shipped(to_mono=FASTEST)
        assert serving() == "rust"
        with pytest.raises(OSError, match="no such instruction"):
            paceline.warm_up("to_mono", "interleave")
        assert serving() == "numba"
        assert serving("interleave") == "rust"


class TestBackground:
    def test_others_serve_until_it_is_done(self, gated, shipped):
        shipped(to_mono=FASTEST)
        future = paceline.warm_up("to_mono", background=True)
        assert isinstance(future, Future)
        assert gated.begun.wait(60)
        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(lambda _: serving(), range(100))) == {"rust"}
            results = list(pool.map(lambda _: paceline.audio.to_mono(STEREO).tolist(), range(100)))
        assert results == [[2, 6]] * 100
        assert not future.done()
        gated.gate.set()
        assert list(future.result(60)) == ["to_mono"]
        assert serving() == "numba"

    def test_it_is_a_daemon_and_cannot_be_cancelled(self, gated):
        future = paceline.warm_up("to_mono", background=True)
        assert gated.begun.wait(60)
        (thread,) = [thread for thread in threading.enumerate() if thread.name == "paceline-warm-up"]
        assert thread.daemon
        assert not future.cancel()
        gated.gate.set()
        assert list(future.result(60)) == ["to_mono"]
        thread.join(60)

    def test_two_at_once_compile_once(self, gated):
        futures = [paceline.warm_up("to_mono", background=True) for _ in range(4)]
        gated.gate.set()
        assert len({future.result(60)["to_mono"] for future in futures}) == 1
        assert gated.asked == ["to_mono"]

    def test_an_error_is_logged_and_the_futures(self, installed, backend, caplog):
        installed(backend("numba", {"to_mono": RAISES}, jit=True))
        with caplog.at_level(logging.DEBUG, "paceline"):
            error = paceline.warm_up("to_mono", background=True).exception(60)
        assert (type(error), str(error)) == (OSError, "no such instruction")
        (record,) = caplog.records
        assert record.levelno == logging.WARNING
        assert record.getMessage() == "Compiling ahead in the background failed: OSError: no such instruction"
        assert paceline.explain("to_mono").backend == "python"


FORK = """
import os, signal, threading, time
import paceline
from paceline.selection import rules, warming
held, done = threading.Event(), threading.Event()

def hold():
    with warming._lock:
        with rules._state.lock:
            held.set()
            time.sleep(0.1)
        done.wait()

threading.Thread(target=hold, daemon=True).start()
held.wait()
child = os.fork()
if child == 0:
    signal.alarm(30)
    paceline.interpolate_linear([0, 10], [0.0, 1.0], [5])
    with warming._lock:
        os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
done.set()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_a_forked_child_waits_for_no_thread_of_its_parent():
    assert "7" in run(FORK, *sources()).splitlines()
