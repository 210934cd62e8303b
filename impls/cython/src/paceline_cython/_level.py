"""Chooses, for all rooms, the instruction set that the kernels use here."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from paceline.backends import not_implemented
from paceline.operations import OPERATIONS
from paceline_cython import _cpu

_LEVELS: Final = {"avx512": ("v4", _cpu.has_v4()), "avx2": ("v3", _cpu.has_v3()), "baseline": ("v1", True)}
_KINDS: Final = {"interpolation": "exact", "formats": "exact", "resample": "fused", "vad": "fused"}


def _kernels(kind: str, level: str) -> Any:
    """Return the kernels of a level, or None where the processor or the compiler that built this lacks it.

    ``kind`` is "exact", or "fused" for the kernels in which a product and a sum may be rounded as one.
    """
    suffix, runs_here = _LEVELS[level]
    try:
        return import_module(f"paceline_cython._{kind}_{suffix}") if runs_here else None
    except ModuleNotFoundError:
        return None


def _best(kind: str) -> tuple[str, Any]:
    """Return the best level that there is and its kernels, or "" and None."""
    return next(((level, kernels) for level in _LEVELS if (kernels := _kernels(kind, level)) is not None), ("", None))


LEVEL, exact = _best("exact")
"""The instruction set that the kernels use, avx512, avx2 or baseline; and those whose bits are equal everywhere."""

_, _fused = _best("fused")


def fused(name: str) -> Any:
    """Return a kernel in which a product and a sum may be rounded as one, or the mark that says why there is none."""
    if _fused is None:
        return not_implemented("it was built with a compiler that has no vector types; GCC and Clang do")
    return getattr(_fused, name)


def kernels_at(level: str) -> dict[str, Any]:
    """Return every kernel at a level by its name, or the marks that say why it is none but the backend's own."""
    found = {}
    for name, operation in OPERATIONS.items():
        if kind := _KINDS.get(operation.module):
            kernels = _kernels(kind, level)
            if kernels is None:
                found[name] = not_implemented(f"the processor, or the compiler that built it, has no {level}")
            elif kernels in (exact, _fused):
                found[name] = not_implemented(f"{level} is what it uses here anyway")
            else:
                found[name] = getattr(kernels, name)
    return found
