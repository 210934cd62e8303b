"""Compiles `limit.c` on first use and calls it: the same work without checks, as fast as this machine goes."""

from __future__ import annotations

import ctypes
import hashlib
import platform
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from paceline_harness.environment import environment

SOURCE = Path(__file__).with_name("limit.c")
FLAGS = ("-O3", "-march=native", "-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC")
X86_FLAGS = ("-mprefer-vector-width=512",)

Array = npt.NDArray[Any]
Pose = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]


class NoCompilerError(RuntimeError):
    """The limit cannot be compiled here; the message says why."""


@cache
def library() -> ctypes.CDLL:
    """Return the compiled limit, from the user's cache when it was compiled for this source, compiler and CPU before.

    Raises
    ------
    NoCompilerError
        There is no C compiler, or it fails.
    """
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise NoCompilerError("no C compiler found")
    flags = FLAGS + (X86_FLAGS if platform.machine() in ("x86_64", "AMD64") else ())
    said = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=False).stdout
    about = [*flags, said, environment().cpu_model, environment().cpu_flags_sha256 or ""]
    key = hashlib.sha256(SOURCE.read_bytes() + "\0".join(about).encode()).hexdigest()[:16]
    built = _cache_folder() / f"limit-{key}.so"
    if not built.exists():
        _compile([compiler, *flags], built)
    return ctypes.CDLL(str(built))


def _cache_folder() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("paceline-harness", ensure_exists=True)


def _compile(command: list[str], built: Path) -> None:
    with tempfile.TemporaryDirectory(dir=built.parent) as folder:  # same file system, so that replace is atomic
        fresh = Path(folder) / built.name
        done = subprocess.run(
            [*command, "-o", str(fresh), str(SOURCE), "-lm"], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            said = done.stderr.strip().partition("\n")[0] or f"exit code {done.returncode}"
            raise NoCompilerError(f"the C compiler failed: {said}")
        fresh.replace(built)


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
