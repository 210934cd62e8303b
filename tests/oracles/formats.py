"""What sample formats must give: Python integers and fractions, one sample at a time, naive on purpose."""

from __future__ import annotations

from fractions import Fraction
from math import copysign, floor, inf, isinf, isnan, trunc
from typing import Any

import numpy as np

BITS = {"i16": 16, "i32": 32, "i24": 24, "u8": 8}
MANTISSA = {"f32": (24, 127), "f64": (53, 1023)}
"""Binary digits, and the largest exponent."""

ROUND = {"nearest": round, "floor": floor, "truncate": trunc}
"""Of a fraction: round() takes halves to the even neighbour."""

DTYPES = {"i16": np.int16, "i32": np.int32, "i24": np.uint8, "u8": np.uint8, "f32": np.float32, "f64": np.float64}


def nearest_float(x: Fraction, name: str) -> float:
    """Round an exact number to a binary format: half to even, with denormals, infinite beyond the largest."""
    digits, largest = MANTISSA[name]
    if x == 0:
        return 0.0
    exponent = x.numerator.bit_length() - x.denominator.bit_length()
    while abs(x) >= Fraction(2) ** (exponent + 1):
        exponent += 1
    while abs(x) < Fraction(2) ** exponent:
        exponent -= 1
    unit = Fraction(2) ** (max(exponent, 1 - largest) - digits + 1)
    rounded = round(x / unit) * unit
    return copysign(inf, x) if abs(rounded) >= Fraction(2) ** (largest + 1) else float(rounded)


def convert(value: Any, source: str, to: str, rounding: str = "nearest") -> Any:
    """Convert one sample: a float, or the integer that is stored (int24's as a number)."""
    if source == to:
        return value
    if source in BITS:
        offset = 128 if source == "u8" else 0
        exact = Fraction(int(value) - offset, 2 ** (BITS[source] - 1))
    elif isnan(value):
        return value if to in MANTISSA else (128 if to == "u8" else 0)
    elif isinf(value):
        exact = Fraction(int(copysign(4, value)))  # beyond full scale
        if to in MANTISSA:
            return value
    else:
        exact = Fraction(float(value))
    if to in MANTISSA:
        number = nearest_float(exact, to)
        return copysign(number, value) if source in MANTISSA else number
    scale = 2 ** (BITS[to] - 1)
    whole = min(max(ROUND[rounding](exact * scale), -scale), scale - 1)
    return whole + 128 if to == "u8" else whole


def values(x: Any, source: str) -> list[Any]:
    """Return the samples of a flat array as Python numbers."""
    if source != "i24":
        return np.asarray(x).tolist()
    raw = bytes(x)
    return [int.from_bytes(raw[i : i + 3], "little", signed=True) for i in range(0, len(raw), 3)]


def array(samples: list[Any], to: str) -> Any:
    """Return samples as the flat array that a kernel writes."""
    if to == "i24":
        return np.frombuffer(b"".join(s.to_bytes(3, "little", signed=True) for s in samples), np.uint8)
    return np.array(samples, DTYPES[to])


def convert_array(x: Any, source: str, to: str, rounding: str = "nearest") -> Any:
    return array([convert(value, source, to, rounding) for value in values(x, source)], to)


def wrapped(whole: int) -> int:
    """Return the low 16 bits as a signed number."""
    return (whole + 32768) % 65536 - 32768


def legacy(value: float, rule: str) -> int:
    """Convert a finite float32 to int16 as older tools did, their one multiplication in float32."""
    x = np.float32(value)
    if rule == "node":
        return wrapped(int(x * np.float32(32768)))
    if rule == "script":
        return wrapped(int(x * np.float32(32767)))
    x = min(max(x, np.float32(-1)), np.float32(1))
    if rule == "asymmetric":
        return int(x * np.float32(32768)) if x < 0 else int(x * np.float32(32767))
    assert rule == "fast"
    return int(x * np.float32(32767))


def legacy_back(value: int, rule: str) -> float:
    """Convert int16 to float32 as older tools did: the nearest of the exact quotient."""
    return nearest_float(Fraction(int(value), 32767 if rule == "fast" else 32768), "f32")


def mono(frame: Any) -> Any:
    """Return the mean of a frame's channels: exactly and half to even of integers, by float64 additions of floats."""
    if frame.dtype.kind in "iu":
        return round(Fraction(sum(frame.tolist()), len(frame)))
    total = float(frame[0])
    for sample in frame[1:].tolist():
        total += sample
    return total / len(frame)
