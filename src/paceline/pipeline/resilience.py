"""Retries and circuit breakers: they wrap nodes, not executors, and cost nothing while a node succeeds.

An executor calls a node bare; only an exception leads here. As long as a node's last call failed, its entry in the
run's calls is :meth:`Guard.call`, which looks at the breaker first; a success puts the bare call back.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

RetryPolicy = Literal["none", "fixed", "exponential"]

RETRYABLE: Final[tuple[type[Exception], ...]] = (TimeoutError, ConnectionError)
"""Worth a retry wherever they come from; the built-in ``TimeoutError`` is asyncio's too."""

RETRYABLE_NAMES: Final = frozenset({"RateLimitError", "TooManyRequests", "TooManyRequestsError", "OutOfMemoryError"})
"""And these classes, known by name so that no client library needs to be imported: rate limits, and accelerators that
are out of memory for a moment. ``retryable = True`` on an exception says so too."""


class Refused(Exception):  # noqa: N818 - it is no error of the node, which was not called
    """The breaker is open."""

    def __init__(self, failures: int, remaining_s: float, last: BaseException | None) -> None:
        super().__init__(failures, remaining_s)
        self.failures = failures
        self.remaining_s = remaining_s
        self.last = last


@dataclass(frozen=True, slots=True)
class Resilience:
    """How a node's failures are met; times in milliseconds."""

    policy: RetryPolicy = "exponential"
    max_retries: int = 3
    base_ms: float = 100.0
    cap_ms: float = 30_000.0
    jitter: bool = False
    threshold: int | None = 5
    cooldown_ms: float = 30_000.0
    timeout_ms: float | None = None

    def wait_s(self, retry: int) -> float:
        """Return the seconds before a retry, the first one numbered 0: 100, 200, 400 ms; with jitter, up to that."""
        ms = min(self.base_ms * (1.0 if self.policy == "fixed" else 2.0 ** min(retry, 64)), self.cap_ms)
        return (random.uniform(0.0, ms) if self.jitter else ms) / 1_000.0


def is_retryable(error: Exception, more: tuple[type[Exception], ...]) -> bool:
    """Say whether an error may pass by itself: a timeout, a connection, a rate limit, a full accelerator."""
    if isinstance(error, (*RETRYABLE, *more)) or getattr(error, "retryable", False) is True:
        return True
    return any(kind.__name__ in RETRYABLE_NAMES for kind in type(error).__mro__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an item after a first failure: a value, or the error of the last attempt."""

    value: Any = None
    error: Exception | None = None
    attempts: int = 1
    exhausted: bool = False


class Watcher(Protocol):
    """A run that calls nodes bare until it is told to ask their guards first."""

    def watch(self) -> None:
        """Ask the guards that are troubled first, from now on."""


class Guard:
    """The failures of one node, shared by all runs of a pipeline and by threads.

    Closed until ``threshold`` calls in a row have failed, retries included as one; then open, and calls are refused.
    After the cool-down one call is let through: it closes the breaker, or opens it again.
    """

    def __init__(
        self,
        resilience: Resilience,
        retryable: tuple[type[Exception], ...],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._resilience = resilience
        self._retryable = retryable
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._failures = 0
        self._opened_at: float | None = None
        self._probing = False
        self._last: BaseException | None = None
        self.watchers: weakref.WeakSet[Watcher] = weakref.WeakSet()

    @property
    def troubled(self) -> bool:
        """Whether the last call failed, so that the next must come through here."""
        return self._failures > 0

    @property
    def state(self) -> Literal["closed", "open", "half-open"]:
        """The breaker's state."""
        if self._opened_at is None:
            return "closed"
        elapsed = self._clock() - self._opened_at
        return "half-open" if self._probing or elapsed >= self._resilience.cooldown_ms / 1_000.0 else "open"

    def admit(self) -> None:
        """Raise :class:`Refused` while the breaker is open, or while another call is the one let through."""
        with self._lock:
            if self._opened_at is None:
                return
            remaining = self._opened_at + self._resilience.cooldown_ms / 1_000.0 - self._clock()
            if remaining > 0.0 or self._probing:
                raise Refused(self._failures, max(remaining, 0.0), self._last)
            self._probing = True

    def succeeded(self) -> None:
        """Close the breaker and forget the failures."""
        with self._lock:
            self._failures, self._opened_at, self._probing, self._last = 0, None, False, None

    def abandoned(self) -> None:
        """Let another call through: the one that was let through has been cancelled."""
        with self._lock:
            self._probing = False

    def failed(self, error: Exception) -> None:
        """Count a call that failed for good."""
        with self._lock:
            self._failures += 1
            self._last = error
            threshold = self._resilience.threshold
            if self._probing or (threshold is not None and self._failures >= threshold):
                self._opened_at, self._probing = self._clock(), False
            watchers = list(self.watchers) if self._failures == 1 else []
        for watcher in watchers:
            watcher.watch()

    def retry(self, call: Callable[[], Any], error: Exception, on_retry: Callable[[], None]) -> Outcome:
        """Meet a first failure: call again, with waits, as long as the error is worth it."""
        if isinstance(error, Refused):
            return Outcome(error=error, attempts=0)
        attempts = 1
        try:
            while self._again(error, attempts):
                self._sleep(self._resilience.wait_s(attempts - 1))
                attempts += 1
                on_retry()
                try:
                    value = call()
                except Exception as next_error:
                    error = next_error
                else:
                    self.succeeded()
                    return Outcome(value, attempts=attempts)
        except BaseException:
            self.abandoned()
            raise
        return self._given_up(error, attempts)

    async def retry_async(self, call: Callable[[], Any], error: Exception, on_retry: Callable[[], None]) -> Outcome:
        """Do what :meth:`retry` does with a call that is awaited, and without blocking the loop."""
        if isinstance(error, Refused):
            return Outcome(error=error, attempts=0)
        attempts = 1
        try:
            while self._again(error, attempts):
                await asyncio.sleep(self._resilience.wait_s(attempts - 1))
                attempts += 1
                on_retry()
                try:
                    value = await call()
                except Exception as next_error:
                    error = next_error
                else:
                    self.succeeded()
                    return Outcome(value, attempts=attempts)
        except BaseException:
            self.abandoned()
            raise
        return self._given_up(error, attempts)

    def _again(self, error: Exception, attempts: int) -> bool:
        if self._resilience.policy == "none" or attempts > self._resilience.max_retries:
            return False
        return is_retryable(error, self._retryable)

    def _given_up(self, error: Exception, attempts: int) -> Outcome:
        self.failed(error)
        return Outcome(error=error, attempts=attempts, exhausted=attempts > 1 and is_retryable(error, self._retryable))
