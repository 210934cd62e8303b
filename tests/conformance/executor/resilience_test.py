"""Retries, breakers and time-outs."""

from __future__ import annotations

import asyncio
import functools
import random
from collections import Counter

import pytest

from conformance.executor.building import Noted, facts, line
from paceline.pipeline import (
    CalculatorNode,
    CircuitBreakerTripped,
    FilterNode,
    ManifestError,
    Node,
    NodeError,
    PassThroughNode,
    RetryLimitExceeded,
    RouterNode,
)
from paceline.pipeline.resilience import Guard, Refused, Resilience

pytestmark = pytest.mark.needs("run_pipeline")


class Flaky(Node):
    """Fails so many times on each item before it succeeds."""

    def __init__(self, times, error=ConnectionError, name=None):
        super().__init__(name=name)
        self.times, self.error, self.tries = times, error, Counter()

    def process(self, item):
        self.tries[item] += 1
        if self.tries[item] <= self.times:
            raise self.error(f"try {self.tries[item]}")
        return item


class FlakyAwaited(Flaky):
    async def process(self, item):
        await asyncio.sleep(0)
        return super().process(item)


class FlakyGenerator(Flaky):
    def process(self, item):
        yield item
        super().process(item)


KINDS = [Flaky, FlakyAwaited, FlakyGenerator]


@pytest.mark.parametrize("kind", KINDS)
def test_who_is_guarded(backend, kind):
    """6.1: users' nodes, and functions of filters and routers."""
    assert line(backend, kind(3)).run_sync([1, 2]) == [1, 2]
    holds, goes = Flaky(2), Flaky(2)
    assert line(backend, FilterNode(holds.process)).run_sync([1, 2]) == [1, 2]
    assert line(backend, RouterNode(lambda item: str(goes.process(item)))).run_sync([1, 2]) == [1, 2]
    made = line(backend, CalculatorNode("divide", 0), on_error="collect", circuit_breaker_threshold=1)
    assert [type(each) for each in made.run_sync([1, 2, 3]).errors] == [NodeError] * 3


class RateLimitError(Exception):
    pass


class SubclassError(RateLimitError):
    pass


class MarkedError(Exception):
    retryable = True


class Named(Flaky):
    retryable = (LookupError,)


@pytest.mark.parametrize(
    ("node", "worth"),
    [
        (Flaky(1, TimeoutError), True),
        (Flaky(1, asyncio.TimeoutError), True),
        (Flaky(1, ConnectionResetError), True),
        (Flaky(1, RateLimitError), True),
        (Flaky(1, SubclassError), True),
        (Flaky(1, type("OutOfMemoryError", (RuntimeError,), {})), True),
        (Flaky(1, type("TooManyRequests", (Exception,), {})), True),
        (Flaky(1, MarkedError), True),
        (Named(1, KeyError), True),
        (Flaky(1, KeyError), False),
        (Flaky(1, ValueError), False),
        (Flaky(1, OSError), False),
        (Flaky(1, MemoryError), False),
    ],
)
def test_what_is_worth_a_retry(backend, node, worth):
    """6.2: and what is not."""
    node.tries.clear()
    if worth:
        assert line(backend, node).run_sync([1]) == [1]
    else:
        with pytest.raises(NodeError) as caught:
            line(backend, node).run_sync([1])
        assert facts(caught.value)[:4] == ("NodeError", caught.value.node_id, 0, 1)
    assert node.tries[1] == 1 + worth


def test_waits():
    """6.3: 100, 200, 400 ms, with a cap."""
    assert [Resilience().wait_s(retry) for retry in range(4)] == [0.1, 0.2, 0.4, 0.8]
    assert Resilience().wait_s(5_000) == 30.0
    assert [Resilience(policy="fixed").wait_s(retry) for retry in range(3)] == [0.1] * 3
    assert Resilience(policy="fixed", base_ms=1e300).wait_s(1) == 30.0
    drawn = [Resilience(jitter=True).wait_s(2) for _ in range(100)]
    assert 0.0 <= min(drawn) < max(drawn) <= 0.4


class Time:
    """A clock that moves when it is slept on."""

    def __init__(self):
        self.now, self.slept = 0.0, []

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


def guard(time, **config):
    return Guard(Resilience(**config), (), time.clock, time.sleep)


def test_the_sleeps_of_a_retry():
    """6.3, 6.4: three, and none without a policy."""
    for policy, slept in (("exponential", [0.1, 0.2, 0.4]), ("fixed", [0.1] * 3), ("none", [])):
        time = Time()
        node = Flaky(99)
        outcome = guard(time, policy=policy).retry(functools.partial(node.process, 1), ConnectionError("first"), list)
        assert time.slept == slept
        assert outcome.attempts == 1 + len(slept)
        assert outcome.exhausted == bool(slept)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("retries", [0, 1, 3])
