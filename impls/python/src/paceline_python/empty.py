"""What a call costs that does nothing; for benchmarks, and no operations of the contract."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def nothing() -> None:
    """Return None."""


def number(x: float) -> float:
    """Return it."""
    return x


def array(x: NDArray[np.float64]) -> int:
    """Return how many numbers there are in (n,) float64."""
    return len(x)
