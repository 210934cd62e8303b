"""Biased runners, made on purpose: the null arm must notice them. They stand in for the sampler, never beside it."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np

from paceline_harness import measure
from paceline_harness.clock import Call, Clock, perf_counter, time_calls
from paceline_harness.sampler import Round, Tape, run_block

PENALTY = 0.02
MISALIGNED = 20


def first_slot_slowed(
    calls: Sequence[Call],
    batch: Sequence[int],
    live: Sequence[int],
    _rng: random.Random,
    tape: Tape,
    clock: Clock = perf_counter,
    *,
    settle: Collection[int] = (),  # noqa: ARG001 - the sampler's signature
) -> None:
    """Sample in a fixed order, the baseline first, and add 2 % to whatever is sampled first."""
    for _ in range(2):
        started = clock()
        elapsed = [time_calls(calls[arm], batch[arm], clock) for arm in live]
        elapsed[0] = round(elapsed[0] * (1 + PENALTY))
        tape.rounds.append(Round(started, tuple(live), tuple(elapsed)))


def shuffled_first_slot_slowed(
    calls: Sequence[Call],
    batch: Sequence[int],
    live: Sequence[int],
    rng: random.Random,
    tape: Tape,
    clock: Clock = perf_counter,
    *,
    settle: Collection[int] = (),
) -> None:
    """Add the same 2 %, and leave the order to the sampler: its turns must take the bias out again."""
    run_block(calls, batch, live, rng, tape, clock, settle=settle)
    for at in (-2, -1):
        row = tape.rounds[at]
        elapsed = (round(row.elapsed_ns[0] * (1 + PENALTY)), *row.elapsed_ns[1:])
        tape.rounds[at] = Round(row.start_ns, row.order, elapsed)


def private_buffers() -> Callable[..., None]:
    """Return a sampler that gives every arm arrays of its own, each 20 bytes further from a boundary of 64."""
    own: list[Call] = []

    def sample(calls: Sequence[Call], *rest: Any, **more: Any) -> None:
        if not own:
            own.extend(_with_own_arrays(call, arm) for arm, call in enumerate(calls))
        run_block(own, *rest, **more)

    return sample


@contextmanager
def standing_in(double: Callable[..., None]) -> Iterator[None]:
    """Let `double` take the samples while the context lasts."""
    with patch.object(measure, "run_block", double):
        yield


def _with_own_arrays(call: Call, arm: int) -> Call:
    assert isinstance(call, partial)
    arguments = [_moved(value, arm) for value in call.args]
    named = {name: _moved(value, arm) for name, value in call.keywords.items()}
    return partial(call.func, *arguments, **named)


def _moved(value: Any, arm: int) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    raw = np.empty(value.nbytes + 128, np.uint8)
    start = -raw.ctypes.data % 64 + MISALIGNED * (arm % 3)
    copy = raw[start : start + value.nbytes].view(value.dtype).reshape(value.shape)
    copy[...] = value
    return copy
