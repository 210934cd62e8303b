"""A trajectory prepared once and asked many times."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import paceline
from conformance.interpolation.accuracy_test import ANGLE_RAD, NORM, ULP
from conformance.interpolation.datasets import answered
from conformance.interpolation.strategies import knots, times, trajectories
from conformance.routes import PREPARED
from oracles import interpolation as oracle

pytestmark = pytest.mark.needs(*PREPARED)

T = 1_700_000_000_123_456_789
STAMPS = [T, T + 10, T + 30]
POSITIONS = [[0.0, 0, 0], [1, 2, 3], [5, 2, 3]]
QUATS = [(0.0, 0, 0, 1), (0, 0, 1, 1), (0, 0, -2, 0)]


@given(drawn=trajectories(), data=st.data())
def test_every_pose_is_exact(backend, drawn, data):
    at = data.draw(times(drawn[0]))
    assume((np.abs(oracle.dots(drawn[2][:-1], drawn[2][1:])) > 1e-15).all())
    expected = answered(*drawn, at)
    positions, quats = paceline.Trajectory(*drawn, backend=backend).at(at)
    assert (oracle.ulp_errors(positions, expected.exact_positions) <= ULP).all()
    assert (oracle.rotation_errors(quats, expected.exact_quaternions) <= ANGLE_RAD).all()
    assert (oracle.norm_errors(quats) <= NORM).all()


@given(stamps=knots(), data=st.data())
def test_gap_is_the_exact_distance_to_the_nearest_knot(backend, stamps, data):
    at = data.draw(times(stamps))
    m = len(stamps)
    trajectory = paceline.Trajectory(stamps, np.zeros((m, 3)), np.ones((m, 4)), backend=backend)
    gap = trajectory.gap(at)
    assert gap.dtype == np.int64
    assert gap.tolist() == [min(abs(t - s) for s in stamps.tolist()) for t in at.tolist()]


@given(drawn=trajectories())
def test_a_good_trajectory_passes_its_check(backend, drawn):
    stamps, _, quats = drawn
    assert paceline.bind("trajectory_check", backend=backend)(stamps, quats) == -1


def test_what_it_says_of_itself(backend):
    trajectory = paceline.Trajectory(STAMPS, POSITIONS, QUATS, backend=backend)
    assert len(trajectory) == 3
    assert trajectory.span == (T, T + 30)
    assert trajectory.backend == backend
    assert repr(trajectory) == f"Trajectory(3 knots over 0.000 s, backend={backend!r})"


def test_later_changes_of_the_arrays_do_not_reach_it(backend):
    stamps, positions, quats = np.array(STAMPS), np.array(POSITIONS), np.array(QUATS)
    trajectory = paceline.Trajectory(stamps, positions, quats, backend=backend)
    before = trajectory.at([T + 5])
    stamps[:], positions[:], quats[:] = 0, np.nan, np.nan
    after = trajectory.at([T + 5])
    assert (before[0] == after[0]).all()
    assert (before[1] == after[1]).all()


def test_it_answers_as_the_function_does(backend):
    at = [T - 5, T + 29, T + 3, T + 99]
    positions, quats = paceline.Trajectory(STAMPS, POSITIONS, QUATS, backend=backend).at(at)
    expected = paceline.interpolate_trajectory_batch(STAMPS, POSITIONS, QUATS, at, backend="python")
    np.testing.assert_array_equal(positions, expected[0])
    np.testing.assert_allclose(quats, expected[1], rtol=0, atol=ANGLE_RAD)


@pytest.mark.parametrize("keep", ["first", "last"])
def test_duplicates_are_dropped_as_asked(backend, keep):
    stamps = [T, T, T + 10, T + 10, T + 10]
    positions = [[float(i)] * 3 for i in range(5)]
    quats = [(0.0, 0.0, i, 1.0) for i in range(5)]
    trajectory = paceline.Trajectory(stamps, positions, quats, duplicates=keep, backend=backend)
    assert len(trajectory) == 2
    expected = [[0.0] * 3, [2.0] * 3] if keep == "first" else [[1.0] * 3, [4.0] * 3]
    assert trajectory.at([T, T + 10])[0].tolist() == expected


def test_every_knot_is_examined_even_if_none_is_asked_for(backend):
    quats = [*QUATS[:2], (0.0, 0.0, np.inf, 0.0)]
    with pytest.raises(ValueError, match=r"quaternions\[2\] is \(0\.0, 0\.0, inf, 0\.0\)"):
        paceline.Trajectory(STAMPS, POSITIONS, quats, backend=backend)


def test_outs_that_share_memory_are_refused(backend):
    """Two results cannot live in one place."""
    trajectory = paceline.Trajectory(STAMPS, POSITIONS, QUATS, backend=backend)
    memory = np.zeros(28)
    with pytest.raises(ValueError, match=r"out\[0\] and out\[1\] share memory"):
        trajectory.at([T + 5] * 7, out=(memory[:21].reshape(7, 3), memory.reshape(7, 4)))
    assert (memory == 0).all()


def test_empty_outs_may_lie_in_one_place(backend):
    trajectory = paceline.Trajectory(STAMPS, POSITIONS, QUATS, backend=backend)
    memory = np.zeros(8)
    outs = memory[:0].reshape(0, 3), memory[:0].reshape(0, 4)
    positions, quats = trajectory.at(np.empty(0, np.int64), out=outs)
    assert positions is outs[0]
    assert quats is outs[1]
