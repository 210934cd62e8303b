"""Sample formats in NumPy, written as one would by hand, into kept outputs; and copying bytes, which is the limit.

Inputs hold no NaN here: only paceline has a rule for it, and pays for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[Any]
Convert = Callable[..., Samples]


def from_integers(bits: int) -> Convert:
    """Return the conversion of an integer dtype to floats: cast and scaled in one pass."""

    def convert(x: Samples, *, out: Samples) -> Samples:
        np.multiply(x, out.dtype.type(0.5 ** (bits - 1)), out=out, dtype=out.dtype)
        return out

    return convert


def to_integers(bits: int, dtype: npt.DTypeLike = np.float32) -> Convert:
    """Return the conversion of floats to an integer dtype: scaled, rounded, clipped, cast; `dtype` to compute in."""
    scale = 2.0 ** (bits - 1)

    def convert(x: Samples, *, out: Samples) -> Samples:
        scaled = np.multiply(x, scale, dtype=dtype)
        np.rint(scaled, out=scaled)
        np.clip(scaled, -scale, scale - 1, out=scaled)
        np.copyto(out, scaled, casting="unsafe")
        return out

    return convert


def u8_to_f32(x: Samples, *, out: Samples) -> Samples:
    """Convert uint8, offset by 128."""
    np.subtract(x, np.float32(128), out=out, dtype=np.float32)
    out *= np.float32(1 / 128)
    return out


def f32_to_u8(x: Samples, *, out: Samples) -> Samples:
    """Convert to uint8, offset by 128."""
    scaled = x * np.float32(128)
    np.rint(scaled, out=scaled)
    scaled += np.float32(128)
    np.clip(scaled, 0, 255, out=scaled)
    np.copyto(out, scaled, casting="unsafe")
    return out


def i24_to_f32(x: Samples, *, out: Samples) -> Samples:
    """Convert (n, 3) packed bytes by way of int32, the three upper bytes of each."""
    wide = np.zeros((len(x), 4), np.uint8)
    wide[:, 1:] = x
    np.multiply(wide.view("<i4")[:, 0], np.float32(0.5**31), out=out, dtype=np.float32)
    return out


def f32_to_i24(x: Samples, *, out: Samples) -> Samples:
    """Convert to (n, 3) packed bytes by way of int32, the three lower bytes of each."""
    whole = to_integers(24)(x, out=np.empty(len(x), "<i4"))
    out[...] = whole.view(np.uint8).reshape(-1, 4)[:, :3]
    return out


def cast(x: Samples, *, out: Samples) -> Samples:
    """Convert floats to narrower floats."""
    np.copyto(out, x, casting="same_kind")
    return out


def transposed(x: Samples, *, out: Samples) -> Samples:
    """Turn (frames, channels) into (channels, frames), or the other way round."""
    np.copyto(out, x.T)
    return out


class Copy:
    """Copies half of the bytes that a conversion reads and writes, so that it moves as many, each once.

    What one of the two arrays is too short for goes to, or comes from, an array of its own: going over the shorter one
    again would find it in a cache, where a conversion has no byte twice. A memoryview's slice is copied by memmove with
    less around it than `np.copyto` has, which counts at a thousand samples.
    """

    def __init__(self) -> None:
        self.out: Samples | None = None
        self.parts: tuple[tuple[memoryview, memoryview], ...] = ()

    def __call__(self, x: Samples, *, out: Samples) -> None:
        """Copy from `x` to `out`."""
        if out is not self.out:
            self.out, self.parts = out, copied_parts(x, out)
        for target, source in self.parts:
            target[:] = source


def copied_parts(x: Samples, out: Samples) -> tuple[tuple[memoryview, memoryview], ...]:
    """Return targets and sources, as bytes: together half as many as the two arrays have, and none of them twice."""
    source, target = x.reshape(-1).view(np.uint8), out.reshape(-1).view(np.uint8)
    both = min(source.size, target.size)
    rest = (source.size + target.size) // 2 - both
    parts = [(target[:both].data, source[:both].data)]
    if rest:
        more = np.ones(rest, np.uint8)  # ones, so that its pages are there
        longer = (source if source.size > target.size else target)[both : both + rest].data
        parts.append((more.data, longer) if source.size > target.size else (longer, more.data))
    return tuple(parts)