def test_the_limit(backend, kind, retries):
    """6.4: as many retries as are named; then the last error is the cause."""
    for times in range(retries + 2):
        made = line(backend, PassThroughNode(), kind(times, name="flaky"), max_retries=retries)
        if times <= retries:
            assert made.run_sync([7]) == [7]
            continue
        with pytest.raises(NodeError) as caught:
            made.run_sync([7])
        expected = "RetryLimitExceeded" if retries else "NodeError"
        assert facts(caught.value) == (expected, "flaky", 0, retries + 1, f"ConnectionError('try {times}')")
        assert made.get_metrics()["node_metrics"][1]["retry_count"] == retries


@pytest.mark.parametrize("kind", [Flaky, FlakyAwaited])
def test_an_error_that_is_not_worth_it_ends_the_retries(backend, kind):
    """6.4: with the attempt at which it came."""

    class Turns(kind):
        def __init__(self):
            super().__init__(9, lambda text: KeyError(text) if text == "try 3" else ConnectionError(text), "turns")

    with pytest.raises(NodeError) as caught:
        line(backend, Turns()).run_sync([1])
    assert facts(caught.value) == ("NodeError", "turns", 0, 3, "KeyError('try 3')")


class Scripted(Node):
    """Succeeds or fails as a text says, call by call: "-" fails."""

    def __init__(self, script):
        super().__init__(name="scripted")
        self.script = iter(script)
        self.calls = 0

    def process(self, item):
        self.calls += 1
        if next(self.script) == "-":
            raise LookupError(self.calls)
        return item


class ScriptedAwaited(Scripted):
    async def process(self, item):
        await asyncio.sleep(0)
        return super().process(item)


SCRIPTED = [Scripted, ScriptedAwaited]


@pytest.mark.parametrize("kind", SCRIPTED)
def test_a_breaker_counts_failures_in_a_row(backend, kind):
    """6.5: over runs too; a success sets it to 0."""
    node = kind("----+----+-----")
    made = line(backend, node, on_error="collect")
    errors = [each for _ in range(20) for each in made.run_sync([0]).errors]
    assert [type(each) for each in errors] == [NodeError] * 13 + [CircuitBreakerTripped] * 5
    assert node.calls == 15


@pytest.mark.parametrize("kind", SCRIPTED)
@pytest.mark.parametrize("threshold", [1, 2, 5, None])
def test_an_open_breaker(backend, kind, threshold):
    """6.6: the node is not called; the last error is the cause."""
    node = kind("-" * 99)
    made = line(backend, node, on_error="collect", circuit_breaker_threshold=threshold)
    output, errors = made.run_sync(list(range(10)))
    calls = 10 if threshold is None else threshold
    assert (output, node.calls) == ([], calls)
    assert [facts(each) for each in errors] == [
        ("NodeError", "scripted", item, 1, f"LookupError({item + 1})") for item in range(calls)
    ] + [("CircuitBreakerTripped", "scripted", item, 0, f"LookupError({calls})") for item in range(calls, 10)]
    assert [each.__cause__ for each in errors[calls:]] == [errors[calls - 1].__cause__] * (10 - calls)


@pytest.mark.parametrize("kind", SCRIPTED)
def test_an_open_breaker_raises_or_skips(backend, kind):
    """6.6: as ``on_error`` says."""
    made = line(backend, kind("-" * 9), circuit_breaker_threshold=2)
    for expected in (NodeError, NodeError, CircuitBreakerTripped, CircuitBreakerTripped):
        with pytest.raises(NodeError) as caught:
            made.run_sync([1])
        assert type(caught.value) is expected
    assert line(backend, kind("+--+"), circuit_breaker_threshold=2, on_error="skip").run_sync([1, 2, 3, 4]) == [1]


@pytest.mark.parametrize("kind", SCRIPTED)
def test_after_the_cool_down(backend, kind):
    """6.7: one call decides. Without a cool-down each call is that one."""
    made = line(backend, kind("----+-+"), circuit_breaker_threshold=2, circuit_breaker_cooldown_ms=0, on_error="skip")
    assert made.run_sync([1, 2, 3, 4, 5, 6, 7]) == [5, 7]


def test_the_states_of_a_breaker():
    """6.5, 6.6, 6.7: with a clock of its own."""
    time = Time()
    it = guard(time, threshold=3, cooldown_ms=1_000.0)
    for failures in range(3):
        assert (it.state, it.troubled) == ("closed", failures > 0)
        it.admit()
        it.failed(LookupError(failures))
    assert it.state == "open"
    with pytest.raises(Refused) as caught:
        it.admit()
    assert (caught.value.failures, caught.value.remaining_s) == (3, 1.0)
    time.now = 0.75
    with pytest.raises(Refused) as caught:
        it.admit()
    assert caught.value.remaining_s == 0.25
    time.now = 1.0
    assert it.state == "half-open"
    it.admit()
    with pytest.raises(Refused):
        it.admit()  # one call only
    it.failed(LookupError())
    assert it.state == "open"
    time.now = 1.9
    with pytest.raises(Refused):
        it.admit()
    time.now = 2.0
    it.admit()
    it.succeeded()
    assert (it.state, it.troubled) == ("closed", False)
    it.admit()


