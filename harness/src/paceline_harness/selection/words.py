"""Who serves which sizes, in words, from what a calibration measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from paceline.selection.curves import ranges
from paceline.selection.profile import Measured

Ranges = Sequence[tuple[int, str]]
"""Who serves from which size on; the first size is 0."""


def ranges_text(found: Ranges) -> str:
    """Return "cython below 384, rust from 384 on"."""
    if len(found) == 1:
        return found[0][1]
    words = [f"{found[0][1]} below {found[1][0]:,}", *(f"{name} from {n:,}" for n, name in found[1:])]
    return f"{', '.join(words)} on"


def warm_ranges(entry: Measured) -> Ranges:
    """Return who serves once JIT backends are compiled."""
    return ranges(_may_serve(entry))


def cold_ranges(entry: Measured) -> Ranges:
    """Return who serves until then; empty where only JIT backends were measured."""
    curves = {name: curve for name, curve in _may_serve(entry).items() if name.partition(":")[0] not in jit(entry)}
    return ranges(curves) if curves else []


def what(operation: str, kind: str) -> str:
    """Return "convert_format", or "convert_format of f64 to i16"."""
    return f"{operation} of {kind}" if kind else operation


def of_kinds(entry: Measured) -> Mapping[str, Measured]:
    """Return a measurement for each of its operation's kinds."""
    return {kind: msgspec.structs.replace(entry, times=times, kinds={}) for kind, times in entry.kinds.items() if times}


def jit(entry: Measured) -> frozenset[str]:
    """Return the backends that compiled: those with a time for it."""
    return frozenset(entry.first_call_ns)


def largest(entry: Measured) -> int:
    """Return the largest size that was measured."""
    return max(n for curve in entry.times.values() for n, _ in curve)


def _may_serve(entry: Measured) -> dict[str, list[tuple[int, float]]]:
    return {name: curve for name, curve in entry.times.items() if name not in entry.refused}
