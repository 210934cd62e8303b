"""Sample formats and layouts: int16, int32, packed int24, uint8, float32 and float64, interleaved or planar.

One rule for all pairs. An integer of b bits stands for itself divided by 2**(b-1), so full scale is [-1, 1) and
silence is 0; uint8 is offset by 128. Floats are multiplied by 2**(b-1), rounded, and clamped before they are cast, so
nothing wraps: 1.0 becomes the largest integer. NaN becomes silence: 0, and 128 in uint8. Wider integers keep every bit;
narrower ones are rounded and clamped by the same rule. float64 to float32 rounds as the processor does; NaN stays.

Packed int24 is three bytes a sample, little-endian, two's complement: a uint8 array with a last axis of 3.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import numpy as np
from numpy import ndarray
from numpy.typing import ArrayLike, NDArray

from paceline._arguments import as_array, one_of
from paceline.audio._legacy import LEGACY, LegacyName, convert_legacy
from paceline.audio._samples import Samples, as_samples_out, disjoint, new
from paceline.operations import OPERATIONS
from paceline.selection import Selector, selector

__all__ = [
    "FORMATS",
    "LEGACY",
    "ROUNDINGS",
    "FormatName",
    "Rounding",
    "convert_format",
    "deinterleave",
    "interleave",
    "to_mono",
]

FormatName = Literal["i16", "i32", "i24", "u8", "f32", "f64"]
Rounding = Literal["nearest", "floor", "truncate"]

FORMATS: Final = ("i16", "i32", "i24", "u8", "f32", "f64")
"""By code, as kernels count them."""

ROUNDINGS: Final = ("nearest", "floor", "truncate")
"""By code, likewise."""

_DTYPES: Final[dict[str, np.dtype[Any]]] = {
    "i16": np.dtype(np.int16),
    "i32": np.dtype(np.int32),
    "i24": np.dtype(np.uint8),
    "u8": np.dtype(np.uint8),
    "f32": np.dtype(np.float32),
    "f64": np.dtype(np.float64),
}
_NAMES: Final[dict[np.dtype[Any], str]] = {dtype: name for name, dtype in _DTYPES.items() if name != "i24"}
_BYTES: Final = {name: 3 if name == "i24" else dtype.itemsize for name, dtype in _DTYPES.items()}
_CODES: Final = {name: code for code, name in enumerate(FORMATS)}
_ROUNDING_CODES: Final = {name: code for code, name in enumerate(ROUNDINGS)}

_I24: Final = _CODES["i24"]
_MOVED: Final = tuple(map(np.dtype, ("float32", "int16", "float64", "int32", "uint8", "int64", "bool")))
_SUMMED: Final = tuple(map(np.dtype, ("float32", "int16", "float64", "int32", "uint8")))
"""What to_mono takes, in native byte order; a tuple is searched by identity first, which costs less than a hash."""

_BITS: Final = {size: np.dtype(f"u{size}") for size in (1, 2, 4, 8)}

_mono: Final = {
    dtype.num: selector("to_mono", form if form in OPERATIONS["to_mono"].kinds else "")
    for dtype, form in _NAMES.items()
}
"""By the number of a dtype, whose hash would cost more."""

_transposers: Final = {
    (name, _BYTES[form]): selector(name, form if form in OPERATIONS[name].kinds else "")
    for name in ("interleave", "deinterleave")
    for form in ("i16", "u8", "f64", "f32")
}

_Way = tuple[Selector, int, int, int, bool, np.dtype[Any]]
"""What chooses a kernel, its codes, whether samples are packed before or after, the dtype of the result."""

_ways: dict[tuple[np.dtype[Any], str, str | None, str], _Way] = {}
"""What was found for arguments that were converted once: a call like it checks its arrays and no more."""


def convert_format(
    x: ArrayLike,
    to: FormatName,
    *,
    source: FormatName | None = None,
    rounding: Rounding = "nearest",
    legacy: LegacyName | None = None,
    out: Samples | None = None,
    backend: str | None = None,
) -> Samples:
    """Convert samples from one format to another.

    Parameters
    ----------
    x : array of int16, int32, uint8, float32 or float64, any shape
        Samples; with ``source="i24"`` uint8 whose last axis is the three bytes.
    to : {"i16", "i32", "i24", "u8", "f32", "f64"}
        The format wanted.
    source : str, optional
        The format of ``x``; by default the one that its dtype says, and uint8 is "u8". Needed for "i24" only.
    rounding : {"nearest", "floor", "truncate"}
        To an integer: half to even, downwards, or towards zero.
    legacy : {"node", "script", "asymmetric", "fast"}, optional
        Reproduce data that was made by an older rule, for int16 and float32; :data:`LEGACY` describes them.
    out : array, optional
        Receives the result; may be ``x`` itself where the formats have the same size.
    backend : str, optional
        Use this backend or raise.

    Returns
    -------
    array
        x's shape in the dtype of ``to``; "i24" has a last axis of 3 more than the samples have.

    Raises
    ------
    TypeError
        The dtype is none of those, or not the one of ``source``.
    ValueError
        A name is unknown, ``out`` does not fit, or the legacy rule does not have that pair.

    Notes
    -----
    Cost: one pass over both arrays; with ``out=`` nothing is allocated.
    """
    if type(x) is ndarray and legacy is None:
        try:
            converter, code, code_out, how, packed, dtype = _ways[x.dtype, to, source, rounding]
        except (KeyError, TypeError):  # not gone yet; or not a name, which is said there
            return _convert(x, to, source, rounding, legacy, out, backend)
        flags = x.flags
        shape = _shape(x, code, code_out) if packed else x.shape
        if flags.c_contiguous and flags.aligned and (code != _I24 or x.shape[-1:] == (3,)):
            if out is None:
                out = new(shape, dtype)
            elif not _fits(out, shape, dtype, x):
                return _convert(x, to, source, rounding, legacy, out, backend)
            if x.ndim == 1 and not packed:
                converter.pick(x.size, backend)(x, code, out, code_out, how)
            else:
                kernel = converter.pick(min(x.size, out.size), backend)
                kernel(x.reshape(-1), code, out.reshape(-1), code_out, how)
            return out
    return _convert(x, to, source, rounding, legacy, out, backend)


def interleave(x: ArrayLike, *, out: Samples | None = None, backend: str | None = None) -> Samples:
    """Turn planar samples, (channels, frames), into interleaved ones, (frames, channels).

    Parameters
    ----------
    x : (channels, frames), any dtype of 1, 2, 4 or 8 bytes
        Samples of each channel together.
    out : (frames, channels) of x's dtype, optional
        Receives the result.
    backend : str, optional
        Use this backend or raise.

    Returns
    -------
    (frames, channels) of x's dtype
        C-contiguous: samples of each frame together.

    Raises
    ------
    TypeError, ValueError
        The dtype or shape is none of those, or ``out`` does not fit.

    Notes
    -----
    Cost: one pass over both arrays.
    """
    return _transposed("interleave", x, ("channels", "frames"), out, backend)


def deinterleave(x: ArrayLike, *, out: Samples | None = None, backend: str | None = None) -> Samples:
    """Turn interleaved samples, (frames, channels), into planar ones, (channels, frames).

    Parameters
    ----------
    x : (frames, channels), any dtype of 1, 2, 4 or 8 bytes
        Samples of each frame together.
    out : (channels, frames) of x's dtype, optional
        Receives the result.
    backend : str, optional
        Use this backend or raise.

    Returns
    -------
    (channels, frames) of x's dtype
        C-contiguous: samples of each channel together.

    Raises
    ------
    TypeError, ValueError
        The dtype or shape is none of those, or ``out`` does not fit.

    Notes
    -----
    Cost: one pass over both arrays.
    """
    return _transposed("deinterleave", x, ("frames", "channels"), out, backend)


def to_mono(x: ArrayLike, *, out: Samples | None = None, backend: str | None = None) -> Samples:
    """Mix the channels of every frame down to their mean.

    Parameters
    ----------
    x : (frames, channels) int16, int32, uint8, float32 or float64
        At least one channel.
    out : (frames,) of x's dtype, optional
        Receives the result.
    backend : str, optional
        Use this backend or raise.

    Returns
    -------
    (frames,) of x's dtype
        The channels added from first to last in float64 (integers exactly), divided by their number, and rounded to
        the dtype, half to even.

    Raises
    ------
    TypeError, ValueError
        The dtype or shape is none of those, or ``out`` does not fit.

    Notes
    -----
    Cost: one pass over both arrays.
    """
    if type(x) is ndarray and x.dtype in _SUMMED and x.ndim == 2:
        flags, (frames, channels) = x.flags, x.shape
        if flags.c_contiguous and flags.aligned and channels and (out is None or _fits(out, (frames,), x.dtype, x)):
            if out is None:
                out = new((frames,), x.dtype)
            _mono[x.dtype.num].pick(frames, backend)(x, out)
            return out
    samples = as_array(x, "x")
    if samples.dtype not in _NAMES or not samples.dtype.isnative:
        accepted = ", ".join(dtype.name for dtype in _NAMES)
        raise TypeError(f"x has dtype {samples.dtype}; accepted are {accepted}.")
    if samples.ndim != 2 or samples.shape[1] == 0:
        raise ValueError(f"x has shape {samples.shape}; accepted is (frames, channels) with 1 channel or more.")
    shape = (len(samples),)
    result = new(shape, samples.dtype) if out is None else as_samples_out(out, samples.dtype, shape)
    if out is not None and not disjoint(out, samples):
        samples = samples.copy()
    _mono[samples.dtype.num].pick(len(samples), backend)(np.require(samples, None, ["C", "A"]), result)
    return result


def _convert(
    x: ArrayLike,
    to: str,
    source: str | None,
    rounding: str,
    legacy: LegacyName | None,
    out: Samples | None,
    backend: str | None,
) -> Samples:
    """Check everything, convert, and note the way for the next call of its kind."""
    name = _NAMES.get(x.dtype) if type(x) is np.ndarray else None
    if type(x) is np.ndarray and name is not None and (source is None or source == name):
        samples = x
    else:
        samples, name = _as_source(x, source)
    if to not in _CODES:
        one_of(to, "to", FORMATS)
    if rounding not in _ROUNDING_CODES:
        one_of(rounding, "rounding", ROUNDINGS)
    shape = _shape(samples, _CODES[name], _CODES[to])
    dtype = _DTYPES[to]
    if legacy is not None:
        converted = convert_legacy(samples, name, to, legacy)
        if out is None:
            return converted
        as_samples_out(out, dtype, shape)[...] = converted
        return out
    if out is None:
        out = new(shape, dtype)
    else:
        as_samples_out(out, dtype, shape)
        if not disjoint(out, samples) and not (_BYTES[to] == _BYTES[name] and _start(out) == _start(samples)):
            samples = samples.copy()
    flags = samples.flags
    if not (flags.c_contiguous and flags.aligned):
        samples = np.require(samples, None, ["C", "A"])
    flat = samples if samples.ndim == 1 else samples.reshape(-1)
    flat_out = out if out.ndim == 1 else out.reshape(-1)
    kind = f"{name} to {to}"
    converter = selector("convert_format", kind if kind in OPERATIONS["convert_format"].kinds else "")
    code, code_out, how = _CODES[name], _CODES[to], _ROUNDING_CODES[rounding]
    if type(x) is ndarray and x.dtype.isnative:
        _ways[x.dtype, to, source, rounding] = (converter, code, code_out, how, "i24" in (name, to), dtype)
    converter.pick(min(flat.size, out.size), backend)(flat, code, flat_out, code_out, how)
    return out


def _fits(out: Samples, shape: tuple[int, ...], dtype: np.dtype[Any], x: Samples) -> bool:
    """Say whether a kernel can write ``out`` as it is; where it cannot, the long way says why."""
    return type(out) is ndarray and out.dtype is dtype and out.shape == shape and out.flags.carray and disjoint(out, x)


def _shape(x: Samples, code: int, code_out: int) -> tuple[int, ...]:
    """Return the shape of the result; of packed samples the last axis are bytes."""
    shape = x.shape if code != _I24 else x.shape[:-1]
    return shape if code_out != _I24 else (*shape, 3)


def _start(x: Samples) -> int:
    return int(x.ctypes.data)


def to_floats(x: Samples, backend: str | None) -> Samples:
    """Return what a kernel computes with: float32 for integers, floats as they are."""
    return x if x.dtype.kind == "f" else convert_format(x, "f32", backend=backend)


def from_floats(x: Samples, dtype: np.dtype[Any], backend: str | None) -> Samples:
    """Return floats in the dtype that a signal came in."""
    return x if x.dtype == dtype else convert_format(x, _NAMES[dtype], backend=backend)  # type: ignore[arg-type]


def _as_source(x: ArrayLike, source: str | None) -> tuple[NDArray[Any], str]:
    samples = as_array(x, "x")
    if source is not None:
        one_of(source, "source", FORMATS)
        if samples.dtype.newbyteorder("=") != _DTYPES[source]:
            raise TypeError(f"x has dtype {samples.dtype}; accepted with source={source!r} is {_DTYPES[source].name}.")
        if source == "i24" and (samples.ndim == 0 or samples.shape[-1] != 3):
            raise ValueError(f"x has shape {samples.shape}; accepted with source='i24' is a last axis of 3 bytes.")
    elif samples.dtype.newbyteorder("=") not in _NAMES or (
        samples.dtype.kind in "iu" and not isinstance(x, np.ndarray | np.generic)
    ):
        accepted = ", ".join(dtype.name for dtype in _NAMES)
        raise TypeError(
            f"x has dtype {samples.dtype}; accepted are arrays of {accepted}, and uint8 with a last axis of 3 and "
            "source='i24'."
        )
    native = samples.astype(samples.dtype.newbyteorder("="), copy=False)
    return native, source or _NAMES[native.dtype]


def _transposed(
    operation: str, x: ArrayLike, axes: tuple[str, str], out: Samples | None, backend: str | None
) -> Samples:
    if type(x) is ndarray and x.dtype in _MOVED and x.ndim == 2:
        flags = x.flags
        if flags.c_contiguous and flags.aligned and (out is None or _fits(out, x.shape[::-1], x.dtype, x)):
            bits = _BITS[x.itemsize]
            if out is None:
                out = new(x.shape[::-1], x.dtype)
            _transposers[operation, x.itemsize].pick(x.size // 2, backend)(x.view(bits), out.view(bits))
            return out
    samples = as_array(x, "x")
    if samples.dtype.kind not in "iufb" or samples.itemsize not in (1, 2, 4, 8) or not samples.dtype.isnative:
        raise TypeError(f"x has dtype {samples.dtype}; accepted are native numbers of 1, 2, 4 or 8 bytes.")
    if samples.ndim != 2:
        raise ValueError(f"x has shape {samples.shape}; accepted is ({axes[0]}, {axes[1]}).")
    shape = samples.shape[::-1]
    result = new(shape, samples.dtype) if out is None else as_samples_out(out, samples.dtype, shape)
    if out is not None and not disjoint(out, samples):
        samples = samples.copy()
    bits = _BITS[samples.itemsize]
    _transposers[operation, samples.itemsize].pick(samples.size // 2, backend)(
        np.require(samples, None, ["C", "A"]).view(bits), result.view(bits)
    )
    return result
