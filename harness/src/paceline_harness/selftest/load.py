"""A neighbour that makes noise: streams memory on one core, on and off for 0.3 to 1.5 s at a time.

Run as `python -m paceline_harness.selftest.load CORE SEED`; it ends with its parent.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

STREAMED_BYTES = 128 * 2**20
SHORTEST_S, LONGEST_S = 0.3, 1.5


def toggle(core: int, seed: int) -> None:
    """Stream memory on `core` in random bursts until the parent process ends."""
    import numpy as np

    if core >= 0:
        os.sched_setaffinity(0, {core})
    parent, rng = os.getppid(), random.Random(seed)
    source = np.zeros(STREAMED_BYTES // 16, np.float64)
    target = np.empty_like(source)
    while os.getppid() == parent:
        until = time.monotonic() + rng.uniform(SHORTEST_S, LONGEST_S)
        while time.monotonic() < until:
            np.copyto(target, source)
        time.sleep(rng.uniform(SHORTEST_S, LONGEST_S))


def cores() -> tuple[int, int] | None:
    """Return the core to load and the core to measure on, or None where a process cannot be pinned to one of two."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    allowed = sorted(os.sched_getaffinity(0))
    return (allowed[0], allowed[-1]) if len(allowed) > 1 else None


@contextmanager
def neighbour(seed: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run the load on another core than this process, which is pinned meanwhile."""
    apart = cores()
    before = os.sched_getaffinity(0) if apart else None
    load = subprocess.Popen(
        [sys.executable, "-m", "paceline_harness.selftest.load", str(apart[0] if apart else -1), str(seed)]
    )
    try:
        if apart:
            os.sched_setaffinity(0, {apart[1]})
        yield load
    finally:
        load.terminate()
        load.wait()
        if before is not None:
            os.sched_setaffinity(0, before)


if __name__ == "__main__":
    toggle(int(sys.argv[1]), int(sys.argv[2]))
