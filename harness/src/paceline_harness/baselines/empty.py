"""Calls that do nothing, without paceline: in Python, through ctypes, and as a C extension."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from paceline_harness.baselines.extension import extension

SOURCE = Path(__file__).with_name("empty.c")
FLAGS = ("-O2", "-shared", "-fPIC")


def nothing() -> None:
    """Return None."""


def number(x: float) -> float:
    """Return it."""
    return x


def array(x: npt.NDArray[np.float64]) -> int:
    """Return how many numbers there are in (n,) float64."""
    return len(x)


@cache
def library() -> ModuleType:
    """Return a C extension with the same three functions.

    Raises
    ------
    NoCompilerError
        There is no C compiler, or no header of Python, or it fails.
    """
    return extension(SOURCE, "empty_limit", FLAGS)


def by_ctypes(name: str) -> Callable[..., Any]:
    """Return one of the three as ctypes calls it; the array is checked and its address taken by NumPy's `ndpointer`.

    Raises
    ------
    NoCompilerError
        As `library`.
    """
    file = library().__file__
    assert file is not None  # it was loaded from there
    function = ctypes.CDLL(file)[f"c_{name}"]
    if name == "nothing":
        function.restype, function.argtypes = None, ()
    elif name == "number":
        function.restype, function.argtypes = ctypes.c_double, (ctypes.c_double,)
    else:
        pointer = np.ctypeslib.ndpointer(np.float64, ndim=1, flags="C_CONTIGUOUS")
        function.restype, function.argtypes = ctypes.c_ssize_t, (pointer, ctypes.c_ssize_t)
    return function
