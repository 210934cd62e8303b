"""The edges that libraries differ at: one class per case, every route through every backend.

What others do there (a third rotation between q and -q, NaN at a zero quaternion, the end of the process at a repeated
stamp) is why each is written down.
"""

from __future__ import annotations

import numpy as np
import pytest

import paceline
from conformance.interpolation import datasets
from conformance.interpolation.accuracy_test import ANGLE_RAD, NORM, needs_recordings
from conformance.interpolation.routes import MOVING, OVER_KNOTS, TURNING
from conformance.routes import PREPARED
from oracles import interpolation as oracle

T = datasets.T
IDENTITY = (0.0, 0.0, 0.0, 1.0)
QUARTER = (0.0, 0.0, 0.5**0.5, 0.5**0.5)
TILTED = (0.1, -0.5, 0.3, 0.8)
SHARES = np.array([0, 1, 250, 500, 750, 999, 1_000])


def turn(route, backend, q0, q1, at=SHARES, **options):
    """Ask a route for rotations between two knots 1,000 ns apart."""
    stamps, quats = np.array([T, T + 1_000]), np.array([q0, q1], np.float64)
    return route.run(stamps, np.zeros((2, 3)), quats, T + np.asarray(at), backend, **options)[1]


def move(route, backend, p0, p1, at=SHARES, **options):
    stamps, quats = np.array([T, T + 1_000]), np.array([IDENTITY, QUARTER])
    return route.run(stamps, np.array([[p0] * 3, [p1] * 3]), quats, T + np.asarray(at), backend, **options)[0][:, 0]


def exactly(q0, q1, at=SHARES, **options):
    n = len(at)
    return oracle.slerp(T + np.asarray(at), np.full(n, T), [q0] * n, np.full(n, T + 1_000), [q1] * n, **options)


def assert_exact(actual, exact, limit=ANGLE_RAD):
    assert oracle.rotation_errors(actual, exact).max() <= limit
    assert oracle.norm_errors(actual).max() <= NORM


def negative(q):
    return tuple(-c for c in q)


@pytest.mark.routes(TURNING)
class TestNegativeQuaternion:
    """-q is the same rotation as q: the shorter arc is taken, and the result has the first knot's sign."""

    def test_second_knot(self, route, backend):
        actual = turn(route, backend, TILTED, negative(QUARTER))
        assert_exact(actual, exactly(TILTED, negative(QUARTER)))
        np.testing.assert_array_equal(actual, turn(route, backend, TILTED, QUARTER))

    def test_first_knot(self, route, backend):
        actual = turn(route, backend, negative(TILTED), QUARTER)
        np.testing.assert_array_equal(actual, -turn(route, backend, TILTED, QUARTER))
        assert actual[0] @ TILTED < 0


@pytest.mark.routes(TURNING)
class TestQuaternionAndItsExactNegative:
    def test_there_is_no_rotation_between_them(self, route, backend):
        for q in (IDENTITY, QUARTER, TILTED):
            unit = np.array(q) / np.linalg.norm(q)
            actual = turn(route, backend, q, negative(q))
            np.testing.assert_allclose(actual, [unit] * len(SHARES), rtol=0, atol=3e-16)


@pytest.mark.routes(TURNING)
class TestIdenticalQuaternions:
    def test_give_themselves(self, route, backend):
        for q in (IDENTITY, QUARTER, TILTED, (0.0, 3e-200, 0.0, 0.0)):
            assert_exact(turn(route, backend, q, q), exactly(q, q))


@pytest.mark.routes(TURNING)
class TestQuaternionsANanoradianApart:
    @pytest.mark.parametrize("angle", [1e-9, 1e-12, 1e-16, 1e-100, 5e-324])
    def test_are_interpolated_without_nan(self, route, backend, angle):
        near = (angle / 2, 0.0, 0.0, 1.0)
        assert_exact(turn(route, backend, IDENTITY, near), exactly(IDENTITY, near))


