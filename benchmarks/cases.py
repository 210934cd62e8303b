"""Every operation of the contract on its conformance workload, ready to be called."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import attrgetter

import numpy as np

import paceline
from paceline.backends import NotImplementedKernel, load_kernel
from paceline.operations import OPERATIONS
from paceline.pipeline import Pipeline

SIZE = 1000
SEED = 7
BACKENDS = ("python", "numba", "cython", "rust")
PREPARED = ("trajectory_check", "trajectory_at", "trajectory_gap")
"""What a Trajectory needs of its backend."""


def ready(operation: str, backend: str) -> bool:
    """Tell whether a backend is there and has all that the operation's public function needs."""
    state = paceline.status().get(backend)
    if state is None or state.state != "ready":
        return False
    needed = PREPARED if operation in PREPARED else (operation,)
    return not any(isinstance(load_kernel(name, backend), NotImplementedKernel) for name in needed)


def pairs() -> list[tuple[str, str]]:
    """Return every operation with each backend that is ready for it, official or not."""
    return [
        (operation, backend) for operation in OPERATIONS for backend in paceline.status() if ready(operation, backend)
    ]


def call(operation: str, backend: str, size: int = SIZE) -> Callable[[], object]:
    """Return an operation of one backend, bound to its workload of `size` items, as users call it."""
    arguments = OPERATIONS[operation].workload(size, np.random.default_rng(SEED))
    if operation == "trajectory_check":
        return partial(paceline.Trajectory, *arguments, backend=backend)
    if operation == "trajectory_at":
        return partial(paceline.Trajectory(*arguments[:3], backend=backend).at, arguments[3])
    if operation == "trajectory_gap":
        stamps, at = arguments
        still = np.zeros((len(stamps), 3)), np.tile((0.0, 0.0, 0.0, 1.0), (len(stamps), 1))
        return partial(paceline.Trajectory(stamps, *still, backend=backend).gap, at)
    return partial(attrgetter(OPERATIONS[operation].public)(paceline), *arguments, backend=backend)


def prepared(backend: str, items: int) -> Callable[[], object]:
    """Return a run of the workload's pipeline over `items` items; it is made ready beforehand."""
    manifest, data = OPERATIONS["run_pipeline"].workload(items, np.random.default_rng(SEED))
    return partial(Pipeline.from_manifest(manifest, runtime_hint=backend).run_sync, data)
