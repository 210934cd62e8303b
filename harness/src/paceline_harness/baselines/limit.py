"""Compiles `limit.c` on first use and calls it: the same work without checks, as fast as this machine goes."""

from __future__ import annotations

import ctypes
import platform
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from paceline_harness.baselines.compiled import NoCompilerError as NoCompilerError
from paceline_harness.baselines.compiled import built

SOURCE = Path(__file__).with_name("limit.c")
FLAGS = ("-O3", "-march=native", "-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC")
X86_FLAGS = ("-mprefer-vector-width=512",)

Array = npt.NDArray[Any]
Pose = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]


@cache
def library() -> ctypes.CDLL:
    """Return the compiled limit.

    Raises
    ------
    NoCompilerError
        There is no C compiler, or it fails.
    """
    flags = FLAGS + (X86_FLAGS if platform.machine() in ("x86_64", "AMD64") else ())
    return ctypes.CDLL(str(built(SOURCE, flags, libraries=("-lm",))))


def _pointer(array: Array) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def interpolate(stamps: Array, positions: Array, quats: Array, at: Array) -> Pose:
    """Interpolate (m,) stamps, (m, 3) positions and (m, 4) quats at (n,) stamps into new arrays; nothing is checked."""
    out_positions, out_quats = np.empty((len(at), 3)), np.empty((len(at), 4))
    library().interpolate_poses(
        _pointer(stamps),
        _pointer(positions),
        _pointer(quats),
        ctypes.c_long(len(stamps)),
        _pointer(at),
        ctypes.c_long(len(at)),
        _pointer(out_positions),
        _pointer(out_quats),
    )
    return out_positions, out_quats


class Kept:
    """The same into kept arrays: addresses are taken once, so that a call is the kernel and ctypes alone."""

    def __init__(self) -> None:
        self.arguments: tuple[Any, ...] = ()
        self.key: tuple[int, ...] = ()
        self.kernel = library().interpolate_poses

    def __call__(self, stamps: Array, positions: Array, quats: Array, at: Array, *, out: Pose) -> Pose:
        """Interpolate into `out`."""
        key = (id(stamps), id(at), id(out))
        if key != self.key:
            pointers = [_pointer(array) for array in (stamps, positions, quats, at, *out)]
            lengths = ctypes.c_long(len(stamps)), ctypes.c_long(len(at))
            self.arguments = (*pointers[:3], lengths[0], pointers[3], lengths[1], *pointers[4:])
            self.key = key
        self.kernel(*self.arguments)
        return out