@pytest.mark.routes(TURNING)
class TestHalfATurn:
    """180 degrees apart both arcs are equally short; the answer lies on one of them, evenly."""

    @pytest.mark.parametrize("q1", [(1.0, 0, 0, 0), (0, 1.0, 0, 0), (0, 0, -1.0, 0), (0.6, 0.0, -0.8, 0)])
    def test_is_on_one_of_the_two_arcs(self, route, backend, q1):
        actual = turn(route, backend, IDENTITY, q1)
        angle = np.pi / 2 * SHARES / 1_000
        for sign in (1, -1):
            arc = np.cos(angle)[:, None] * IDENTITY + sign * np.sin(angle)[:, None] * q1
            if np.abs(actual - arc).max() < 1e-15:
                break
        else:
            pytest.fail(f"{actual} is on neither arc")

    @pytest.mark.parametrize("off", [1e-15, -1e-15, 1e-8, -1e-8])
    def test_the_shorter_arc_is_taken_next_to_it(self, route, backend, off):
        q1 = (np.cos(off), 0.0, 0.0, np.sin(off))
        assert_exact(turn(route, backend, IDENTITY, q1), exactly(IDENTITY, q1))


@pytest.mark.routes(TURNING)
class TestNonUnitQuaternions:
    @pytest.mark.parametrize(("a", "b"), [(2.0, 3.0), (0.1, 1e-3), (1e-150, 1e150), (1e300, 1e-300), (5e-324, 1.7e308)])
    def test_are_normalised(self, route, backend, a, b):
        q0, q1 = (0.0, 0.0, 0.0, a), (0.0, b, 0.0, b)
        assert_exact(turn(route, backend, q0, q1), exactly(q0, q1))

    def test_as_files_store_them(self, route, backend):
        q0, q1 = np.round(np.array(TILTED) / np.linalg.norm(TILTED), 4), np.round(QUARTER, 4)
        assert_exact(turn(route, backend, q0, q1), exactly(q0, q1))


BAD = {
    "zero": (0.0, -0.0, 0.0, 0.0),
    "nan": (0.0, 0.0, np.nan, 1.0),
    "inf": (np.inf, 0, 0, 1),
    "all_nan": (np.nan,) * 4,
}


@pytest.mark.routes(TURNING)
class TestZeroAndNanQuaternions:
    @pytest.mark.parametrize("kind", BAD)
    @pytest.mark.parametrize("knot", [0, 1])
    def test_are_refused_with_their_index(self, route, backend, kind, knot):
        knots = [QUARTER, QUARTER]
        knots[knot] = BAD[kind]
        with pytest.raises(ValueError, match=r"accepted is any quaternion of four finite numbers") as error:
            turn(route, backend, *knots, at=[400])
        named = {"slerp_quaternion": f"q{knot} is", "slerp_quaternions_batch": f"q{knot}[0] is"}
        assert named.get(str(route), f"[{knot}] is") in str(error.value)
        assert f"({', '.join(repr(float(c)) for c in BAD[kind])})" in str(error.value)


@pytest.mark.routes(TURNING)
class TestOutOfRangeRotations:
    OUTSIDE = (-1, -500, -1_000_000, 1_001, 1_500, 10**12)

    def test_are_clamped_unless_asked(self, route, backend):
        actual = turn(route, backend, TILTED, QUARTER, at=self.OUTSIDE)
        ends = turn(route, backend, TILTED, QUARTER, at=[0, 1_000])
        np.testing.assert_array_equal(actual, ends[[0, 0, 0, 1, 1, 1]])

    def test_are_refused_if_asked(self, route, backend):
        for t in self.OUTSIDE:
            with pytest.raises(ValueError, match=rf"{T + t} is outside .* {T} to {T + 1_000}; accepted"):
                turn(route, backend, TILTED, QUARTER, at=[t], bounds="error")
        inside = turn(route, backend, TILTED, QUARTER, bounds="error")
        np.testing.assert_array_equal(inside, turn(route, backend, TILTED, QUARTER))

    def test_are_carried_on_if_asked(self, route, backend):
        at = [-500, -1, 1_001, 1_500, 2_000]
        actual = turn(route, backend, TILTED, QUARTER, at=at, bounds="extrapolate")
        assert_exact(actual, exactly(TILTED, QUARTER, at=at, extrapolate=True), 3 * ANGLE_RAD)

    def test_many_turns_on_they_still_are_unit(self, route, backend):
        actual = turn(route, backend, IDENTITY, QUARTER, at=[4_000, 8_000, -16_000], bounds="extrapolate")
        np.testing.assert_allclose(np.abs(actual), [IDENTITY] * 3, rtol=0, atol=1e-14)


