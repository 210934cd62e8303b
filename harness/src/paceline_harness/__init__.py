"""Compare implementations of a hot path, and say "faster" only where the measurement can carry it."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paceline_harness.across import Across
    from paceline_harness.candidate import Candidate
    from paceline_harness.cells import Cell, PairedRatio, paired_ratio
    from paceline_harness.comparison import Comparison
    from paceline_harness.equality import Equality, Part
    from paceline_harness.record import Record, RecordError, read_records, write_records
    from paceline_harness.result import Result

__all__ = [
    "Across",
    "Candidate",
    "Cell",
    "Comparison",
    "Equality",
    "PairedRatio",
    "Part",
    "Record",
    "RecordError",
    "Result",
    "paired_ratio",
    "read_records",
    "write_records",
]

_HOMES = {
    "across": ("Across",),
    "candidate": ("Candidate",),
    "cells": ("Cell", "PairedRatio", "paired_ratio"),
    "comparison": ("Comparison",),
    "equality": ("Equality", "Part"),
    "record": ("Record", "RecordError", "read_records", "write_records"),
    "result": ("Result",),
}


def __getattr__(name: str) -> object:
    """Load a public name on first use: the command sets thread variables before NumPy may be imported."""
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
