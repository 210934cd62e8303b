"""The raw kernels that bind() gives, as the table in paceline.operations has them."""

from __future__ import annotations

import math

import numpy as np
import pytest

import paceline

T = 1_700_000_000_123_456_789
STAMPS = np.array([T, T + 10, T + 20, T + 30, T + 40])
UNORDERED = np.array([T, T + 10, T + 10, T + 5, T + 40])
POSITIONS = np.arange(15.0).reshape(5, 3)
QUATS = np.array([(0.0, 0, 0, 1), (0, 0, 1, 1), (0, 1, 1, 1), (1, 1, 1, 1), (1, 0, 0, 0)])
NAN, INF = math.nan, math.inf
BAD_QUATERNIONS = [(0.0, 0, 0, 0), (0, -0.0, 0, 0), (0, NAN, 0, 1), (INF, 0, 0, 0), (0, 0, 1, -INF), (NAN, 0, 0, 0)]


def with_bad(rows, *bad):
    quats = QUATS.copy() if rows is None else rows.copy()
    for row, value in bad:
        quats[row] = value
    return quats


def index(value):
    assert isinstance(value, int | np.integer)
    return int(value)


@pytest.mark.needs("slerp_quaternion")
class TestSlerpQuaternion:
    def test_clamps_unless_told_to_extrapolate(self, backend):
        kernel = paceline.bind("slerp_quaternion", n=1, backend=backend)
        q0, q1 = (0.0, 0.0, 0.0, 1.0), (0.0, 0.0, 1.0, 1.0)
        assert kernel(T + 20, T, q0, T + 10, q1) == kernel(T + 20, T, q0, T + 10, q1, False)
        assert kernel(T + 20, T, q0, T + 10, q1, True) == pytest.approx((0, 0, 1, 0), abs=1e-15)

    @pytest.mark.parametrize("bad", BAD_QUATERNIONS)
    def test_nans_for_a_bad_quaternion(self, backend, bad):
        kernel, good = paceline.bind("slerp_quaternion", backend=backend), (0.0, 0.0, 0.0, 1.0)
        bad = tuple(map(float, bad))
        for q0, q1 in ((bad, good), (good, bad), (bad, bad)):
            for t in (T, T + 5, T + 10):
                assert all(map(math.isnan, kernel(t, T, q0, T + 10, q1)))

    def test_nans_for_times_in_the_wrong_order(self, backend):
        kernel, q = paceline.bind("slerp_quaternion", backend=backend), (0.0, 0.0, 0.0, 1.0)
        assert all(map(math.isnan, kernel(T, T + 1, q, T, q)))


@pytest.mark.needs("slerp_quaternions_batch")
class TestSlerpQuaternionsBatch:
    def test_minus_one_and_the_result(self, backend):
        out = np.full((4, 4), NAN)
        kernel = paceline.bind("slerp_quaternions_batch", n=4, backend=backend)
        assert index(kernel(STAMPS[:4], STAMPS[:4], QUATS[:4], STAMPS[1:], QUATS[1:], False, out)) == -1
        np.testing.assert_allclose(out, QUATS[:4] / np.linalg.norm(QUATS[:4], axis=1)[:, None], atol=1e-15)

    @pytest.mark.parametrize("bad", BAD_QUATERNIONS)
    @pytest.mark.parametrize("row", range(4))
    def test_first_bad_row(self, backend, bad, row):
        kernel, out = paceline.bind("slerp_quaternions_batch", backend=backend), np.empty((4, 4))
        q0, q1, t0, t1 = QUATS[:4], QUATS[1:], STAMPS[:4], STAMPS[1:]
        assert index(kernel(t0, t0, with_bad(q0, (row, bad)), t1, q1, False, out)) == row
        assert index(kernel(t0, t0, q0, t1, with_bad(q1, (row, bad), (3, bad)), False, out)) == row
        swapped = t1.copy()
        swapped[row] = t0[row] - 1
        assert index(kernel(t0, t0, q0, swapped, with_bad(q1, (3, bad)), False, out)) == row

    @pytest.mark.parametrize("row", [0, 7, 8, 15, 16, 255, 256, 300])
    def test_first_bad_row_of_many(self, backend, row):
        n = 301
        q0, t0 = np.tile(QUATS[1], (n, 1)), np.full(n, T)
        q1 = q0.copy()
        q1[row, 2] = NAN
        q1[-1] = 0.0
        kernel = paceline.bind("slerp_quaternions_batch", backend=backend)
        assert index(kernel(t0, t0, q0, t0 + 9, q1, False, np.empty((n, 4)))) == row


@pytest.mark.needs("interpolate_positions_batch")
class TestInterpolatePositionsBatch:
    def test_minus_one_and_the_result(self, backend):
        out = np.full((4, 3), NAN)
        kernel = paceline.bind("interpolate_positions_batch", backend=backend)
        result = kernel(STAMPS[:4] + 5, STAMPS[:4], POSITIONS[:4], STAMPS[1:], POSITIONS[1:], False, out)
        assert index(result) == -1
        assert (out == POSITIONS[:4] + 1.5).all()

    @pytest.mark.parametrize("row", range(4))
    def test_first_row_in_the_wrong_order(self, backend, row):
        t1 = STAMPS[1:].copy()
        t1[[row, 3]] = T - 1
        kernel = paceline.bind("interpolate_positions_batch", backend=backend)
        arguments = STAMPS[:4], STAMPS[:4], POSITIONS[:4], t1, POSITIONS[1:]
        assert index(kernel(*arguments, False, np.empty((4, 3)))) == row


