import numpy as np
import pytest

from harness.fakes import FakeClock, run
from paceline_harness import Candidate, Comparison, Equality, Part
from paceline_harness.buffers import aligned_empty, describe, place
from paceline_harness.equality import default_equality, largest_difference, relative_difference, rotation_angle


def test_a_candidate_that_differs_is_not_timed_and_says_so():
    result = run()
    cell = result["wrong", 100]
    assert cell.status == "not equal"
    assert cell.call_ns is None
    assert cell.reason.startswith("output differs by")
    assert "wrong" not in [arm.name for arm in result.records[0].arms]


def test_a_candidate_that_is_not_there_says_why():
    cell = run()["absent"]
    assert (cell.status, cell.reason) == ("unavailable", "not installed")


def test_an_empty_array_has_no_place():
    placed = place((np.empty(0), np.ones(3)), np.random.default_rng(0))
    assert [buffer.role for buffer in describe("input", placed)] == ["input[1]"]


def only(call, **more):
    comparison = Comparison(
        "double",
        {"plain": lambda x: 2 * x, "it": call},
        lambda n, rng: (rng.standard_normal(n),),
        [50],
        "plain",
        **more,
    )
    return comparison.run(launches=1, budget_s=0.001, seed=1)["it"]


def test_a_candidate_that_raises_says_what():
    def broken(_):
        raise ZeroDivisionError("no")

    assert only(broken).reason == "ZeroDivisionError: no"


def test_long_coloured_errors_fit_a_cell():
    def broken(_):
        raise TypeError("\x1b[1mfirst\x1b[0m\n\n  second\nthird")

    assert only(broken).reason == "TypeError: first second"


def test_a_candidate_that_changes_the_shared_inputs_is_refused():
    def in_place(x):
        x *= 2
        return x

    assert "changes its inputs" in only(in_place).reason


def test_inputs_are_restored_after_a_candidate_that_changed_them():
    seen = []
    comparison = Comparison(
        "sum",
        {
            "plain": lambda x: x.sum(),
            "spoils": lambda x: x.fill(0.0),
            "after": lambda x: seen.append(x.sum()) or x.sum(),
        },
        lambda n, rng: (rng.standard_normal(n),),
        [50],
        "plain",
    )
    result = comparison.run(launches=1, budget_s=0.001, seed=1)
    assert result["spoils"].status == "failed"
    assert result["after"].status == "timed"
    assert seen[0] != 0


def test_kept_outputs_are_shared_and_a_stale_one_does_not_pass():
    outs = []

    def good(x, out):
        outs.append(out)
        return np.multiply(x, 2, out=out)

    assert only(good, keep_outputs=True).status == "timed"
    assert len({out.ctypes.data for out in outs}) == 1
    assert only(lambda x, out: out, keep_outputs=True).status == "not equal"


def test_a_result_needs_its_baseline():
    comparison = Comparison(
        "double",
        {"plain": lambda x: 2 * x + 1, "it": lambda x: 2 * x},
        lambda n, rng: (rng.standard_normal(n),),
        [50],
        "plain",
        reference="it",
    )
    result = comparison.run(launches=1, budget_s=0.001)
    assert "baseline 'plain' is not equal" in result["it"].reason


def test_own_tolerance_needs_a_reason():
    with pytest.raises(ValueError, match="tolerance_reason"):
        Candidate("x", len, tolerance=1.0)
    with pytest.raises(ValueError, match="no call"):
        Candidate("x", None)


def test_distances():
    assert largest_difference([1.0, np.nan], [1.0, np.nan]) == 0
    assert largest_difference([1.0, np.nan], [1.0, 2.0]) == np.inf
    assert largest_difference([np.inf], [np.inf]) == 0
    assert largest_difference([1, 2], [1, 3]) == np.inf
    assert largest_difference([1.0], [1.0, 2.0]) == np.inf
    assert relative_difference([0.0, 100.0], [0.0, 100.1]) == pytest.approx(1e-3)


def test_rotation_angle_is_twice_the_quaternions_angle_up_to_sign_and_norm():
    half = 0.25e-7
    a = np.array([[0.0, 0.0, 0.0, 1.0]])
    b = -3 * np.array([[np.sin(half), 0.0, 0.0, np.cos(half)]])
    assert rotation_angle(a, b) == pytest.approx(2 * half, rel=1e-6)
    assert rotation_angle(a, 0 * a) == np.inf
    assert rotation_angle(a, a * np.nan) == np.inf


