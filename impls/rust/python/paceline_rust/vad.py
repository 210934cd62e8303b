"""Voice activity in Rust; the contract is in :mod:`paceline.operations`."""

from paceline_rust._rust import detect_voice

__all__ = ["detect_voice"]
