"""Which core a launch is pinned to, and how the rest of this program keeps off it."""

from __future__ import annotations

import contextlib
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

LOOK_S = 0.1


def quiet_core(look_s: float = LOOK_S) -> int | None:
    """Return the allowed core that was idle most during `look_s`; None where cores cannot be chosen, or there is one.

    Of equally idle ones it is not the first, which serves most interrupts.
    """
    if not hasattr(os, "sched_setaffinity"):
        return None
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        return None
    before = _idle_ticks()
    time.sleep(look_s)
    after = _idle_ticks()
    idle = {core: after.get(core, 0) - before.get(core, 0) for core in allowed}
    best = max(idle.values())
    level = [core for core in allowed if idle[core] >= best - 1]
    return random.choice(level[1:] or level)


@contextlib.contextmanager
def kept_off(core: int | None) -> Iterator[None]:
    """Keep this thread off a core while the context lasts: what it does meanwhile must not disturb what runs there."""
    if core is None:
        yield
        return
    allowed = os.sched_getaffinity(0)
    others = allowed - {core}
    try:
        if others:
            os.sched_setaffinity(0, others)
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def _idle_ticks() -> dict[int, int]:
    """Return each core's idle ticks so far; empty where they cannot be read."""
    try:
        lines = Path("/proc/stat").read_text().splitlines()
    except OSError:
        return {}
    fields = [line.split() for line in lines if line.startswith("cpu") and line[3:4].isdigit()]
    return {int(row[0][3:]): int(row[4]) for row in fields if len(row) > 4}
