"""The oracle itself: against values written by hand, the standard library, and the processor."""

from __future__ import annotations

import struct
from fractions import Fraction
from math import inf, isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracles import formats as oracle


@pytest.mark.parametrize(
    ("value", "source", "to", "expected"),
    [
        (1.0, "f32", "i16", 32767),
        (-1.0, "f32", "i16", -32768),
        (-7.5, "f64", "i24", -(2**23)),
        (0.5 / 32768, "f32", "i16", 0),
        (1.5 / 32768, "f32", "i16", 2),
        (-0.5 / 128, "f64", "u8", 128),
        (nan, "f32", "u8", 128),
        (nan, "f64", "i32", 0),
        (-inf, "f32", "i32", -(2**31)),
        (127, "i16", "u8", 128),
        (128, "i16", "u8", 128),
        (129, "i16", "u8", 129),
        (384, "i16", "u8", 130),
        (0, "u8", "f32", -1.0),
        (255, "u8", "i16", 127 * 256),
        (-1, "i24", "i32", -256),
        (2**31 - 1, "i32", "f32", 1.0),
        (2**31 - 1, "i32", "i16", 32767),
    ],
)
def test_the_values_written_by_hand(value, source, to, expected):
    assert oracle.convert(value, source, to) == expected


def test_the_other_roundings():
    assert [oracle.convert(-1.5 / 32768, "f64", "i16", r) for r in ("nearest", "floor", "truncate")] == [-2, -2, -1]
    assert [oracle.convert(1.5 / 32768, "f64", "i16", r) for r in ("nearest", "floor", "truncate")] == [2, 1, 1]
    assert isnan(oracle.convert(nan, "f32", "f64"))
    assert oracle.convert(inf, "f64", "f32") == inf


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_nearest_float_is_what_the_processor_gives(x):
    with np.errstate(over="ignore"):
        assert oracle.nearest_float(Fraction(x), "f32") == float(np.float32(x))
    assert oracle.nearest_float(Fraction(x), "f64") == x
    assert struct.pack("d", oracle.convert(x, "f64", "f32")) == struct.pack("d", _as_float32(x))


def _as_float32(x):
    with np.errstate(over="ignore"):
        return float(np.float32(x))


def test_packed_bytes():
    assert oracle.values(np.array([1, 2, 3, 255, 255, 255], np.uint8), "i24") == [0x030201, -1]
    assert oracle.array([0x030201, -1], "i24").tolist() == [1, 2, 3, 255, 255, 255]


def test_legacy_values_written_by_hand():
    assert [oracle.legacy(1.0, rule) for rule in ("node", "script", "asymmetric", "fast")] == [
        -32768, 32767, 32767, 32767,
    ]  # fmt: skip
    assert [oracle.legacy(-1.0, rule) for rule in ("node", "script", "asymmetric", "fast")] == [
        -32768, -32767, -32768, -32767,
    ]  # fmt: skip
    assert oracle.legacy(1.5, "script") == 49150 - 65536
    assert [oracle.legacy(1.5, rule) for rule in ("asymmetric", "fast")] == [32767, 32767]
    assert oracle.legacy_back(32767, "fast") == 1.0
    assert oracle.legacy_back(-32768, "node") == -1.0


def test_mono_of_halves():
    assert [oracle.mono(np.array(f, np.int16)) for f in ([1, 2], [2, 3], [-1, -2], [-32768, 32767])] == [2, 2, -2, 0]
