"""The oracles themselves: against values written by hand, and against each other."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from oracles import interpolation as oracle

T = 1_700_000_000_123_456_789
HALF = 0.5**0.5


@pytest.mark.parametrize(
    ("t", "q1", "expected"),
    [
        (T, (0, 0, 1, 1), (0, 0, 0, 1)),
        (T + 10, (0, 0, 1, 1), (0, 0, HALF, HALF)),
        (T + 5, (0, 0, 3, 3), (0, 0, 0.3826834323650898, 0.9238795325112867)),  # sin and cos of 22.5 degrees
        (T + 5, (0, 0, -3, -3), (0, 0, 0.3826834323650898, 0.9238795325112867)),
        (T + 5, (1, 0, 0, 0), (HALF, 0, 0, HALF)),
        (T - 99, (0, 0, 1, 1), (0, 0, 0, 1)),
        (T + 99, (0, 0, -1, -1), (0, 0, HALF, HALF)),
    ],
)
def test_slerp_gives_the_values_written_by_hand(t, q1, expected):
    digits = oracle.slerp_digits(t, T, (0, 0, 0, 2), T + 10, q1)
    bulk = oracle.slerp([t], [T], [(0, 0, 0, 2)], [T + 10], [q1])
    np.testing.assert_allclose([float(c) for c in digits], expected, rtol=0, atol=1e-16)
    np.testing.assert_allclose(bulk[0].astype(float), expected, rtol=0, atol=1e-16)


def test_extrapolation_carries_the_rotation_on():
    digits = oracle.slerp_digits(T + 20, T, (0, 0, 0, 1), T + 10, (0, 0, HALF, HALF), extrapolate=True)
    back = oracle.slerp([T - 10], [T], [(0, 0, 0, 1)], [T + 10], [(0, 0, HALF, HALF)], extrapolate=True)
    np.testing.assert_allclose([float(c) for c in digits], (0, 0, 1, 0), rtol=0, atol=1e-15)
    np.testing.assert_allclose(back[0].astype(float), (0, 0, -HALF, HALF), rtol=0, atol=1e-15)


def test_equal_stamps_give_the_first_knot():
    assert [float(c) for c in oracle.slerp_digits(9, T, (0, 2, 0, 0), T, (1, 0, 0, 0))] == [0, 1, 0, 0]
    assert oracle.slerp([9], [T], [(0, 2, 0, 0)], [T], [(1, 0, 0, 0)]).astype(float).tolist() == [[0, 1, 0, 0]]
    assert oracle.lerp_exact(9, T, 3.0, T, 4.0, extrapolate=True) == 3


@pytest.mark.parametrize("spread", [1e-12, 1e-6, 1e-3, 1.0, 1e150])
def test_the_bulk_oracle_agrees_with_fifty_digits(spread):
    rng = np.random.default_rng(7)
    q0 = rng.standard_normal((100, 4))
    q1 = q0 + spread * rng.standard_normal((100, 4))
    t = T + rng.integers(0, 5_000_000, 100)
    t0, t1 = np.full(100, T), np.full(100, T + 5_000_000)
    bulk = oracle.slerp(t, t0, q0, t1, q1)
    for row in range(100):
        digits = oracle.slerp_digits(int(t[row]), T, q0[row], T + 5_000_000, q1[row])
        assert max(abs(float(oracle._mp.mpf(_exactly(b)) - d)) for b, d in zip(bulk[row], digits, strict=True)) < 5e-19


def test_lerp_has_no_rounding():
    assert oracle.lerp_exact(T + 1, T, 0.1, T + 3, 0.2) == Fraction(0.1) * Fraction(2, 3) + Fraction(0.2) / 3
    nearest, rest = oracle.lerp([T + 1], [T], [[1.0, -1.0]], [T + 3], [[2.0, 2.0]])
    assert nearest.tolist() == [[4 / 3, 0.0]]
    assert abs(Fraction(nearest[0, 0]) + Fraction(rest[0, 0]) - Fraction(4, 3)) < Fraction(1, 10**32)


def test_errors_are_measured_in_their_unit():
    exact = oracle.slerp([0], [0], [(0, 0, 0, 1)], [1], [(0, 0, 0, 1)])
    half_angle = 0.5e-9
    turned = [(np.sin(half_angle), 0, 0, np.cos(half_angle))]
    assert float(oracle.rotation_errors(turned, exact)[0]) == pytest.approx(1e-9, rel=1e-6)
    assert float(oracle.rotation_errors([(0, 0, 0, -1)], exact)[0]) == pytest.approx(2 * np.pi)
    assert float(oracle.norm_errors([(0, 0, 0, 1.5)])[0]) == 0.5
    one = (np.array([[1.0]]), np.array([[0.0]]))
    assert oracle.ulp_errors([[1 + 2 * np.finfo(float).eps]], one).item() == 2


@pytest.mark.parametrize(
    ("t", "expected"), [(-5, (0, 1)), (0, (0, 1)), (9, (0, 1)), (10, (1, 2)), (30, (1, 2)), (99, (1, 2))]
)
def test_segment_is_the_last_that_starts_at_or_before(t, expected):
    assert oracle.segment([0, 10, 30], t) == expected


def test_a_single_knot_is_its_own_segment():
    assert oracle.segment([7], 3) == (0, 0)


def _exactly(x):
    """Return a long double (or an mpmath number) as a value mpmath takes without loss."""
    if not isinstance(x, np.longdouble):
        return x
    high = float(x)
    return oracle._mp.mpf(high) + oracle._mp.mpf(float(x - np.longdouble(high)))
