"""When the answers of two backends are equal, each being as far from the exact one as the contract lets it be."""

from __future__ import annotations

from typing import Any

import numpy as np

from paceline.operations import OPERATIONS, Operation

_ROTATION = OPERATIONS["slerp_quaternion"].equality


def rotations_agree(actual: Any, expected: Any) -> Any:
    """Say for each row whether two answers may both be right; their signs must be the same."""
    chord = np.linalg.norm(actual - expected, axis=1)
    return 4 * np.arcsin(np.minimum(chord / 2, 1)) <= 2 * _ROTATION.tolerance


def agree(operation: Operation, actual: Any, expected: Any) -> bool:
    """Say whether a part of an operation's result is the reference's: in its class, all bits where that is exact."""
    if isinstance(expected, list):
        return bool(actual == expected and list(map(type, actual)) == list(map(type, expected)))
    if (actual.shape, actual.dtype) != (expected.shape, expected.dtype):
        return False
    if operation.equality is _ROTATION and actual.ndim == 2 and actual.shape[1] == 4:
        return bool(rotations_agree(actual, expected).all())
    if operation.equality.kind == "absolute" and operation.equality is not _ROTATION:
        return bool((np.abs(actual.astype(np.float64) - expected) <= operation.equality.tolerance).all())
    return bool(actual.tobytes() == expected.tobytes())
