"""One set of inputs and one set of outputs for all candidates, aligned alike.

Separate allocations alone make identical kernels differ by up to a factor of two (a misaligned output costs 1.9x);
so arrays are copied once to 64-byte boundaries, at a page offset drawn anew for every launch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

ALIGNMENT = 64
PAGE = 4096


class Buffer(msgspec.Struct, frozen=True):
    """Where one shared array lies: its role, its address within the page, its alignment and its size in bytes."""

    role: str
    address_mod_4096: int
    alignment: int
    bytes: int


def aligned_empty(shape: tuple[int, ...], dtype: npt.DTypeLike, rng: np.random.Generator) -> npt.NDArray[Any]:
    """Return an uninitialised C-ordered array at a random multiple of 64 bytes within its page."""
    kind = np.dtype(dtype)
    size = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
    raw = np.empty(size + 2 * PAGE, dtype=np.uint8)
    to_page = -raw.ctypes.data % PAGE
    start = to_page + ALIGNMENT * int(rng.integers(PAGE // ALIGNMENT))
    return raw[start : start + size].view(kind).reshape(shape)


def place(value: Any, rng: np.random.Generator) -> Any:
    """Return `value` with every array in it (alone, or in a tuple or list) copied to an aligned buffer."""
    if isinstance(value, np.ndarray) and value.dtype != object:
        copy = aligned_empty(value.shape, value.dtype, rng)
        copy[...] = value
        return copy
    if isinstance(value, (tuple, list)) and any(isinstance(item, np.ndarray) for item in value):
        return type(value)(place(item, rng) for item in value)
    return value


def empty_like(value: Any, rng: np.random.Generator) -> Any:
    """Return aligned, uninitialised arrays of the shapes and dtypes found in an output (an array or a tuple of them).

    Raises
    ------
    TypeError
        When the output holds something else than arrays: such an output cannot be kept.
    """
    if isinstance(value, np.ndarray):
        return aligned_empty(value.shape, value.dtype, rng)
    if isinstance(value, tuple):
        return tuple(empty_like(item, rng) for item in value)
    raise TypeError(f"Kept outputs need arrays or tuples of arrays; the reference returned {type(value).__name__}.")


def is_arrays(value: Any) -> bool:
    """Tell whether an output is an array, or a tuple of arrays and tuples of them."""
    if isinstance(value, tuple):
        return bool(value) and all(is_arrays(item) for item in value)
    return isinstance(value, np.ndarray) and value.dtype != object


def describe(role: str, value: Any) -> list[Buffer]:
    """Return a Buffer for every array in `value` that has any bytes: an empty one may lie anywhere."""
    if isinstance(value, np.ndarray):
        if value.nbytes == 0:
            return []
        address = value.ctypes.data
        alignment = min(address & -address, PAGE) if address else PAGE
        return [Buffer(role, address % PAGE, alignment, value.nbytes)]
    if isinstance(value, (tuple, list)):
        return [buffer for at, item in enumerate(value) for buffer in describe(f"{role}[{at}]", item)]
    return []


def arrays(values: Sequence[Any]) -> list[npt.NDArray[Any]]:
    """Return all arrays in `values`, in order."""
    found: list[npt.NDArray[Any]] = []
    for value in values:
        if isinstance(value, np.ndarray):
            found.append(value)
        elif isinstance(value, (tuple, list)):
            found.extend(arrays(value))
    return found
