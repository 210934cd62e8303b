"""Many independent pairs of positions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import paceline
from conformance.interpolation.accuracy_test import ULP
from conformance.interpolation.strategies import gaps, positions, recorded_gaps
from oracles import interpolation as oracle

pytestmark = pytest.mark.needs("interpolate_positions_batch")

T = 1_700_000_000_123_456_789


def rows(between):
    return st.lists(
        st.tuples(st.integers(-(2**62), 2**62), between | st.just(0), st.fractions(0, 1), positions(), positions()),
        max_size=19,
    )


def arrays(drawn):
    t0 = np.array([row[0] for row in drawn], np.int64)
    t1 = np.array([row[0] + row[1] for row in drawn], np.int64)
    t = np.array([row[0] + round(row[2] * row[1]) for row in drawn], np.int64)
    p0, p1 = (np.array([row[k] for row in drawn], np.float64).reshape(-1, 1) for k in (3, 4))
    return t, t0, p0, t1, p1


@given(drawn=rows(recorded_gaps()))
def test_every_row_is_within_an_ulp(backend, drawn):
    arguments = arrays(drawn)
    actual = paceline.interpolate_positions_batch(*arguments, backend=backend)
    assert actual.shape == (len(drawn), 1)
    assert (oracle.ulp_errors(actual, oracle.lerp(*arguments)) <= ULP).all()


@given(drawn=rows(gaps()))
def test_every_row_is_within_an_ulp_across_years(backend, drawn):
    """Times that a double cannot hold, 2**53 ns and more apart."""
    arguments = arrays(drawn)
    actual = paceline.interpolate_positions_batch(*arguments, backend=backend)
    assert (oracle.ulp_errors(actual, oracle.lerp(*arguments)) <= ULP).all()


def crossing_zero(bits, n=200):
    """Return rows asked for within 2 ns of where the coordinate passes through zero, knots below 2**bits ns apart."""
    rng = np.random.default_rng(bits)
    p0, p1 = rng.uniform(-5, -0.1, (n, 1)), rng.uniform(0.1, 5, (n, 1))
    length = rng.integers(2 ** (bits - 1), 2**bits, n)
    share = [Fraction(a) / (Fraction(a) - Fraction(b)) for a, b in zip(p0[:, 0], p1[:, 0], strict=True)]
    t = np.array([round(s * gap) for s, gap in zip(share, length.tolist(), strict=True)]) + rng.integers(-2, 3, n)
    return t, np.zeros(n, np.int64), p0, length, p1


@pytest.mark.parametrize("bits", [10, 20, 23, 30, 35, 40])
def test_rows_that_cancel_are_within_an_ulp(backend, bits):
    arguments = crossing_zero(bits)
    actual = paceline.interpolate_positions_batch(*arguments, backend=backend)
    assert oracle.ulp_errors(actual, oracle.lerp(*arguments)).max() <= ULP


@pytest.mark.parametrize("bits", [52, 53])
def test_rows_that_cancel_across_months_are_within_an_ulp(backend, bits):
    arguments = crossing_zero(bits)
    actual = paceline.interpolate_positions_batch(*arguments, backend=backend)
    assert oracle.ulp_errors(actual, oracle.lerp(*arguments)).max() <= ULP


@pytest.mark.parametrize("bits", [54, 57, 60, 62])
def test_rows_that_cancel_across_years_are_within_an_ulp_of_the_terms(backend, bits):
    """Times of 2**53 ns and more are rounded to doubles, so what is left of terms that cancel holds that rounding."""
    arguments = crossing_zero(bits)
    actual = paceline.interpolate_positions_batch(*arguments, backend=backend)
    nearest, rest = oracle.lerp(*arguments)
    terms = np.maximum(np.abs(arguments[2]), np.abs(arguments[4]))
    assert (np.abs((actual - nearest) - rest) <= 2.0**-52 * terms).all()


def cancelling_to_the_last_bits(gap, n=500):
    """Return rows whose result is no more than what rounding p1 left over, 1e-16 of the terms and less."""
    rng = np.random.default_rng(gap)
    length = rng.integers(gap // 2 + 2, gap, n)
    t = rng.integers(1, length)
    p0 = rng.uniform(-5, -0.1, n)
    p1 = p0 * (t - length) / t
    return t, np.zeros(n, np.int64), p0[:, None], length, p1[:, None]


@pytest.mark.parametrize("gap", [100, 5_000_000])
def test_rows_that_cancel_to_the_last_bits_are_within_an_ulp(backend, gap):
    arguments = cancelling_to_the_last_bits(gap)
    actual = paceline.interpolate_positions_batch(*arguments, backend=backend)
    assert oracle.ulp_errors(actual, oracle.lerp(*arguments)).max() <= ULP


@pytest.mark.parametrize("gap", [100, 5_000_000])
def test_rows_that_cancel_to_the_last_bits_are_far_below_an_ulp_of_the_terms(backend, gap):
    arguments = cancelling_to_the_last_bits(gap)
    actual = paceline.interpolate_positions_batch(*arguments, backend=backend)
    nearest, rest = oracle.lerp(*arguments)
    terms = np.maximum(np.abs(arguments[2]), np.abs(arguments[4]))
    assert (np.abs((actual - nearest) - rest) <= 2.0**-100 * terms).all()


@given(drawn=rows(recorded_gaps()), bounds=st.sampled_from(["clamp", "extrapolate"]), offset=st.integers(-99, 99))
def test_every_row_outside_its_knots_is_within_an_ulp(backend, drawn, bounds, offset):
    t, t0, p0, t1, p1 = arrays(drawn)
    t = np.where(offset < 0, t0, t1) + offset
    actual = paceline.interpolate_positions_batch(t, t0, p0, t1, p1, bounds=bounds, backend=backend)
    exact = oracle.lerp(t, t0, p0, t1, p1, extrapolate=bounds == "extrapolate")
    assert (oracle.ulp_errors(actual, exact) <= ULP).all()


@given(drawn=rows(gaps()))
def test_knots_are_returned_as_they_are(backend, drawn):
    _, t0, p0, t1, p1 = arrays(drawn)
    first = paceline.interpolate_positions_batch(t0, t0, p0, t1, p1, backend=backend)
    last = paceline.interpolate_positions_batch(t1, t0, p0, t1, p1, backend=backend)
    assert (first == p0).all()
    assert (last == np.where(t0 == t1, p0.T, p1.T).T).all()


@pytest.mark.parametrize("k", [0, 1, 2, 3, 4, 7, 16])
@pytest.mark.parametrize("n", [1, 7, 8, 65])
def test_any_number_of_columns(backend, n, k):
    rng = np.random.default_rng(n)
    p0, p1 = rng.uniform(-1, 1, (2, n, k))
    t = T + rng.integers(0, 1_000, n)
    arguments = t, np.full(n, T), p0, np.full(n, T + 1_000), p1
    actual = paceline.interpolate_positions_batch(*arguments, backend=backend)
    assert actual.shape == (n, k)
    assert (oracle.ulp_errors(actual, oracle.lerp(*arguments)) <= ULP).all()


@pytest.mark.parametrize("bounds", ["clamp", "extrapolate"])
@pytest.mark.parametrize("t", [T - 9, T, T + 9])
def test_equal_times_give_the_first_knot(backend, bounds, t):
    p = paceline.interpolate_positions_batch([t], [T], [[1.0]], [T], [[3.0]], bounds=bounds, backend=backend)
    assert p.tolist() == [[1.0]]


def test_nan_and_infinity_pass_through(backend):
    nan, inf = np.nan, np.inf
    p0 = [[nan, 1.0, inf, inf, 1.0]]
    p1 = [[1.0, nan, inf, 1.0, -inf]]
    middle = paceline.interpolate_positions_batch([T + 1], [T], p0, [T + 2], p1, backend=backend)
    assert np.isnan(middle[0, :2]).all()
    assert not np.isfinite(middle[0, 2:]).any()
    first = paceline.interpolate_positions_batch([T], [T], p0, [T + 2], p1, backend=backend)
    np.testing.assert_array_equal(first, p0)


def test_neighbouring_columns_do_not_see_a_nan(backend):
    p = paceline.interpolate_positions_batch([T + 1], [T], [[np.nan, 1.0]], [T + 4], [[1.0, 2.0]], backend=backend)
    assert p[0, 1] == 1.25


def test_clamps_from_the_ends_of_int64(backend):
    t, t0, t1 = [-(2**63), 2**63 - 1], [T, T], [T + 10, T + 10]
    p = paceline.interpolate_positions_batch(t, t0, [[1.0]] * 2, t1, [[3.0]] * 2, backend=backend)
    assert p.tolist() == [[1.0], [3.0]]


def test_carries_on_where_the_far_knot_is_more_than_int64_away(backend):
    """t to t0 fits int64, t to t1 does not: right or refused, never something else."""
    arguments = [-3 * 2**61], [0], [[1.0]], [2**62], [[3.0]]
    try:
        p = paceline.interpolate_positions_batch(*arguments, bounds="extrapolate", backend=backend)
    except ValueError as error:
        refused = str(error)
    else:
        assert (oracle.ulp_errors(p, oracle.lerp(*arguments, extrapolate=True)) <= ULP).all()
        return
    assert "2**63" in refused
