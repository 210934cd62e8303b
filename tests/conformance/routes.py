"""Which backends can run an operation, and how each operation is called through its public function."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import numpy as np

import paceline
from paceline.backends import Backend, NotImplementedKernel, discover, load_kernel
from paceline.operations import OPERATIONS

PREPARED = ("trajectory_check", "trajectory_at", "trajectory_gap")
"""What a Trajectory needs of its backend."""

OTHERS = ("rust:rubato",)
"""Variants that are no other form of the same: they do another thing that is as good."""


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
        if variant not in OTHERS
        and any(load_kernel(each, variant) is not load_kernel(each, backend.name) for each in _needs(operation))
    ]


def _needs(operation: str) -> tuple[str, ...]:
    return PREPARED if operation.startswith("trajectory_") else (operation,)


def call(operation: str, arguments: tuple[Any, ...], backend: str) -> tuple[Any, ...]:
    """Run an operation through its public function on a workload's or golden case's arguments."""
    if operation == "trajectory_check":  # what it finds shows only in the kernel's answer
        stamps, _, quats = arguments
        return (np.array([paceline.bind(operation, backend=backend)(stamps, np.asarray(quats, np.float64))]),)
    if operation == "trajectory_at":
        return paceline.Trajectory(*arguments[:3], backend=backend).at(arguments[3])
    if operation == "trajectory_gap":
        stamps, at = arguments
        positions, quats = np.zeros((len(stamps), 3)), np.tile((0.0, 0.0, 0.0, 1.0), (len(stamps), 1))
        return (paceline.Trajectory(stamps, positions, quats, backend=backend).gap(at),)
    if operation == "resample_chunk":
        samples, *rates = arguments
        return (
            paceline.audio.ResampleStream(*rates, dtype=samples.dtype, backend=backend).process(samples, last=True),
        )
    result = attrgetter(OPERATIONS[operation].public)(paceline)(*arguments, backend=backend)
    if operation == "slerp_quaternion":
        return (np.array([result]),)
    if operation == "detect_voice":
        return (result.scores,)
    return result if isinstance(result, tuple) else (result,)
