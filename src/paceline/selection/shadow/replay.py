"""A bounded queue and the one daemon thread that works it off: what is replayed never keeps a caller waiting."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Final, Protocol

log: Final = logging.getLogger("paceline")

MOST: Final = 32
"""Calls that may wait."""

MOST_BYTES: Final = 256 * 2**20
"""What the arrays of all that wait may take together; a call with more than that is never replayed."""

AT_EXIT_S: Final = 1.0
"""How long an interpreter that ends waits for calls that are still to be replayed."""


class Job(Protocol):
    """What is worked off."""

    @property
    def nbytes(self) -> int:
        """What it keeps in memory."""

    def run(self) -> None:
        """Do it."""


@dataclass(slots=True)
class Counts:
    """What became of the calls that were drawn in this process."""

    replayed: int = 0
    dropped: int = 0
    """The queue was full, or the call larger than all of it."""
    disturbed: int = 0
    """Inputs were written by somebody else while the call ran, so that there is nothing to compare with."""
    failed: int = 0
    """The replay itself raised; the log warns of the first."""
    mismatched: int = 0


class Replays:
    """The queue of this process and its thread."""

    def __init__(self) -> None:
        self.counts = Counts()
        self._condition = threading.Condition()
        self._waiting: deque[Job] = deque()
        self._nbytes = 0
        self._busy = self._ended = False
        self._thread: threading.Thread | None = None

    def has_room(self, nbytes: int) -> bool:
        """Say whether a call with arrays of that size would be taken; if not, count it as dropped."""
        with self._condition:
            if self._ended or len(self._waiting) >= MOST or self._nbytes + nbytes > MOST_BYTES:
                self.counts.dropped += 1
                return False
            return True

    def put(self, job: Job) -> None:
        """Take a job, or count it as dropped."""
        with self._condition:
            if not self.has_room(job.nbytes):
                return
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="paceline-shadow", daemon=True)
                try:
                    self._thread.start()
                except RuntimeError:  # the process has all the threads it may have, or ends: its call goes on
                    self._thread = None
                    self.counts.dropped += 1
                    return
            self._waiting.append(job)
            self._nbytes += job.nbytes
            self._condition.notify_all()

    def drain(self, timeout: float) -> bool:
        """Wait until all is worked off; False: it is not yet, after so many seconds."""
        until = time.monotonic() + timeout
        with self._condition:
            while self._waiting or self._busy:
                left = until - time.monotonic()
                if left <= 0:
                    return False
                self._condition.wait(left)
        return True

    def end(self) -> None:
        """Take nothing more, and wait a moment for what is there."""
        with self._condition:
            self._ended = True
        self.drain(AT_EXIT_S)
        with self._condition:
            self._waiting.clear()

    def count(self, what: str) -> int:
        """Add one to a count and return it."""
        with self._condition:
            number: int = getattr(self.counts, what) + 1
            setattr(self.counts, what, number)
            return number

    def _work(self) -> None:
        while True:
            with self._condition:
                while not self._waiting:
                    self._condition.wait()
                job = self._waiting.popleft()
                self._busy = True
            try:
                job.run()
            except Exception as error:  # this thread has nobody to raise to, and the next job is another one
                level = logging.WARNING if self.count("failed") == 1 else logging.DEBUG
                log.log(level, "The shadow mode could not replay %s: %s: %s", job, type(error).__name__, error)
            finally:
                with self._condition:
                    self._busy = False
                    self._nbytes -= job.nbytes
                    self._condition.notify_all()
            del job  # its arrays


_replays = Replays()


def here() -> Replays:
    """Return what belongs to this process: after a fork the thread and the jobs are the parent's."""
    return _replays


def _begin_anew() -> None:
    global _replays  # noqa: PLW0603 - a fork copies it with its locks, held by threads that are not there
    _replays = Replays()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
atexit.register(lambda: here().end())
