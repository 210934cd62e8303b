"""Structural checks of audio arguments, done once before a kernel runs; each error is one sentence."""

from __future__ import annotations

import math
from ctypes import addressof, c_char
from typing import Any, Final

import numpy as np
from numpy import empty, ndarray
from numpy.typing import ArrayLike, NDArray

from paceline._arguments import as_array

Samples = NDArray[Any]

SAMPLE_TYPES: Final = tuple(map(np.dtype, ("int16", "int32", "float32", "float64")))
"""What resampling and voice detection take."""

LINE: Final = 64
"""Bytes of a cache line, and of the widest vectors."""

ALIGN_FROM: Final = 1 << 21
"""Bytes from which on the time that it takes to align cannot be told from none."""


def as_samples(x: ArrayLike, name: str, accepted: tuple[np.dtype[Any], ...] = SAMPLE_TYPES) -> Samples:
    """Return ``x`` as an array of native byte order and one of the accepted dtypes; other dtypes are refused.

    A list of floats is float64, as NumPy reads it; a list of ints has no sample format, so it is refused.
    """
    if type(x) is np.ndarray and x.dtype in accepted and x.dtype.isnative:
        return x
    array = as_array(x, name)
    if array.dtype.newbyteorder("=") not in accepted or (array.dtype.kind in "iu" and not isinstance(x, np.ndarray)):
        raise TypeError(
            f"{name} has dtype {array.dtype}; accepted are {', '.join(dtype.name for dtype in accepted)}: "
            "convert with paceline.audio.convert_format, which scales, or with astype, which does not."
        )
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def as_rate(rate: object, name: str, low: int, high: int) -> int:
    """Return a sampling rate in Hz as an int."""
    if isinstance(rate, bool | np.bool_) or not isinstance(rate, int | np.integer):
        raise TypeError(f"{name} is {rate!r}; accepted is a whole number of Hz, {low} to {high}.")
    if not low <= rate <= high:
        raise ValueError(f"{name} is {rate} Hz; accepted is {low} to {high} Hz.")
    return int(rate)


def as_axis(axis: object, ndim: int) -> int:
    """Return an axis of an array as a number from 0."""
    if isinstance(axis, bool) or not isinstance(axis, int | np.integer):
        raise TypeError(f"axis is {axis!r}; accepted is an int.")
    if not -ndim <= axis < ndim:
        raise ValueError(f"axis is {axis}; accepted for an array of {ndim} dimensions is {-ndim} to {ndim - 1}.")
    return int(axis) % ndim


def as_samples_out(out: object, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Samples:
    """Return ``out`` if it is a writeable, C-contiguous array of that dtype and shape."""
    if type(out) is np.ndarray and out.dtype is dtype and out.shape == shape and out.flags.carray:
        return out
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out is a {type(out).__name__}; accepted is a {dtype.name} array of shape {shape}.")
    if out.dtype != dtype or not out.dtype.isnative:
        raise TypeError(f"out has dtype {out.dtype}; accepted is native {dtype.name}.")
    if out.shape != shape:
        raise ValueError(f"out has shape {out.shape}; accepted is {shape}.")
    if not (out.flags.c_contiguous and out.flags.aligned and out.flags.writeable):
        raise ValueError("out is read-only, strided or unaligned; accepted is a writeable C-contiguous array.")
    return out


def disjoint(out: Samples, x: Samples) -> bool:
    """Say whether writing ``out`` leaves ``x`` alone; arrays of two that own their memory always do."""
    base, base_out = x.base, out.base
    if base is None and base_out is None:
        return out is not x
    owner, owner_out = x if base is None else base, out if base_out is None else base_out
    apart = owner is not owner_out and type(owner) is ndarray and type(owner_out) is ndarray
    return (apart and owner.base is None and owner_out.base is None) or not np.may_share_memory(out, x)


def new(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Samples:
    """Return an array to be filled; one that is not small begins at a cache line, so that no store straddles two."""
    frames = shape[0] if len(shape) == 1 else math.prod(shape)
    size = frames * dtype.itemsize
    if size < ALIGN_FROM:
        return empty(shape, dtype)
    memory = np.empty(size + LINE, np.uint8)
    # memory.ctypes.data says the same through many objects, which are far away by the time that this is called again
    first = -addressof(c_char.from_buffer(memory)) % LINE  # type: ignore[arg-type]
    return ndarray(shape, dtype, memory, first)


def raise_for_sample(x: Samples, axis: int, frame: int, name: str) -> None:
    """Raise ValueError for the first value that is not finite in a frame of ``x``."""
    within = np.argwhere(~np.isfinite(np.take(x, [frame], axis)))[0]
    within[axis] = frame
    index = tuple(within.tolist())
    raise ValueError(f"{name}[{', '.join(map(str, index))}] is {x[index]}; accepted are finite samples.")
