"""What a call costs that does nothing; for benchmarks, and no operations of the contract."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from paceline_numba import _kernels


def _nothing() -> None:
    """Return None."""


def _number(x: float) -> float:
    """Return it."""
    return x


def _array(x: NDArray[np.float64]) -> int:
    """Return how many numbers there are in (n,) float64."""
    return len(x)


__getattr__, __dir__, WARM = _kernels.on_demand(
    globals(),
    {
        "nothing": (_nothing, ["void()"]),
        "number": (_number, ["float64(float64)"]),
        "array": (_array, ["intp(Array(float64, 1, 'C', readonly=True))"]),
    },
)
