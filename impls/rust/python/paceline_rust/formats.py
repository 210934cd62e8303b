"""Sample formats and layouts in Rust; the contract is in :mod:`paceline.operations`."""

from paceline_rust._rust import convert_format, deinterleave, interleave, to_mono

__all__ = ["convert_format", "deinterleave", "interleave", "to_mono"]