@pytest.mark.parametrize("seed", range(5))
def test_a_breaker_against_a_naive_one(seed):
    """6.5, 6.7: random successes, failures and times."""
    rng, time = random.Random(seed), Time()
    it = guard(time, threshold=3, cooldown_ms=5_000.0)
    failures, opened_at = 0, None
    for _ in range(2_000):
        time.now += rng.choice([0.0, 0.5, 1.0, 6.0])
        admitted = opened_at is None or time.now >= opened_at + 5.0
        try:
            it.admit()
        except Refused:
            assert not admitted
            continue
        assert admitted
        if rng.random() < 0.3:
            it.succeeded()
            failures, opened_at = 0, None
        else:
            it.failed(LookupError())
            failures += 1
            if failures >= 3:
                opened_at = time.now


@pytest.mark.parametrize("stop", [KeyboardInterrupt, asyncio.CancelledError])
@pytest.mark.parametrize("at", ["call", "retry"])
@pytest.mark.parametrize("waits", [False, True])
def test_a_cancelled_probe_lets_another_one_through(backend, stop, at, waits):
    """6.8: also if it was cancelled between or in its retries."""

    class Stops(Node):
        def __init__(self):
            self.calls = 0

        def process(self, item):
            self.calls += 1
            if self.calls == 1:
                raise LookupError
            if self.calls == 2 and at == "retry":
                raise ConnectionError
            if self.calls == (2 if at == "call" else 3):
                raise stop
            return item

    class StopsAwaited(Stops):
        async def process(self, item):
            return super().process(item)

    node = StopsAwaited() if waits else Stops()
    made = line(backend, node, circuit_breaker_threshold=1, circuit_breaker_cooldown_ms=0)
    with pytest.raises(NodeError):
        made.run_sync([1])
    with pytest.raises(stop):
        made.run_sync([1])
    assert made.run_sync([1]) == [1]
    assert made.run_sync([1, 2]) == [1, 2]


@pytest.mark.parametrize("where", ["node", "pipeline"])
def test_a_time_out(backend, where):
    """6.9: of each attempt."""
    cancelled = []

    class Hangs(Node):
        timeout_ms = 1.0 if where == "node" else None

        async def process(self, item):
            try:
                if item == 1 or not cancelled:
                    await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.append(item)
                raise
            return item

    config = {} if where == "node" else {"timeout_ms": 1.0}
    assert line(backend, Hangs(), **config).run_sync([2]) == [2]
    assert cancelled == [2]
    with pytest.raises(RetryLimitExceeded) as caught:
        line(backend, Hangs(), **config).run_sync([2, 1])
    assert (caught.value.index, caught.value.attempt, type(caught.value.__cause__)) == (1, 4, TimeoutError)
    assert cancelled == [2, 1, 1, 1, 1]


@pytest.mark.parametrize(
    "attributes",
    [{"timeout_ms": 5.0}, {"max_concurrency": 2}]
    + [{"timeout_ms": each, "process": None} for each in (0, -1.0, float("nan"))]
    + [{"max_concurrency": each, "process": None} for each in (0, -1, 1.5, True, None)],
)
def test_limits_that_make_no_sense(backend, attributes):
    """6.10: refused before anything runs."""

    class Limited(Node):
        def process(self, item):
            return item

    class LimitedAwaited(Node):
        async def process(self, item):
            return item

    node = (LimitedAwaited if attributes.pop("process", 0) is None else Limited)()
    for key, value in attributes.items():
        setattr(node, key, value)
    with pytest.raises(ManifestError, match=r"max_concurrency|timeout_ms"):
        line(backend, node).run_sync([1])


def test_runs_that_overlap_share_a_breaker(backend):
    """6.5, 6.11: a run that began before the failures asks it too, and its success closes it."""

    class Fails(Noted):
        def process(self, item):
            self.note("process")
            if item < 0:
                raise LookupError
            return item

    async def both():
        notes = []
        made = line(backend, Fails(notes), on_error="skip", circuit_breaker_threshold=2)
        first = made.stream([1, 2, 3])
        assert await anext(first) == 1
        second = made.stream([-1, -1, 5])
        assert [item async for item in second] == []
        calls = notes.count("process")
        assert [item async for item in first] == []
        assert notes.count("process") == calls == 3

    asyncio.run(both())


def test_a_success_closes_what_was_opened_while_it_ran(backend):
    """6.11: by the order in which calls end."""
    gate = asyncio.Event()

    class Mixed(Node):
        max_concurrency = 4

        async def process(self, item):
            if item == 0:
                await gate.wait()
                return item
            if item < 3:
                raise LookupError(item)
            gate.set()
            return item

    made = line(backend, Mixed(), on_error="skip", circuit_breaker_threshold=3)
    assert made.run_sync([0, 1, 2, 3]) == [0, 3]
    assert made.run_sync([4]) == [4]
