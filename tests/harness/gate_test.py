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


def only(call, **more):
    comparison = Comparison(
        "double",
        {"plain": lambda x: 2 * x, "it": call},
        lambda n, rng: (rng.standard_normal(n),),
        [50],
        "plain",
        **more,
    )
    return comparison.run(budget_s=0.001, seed=1)["it"]


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
    result = comparison.run(budget_s=0.001, seed=1)
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
    result = comparison.run(budget_s=0.001)
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


def test_only_one_launch_is_measured_so_far():
    with pytest.raises(ValueError, match="this version measures one launch"):
        Comparison("x", {"a": len}, lambda n, rng: ([],), [1], "a").run(launches=5)
    clock = FakeClock()
    assert run(clock).record().launch.of == 1
