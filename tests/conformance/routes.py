"""Which backends can run an operation, and how each operation is called through its public function."""

from __future__ import annotations

import paceline
from paceline.backends import Backend, NotImplementedKernel, discover, load_kernel
from paceline.selection.eligible import does_other_work

PREPARED = ("trajectory_check", "trajectory_at", "trajectory_gap")
"""What a Trajectory needs of its backend."""


def ready_backends() -> list[str]:
    return [state.name for state in paceline.status().values() if state.state == "ready"]


def backends_with(*operations: str) -> list[str]:
    """Return the ready backends that implement all of the operations."""
    return [
        name
        for name in ready_backends()
        if not any(isinstance(load_kernel(operation, name), NotImplementedKernel) for operation in operations)
    ]


def backends_that_answer(operation: str) -> list[str]:
    """Return the ready backends through which the operation's public function can be called."""
    return backends_with(*_needs(operation))


def variants_that_answer(operation: str) -> list[str]:
    """Return the variants ("rust:avx2") of those backends that have a kernel of their own here, for the same result."""
    return [
        variant
        for backend in map(discover().get, backends_that_answer(operation))
        if isinstance(backend, Backend)
        for variant in (f"{backend.name}:{name}" for name in backend.variants)
        if not does_other_work(variant)
        and any(load_kernel(each, variant) is not load_kernel(each, backend.name) for each in _needs(operation))
    ]


def _needs(operation: str) -> tuple[str, ...]:
    return PREPARED if operation.startswith("trajectory_") else (operation,)
