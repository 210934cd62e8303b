"""Sample formats in NumPy: the definition that every backend's bits are held against."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[Any]

_I16, _I32, _I24, _U8, _F32, _F64 = range(6)
_BITS = {_I16: 16, _I32: 32, _I24: 24, _U8: 8}
_ROUND = (np.rint, np.floor, np.trunc)


def convert_format(x: Samples, source: int, out: Samples, target: int, rounding: int) -> int:
    """Convert (n,) samples, or (3n,) bytes of packed 24-bit ones, into ``out``."""
    if source == target:
        out[:] = x
    elif source >= _F32:
        if target >= _F32:
            with np.errstate(over="ignore"):
                out[:] = x
        else:
            _store(_clamped(np.asarray(x, np.float64), _BITS[target], rounding), out, target)
    else:
        whole, bits = _load(x, source), _BITS[source]
        if target >= _F32:
            np.multiply(whole.astype(out.dtype), out.dtype.type(0.5 ** (bits - 1)), out=out)
        elif _BITS[target] >= bits:
            _store(whole << (_BITS[target] - bits), out, target)
        else:  # 53 bits hold a 32-bit sample and its fraction
            _store(_clamped(whole * 0.5 ** (bits - 1), _BITS[target], rounding), out, target)
    return -1


def _clamped(x: Samples, bits: int, rounding: int) -> NDArray[np.int64]:
    scale = 2.0 ** (bits - 1)
    with np.errstate(over="ignore"):
        whole = np.clip(_ROUND[rounding](x * scale), -scale, scale - 1)
    return np.where(np.isnan(whole), 0.0, whole).astype(np.int64)


def _load(x: Samples, source: int) -> NDArray[np.int64]:
    if source == _I24:
        low, middle, high = x.reshape(-1, 3).astype(np.int64).T
        return low | middle << 8 | (high ^ 128) - 128 << 16
    return x.astype(np.int64) - (128 if source == _U8 else 0)


def _store(whole: NDArray[np.int64], out: Samples, target: int) -> None:
    if target == _I24:
        for byte in range(3):
            out[byte::3] = whole >> 8 * byte & 255
    else:
        out[:] = whole + (128 if target == _U8 else 0)


def interleave(x: Samples, out: Samples) -> int:
    """Write (channels, frames) as (frames, channels)."""
    out[:] = x.T
    return -1


def deinterleave(x: Samples, out: Samples) -> int:
    """Write (frames, channels) as (channels, frames)."""
    out[:] = x.T
    return -1


def to_mono(x: Samples, out: Samples) -> int:
    """Write the mean of every frame's channels."""
    total = x[:, 0].astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        for channel in range(1, x.shape[1]):
            total += x[:, channel]
        total /= x.shape[1]
        out[:] = total if out.dtype.kind == "f" else np.rint(total)
    return -1
