"""What is said about a choice."""

from __future__ import annotations

import pytest

import paceline
from paceline.selection import explanation, refusals, rules
from selection.fakes import flat, measured


@pytest.fixture
def crossing(installed, shipped):
    """Install two backends of which each is the fastest at some sizes."""
    installed("one", "two")
    shipped(
        to_mono={
            "one": [(1, 100.0), (1_000_000, 1e8)],
            "two": [(1, 10_000.0), (1_000_000, 1e6)],
            "python": [(1, 2e6), (1_000_000, 2e9)],
        }
    )


class TestExplain:
    def test_has_the_figures_at_the_size(self, crossing):
        why = paceline.explain("to_mono", 1_000_000)
        assert (why.operation, why.n, why.backend, why.rule) == ("to_mono", 1_000_000, "two", "shipped")
        assert dict(why.times_ns) == {"two": 1e6, "one": 1e8, "python": 2e9}
        assert list(why.times_ns) == ["two", "one", "python"]
        assert why.left_out == {}
        assert [name for _, name in why.ranges] == ["one", "two"]
        assert why.ranges[0][0] == 0

    def test_without_a_size_it_is_a_typical_one(self, crossing):
        assert paceline.explain("to_mono").n == rules.TYPICAL_N
        assert paceline.explain("to_mono") == paceline.explain("to_mono", rules.TYPICAL_N)

    def test_at_no_items_times_are_those_of_the_smallest_size(self, crossing):
        why = paceline.explain("to_mono", 0)
        assert why.backend == "one"
        assert why.times_ns["one"] == 100.0

    def test_prints_as_a_few_lines(self, crossing):
        (begin,) = (n for n, name in paceline.explain("to_mono").ranges if name == "two")
        assert str(paceline.explain("to_mono", 1_000_000)).splitlines() == [
            "to_mono, n = 1,000,000 frames: two, because the table that comes with paceline has it as the fastest, "
            "measured on another machine, another: not measured here.",
            "  two          1 ms",
            "  one        100 ms  100.00 times as long",
            "  python        2 s  2000.00 times as long",
            f"  by size: one below {begin:,}; two from {begin:,} on",
        ]

    def test_prints_what_is_left_out(self, installed, backend, profiled):
        installed("one", backend("two", lacks=("to_mono",)), backend("numba", jit=True), backend("old", contract=99))
        profiled(to_mono=measured("to_mono", flat(python=3.0), refused={"one": "gives 7"}))
        lines = str(paceline.explain("to_mono")).splitlines()
        assert lines[0].startswith(
            "to_mono, n = 1,000 frames: python, because it was the fastest when it was measured on"
        )
        assert lines[1] == "  python       3 ns"
        assert (
            lines[2] == "  numba   left out: it compiles on its first call: paceline.warm_up('to_mono') does so ahead"
        )
        assert lines[3].startswith("  old     left out: The backend 'old' is stale: it implements contract 99")
        assert lines[4] == "  one     left out: it gives 7"
        assert lines[5] == "  two     left out: it does not implement to_mono: its formats module does not have it"
        assert len(lines) == 6

    @pytest.mark.parametrize(
        ("named", "because"),
        [("one", "the call names it"), (None, "nothing was ever measured, and it is the first of the fixed order")],
    )
    def test_where_nothing_was_measured(self, installed, named, because):
        installed("one")
        why = paceline.explain("to_mono", backend=named)
        assert (why.backend, why.because) == (named or "python", because)
        assert (why.times_ns, why.measured) == ({}, "")
        assert str(why).splitlines() == [f"to_mono, n = 1,000 frames: {why.backend}, because {because}."]

    def test_an_operation_of_one_item_has_no_other_size(self, installed, shipped):
        installed()
        shipped(slerp_quaternion={"python": [(1, 500.0)]})
        for n in (None, 1, 1_000_000):
            why = paceline.explain("slerp_quaternion", n)
            assert (why.n, dict(why.times_ns)) == (1, {"python": 500.0})
            assert str(why).startswith("slerp_quaternion, n = 1: python, because the table that comes with")

    def test_changes_nothing(self, crossing):
        known = refusals.known()
        assert str(paceline.explain("to_mono")) == str(paceline.explain("to_mono"))
        assert refusals.known() == known


class TestMistakes:
    def test_no_such_operation(self):
        with pytest.raises(ValueError, match="operation is 'mono'; accepted are slerp_quaternion, "):
            paceline.explain("mono")

    def test_no_size(self):
        with pytest.raises(ValueError, match="n is -1; accepted is a size of 0 or more, or None"):
            paceline.explain("to_mono", -1)

    def test_no_such_backend(self):
        with pytest.raises(paceline.BackendUnavailable, match="No backend is named 'fortran'; those ready here are "):
            paceline.explain("to_mono", backend="fortran")


@pytest.mark.parametrize(
    ("ns", "text"),
    [(0.5, "0.5 ns"), (12.34, "12.3 ns"), (999.0, "999 ns"), (1500.0, "1.5 µs"), (2.5e6, "2.5 ms"), (3e9, "3 s")],
)
def test_durations(ns, text):
    assert explanation._duration(ns) == text
