"""Sampling-rate conversion in Rust; the contract is in :mod:`paceline.operations`."""

from paceline_rust._rust import resample, resample_chunk

__all__ = ["resample", "resample_chunk"]
