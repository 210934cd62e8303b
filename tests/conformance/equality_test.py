"""All backends among each other on the contract's workloads."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.agreement import agree
from conformance.routes import backends_that_answer, variants_that_answer
from paceline.operations import OPERATIONS
from paceline.selection.proof import answer

CASES = [
    pytest.param(name, n, backend, id=f"{name}-{n}-{backend}")
    for name in OPERATIONS
    for backend in backends_that_answer(name) + variants_that_answer(name)
    for n in (1, 10, 1_000)
]
CASES += [
    pytest.param(name, 100_000, backend, id=f"{name}-100000-{backend}")
    for name in OPERATIONS
    if OPERATIONS[name].public.startswith("audio.")
    for backend in backends_that_answer(name) + variants_that_answer(name)
]
"""Recordings of sound are long: blocks, tails and what large arrays take another way."""


@pytest.mark.parametrize(("name", "n", "backend"), CASES)
def test_workload(name, n, backend):
    operation = OPERATIONS[name]
    arguments = operation.workload(n, np.random.default_rng(n))
    actual, expected = (answer(name, arguments, which) for which in (backend, "python"))
    for ours, reference in zip(actual, expected, strict=True):
        assert agree(operation, ours, reference)