@pytest.mark.routes(MOVING)
class TestOutOfRangePositions:
    def test_are_clamped_unless_asked(self, route, backend):
        assert move(route, backend, 1.0, 3.0, at=[-1, -(10**12), 1_001, 10**12]).tolist() == [1.0, 1.0, 3.0, 3.0]

    def test_are_refused_if_asked(self, route, backend):
        for t in (-1, 1_001):
            with pytest.raises(ValueError, match=rf"{T + t} is outside .* {T} to {T + 1_000}; accepted"):
                move(route, backend, 1.0, 3.0, at=[500, t], bounds="error")
        assert move(route, backend, 1.0, 3.0, at=[0, 500, 1_000], bounds="error").tolist() == [1.0, 2.0, 3.0]

    def test_are_carried_on_if_asked(self, route, backend):
        at = [-500, 1_500, 2_000, -10_000]
        assert move(route, backend, 1.0, 3.0, at=at, bounds="extrapolate").tolist() == [0.0, 4.0, 5.0, -19.0]


OVER_ALL_KNOTS = [*OVER_KNOTS, next(route for route in MOVING if str(route) == "interpolate_linear")]


@pytest.mark.routes(OVER_ALL_KNOTS)
class TestKnotsInTime:
    QUATS = np.array([IDENTITY, QUARTER, TILTED, IDENTITY])

    def run(self, route, backend, stamps, at=(T,)):
        m = len(stamps)
        positions = np.arange(3.0 * m).reshape(m, 3)
        return route.run(np.array(stamps), positions, np.resize(self.QUATS, (m, 4)), np.array(at), backend)

    def test_duplicate_stamps_are_refused_with_the_index(self, route, backend):
        with pytest.raises(ValueError, match=rf"stamps\[2\] = {T + 5} is not after .*\[1\] = {T + 5}; .*'first' or"):
            self.run(route, backend, [T, T + 5, T + 5, T + 9])

    def test_unsorted_knots_are_refused_with_the_index(self, route, backend):
        with pytest.raises(ValueError, match=rf"stamps\[3\] = {T + 4} is not after .*\[2\] = {T + 5}; .*sort the"):
            self.run(route, backend, [T, T + 1, T + 5, T + 4])

    def test_unsorted_queries_are_answered_in_their_order(self, route, backend):
        stamps, at = [T, T + 10, T + 20, T + 30], [T + 25, T + 3, T + 30, T + 3, T - 9, T + 11, T + 99]
        together = self.run(route, backend, stamps, at)
        for row, t in enumerate(at):
            alone = self.run(route, backend, stamps, [t])
            np.testing.assert_array_equal(together[0][row], alone[0][0])
            if together[1] is not None:
                np.testing.assert_allclose(together[1][row], alone[1][0], rtol=0, atol=ANGLE_RAD)

    def test_empty_queries_give_empty_results(self, route, backend):
        positions, quats = self.run(route, backend, [T, T + 10], np.empty(0, np.int64))
        assert positions.shape == (0, 3)
        assert quats is None or quats.shape == (0, 4)

    @pytest.mark.parametrize("bounds", ["clamp", "extrapolate"])
    def test_one_knot_gives_a_constant(self, route, backend, bounds):
        at = np.array([T - 10**15, T - 1, T, T + 1, T + 10**15])
        knot = np.array([T]), np.array([[1.0, 2.0, 3.0]]), np.array([(0.0, 0.0, 0.0, 2.0)])
        positions, quats = route.run(*knot, at, backend, bounds=bounds)
        assert positions.tolist() == [[1.0, 2.0, 3.0]] * 5
        assert quats is None or quats.tolist() == [[0.0, 0.0, 0.0, 1.0]] * 5

    @pytest.mark.parametrize("bounds", ["clamp", "extrapolate"])
    def test_one_knot_gives_a_constant_also_where_that_is_not_finite(self, route, backend, bounds):
        knot = np.array([T]), np.array([[np.inf, 2.0, -np.inf]]), np.array([IDENTITY])
        positions, _ = route.run(*knot, np.array([T - 9, T, T + 9]), backend, bounds=bounds)
        assert positions.tolist() == [[np.inf, 2.0, -np.inf]] * 3

    def test_one_knot_with_strict_bounds(self, route, backend):
        knot = np.array([T]), np.array([[1.0, 2.0, 3.0]]), np.array([IDENTITY])
        assert route.run(*knot, np.array([T, T]), backend, bounds="error")[0].tolist() == [[1.0, 2.0, 3.0]] * 2
        with pytest.raises(ValueError, match="is outside the knots"):
            route.run(*knot, np.array([T, T + 1]), backend, bounds="error")


