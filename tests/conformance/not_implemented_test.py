"""What a backend lacks it says, with the reason, and asking for it by name repeats that reason."""

from __future__ import annotations

import numpy as np
import pytest

import paceline
from conformance.routes import backends_with, ready_backends
from paceline.backends import NotImplementedKernel, load_kernel
from paceline.operations import OPERATIONS
from paceline.selection.proof import answer

LACKING = [
    (name, backend, kernel.reason)
    for name in OPERATIONS
    for backend in ready_backends()
    if isinstance(kernel := load_kernel(name, backend), NotImplementedKernel)
]


def test_the_third_party_backend_lacks_some():
    assert ("trajectory_at", "loops", "it keeps nothing between calls") in LACKING


@pytest.mark.parametrize(
    ("name", "backend", "reason"), LACKING, ids=[f"{name}-{backend}" for name, backend, _ in LACKING]
)
def test_the_reason_is_given(name, backend, reason):
    assert len(reason) > 10
    with pytest.raises(paceline.BackendUnavailable) as error:
        paceline.bind(name, backend=backend)
    assert str(error.value) == f"The backend {backend!r} does not implement {name}: {reason}."


def test_the_public_function_repeats_it():
    arguments = OPERATIONS["interpolate_linear"].workload(3, np.random.default_rng(0))
    with pytest.raises(paceline.BackendUnavailable, match="does not implement interpolate_linear: it only turns"):
        answer("interpolate_linear", arguments, "loops")


def test_the_reference_lacks_nothing():
    assert "python" in backends_with(*OPERATIONS)
