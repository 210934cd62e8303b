"""What a call costs that does nothing; for benchmarks, and no operations of the contract."""

from __future__ import annotations

from paceline_cython._empty import array, nothing, number

__all__ = ["array", "nothing", "number"]
