"""The contract's golden cases and workloads, through every backend."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.routes import backends_that_answer, variants_that_answer
from paceline.operations import OPERATIONS
from paceline.selection.proof import answer

CASES = [
    pytest.param(name, index, backend, id=f"{name}-{index}-{backend}")
    for name in OPERATIONS
    for backend in backends_that_answer(name) + variants_that_answer(name)
    for index in range(len(OPERATIONS[name].golden))
]


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_has_a_golden_case(name):
    assert OPERATIONS[name].golden


@pytest.mark.parametrize(("name", "index", "backend"), CASES)
def test_golden_case(name, index, backend):
    operation = OPERATIONS[name]
    golden = operation.golden[index]
    actual = np.concatenate([np.ravel(array) for array in answer(name, golden.arguments, backend)])
    assert actual.shape == (len(golden.expected),)
    if operation.equality.kind == "bitwise":
        assert actual.tolist() == list(golden.expected)
    elif operation.equality.kind == "ulp":
        limit = operation.equality.tolerance * np.spacing(np.abs(golden.expected))
        assert (np.abs(actual - golden.expected) <= limit).all()
    else:
        np.testing.assert_allclose(actual, golden.expected, rtol=0, atol=operation.equality.tolerance)
