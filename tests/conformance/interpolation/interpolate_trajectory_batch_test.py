"""A recorded trajectory at the stamps of video frames."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import paceline
from conformance.interpolation.accuracy_test import ANGLE_RAD, NORM, ULP
from conformance.interpolation.datasets import answered
from conformance.interpolation.strategies import times, trajectories
from oracles import interpolation as oracle

pytestmark = pytest.mark.needs("interpolate_trajectory_batch")

T = 1_700_000_000_123_456_789
STAMPS = [T, T + 10, T + 30]
POSITIONS = [[0.0, 0, 0], [1, 2, 3], [5, 2, 3]]
QUATS = [(0.0, 0, 0, 1), (0, 0, 1, 1), (0, 0, -2, 0)]
HALF = 0.5**0.5


@given(knots=trajectories(), data=st.data())
def test_every_pose_is_exact(backend, knots, data):
    at = data.draw(times(knots[0]))
    assume((np.abs(oracle.dots(knots[2][:-1], knots[2][1:])) > 1e-15).all())
    expected = answered(*knots, at)
    positions, quats = paceline.interpolate_trajectory_batch(*knots, at, backend=backend)
    assert positions.shape == (len(at), 3)
    assert quats.shape == (len(at), 4)
    assert (oracle.ulp_errors(positions, expected.exact_positions) <= ULP).all()
    assert (oracle.rotation_errors(quats, expected.exact_quaternions) <= ANGLE_RAD).all()
    assert (oracle.norm_errors(quats) <= NORM).all()


def test_positions_and_rotations_by_hand(backend):
    at = [T + 5, T + 10, T + 20, T + 30]
    positions, quats = paceline.interpolate_trajectory_batch(STAMPS, POSITIONS, QUATS, at, backend=backend)
    assert positions.tolist() == [[0.5, 1, 1.5], [1, 2, 3], [3, 2, 3], [5, 2, 3]]
    sine, cosine = np.sin(np.pi / 8), np.cos(np.pi / 8)
    expected = [(0, 0, sine, cosine), (0, 0, HALF, HALF), (0, 0, cosine, sine), (0, 0, 1, 0)]
    np.testing.assert_allclose(quats, expected, rtol=0, atol=1e-15)


def test_the_hemisphere_is_that_of_the_segments_first_knot(backend):
    at = [T + 29, T + 30, T + 99]
    negative = [QUATS[0], tuple(-c for c in QUATS[1]), QUATS[2]]
    _, quats = paceline.interpolate_trajectory_batch(STAMPS, POSITIONS, QUATS, at, backend=backend)
    _, others = paceline.interpolate_trajectory_batch(STAMPS, POSITIONS, negative, at, backend=backend)
    np.testing.assert_allclose(others, -quats, rtol=0, atol=1e-15)
    assert (quats[:, 2] > 0).all()


@pytest.mark.parametrize("m", [2, 3, 9, 64, 1_000])
@pytest.mark.parametrize("n", [1, 7, 8, 9, 255, 256, 257])
def test_every_number_of_knots_and_queries(backend, m, n):
    rng = np.random.default_rng(m + n)
    stamps = T + np.cumsum(rng.integers(1, 10_000_000, m))
    knots = stamps, rng.uniform(-1, 1, (m, 3)), rng.standard_normal((m, 4))
    at = rng.integers(stamps[0] - 1_000, stamps[-1] + 1_000, n)
    expected = answered(*knots, at)
    positions, quats = paceline.interpolate_trajectory_batch(*knots, at, backend=backend)
    assert oracle.ulp_errors(positions, expected.exact_positions).max() <= ULP
    assert oracle.rotation_errors(quats, expected.exact_quaternions).max() <= ANGLE_RAD


@pytest.mark.parametrize("crowd", [0, 1])
def test_all_queries_in_one_segment_of_many(backend, crowd):
    """A search that guesses from an even spacing is far off here."""
    rng = np.random.default_rng(9)
    gaps = np.ones(400, np.int64)
    gaps[-crowd] = 3_000_000_000_000
    stamps = T + np.cumsum(gaps)
    knots = stamps, rng.uniform(-1, 1, (400, 3)), rng.standard_normal((400, 4))
    at = rng.integers(stamps[0], stamps[-1], 300)
    expected = answered(*knots, at)
    positions, quats = paceline.interpolate_trajectory_batch(*knots, at, backend=backend)
    assert oracle.ulp_errors(positions, expected.exact_positions).max() <= ULP
    assert oracle.rotation_errors(quats, expected.exact_quaternions).max() <= ANGLE_RAD


@given(repeats=st.lists(st.integers(1, 4), min_size=2, max_size=6), keep=st.sampled_from(["first", "last"]))
def test_duplicates_are_dropped_as_asked(backend, repeats, keep):
    rng = np.random.default_rng(sum(repeats))
    stamps = np.repeat(T + 10 * np.arange(len(repeats)), repeats)
    m = len(stamps)
    positions, quats = rng.uniform(-1, 1, (m, 3)), rng.standard_normal((m, 4))
    ends = np.cumsum(repeats)
    kept = ends - repeats if keep == "first" else ends - 1
    at = rng.integers(T - 5, T + 10 * len(repeats) + 5, 12)
    actual = paceline.interpolate_trajectory_batch(stamps, positions, quats, at, duplicates=keep, backend=backend)
    expected = paceline.interpolate_trajectory_batch(stamps[kept], positions[kept], quats[kept], at, backend=backend)
    assert (actual[0] == expected[0]).all()
    assert (actual[1] == expected[1]).all()


def test_knots_that_no_query_touches_may_be_bad(backend):
    quats = [*QUATS, (0.0, 0, 0, 0), (np.nan, 0, 0, 1)]
    stamps, positions = [*STAMPS, T + 40, T + 50], [*POSITIONS, *POSITIONS[:2]]
    at = [T - 5, T, T + 29]
    actual = paceline.interpolate_trajectory_batch(stamps, positions, quats, at, backend=backend)
    expected = paceline.interpolate_trajectory_batch(STAMPS, POSITIONS, QUATS, at, backend=backend)
    np.testing.assert_array_equal(actual[0], expected[0])
    np.testing.assert_array_equal(actual[1], expected[1])


def test_a_query_on_a_knot_touches_the_next_one_too(backend):
    quats = [QUATS[0], QUATS[1], (0.0, 0, 0, 0)]
    with pytest.raises(ValueError, match=r"traj_quats\[2\]"):
        paceline.interpolate_trajectory_batch(STAMPS, POSITIONS, quats, [T + 10], backend=backend)


def test_nan_positions_pass_through(backend):
    positions = [[np.nan, 0, 0], [1, 2, 3], [5, 2, np.inf]]
    at = [T + 5, T + 10, T + 20]
    actual, _ = paceline.interpolate_trajectory_batch(STAMPS, positions, QUATS, at, backend=backend)
    np.testing.assert_array_equal(actual[:2], [[np.nan, 1, 1.5], [1, 2, 3]])
    assert actual[2, :2].tolist() == [3, 2]
    assert not np.isfinite(actual[2, 2])


@given(knots=trajectories(), data=st.data())
def test_the_order_of_the_queries_does_not_matter(backend, knots, data):
    at = data.draw(times(knots[0]))
    assume((np.abs(oracle.dots(knots[2][:-1], knots[2][1:])) > 1e-15).all())
    order = np.argsort(at, kind="stable")
    shuffled = paceline.interpolate_trajectory_batch(*knots, at, backend=backend)
    in_order = paceline.interpolate_trajectory_batch(*knots, at[order], backend=backend)
    assert (shuffled[0][order] == in_order[0]).all()
    np.testing.assert_allclose(shuffled[1][order], in_order[1], rtol=0, atol=ANGLE_RAD)


def test_knots_may_nearly_span_int64(backend):
    stamps, at = [-(2**62), 2**62 - 1], [-(2**62), -1, 2**62 - 2, 2**62 - 1]
    expected = answered(stamps, POSITIONS[:2], QUATS[:2], at)
    positions, quats = paceline.interpolate_trajectory_batch(stamps, POSITIONS[:2], QUATS[:2], at, backend=backend)
    assert oracle.ulp_errors(positions, expected.exact_positions).max() <= ULP
    assert oracle.rotation_errors(quats, expected.exact_quaternions).max() <= ANGLE_RAD


def test_clamps_from_the_ends_of_int64(backend):
    at = [-(2**63), 2**63 - 1]
    positions, _ = paceline.interpolate_trajectory_batch(STAMPS, POSITIONS, QUATS, at, backend=backend)
    assert positions.tolist() == [POSITIONS[0], POSITIONS[2]]