@pytest.mark.routes(list(dict.fromkeys([*TURNING, *MOVING])))
class TestNanQuery:
    """A float NaN cannot be asked for, as floats cannot; NaT is its name among times."""

    KNOTS = np.array([T, T + 10]), np.zeros((2, 3)), np.array([IDENTITY, QUARTER])

    def test_floats_are_refused_with_the_way_to_convert(self, route, backend):
        if str(route) == "slerp_quaternion":
            with pytest.raises(TypeError, match=r"t is nan, a float; accepted are int nanoseconds .* convert"):
                paceline.slerp_quaternion(np.nan, T, IDENTITY, T + 10, QUARTER, backend=backend)
            return
        run, stamps = self.by_stamps(route, backend)
        with pytest.raises(TypeError, match=r" has dtype float64; accepted are int64 nanoseconds .* convert"):
            run(np.array([T, np.nan]), stamps)
        with pytest.raises(TypeError, match=r" has dtype float64; accepted are int64 nanoseconds .* convert"):
            run(np.array([T, T]), stamps.astype(np.float64))

    def test_nat_is_refused_with_its_index(self, route, backend):
        if str(route) == "slerp_quaternion":
            with pytest.raises(ValueError, match="t is NaT"):
                paceline.slerp_quaternion(np.datetime64("NaT", "ns"), T, IDENTITY, T + 10, QUARTER, backend=backend)
            return
        run, stamps = self.by_stamps(route, backend)
        with pytest.raises(ValueError, match=r"\[1\] is NaT; accepted is a time at every index"):
            run(np.array([T, "NaT"], "datetime64[ns]"), stamps)
        with pytest.raises(ValueError, match=r"\[0\] is NaT; accepted is a time at every index"):
            run(np.array([T, T]), np.array(["NaT", T], "datetime64[ns]"))

    def by_stamps(self, route, backend):
        """Return the route as a function of queries and knots' stamps, and stamps that it takes."""
        stamps, positions, quats = self.KNOTS
        pairs = {
            "slerp_quaternions_batch": (paceline.slerp_quaternions_batch, quats),
            "interpolate_positions_batch": (paceline.interpolate_positions_batch, positions),
        }
        if str(route) in pairs:
            function, knots = pairs[str(route)]
            return lambda t, t0: function(t, t0, knots, stamps + 9, knots, backend=backend), stamps
        return lambda t, s: route.run(s, positions, quats, t, backend), stamps


@pytest.mark.routes(OVER_KNOTS)
class TestInt64AndDatetime64:
    def test_a_nanosecond_counts(self, route, backend):
        """At 1.7e18 a double steps by 256 ns: through float, these 100 stamps would be one."""
        stamps, at = np.array([T, T + 100]), T + np.arange(101)
        positions = np.array([[0.0] * 3, [100.0] * 3])
        quats = np.array([IDENTITY, QUARTER])
        actual = route.run(stamps, positions, quats, at, backend)
        assert actual[0][:, 0].tolist() == list(range(101))
        angle = 2 * np.arctan2(actual[1][:, 2], actual[1][:, 3])
        np.testing.assert_allclose(angle, np.pi / 2 * np.arange(101) / 100, rtol=0, atol=1e-15)

    def test_datetime64_is_the_same(self, route, backend):
        stamps, at = np.array([T, T + 100]), T + np.arange(0, 101, 7)
        positions, quats = np.array([[0.0] * 3, [100.0] * 3]), np.array([IDENTITY, QUARTER])
        numbers = route.run(stamps, positions, quats, at, backend)
        dates = route.run(stamps.view("datetime64[ns]"), positions, quats, at.view("datetime64[ns]"), backend)
        np.testing.assert_array_equal(numbers[0], dates[0])
        np.testing.assert_array_equal(numbers[1], dates[1])


