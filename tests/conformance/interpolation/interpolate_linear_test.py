"""Channels over one set of stamps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import paceline
from conformance.interpolation.accuracy_test import ULP
from conformance.interpolation.routes import pairs
from conformance.interpolation.strategies import knots, positions, recorded_gaps, times
from oracles import interpolation as oracle

pytestmark = pytest.mark.needs("interpolate_linear")

T = 1_700_000_000_123_456_789


def exactly(stamps, values, at, *, extrapolate=False):
    i, j = pairs(stamps, at)
    values = np.asarray(values, np.float64).reshape(len(stamps), -1)
    return oracle.lerp(at, stamps[i], values[i], stamps[j], values[j], extrapolate=extrapolate)


@given(stamps=knots(between=recorded_gaps()), data=st.data(), bounds=st.sampled_from(["clamp", "extrapolate"]))
def test_every_value_is_within_an_ulp(backend, stamps, data, bounds):
    m = len(stamps)
    values = np.array(data.draw(st.lists(positions(), min_size=m, max_size=m)))
    at = data.draw(times(stamps, beyond=2**52))
    actual = paceline.interpolate_linear(stamps, values, at, bounds=bounds, backend=backend)
    assert actual.shape == at.shape
    exact = exactly(stamps, values, at, extrapolate=bounds == "extrapolate")
    assert (oracle.ulp_errors(actual[:, None], exact) <= ULP).all()


@given(stamps=knots(), data=st.data(), bounds=st.sampled_from(["clamp", "extrapolate"]))
def test_every_value_is_within_a_few_ulp_across_years(backend, stamps, data, bounds):
    """Times that a double cannot hold, 2**53 ns and more apart: two times, a quotient, a product and a sum round."""
    m = len(stamps)
    values = np.array(data.draw(st.lists(positions(), min_size=m, max_size=m)))
    at = data.draw(times(stamps))
    actual = paceline.interpolate_linear(stamps, values, at, bounds=bounds, backend=backend)
    exact = exactly(stamps, values, at, extrapolate=bounds == "extrapolate")
    assert (oracle.ulp_errors(actual[:, None], exact) <= 2.5 * ULP).all()


@given(stamps=knots(), data=st.data())
def test_a_knot_is_returned_as_it_is(backend, stamps, data):
    m = len(stamps)
    values = np.array(data.draw(st.lists(positions(), min_size=m, max_size=m)))
    assert (paceline.interpolate_linear(stamps, values, stamps, backend=backend) == values).all()


def test_by_hand(backend):
    at = [T + 30, T - 7, T + 5, T + 15, T + 99]
    actual = paceline.interpolate_linear([T, T + 10, T + 30], [0.0, 1.0, 5.0], at, backend=backend)
    assert actual.tolist() == [5.0, 0.0, 0.5, 2.0, 5.0]


def test_extrapolates_the_end_segments(backend):
    at = [T - 10, T + 50]
    actual = paceline.interpolate_linear(
        [T, T + 10, T + 30], [0.0, 1.0, 5.0], at, bounds="extrapolate", backend=backend
    )
    assert actual.tolist() == [-1.0, 9.0]


@pytest.mark.parametrize("k", [0, 1, 2, 3, 4, 7, 16])
@pytest.mark.parametrize("n", [0, 1, 8, 65, 257])
def test_any_number_of_channels(backend, n, k):
    rng = np.random.default_rng(n + k)
    stamps = T + np.cumsum(rng.integers(1, 1_000_000, 40))
    values = rng.uniform(-1, 1, (40, k))
    at = rng.integers(stamps[0], stamps[-1], n)
    actual = paceline.interpolate_linear(stamps, values, at, backend=backend)
    assert actual.shape == (n, k)
    for channel in range(k):
        alone = paceline.interpolate_linear(stamps, values[:, channel], at, backend=backend)
        assert (actual[:, channel] == alone).all()
    if k:
        assert (oracle.ulp_errors(actual, exactly(stamps, values, at)) <= ULP).all()


@given(repeats=st.lists(st.integers(1, 4), min_size=2, max_size=6), keep=st.sampled_from(["first", "last"]))
def test_duplicates_are_dropped_as_asked(backend, repeats, keep):
    stamps = np.repeat(T + 10 * np.arange(len(repeats)), repeats)
    values = np.arange(len(stamps)) ** 1.5
    ends = np.cumsum(repeats)
    kept = ends - repeats if keep == "first" else ends - 1
    at = T + np.arange(-5, 10 * len(repeats) + 5, 3)
    actual = paceline.interpolate_linear(stamps, values, at, duplicates=keep, backend=backend)
    expected = paceline.interpolate_linear(stamps[kept], values[kept], at, backend=backend)
    assert (actual == expected).all()


def test_nan_passes_through_where_it_is(backend):
    stamps, values = [T, T + 10, T + 20, T + 30], [0.0, np.nan, 2.0, 4.0]
    actual = paceline.interpolate_linear(stamps, values, [T, T + 5, T + 15, T + 20, T + 25], backend=backend)
    np.testing.assert_array_equal(actual, [0.0, np.nan, np.nan, 2.0, 3.0])


def test_infinity_stays_between_its_neighbours(backend):
    stamps, values = [T, T + 10, T + 20, T + 30], [0.0, np.inf, 2.0, 4.0]
    actual = paceline.interpolate_linear(stamps, values, [T, T + 5, T + 10, T + 15, T + 20, T + 25], backend=backend)
    assert actual[[0, 2, 4, 5]].tolist() == [0.0, np.inf, 2.0, 3.0]
    assert not np.isfinite(actual[[1, 3]]).any()


def test_knots_may_nearly_span_int64(backend):
    stamps, values = np.array([-(2**62), 2**62 - 1]), np.array([0.1, 0.7])
    at = np.array([-(2**62), -(2**61), -1, 2**61, 2**62 - 2, 2**62 - 1])
    actual = paceline.interpolate_linear(stamps, values, at, backend=backend)
    assert (oracle.ulp_errors(actual[:, None], exactly(stamps, values, at)) <= ULP).all()
    assert actual[[0, -1]].tolist() == [0.1, 0.7]
