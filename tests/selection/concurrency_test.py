"""Threads that call while others change what is chosen: results stay right and nothing is raised."""

from __future__ import annotations

import itertools
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import paceline
from paceline.selection import refusals, rules, selector, warming
from selection.fakes import flat

THREADS = 8
CALLS = 150
"""Of each thread, at least; they go on until all changes were made."""

STEREO = np.array([[1, 3], [5, 7]], np.int16)
QUATERNIONS = ((0.0, 0.0, 0.0, 1.0), (0.0, 0.0, 1.0, 0.0))


@pytest.fixture(autouse=True)
def switching_often():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


def calls():
    """Yield public calls, each with what it has to give."""
    yield lambda: paceline.audio.to_mono(STEREO).tolist(), [2, 6]
    yield lambda: paceline.audio.to_mono(STEREO, backend="python").tolist(), [2, 6]
    yield lambda: paceline.audio.interleave(STEREO).tolist(), [[1, 5], [3, 7]]
    yield lambda: paceline.audio.deinterleave(STEREO).tolist(), [[1, 5], [3, 7]]
    yield lambda: paceline.audio.convert_format(STEREO, "f64").tolist(), (STEREO / 32_768).tolist()
    yield lambda: paceline.interpolate_linear([0, 10], [0.0, 1.0], [5]).tolist(), [0.5]
    yield lambda: paceline.Trajectory([0, 10], np.eye(2, 3), QUATERNIONS).gap([4]).tolist(), [4]
    yield lambda: paceline.bind("to_mono")(STEREO, np.empty(2, np.int16)), -1
    yield lambda: paceline.explain("interleave").operation, "interleave"
    yield lambda: list(paceline.status())[3], "python"


def call_until(done):
    """Call everything in turn until all is done; return how many calls that were."""
    number = 0
    for number, (call, expected) in enumerate(itertools.cycle(calls())):
        if number >= CALLS and done.is_set():
            break
        with paceline.using(("python", "python,rust", "rust,python")[number % 3]):
            assert call() == expected
        assert call() == expected
    return number


def refuse_and_forget(number):
    name = ("one", "rust", "cython")[number % 3]
    refusals.refuse("to_mono", name, "is wrong")
    rules.forget(tables=number % 2 == 0)
    refusals.lift("to_mono", name)
    rules.forget()


def warm_up(number):
    warming._warm.clear()
    rules.forget()
    paceline.warm_up(background=number % 2 == 0)


def calibrate(number):
    found = paceline.calibrate("to_mono", budget_s=0.001, save=number % 2 == 0)
    assert found.measured["to_mono"].refused == {} if found.measured else found.kept == ("to_mono",)


@pytest.mark.parametrize("change", [refuse_and_forget, warm_up, calibrate], ids=lambda change: change.__name__)
def test_calls_while_things_change(installed, backend, change):
    installed("one", "rust", "cython", backend("numba", jit=True))
    done = threading.Event()
    with ThreadPoolExecutor(THREADS) as pool:
        callers = [pool.submit(call_until, done) for _ in range(THREADS)]
        try:
            for number in range(12):
                change(number)
        finally:
            done.set()
        assert all(caller.result(120) >= CALLS for caller in callers)


def test_the_first_calls_of_many_threads_find_the_same(installed, shipped):
    installed("one", "rust", "cython")
    shipped(to_mono=flat(one=1.0, rust=2.0, python=3.0))
    for _ in range(20):
        rules.forget(tables=True)
        barrier = threading.Barrier(THREADS)

        def first(barrier=barrier):
            barrier.wait(60)
            return selector("to_mono").pick(2).backend

        with ThreadPoolExecutor(THREADS) as pool:
            assert {caller.result(60) for caller in [pool.submit(first) for _ in range(THREADS)]} == {"one"}


def test_a_refusal_holds_for_every_call_that_begins_after_it(installed, shipped):
    installed("one", "rust")
    shipped(to_mono=flat(one=1.0, rust=2.0, python=3.0))
    stop = threading.Event()

    def call(refused):
        while not stop.is_set():
            was_refused = refused.is_set()
            try:
                found = {selector("to_mono").pick(2).backend, selector("to_mono").pick(2, "one").backend}
            except paceline.BackendUnavailable:
                continue
            assert not (was_refused and "one" in found)

    for _ in range(30):
        refusals.forget()
        rules.forget()
        stop.clear()
        refused = threading.Event()
        with ThreadPoolExecutor(4) as pool:
            callers = [pool.submit(call, refused) for _ in range(4)]
            refusals.refuse("to_mono", "one", "is wrong")
            rules.forget()
            refused.set()
            for _ in range(50):
                selector("to_mono").pick(2)
            stop.set()
            for caller in callers:
                caller.result(60)