@pytest.mark.routes(OVER_KNOTS)
class TestReadOnlyStridedFortranFloat32:
    def test_together(self, route, backend):
        """Every function and layout, each alone, is in arguments_test."""
        stamps = np.repeat(T + 10 * np.arange(4), 2)[::2]
        positions = np.asfortranarray(np.arange(12.0).reshape(4, 3))
        quats = np.array([IDENTITY, (0, 0, 1, 1), (0, 2, 0, 2), IDENTITY], np.float32)
        for array in (stamps, positions, quats):
            array.flags.writeable = False
        at = (T + np.arange(40))[::-3]
        actual = route.run(stamps, positions, quats, at, backend)
        plain = stamps.copy(), np.ascontiguousarray(positions), quats.astype(np.float64), at.copy()
        expected = route.run(*plain, backend)
        np.testing.assert_array_equal(actual[0], expected[0])
        np.testing.assert_array_equal(actual[1], expected[1])


class TestComponentOrder:
    XYZW = np.array([TILTED, QUARTER, IDENTITY])
    STAMPS, POSITIONS = T + 10 * np.arange(3), np.zeros((3, 3))
    AT = T + np.arange(21)

    @pytest.mark.needs("interpolate_trajectory_batch")
    def test_of_the_function(self, backend):
        wxyz = self.XYZW[:, [3, 0, 1, 2]]
        knots = self.STAMPS, self.POSITIONS
        _, xyzw = paceline.interpolate_trajectory_batch(*knots, self.XYZW, self.AT, backend=backend)
        _, same = paceline.interpolate_trajectory_batch(*knots, wxyz, self.AT, scalar_first=True, backend=backend)
        np.testing.assert_allclose(same, xyzw[:, [3, 0, 1, 2]], rtol=0, atol=ANGLE_RAD)

    @pytest.mark.needs(*PREPARED)
    def test_of_a_trajectory(self, backend):
        wxyz = self.XYZW[:, [3, 0, 1, 2]]
        knots = self.STAMPS, self.POSITIONS
        _, xyzw = paceline.Trajectory(*knots, self.XYZW, backend=backend).at(self.AT)
        _, same = paceline.Trajectory(*knots, wxyz, scalar_first=True, backend=backend).at(self.AT)
        np.testing.assert_allclose(same, xyzw[:, [3, 0, 1, 2]], rtol=0, atol=ANGLE_RAD)


@needs_recordings
class TestRealFiles:
    @pytest.mark.routes(OVER_KNOTS)
    def test_the_duplicate_is_refused(self, route, backend):
        recorded = datasets.tum.read_tum(datasets.RECORDINGS / "fr2_desk_groundtruth.txt")
        repeats = np.flatnonzero(recorded.stamps[1:] == recorded.stamps[:-1]) + 1
        assert repeats.size == 1
        with pytest.raises(ValueError, match=rf"stamps\[{repeats[0]}\] = \d+ is not after"):
            route.run(recorded.stamps, recorded.positions, recorded.quaternions, recorded.stamps[:1], backend)

    @pytest.mark.needs("interpolate_trajectory_batch")
    @pytest.mark.parametrize("duplicates", ["first", "last"])
    def test_the_duplicate_is_dropped_if_asked(self, backend, duplicates):
        recorded = datasets.tum.read_tum(datasets.RECORDINGS / "fr2_desk_groundtruth.txt")
        data = datasets.load("fr2_desk")
        knots = recorded.stamps, recorded.positions, recorded.quaternions
        positions, quats = paceline.interpolate_trajectory_batch(
            *knots, data.at, duplicates=duplicates, backend=backend
        )
        assert_exact(quats, data.exact_quaternions)
        assert oracle.ulp_errors(positions, data.exact_positions).max() <= 1

    @pytest.mark.needs(*PREPARED)
    def test_the_gap_is_reported(self, backend):
        data = datasets.load("fr2_desk")
        trajectory = paceline.Trajectory(data.stamps, data.positions, data.quaternions, backend=backend)
        widest = int(np.diff(data.stamps).argmax())
        middle = (data.stamps[widest] + data.stamps[widest + 1]) // 2
        assert 5_900_000_000 < trajectory.gap([middle])[0] < 6_100_000_000
        assert trajectory.gap(data.stamps).max() == 0