@pytest.mark.needs("interpolate_trajectory_batch")
class TestInterpolateTrajectoryBatch:
    def run(self, backend, stamps, quats, at):
        kernel, n = paceline.bind("interpolate_trajectory_batch", backend=backend), len(at)
        at = np.array(at, np.int64)
        return index(kernel(stamps, POSITIONS, quats, at, False, np.empty((n, 3)), np.empty((n, 4))))

    def test_minus_one(self, backend):
        assert self.run(backend, STAMPS, QUATS, [T, T + 5, T + 99, T - 99]) == -1
        assert self.run(backend, STAMPS, QUATS, []) == -1

    def test_stamps_come_before_quaternions(self, backend):
        assert self.run(backend, UNORDERED, with_bad(None, (0, NAN)), [T]) == 2

    def test_stamps_are_checked_without_queries(self, backend):
        assert self.run(backend, UNORDERED, QUATS, []) == 2

    def test_stamps_are_checked_far_from_the_queries(self, backend):
        assert self.run(backend, np.array([T, T + 10, T + 20, T + 30, T + 29]), QUATS, [T]) == 4

    def test_the_first_query_in_order_decides(self, backend):
        quats = with_bad(None, (1, 0.0), (4, NAN))
        assert self.run(backend, STAMPS, quats, [T + 35, T + 5]) == 4
        assert self.run(backend, STAMPS, quats, [T + 5, T + 35]) == 1
        assert self.run(backend, STAMPS, quats, [T + 25, T + 99, T - 99]) == 4

    def test_the_lower_knot_comes_first(self, backend):
        assert self.run(backend, STAMPS, with_bad(None, (2, INF), (3, NAN)), [T + 25]) == 2
        assert self.run(backend, STAMPS, with_bad(None, (3, NAN)), [T + 25]) == 3

    def test_knots_that_no_query_touches_may_be_bad(self, backend):
        assert self.run(backend, STAMPS, with_bad(None, (0, NAN), (3, 0.0), (4, INF)), [T + 10, T + 19]) == -1

    @pytest.mark.parametrize("bad", BAD_QUATERNIONS)
    def test_every_kind_of_bad(self, backend, bad):
        assert self.run(backend, STAMPS, with_bad(None, (1, bad)), [T + 15]) == 1

    @pytest.mark.parametrize("query", [0, 7, 8, 15, 16, 200, 255, 256, 300])
    def test_the_first_query_of_many(self, backend, query):
        at = np.full(301, T + 5)
        at[query] = T + 35  # touches 3 and 4
        at[query + 1 :] = T + 25  # touches 2 and 3
        assert self.run(backend, STAMPS, with_bad(None, (2, NAN), (4, 0.0)), at) == 4


@pytest.mark.needs("interpolate_linear")
class TestInterpolateLinear:
    @pytest.mark.parametrize("at", [[], [T + 5]])
    def test_first_stamp_out_of_order(self, backend, at):
        kernel, at = paceline.bind("interpolate_linear", backend=backend), np.array(at, np.int64)
        assert index(kernel(UNORDERED, POSITIONS, at, False, np.empty((len(at), 3)))) == 2
        assert index(kernel(STAMPS, POSITIONS, at, False, np.empty((len(at), 3)))) == -1

    @pytest.mark.parametrize("bad", [1, 7, 8, 9, 63, 64, 65, 255, 256, 299])
    @pytest.mark.parametrize("step", [0, -3])
    def test_first_of_many_stamps_out_of_order(self, backend, bad, step):
        stamps = T + 10 * np.arange(300)
        stamps[bad] = stamps[bad - 1] + step
        kernel = paceline.bind("interpolate_linear", backend=backend)
        assert index(kernel(stamps, np.zeros((300, 1)), stamps[:1], False, np.empty((1, 1)))) == bad

    def test_order_at_the_ends_of_int64(self, backend):
        """A difference of these stamps overflows; their comparison does not."""
        stamps, out = np.array([2**63 - 1, -(2**63)]), np.empty((0, 1))
        kernel, none = paceline.bind("interpolate_linear", backend=backend), np.empty(0, np.int64)
        assert index(kernel(stamps, np.zeros((2, 1)), none, False, out)) == 1


@pytest.mark.needs("trajectory_check", "trajectory_at", "trajectory_gap")
class TestTrajectory:
    def test_check_finds_the_first_bad_knot(self, backend):
        kernel = paceline.bind("trajectory_check", backend=backend)
        assert index(kernel(STAMPS, QUATS)) == -1
        assert index(kernel(STAMPS, with_bad(None, (3, NAN), (4, 0.0)))) == 3
        assert index(kernel(UNORDERED, with_bad(None, (0, NAN)))) == 2

    @pytest.mark.parametrize("bad", BAD_QUATERNIONS)
    @pytest.mark.parametrize("row", [0, 6, 7, 8, 16])
    def test_check_finds_every_kind_of_bad(self, backend, row, bad):
        stamps, quats = T + np.arange(17), np.tile(QUATS[2], (17, 1))
        quats[row] = bad
        assert index(paceline.bind("trajectory_check", backend=backend)(stamps, quats)) == row

    def test_at_and_gap_give_minus_one(self, backend):
        at, positions, quats, gaps = STAMPS + 4, np.empty((5, 3)), np.empty((5, 4)), np.empty(5, np.int64)
        kernel = paceline.bind("trajectory_at", backend=backend)
        assert index(kernel(STAMPS, POSITIONS, QUATS, at, False, positions, quats)) == -1
        assert index(paceline.bind("trajectory_gap", backend=backend)(STAMPS, at, gaps)) == -1
        assert gaps.tolist() == [4] * 5
