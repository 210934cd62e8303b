"""One rotation between two knots."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import paceline
from conformance.interpolation.accuracy_test import ANGLE_RAD, NORM
from conformance.interpolation.strategies import gaps, quaternions
from oracles import interpolation as oracle

pytestmark = pytest.mark.needs("slerp_quaternion")

T = 1_700_000_000_123_456_789
IDENTITY, QUARTER = (0.0, 0.0, 0.0, 1.0), (0.0, 0.0, math.sqrt(0.5), math.sqrt(0.5))


@given(
    q0=quaternions(),
    q1=quaternions(),
    t0=st.integers(-(2**62), 2**62),
    length=gaps(),
    share=st.fractions(-1, 2),
)
def test_is_the_exact_rotation(backend, q0, q1, t0, length, share):
    assume(abs(float(oracle.dots([q0], [q1])[0])) > 1e-15)
    t = t0 + round(share * length)
    actual = paceline.slerp_quaternion(t, t0, q0, t0 + length, q1, backend=backend)
    exact = oracle.slerp([t], [t0], [q0], [t0 + length], [q1])
    assert oracle.rotation_errors([actual], exact)[0] <= ANGLE_RAD
    assert oracle.norm_errors([actual])[0] <= NORM


@given(q0=quaternions(), q1=quaternions(), share=st.fractions(-1, 2))
def test_extrapolates_to_the_exact_rotation(backend, q0, q1, share):
    assume(1e-15 < abs(float(oracle.dots([q0], [q1])[0])) < 0.99)
    t = T + round(share * 1_000_003)
    actual = paceline.slerp_quaternion(t, T, q0, T + 1_000_003, q1, bounds="extrapolate", backend=backend)
    exact = oracle.slerp([t], [T], [q0], [T + 1_000_003], [q1], extrapolate=True)
    # One segment beyond a knot, an error of the angle counts up to twice, and up to seven times in either weight.
    assert oracle.rotation_errors([actual], exact)[0] <= 10 * ANGLE_RAD
    assert oracle.norm_errors([actual])[0] <= 10 * NORM


def test_gives_a_tuple_of_four_floats(backend):
    q = paceline.slerp_quaternion(T + 5, T, IDENTITY, T + 10, QUARTER, backend=backend)
    assert type(q) is tuple
    assert [type(c) for c in q] == [float] * 4


def test_is_at_its_knots_at_their_times(backend):
    at_first = paceline.slerp_quaternion(T, T, (0, 0, 3, 4), T + 10, QUARTER, backend=backend)
    at_second = paceline.slerp_quaternion(T + 10, T, QUARTER, T + 10, (0, 0, -3, -4), backend=backend)
    assert at_first == pytest.approx((0, 0, 0.6, 0.8), abs=2e-16)
    assert at_second == pytest.approx((0, 0, 0.6, 0.8), abs=2e-16)


@pytest.mark.parametrize("bounds", ["clamp", "error", "extrapolate"])
def test_equal_times_give_the_first_knot(backend, bounds):
    q = paceline.slerp_quaternion(T, T, (0, 0, 3, 4), T, QUARTER, bounds=bounds, backend=backend)
    assert q == pytest.approx((0, 0, 0.6, 0.8), abs=2e-16)


@pytest.mark.parametrize(("bounds", "t"), [("clamp", T - 9), ("clamp", T + 9), ("extrapolate", T + 9)])
def test_equal_times_give_the_first_knot_to_queries_elsewhere(backend, bounds, t):
    q = paceline.slerp_quaternion(t, T, (0, 0, 3, 4), T, QUARTER, bounds=bounds, backend=backend)
    assert q == pytest.approx((0, 0, 0.6, 0.8), abs=2e-16)


@pytest.mark.parametrize(
    "given_as",
    [
        list,
        np.array,
        lambda q: tuple(map(np.float64, q)),
        lambda q: tuple(map(np.float32, q)),
        lambda q: tuple(map(np.int8, q)),
        lambda q: tuple(map(int, q)),
        lambda q: np.array(q, np.float32),
        lambda q: np.array(q, ">f8"),
        lambda q: np.array(q, np.int32),
        lambda q: np.repeat(np.array(q), 2)[::2],
    ],
    ids=["list", "array", "float64s", "float32s", "int8s", "ints", "float32", "big-endian", "int32", "strided"],
)
def test_takes_a_quaternion_in_any_form(backend, given_as):
    q0, q1 = (3.0, -100.0, 27.0, 90.0), (1.0, 2.0, 3.0, 4.0)
    expected = paceline.slerp_quaternion(T + 3, T, q0, T + 10, q1, backend=backend)
    assert paceline.slerp_quaternion(T + 3, T, given_as(q0), T + 10, given_as(q1), backend=backend) == expected


@pytest.mark.parametrize(
    "given_as", [int, np.int64, lambda t: np.datetime64(t, "ns")], ids=["int", "int64", "datetime64"]
)
def test_takes_a_time_in_any_form(backend, given_as):
    expected = paceline.slerp_quaternion(T + 3, T, IDENTITY, T + 10, QUARTER, backend=backend)
    t, t0, t1 = given_as(T + 3), given_as(T), given_as(T + 10)
    assert paceline.slerp_quaternion(t, t0, IDENTITY, t1, QUARTER, backend=backend) == expected


def test_int32_times(backend):
    expected = paceline.slerp_quaternion(3, 0, IDENTITY, 10, QUARTER, backend=backend)
    t, t0, t1 = np.int32(3), np.int32(0), np.int32(10)
    assert paceline.slerp_quaternion(t, t0, IDENTITY, t1, QUARTER, backend=backend) == expected


@pytest.mark.parametrize("t", [-(2**63), 2**63 - 1])
def test_clamps_from_the_ends_of_int64(backend, t):
    q = paceline.slerp_quaternion(t, T, IDENTITY, T + 10, QUARTER, backend=backend)
    assert q == pytest.approx(IDENTITY if t < 0 else QUARTER, abs=2e-16)


@pytest.mark.parametrize(("t0", "t1"), [(-(2**62), 2**62 - 1), (-(2**62) - 1, 2**62), (-(2**63), 2**63 - 1)])
@pytest.mark.parametrize("t", [-(2**63), -(2**61), -1, 0, 2**61, 2**63 - 1])
def test_times_may_span_all_of_int64(backend, t, t0, t1):
    q = paceline.slerp_quaternion(t, t0, IDENTITY, t1, QUARTER, backend=backend)
    exact = oracle.slerp_digits(t, t0, IDENTITY, t1, QUARTER)
    assert oracle.rotation_errors([q], np.array([exact], object))[0] <= ANGLE_RAD


def test_carries_on_to_both_sides(backend):
    before = paceline.slerp_quaternion(T - 10, T, IDENTITY, T + 10, QUARTER, bounds="extrapolate", backend=backend)
    after = paceline.slerp_quaternion(T + 20, T, IDENTITY, T + 10, QUARTER, bounds="extrapolate", backend=backend)
    assert before == pytest.approx((0, 0, -QUARTER[2], QUARTER[3]), abs=1e-15)
    assert after == pytest.approx((0, 0, 1, 0), abs=1e-15)
