"""From times to the sizes at which the fastest backend changes."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from paceline.selection.curves import HYSTERESIS, _between, fastest, ranges, time_at

NS = st.floats(0.1, 1e9)
SIZES = st.lists(st.integers(1, 10**7), min_size=1, max_size=8, unique=True).map(sorted)


@st.composite
def some_curves(draw):
    """Curves as calibrations give them: most with all sizes, some that begin later or end sooner."""
    sizes = draw(SIZES)
    curves = {}
    for name in "ABCDE"[: draw(st.integers(1, 5))]:
        first = draw(st.integers(0, len(sizes) - 1))
        last = draw(st.integers(first, len(sizes) - 1))
        own = sizes if draw(st.booleans()) else sizes[first : last + 1]
        curves[name] = [(n, draw(NS)) for n in own]
    return curves


def served(found, n):
    return found[bisect_right([size for size, _ in found], n) - 1][1]


def measured_sizes(curves):
    return sorted({n for curve in curves.values() for n, _ in curve})


class TestRanges:
    @given(some_curves())
    @example({"A": [(1, 2.0), (3, 2.0)], "B": [(1, 9.0), (3, 1.0)], "C": [(1, 99.0), (3, 0.5)]})
    @example({"A": [(1, 1.0), (2, 1.0), (3, 1.0)], "B": [(1, 2.0), (2, 0.9), (3, 2.0)]})
    def test_cover_all_sizes_in_ascending_order(self, curves):
        found = ranges(curves)
        sizes = [size for size, _ in found]
        assert sizes[0] == 0
        assert all(low < high for low, high in pairwise(sizes))
        assert all(type(size) is int for size in sizes)
        assert all(one != other for (_, one), (_, other) in pairwise(found))
        assert {name for _, name in found} <= set(curves)

    @given(some_curves())
    def test_who_serves_a_measured_size_is_at_most_the_hysteresis_slower_than_the_best(self, curves):
        found = ranges(curves)
        for n in measured_sizes(curves):
            best = time_at(curves[fastest(curves, n)], n)
            assert time_at(curves[served(found, n)], n) <= best * (1 + HYSTERESIS) * (1 + 1e-12)

    @given(some_curves())
    def test_without_hysteresis_the_best_serves_every_measured_size(self, curves):
        found = ranges(curves, hysteresis=0.0)
        for n in measured_sizes(curves):
            best = time_at(curves[fastest(curves, n)], n)
            assert time_at(curves[served(found, n)], n) <= best * (1 + 1e-12)

    @given(some_curves(), st.integers(-20, 20))
    def test_only_ratios_of_times_count(self, curves, power):
        places = _between(measured_sizes(curves))
        for one in curves.values():
            for other in curves.values():
                ratios = [time_at(one, n) / time_at(other, n) for n in places]
                assume(one == other or all(min(abs(r - 1), abs(r - 1.05), abs(r - 1 / 1.05)) > 1e-9 for r in ratios))
        scaled = {name: [(n, ns * 2.0**power) for n, ns in curve] for name, curve in curves.items()}
        one, other = ranges(curves), ranges(scaled)
        assert [name for _, name in one] == [name for _, name in other]
        for (size, _), (again, _) in zip(one, other, strict=True):
            assert abs(size - again) <= 1

    @given(some_curves())
    def test_a_change_is_where_the_curves_cross(self, curves):
        for (_, old), (size, new) in pairwise(ranges(curves)):
            assert time_at(curves[new], size) <= time_at(curves[old], size) * (1 + 1e-9)

    def test_the_place_of_a_change(self):
        straight = {"A": [(1, 10.0), (1_000_000, 10.0)], "B": [(1, 1.0), (1_000_000, 1e6)]}
        assert ranges(straight) == [(0, "B"), (11, "A")]  # at 10 they are equal
        curves = {"A": [(1, 100.0), (10_000, 100.0)], "B": [(1, 400.0), (10_000, 25.0)]}
        assert ranges(curves) == [(0, "A"), (101, "B")]

    @given(NS, SIZES)
    def test_a_single_candidate_serves_all(self, ns, sizes):
        assert ranges({"A": [(n, ns * n) for n in sizes]}) == [(0, "A")]

    def test_without_any_nobody_serves(self):
        assert ranges({}) == []

    @given(st.lists(st.tuples(st.integers(1, 10**6), NS), min_size=1, max_size=6, unique_by=lambda pair: pair[0]))
    def test_of_equals_the_first_serves_all(self, points):
        curve = sorted(points)
        assert ranges({"B": curve, "A": curve}) == [(0, "B")]

    def test_near_ties_do_not_alternate(self):
        sizes = [10**power for power in range(7)]
        curves = {
            "A": [(n, 100.0 + 4 * (power % 2)) for power, n in enumerate(sizes)],
            "B": [(n, 104.0 - 4 * (power % 2)) for power, n in enumerate(sizes)],
        }
        assert ranges(curves) == [(0, "A")]
        assert len(ranges(curves, hysteresis=0.01)) == 7


class TestTimeAt:
    @given(some_curves())
    def test_is_the_measured_time_at_a_measured_size(self, curves):
        for curve in curves.values():
            assert [time_at(curve, n) for n, _ in curve] == [ns for _, ns in curve]

    def test_below_the_first_size_it_is_the_first_ones(self):
        assert time_at([(100, 7.0), (200, 9.0)], 1) == 7.0
        assert time_at([(100, 7.0), (200, 9.0)], 0) == 7.0

    def test_beyond_the_last_size_it_grows_with_the_size(self):
        assert time_at([(100, 7.0), (200, 9.0)], 2_000) == 90.0

    def test_between_sizes_it_is_a_power_of_the_size(self):
        assert time_at([(1, 1.0), (100, 10_000.0)], 10) == pytest.approx(100.0, rel=1e-12)

    @given(some_curves(), st.floats(1, 1e8))
    def test_lies_between_its_neighbours(self, curves, n):
        for curve in curves.values():
            around = [ns for size, ns in curve if size <= n][-1:] + [ns for size, ns in curve if size >= n][:1]
            if len(around) == 2:
                assert min(around) * (1 - 1e-12) <= time_at(curve, n) <= max(around) * (1 + 1e-12)
