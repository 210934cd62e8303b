"""Chooses, for all rooms, the instruction set that the kernels use here."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from paceline.backends import not_implemented
from paceline_cython import _cpu

_LEVELS: Final = (("avx512", "v4", _cpu.has_v4()), ("avx2", "v3", _cpu.has_v3()), ("baseline", "v1", True))


def best(kind: str) -> tuple[str, Any]:
    """Return the level and its kernels, or "" and None where the compiler that built this could make none.

    ``kind`` is "exact", or "fused" for the kernels in which a product and a sum may be rounded as one.
    """
    for level, suffix, runs_here in _LEVELS:
        if runs_here:
            try:
                return level, import_module(f"paceline_cython._{kind}_{suffix}")
            except ModuleNotFoundError:
                pass  # that compiler did not know the level
    return "", None


LEVEL, exact = best("exact")
"""The instruction set that the kernels use, avx512, avx2 or baseline; and those whose bits are equal everywhere."""

_, _fused = best("fused")


def fused(name: str) -> Any:
    """Return a kernel in which a product and a sum may be rounded as one, or the mark that says why there is none."""
    if _fused is None:
        return not_implemented("it was built with a compiler that has no vector types; GCC and Clang do")
    return getattr(_fused, name)
