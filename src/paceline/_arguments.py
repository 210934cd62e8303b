"""Structural checks of arguments, done once before a kernel runs: type, shape, layout, options.

Each returns the array that kernels take (C-contiguous, aligned, native) and costs a few attribute look-ups when the
argument is one already. Each error is a sentence that names the argument, what it is and what is accepted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Bounds = Literal["clamp", "error", "extrapolate"]
Duplicates = Literal["error", "first", "last"]
Stamps = NDArray[np.int64]
Floats = NDArray[np.float64]

INT64_MIN: Final = -(2**63)
INT64_MAX: Final = 2**63 - 1

_INT64: Final = np.dtype(np.int64)
_FLOAT64: Final = np.dtype(np.float64)


def one_of(value: object, name: str, accepted: Sequence[str]) -> None:
    """Raise ValueError unless ``value`` is one of the accepted words."""
    if value not in accepted:
        raise ValueError(f"{name} is {value!r}; accepted are {', '.join(map(repr, accepted))}.")


def as_stamps(x: ArrayLike, name: str) -> Stamps:
    """Return ``x`` as (n,) int64 nanoseconds; copies only where dtype or layout differ."""
    if type(x) is np.ndarray and x.dtype is _INT64 and x.ndim == 1:
        flags = x.flags
        if flags.c_contiguous and flags.aligned:
            return x
    array = as_array(x, name)
    if array.ndim != 1:
        raise ValueError(f"{name} has shape {array.shape}; accepted is one dimension, (n,).")
    kind = array.dtype.kind
    if kind == "M":
        if np.datetime_data(array.dtype) != ("ns", 1):
            raise TypeError(
                f"{name} has dtype {array.dtype}; accepted are int64 nanoseconds and datetime64[ns]: "
                f"convert with {name}.astype('datetime64[ns]')."
            )
        missing = np.flatnonzero(np.isnat(array))
        if missing.size:
            raise ValueError(f"{name}[{missing[0]}] is NaT; accepted is a time at every index.")
        return np.require(array.astype(array.dtype.newbyteorder("=")).view(np.int64), None, ["C", "A"])
    if array.size == 0 and not isinstance(x, np.ndarray):
        return np.empty(0, np.int64)  # an empty list has no dtype of its own
    if kind == "f":
        raise TypeError(
            f"{name} has dtype {array.dtype}; accepted are int64 nanoseconds and datetime64[ns], because a float of "
            f"epoch nanoseconds steps by 256 ns: convert seconds with np.rint({name} * 1e9).astype(np.int64) where "
            "they are small, or read decimal text with paceline.tum.stamp_to_ns."
        )
    if kind == "b" or not np.can_cast(array.dtype, _INT64, "safe"):
        raise TypeError(
            f"{name} has dtype {array.dtype}; accepted are int64 nanoseconds and datetime64[ns]: "
            f"convert with {name}.astype(np.int64) where the values fit."
        )
    return np.require(array, _INT64, ["C", "A"])


def as_floats(x: ArrayLike, name: str, *shapes: tuple[int | str, ...]) -> Floats:
    """Return ``x`` as float64 of one of the shapes (a letter stands for any length); copies only where it must."""
    if type(x) is np.ndarray and x.dtype is _FLOAT64 and (flags := x.flags).c_contiguous and flags.aligned:
        if x.shape in shapes:
            return x
        array = x
    else:
        array = as_array(x, name)
        if array.dtype.kind == "b" or not (
            np.can_cast(array.dtype, _FLOAT64, "safe") or (array.dtype.kind in "iu" and array.dtype.itemsize == 8)
        ):
            raise TypeError(
                f"{name} has dtype {array.dtype}; accepted are float64 and the real types that fit into it: "
                f"convert with {name}.astype(np.float64)."
            )
        array = np.require(array, _FLOAT64, ["C", "A"])
    for shape in shapes:
        if _fits(array.shape, shape):
            return array
    accepted = " or ".join(map(_worded, shapes))
    raise ValueError(f"{name} has shape {array.shape}; accepted is {accepted}.")


def as_out(out: object, name: str, shape: tuple[int, ...]) -> Floats:
    """Return ``out`` if a kernel can write into it: float64, C-contiguous, aligned, writeable, of that shape."""
    if not isinstance(out, np.ndarray):
        raise TypeError(f"{name} is a {type(out).__name__}; accepted is a float64 array of shape {shape}.")
    if out.dtype != _FLOAT64 or not out.dtype.isnative:
        raise TypeError(f"{name} has dtype {out.dtype}; accepted is native float64.")
    if out.shape != shape:
        raise ValueError(f"{name} has shape {out.shape}; accepted is {shape}.")
    if not (out.flags.c_contiguous and out.flags.aligned and out.flags.writeable):
        raise ValueError(f"{name} is read-only, strided or unaligned; accepted is a writeable C-contiguous array.")
    return out


def as_pose_outs(out: object, n: int) -> tuple[Floats, Floats]:
    """Return ``out`` if it is a tuple of two arrays that kernels can write n poses into."""
    if not isinstance(out, tuple) or len(out) != 2:
        raise TypeError(f"out is a {type(out).__name__}; accepted is a tuple of two arrays, (n, 3) and (n, 4).")
    positions, quats = as_out(out[0], "out[0]", (n, 3)), as_out(out[1], "out[1]", (n, 4))
    if n and overlaps(positions, quats):
        raise ValueError("out[0] and out[1] share memory; accepted are two arrays that do not overlap.")
    return positions, quats


def overlaps(out: Floats, *inputs: NDArray[Any]) -> bool:
    """Say whether writing ``out`` could change an input that is still to be read."""
    return any(np.may_share_memory(out, x) for x in inputs)


def check_span(stamps: Stamps, name: str) -> None:
    """Raise ValueError if the difference of first and last stamp does not fit int64."""
    if len(stamps) > 1:
        first, last = int(stamps[0]), int(stamps[-1])
        if last - first > INT64_MAX:
            raise ValueError(
                f"{name} spans from {first} to {last}; accepted is a span of less than 2**63 ns (292 years)."
            )


def check_queries(at: Stamps, name: str, first: int, last: int, bounds: Bounds) -> None:
    """Raise ValueError for a query that ``bounds`` does not allow between two knots' stamps.

    With "error" that is the first one outside of them; with "extrapolate" one further away than int64 can say.
    """
    if bounds == "clamp" or len(at) == 0:
        return
    low, high = int(at.min()), int(at.max())
    if bounds == "error" and (low < first or high > last):
        index = int(np.flatnonzero((at < first) | (at > last))[0])
        raise ValueError(
            f"{name}[{index}] = {at[index]} is outside the knots, {first} to {last}; accepted with bounds='error' "
            "are times within them, bounds='clamp' or 'extrapolate' take any."
        )
    if last - low > INT64_MAX or high - first > INT64_MAX:
        index = int(at.argmin() if last - low > INT64_MAX else at.argmax())
        raise ValueError(
            f"{name}[{index}] = {at[index]} is 2**63 ns (292 years) or more away from a knot, {first} to {last}; "
            "accepted are nearer times."
        )


def as_array(x: ArrayLike, name: str) -> NDArray[Any]:
    """Return ``x`` as an array of whatever dtype it has; refuse what would lose something on the way."""
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array, whose mask would be lost; accepted is a plain array.")
    try:
        return np.asarray(x)
    except (ValueError, OverflowError) as error:  # ragged lists, integers beyond 64 bits
        raise ValueError(f"{name} is not an array: {error}.") from error


def _fits(shape: tuple[int, ...], wanted: tuple[int | str, ...]) -> bool:
    if len(shape) != len(wanted):
        return False
    for have, want in zip(shape, wanted, strict=True):  # noqa: SIM110 - a generator costs more than the whole check
        if have != want and type(want) is int:
            return False
    return True


def _worded(shape: tuple[int | str, ...]) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
