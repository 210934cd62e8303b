"""Draws the calls that are replayed, and turns to another kernel when one of them came out wrong."""

from __future__ import annotations

import itertools
import os
import random
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from paceline.backends import Kernel, NotImplementedKernel, load_kernel
from paceline.selection import proof
from paceline.selection.shadow import comparison, replay
from paceline.selection.signatures import SIGNATURES, Signature

NEVER: Final = sys.maxsize

_lock = threading.RLock()
_random = random.Random()  # one of our own: drawing from the shared one would change what users' seeds give
_watches: Final[dict[tuple[str, str], Watch]] = {}


class Watch:
    """One backend's kernel of one operation: calls are counted together, whoever makes them.

    Of the calls from 0 to N - 1 one is drawn, of the next N another one, and so on: one in N, and yet no pattern of
    calls hides from it. Should two threads without a GIL be given one number, a call is drawn a little sooner or later.
    """

    def __init__(self, operation: str, backend: str, kernel: Kernel, every: int) -> None:
        self.operation, self.backend, self.kernel, self.every = operation, backend, kernel, every
        self.serving = kernel
        """What runs: the kernel, or another one once this was found wrong."""
        self.is_refused = False
        self.signature: Signature = SIGNATURES[operation]
        self._due = _random.randrange(every)
        self.call = self._calling()
        """The kernel for callers."""

    def _calling(self) -> Kernel:
        numbers = itertools.count()

        def call(*arguments: Any) -> Any:
            number = next(numbers)
            if number >= self._due and self._is_drawn(number):
                return self._observed(arguments)
            return self.serving(*arguments)

        return call

    def _is_drawn(self, number: int) -> bool:
        with _lock:
            if number < self._due:
                return False  # another thread took it
            self._due = (number // self.every + 1) * self.every + _random.randrange(self.every)
            return True

    def replace(self, kernel: Kernel) -> None:
        """Run another kernel from now on, also in streams that have begun: their state is the same in all backends."""
        with _lock:
            self.is_refused, self._due, self.serving = True, NEVER, kernel

    def _observed(self, arguments: tuple[Any, ...]) -> Any:
        """Run the kernel and leave what went in and came out to be replayed; what it raises is the caller's."""
        signature, replays = self.signature, replay.here()
        copied = [
            i for i, each in enumerate(arguments) if isinstance(each, np.ndarray) and i not in signature.own
        ]  # a caller may write over all of them afterwards
        nbytes = sum(arguments[i].nbytes for i in (*copied, *signature.changed))
        if not replays.has_room(nbytes):
            return self.serving(*arguments)
        given = list(arguments)
        for i in copied:
            given[i] = np.array(arguments[i], order="C")
        returned = self.kernel(*arguments)
        arrays = {i: np.array(arguments[i], order="C") for i in signature.changed}
        inputs = (i for i in copied if i not in signature.changed and not _is_written(arguments, i, signature))
        if all(_same_bits(given[i], arguments[i]) for i in inputs):
            replays.put(Replay(self, tuple(given), comparison.Answer(returned, arrays), nbytes))
        else:
            replays.count("disturbed")
        return returned


def _is_written(arguments: tuple[Any, ...], i: int, signature: Signature) -> bool:
    """Say whether an input lies where an output does, as in a conversion in place."""
    return any(np.may_share_memory(arguments[i], arguments[k]) for k in signature.changed)


def _same_bits(one: NDArray[Any], other: NDArray[Any]) -> bool:
    bits = np.dtype(f"u{one.itemsize}")
    return bool(np.array_equal(one.view(bits), other.view(bits)))


@dataclass(frozen=True, slots=True)
class Replay:
    """A call to be replayed."""

    watch: Watch
    given: tuple[Any, ...]
    """The arguments as they were before the call."""
    answer: comparison.Answer
    nbytes: int
    at: float = field(default_factory=time.time)

    def run(self) -> None:
        """Call the reference with the same, and compare."""
        if self.watch.is_refused:
            return  # what is known need not be found again
        operation = self.watch.operation
        expected = answer(operation, reference_kernel(operation), self.given)
        found = comparison.mismatch(operation, self.given, self.answer, expected)
        replay.here().count("replayed")
        if found is not None:
            from paceline.selection.shadow import finding

            replay.here().count("mismatched")
            finding.act(self, found)

    def __str__(self) -> str:
        return f"a call of {self.watch.operation} on {self.watch.backend!r}"


def reference_kernel(operation: str) -> Kernel:
    """Return the reference's kernel."""
    kernel = load_kernel(operation, proof.REFERENCE)
    assert not isinstance(kernel, NotImplementedKernel)  # it has all operations
    return kernel


def answer(operation: str, kernel: Kernel, given: tuple[Any, ...]) -> comparison.Answer:
    """Return what a kernel gives; the arguments stay as they are."""
    arguments = list(given)
    arrays = {i: given[i].copy() for i in SIGNATURES[operation].changed}
    for i, array in arrays.items():
        arguments[i] = array
    with np.errstate(all="ignore"):  # the caller's call has told of them
        return comparison.Answer(kernel(*arguments), arrays)


def watched(operation: str, backend: str, kernel: Kernel, every: int) -> Kernel:
    """Return a kernel of which one call in ``every`` is replayed; it is the same one for all who ask while that holds.

    The reference and the executors of pipelines are returned as they are: a replay would run a user's code twice.
    """
    if backend == proof.REFERENCE or operation not in SIGNATURES:
        return kernel
    with _lock:
        watch = _watches.get((operation, backend))
        if watch is None or watch.is_refused or watch.kernel is not kernel or watch.every != every:
            watch = _watches[operation, backend] = Watch(operation, backend, kernel, every)
        return watch.call


def _begin_anew() -> None:
    global _lock  # noqa: PLW0603 - a thread that is not there any more may hold it
    _lock = threading.RLock()
    _random.seed()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
