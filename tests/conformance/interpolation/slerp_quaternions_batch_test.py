"""Many independent pairs of rotations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import paceline
from conformance.interpolation.accuracy_test import ANGLE_RAD, NORM
from conformance.interpolation.strategies import gaps, quaternions
from oracles import interpolation as oracle

pytestmark = pytest.mark.needs("slerp_quaternions_batch")

T = 1_700_000_000_123_456_789
IDENTITY, QUARTER = (0.0, 0.0, 0.0, 1.0), (0.0, 0.0, 0.5**0.5, 0.5**0.5)

ROW = st.tuples(st.integers(-(2**62), 2**62), gaps() | st.just(0), st.fractions(-1, 2), quaternions(), quaternions())


@given(rows=st.lists(ROW, max_size=19))
def test_every_row_is_the_exact_rotation(backend, rows):
    rows = [row for row in rows if abs(float(oracle.dots([row[3]], [row[4]])[0])) > 1e-15]
    t0 = np.array([row[0] for row in rows], np.int64)
    t1 = np.array([row[0] + row[1] for row in rows], np.int64)
    t = np.array([row[0] + round(row[2] * row[1]) for row in rows], np.int64)
    q0, q1 = (np.array([row[k] for row in rows]).reshape(-1, 4) for k in (3, 4))
    actual = paceline.slerp_quaternions_batch(t, t0, q0, t1, q1, backend=backend)
    assert actual.shape == (len(rows), 4)
    if rows:
        assert oracle.rotation_errors(actual, oracle.slerp(t, t0, q0, t1, q1)).max() <= ANGLE_RAD
        assert oracle.norm_errors(actual).max() <= NORM


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 63, 64, 65, 255, 256, 257, 1_025])
def test_every_length_is_answered_to_its_last_row(backend, n):
    rng = np.random.default_rng(n)
    q0, q1 = rng.standard_normal((2, n, 4))
    t0 = np.full(n, T)
    t = T + rng.integers(0, 1_000, n)
    actual = paceline.slerp_quaternions_batch(t, t0, q0, t0 + 1_000, q1, backend=backend)
    exact = oracle.slerp(t, t0, q0, t0 + 1_000, q1)
    assert oracle.rotation_errors(actual, exact).max() <= ANGLE_RAD


@pytest.mark.parametrize("bounds", ["clamp", "error", "extrapolate"])
def test_equal_times_give_the_first_knot(backend, bounds):
    t = [T] * 9
    q = paceline.slerp_quaternions_batch(t, t, [(0, 0, 3, 4)] * 9, t, [QUARTER] * 9, bounds=bounds, backend=backend)
    np.testing.assert_allclose(q, [(0, 0, 0.6, 0.8)] * 9, rtol=0, atol=2e-16)


@pytest.mark.parametrize("bounds", ["clamp", "extrapolate"])
def test_equal_times_give_the_first_knot_to_queries_elsewhere(backend, bounds):
    t, knot = [T - 9, T + 9], [T, T]
    q0, q1 = [(0, 0, 3, 4)] * 2, [QUARTER] * 2
    q = paceline.slerp_quaternions_batch(t, knot, q0, knot, q1, bounds=bounds, backend=backend)
    np.testing.assert_allclose(q, [(0, 0, 0.6, 0.8)] * 2, rtol=0, atol=2e-16)


def test_carries_on_to_both_sides(backend):
    t, t0, t1 = [T - 10, T + 20], [T, T], [T + 10, T + 10]
    q = paceline.slerp_quaternions_batch(
        t, t0, [IDENTITY] * 2, t1, [QUARTER] * 2, bounds="extrapolate", backend=backend
    )
    np.testing.assert_allclose(q, [(0, 0, -QUARTER[2], QUARTER[3]), (0, 0, 1, 0)], rtol=0, atol=1e-15)


def test_carries_on_where_the_far_knot_is_more_than_int64_away(backend):
    """t to t0 fits int64, t to t1 does not: right or refused, never something else."""
    t, t0, t1 = [-3 * 2**61], [0], [2**62]
    q0, q1 = [IDENTITY], [(0.0, 0.0, 0.6, 0.8)]
    try:
        q = paceline.slerp_quaternions_batch(t, t0, q0, t1, q1, bounds="extrapolate", backend=backend)
    except ValueError as error:
        refused = str(error)
    else:
        exact = oracle.slerp(t, t0, q0, t1, q1, extrapolate=True)
        assert oracle.rotation_errors(q, exact).max() <= 10 * ANGLE_RAD
        return
    assert "2**63" in refused


def test_clamps_from_the_ends_of_int64(backend):
    t, t0, t1 = [-(2**63), 2**63 - 1], [T, T], [T + 10, T + 10]
    q = paceline.slerp_quaternions_batch(t, t0, [IDENTITY] * 2, t1, [QUARTER] * 2, backend=backend)
    np.testing.assert_allclose(q, [IDENTITY, QUARTER], rtol=0, atol=2e-16)