def test_parts_may_be_left_out_but_not_all_of_them():
    equality = Equality((Part("p", "m", largest_difference), Part("q", "rad", rotation_angle)), 1e-9)
    quats = np.array([[0.0, 0, 0, 1]])
    assert equality.errors((np.ones(3), quats), (None, quats)) == {"q": 0.0}
    assert equality.errors((np.ones(3), quats), np.ones(3)) == {"p": np.inf, "q": np.inf}
    assert default_equality(np.ones(3)).tolerance == 1e-9


def test_buffers_are_aligned_and_placed_at_random():
    rng = np.random.default_rng(0)
    offsets = set()
    for _ in range(200):
        array = aligned_empty((7, 3), np.float64, rng)
        assert array.ctypes.data % 64 == 0
        assert array.shape == (7, 3)
        assert array.flags.c_contiguous
        offsets.add(array.ctypes.data % 4096)
    assert len(offsets) > 32
    value = (np.arange(5), 3, (np.ones((2, 2)), "x"))
    placed = place(value, rng)
    np.testing.assert_array_equal(placed[0], value[0])
    np.testing.assert_array_equal(placed[2][0], value[2][0])
    assert [buffer.bytes for buffer in describe("input", placed)] == [40, 32]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"baseline": "nobody"}, "accepted are 'fast'"),
        ({"sizes": []}, "at least one size"),
        ({"sizes": [0]}, "A size is 0"),
        ({"candidates": [Candidate("plain", len), Candidate("plain", len)]}, "named 'plain'"),
        ({"candidates": {"null arm": len}}, "hidden second baseline"),
    ],
)
def test_mistakes_in_a_comparison_say_what_is_accepted(change, said):
    with pytest.raises(ValueError, match=said):
        run(**change)


def test_launches_and_budgets_have_a_range():
    comparison = Comparison("x", {"a": len}, lambda n, rng: ([],), [1], "a")
    with pytest.raises(ValueError, match="accepted is 1 and more"):
        comparison.run(launches=0)
    with pytest.raises(ValueError, match="positive number of seconds"):
        comparison.run(budget_s=0)


def test_a_clock_of_one_s_own_is_read_in_one_launch():
    clock = FakeClock()
    assert run(clock).record().launch.of == 1


def test_candidates_that_take_out_are_given_it_unless_told_otherwise():
    given = []

    def takes(x, out=None):
        given.append(out is not None)
        return np.multiply(x, 2, out=out)

    assert only(takes).status == "timed"
    assert all(given)
    given.clear()
    assert only(takes, keep_outputs=False).status == "timed"
    assert not any(given)


def test_out_is_not_given_where_outputs_are_no_arrays():
    comparison = Comparison(
        "sum",
        {"plain": lambda x: float(x.sum()), "it": lambda x, out=None: float(x.sum()) if out is None else "given"},
        lambda n, rng: (rng.integers(9, size=n),),
        [50],
        "plain",
    )
    assert comparison.run(launches=1, budget_s=0.001)["it"].status == "timed"


def test_stale_outputs_of_integers_do_not_pass():
    comparison = Comparison(
        "odd",
        {"plain": lambda x: x % 2 == 1, "it": lambda x, out: out},
        lambda n, rng: (rng.integers(9, size=n),),
        [50],
        "plain",
    )
    assert comparison.run(launches=1, budget_s=0.001)["it"].status == "not equal"


def test_a_reference_that_needs_out_is_refused():
    comparison = Comparison("x", {"a": lambda x, out: out}, lambda n, rng: (np.ones(n),), [5], "a")
    with pytest.raises(TypeError, match="returns its output when it is called without out"):
        comparison.run(launches=1)


def in_place(candidates, **more):
    made = Comparison("sort", candidates, lambda n, rng: (rng.permutation(n),), [60], "plain", in_place=True, **more)
    return made.run(launches=1, budget_s=0.02, seed=2)


def test_inputs_that_are_meant_to_change_are_restored_before_every_call():
    unsorted = []

    def watched(x):
        unsorted.append(bool((np.diff(x) < 0).any()))
        x.sort()

    result = in_place({"plain": lambda x: x.sort(), "watched": watched, "nothing": lambda x: None})
    assert result["watched"].status == "timed"
    assert len(unsorted) > 20
    assert all(unsorted)
    assert result["nothing"].status == "not equal"


def test_a_candidate_with_a_state_is_reset_before_every_call():
    state = {"calls": 0}

    def stateful(x):
        state["calls"] += 1
        return x * (2 if state["calls"] == 1 else 3)

    def reset(_x):
        state["calls"] = 0

    columns = [Candidate("plain", lambda x: 2 * x), Candidate("it", stateful, reset=reset)]
    result = Comparison("double", columns, lambda n, rng: (np.ones(n),), [50], "plain").run(launches=1, budget_s=0.01)
    assert result["it"].status == "timed"
    assert state["calls"] == 1
