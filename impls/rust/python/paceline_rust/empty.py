"""What a call costs that does nothing; for benchmarks, and no operations of the contract."""

from paceline_rust._rust import array, nothing, number

__all__ = ["array", "nothing", "number"]
