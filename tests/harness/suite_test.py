import numpy as np
import pytest

import paceline
from paceline.operations import synthetic_episode
from paceline_harness.baselines import compiled as compiling
from paceline_harness.baselines import limit, trajectory
from paceline_harness.equality import largest_difference, rotation_angle
from paceline_harness.gate import admit
from paceline_harness.suites import SuiteOptions, chosen
from paceline_harness.suites.data import synthetic


@pytest.fixture(scope="module")
def episode():
    made = synthetic_episode(300, np.random.default_rng(4))
    return made.stamps, made.positions, made.quaternions, made.video_stamps


@pytest.fixture(scope="module")
def expected(episode):
    return paceline.interpolate_trajectory_batch(*episode, backend="python")


def compiled():
    try:
        limit.library()
    except limit.NoCompilerError as error:
        pytest.skip(f"The limit cannot be compiled: {error}.")


@pytest.mark.parametrize("turn", [1, 40])
def test_the_limit_agrees_with_the_reference(episode, turn):
    compiled()
    stamps, positions, quats, at = episode
    # Every `turn`-th knot: up to half a turn between neighbours, so that all three series of the limit run.
    knots = [np.ascontiguousarray(array[::turn]) for array in (stamps, positions, quats)]
    at = np.concatenate([at, at[:7] - 10**12, at[-7:] + 10**12])
    want = paceline.interpolate_trajectory_batch(*knots, at, backend="python")
    got = limit.interpolate(*knots, at)
    assert largest_difference(want[0], got[0]) < 1e-15
    assert rotation_angle(want[1], got[1]) < 1e-14
    out = np.empty((len(at), 3)), np.empty((len(at), 4))
    kept = limit.Kept()(*knots, at, out=out)
    np.testing.assert_array_equal(kept[0], got[0])
    np.testing.assert_array_equal(kept[1], got[1])


def test_the_limit_is_compiled_once(tmp_path, monkeypatch):
    compiled()
    monkeypatch.setattr(compiling, "_cache_folder", lambda: tmp_path)
    limit.library.cache_clear()
    try:
        limit.library()
        (built,) = tmp_path.iterdir()
        written = built.stat().st_mtime_ns
        limit.library.cache_clear()
        limit.library()
        assert built.stat().st_mtime_ns == written
    finally:
        limit.library.cache_clear()


def test_without_a_compiler_the_limit_says_so(monkeypatch):
    monkeypatch.setattr(compiling.shutil, "which", lambda _: None)
    limit.library.cache_clear()
    try:
        (record,) = [
            each
            for comparison in chosen(["interpolate_trajectory_batch"], SuiteOptions(backends=("python",)))[:1]
            for each in comparison.candidates
            if each.group == "limit"
        ]
        assert record.unavailable == "no C compiler found"
    finally:
        limit.library.cache_clear()


def test_numpy_by_hand_is_right(episode, expected):
    for got in (
        trajectory.numpy_trajectory(*episode),
        trajectory.numpy_prepared_at(trajectory.numpy_prepare(*episode[:3]), episode[3]),
    ):
        assert largest_difference(expected[0], got[0]) < 1e-15
        assert rotation_angle(expected[1], got[1]) < 1e-14


def rows():
    data = synthetic((60,))
    comparisons = chosen(["trajectory"], SuiteOptions(data=data))
    return {f"{at} {each.title}": each for at, each in enumerate(comparisons, 1)}


@pytest.mark.parametrize("title", list(rows()))
def test_every_candidate_of_every_row_is_equal_or_says_why_not(title):
    row = rows()[title]
    size = min(row.sizes[0], 60)
    generator = np.random.default_rng(0)
    inputs = row.inputs(size, generator)
    admitted = admit(row.candidates, inputs, row.reference, row.equal, keep_outputs=row.keep_outputs, rng=generator)
    assert row.baseline in admitted.calls
    for candidate in admitted.candidates:
        assert candidate.status in ("timed", "unavailable"), (candidate.name, candidate.reason)
        if candidate.status == "unavailable":
            assert candidate.reason


def test_rows_can_be_chosen_by_operation_and_backend():
    (row,) = chosen(["slerp_quaternions_batch"], SuiteOptions(backends=("python",)))
    assert [each.name for each in row.candidates if each.group == "backend"] == ["python"]
    assert len(chosen(["interpolate_linear"], SuiteOptions())) == 2
    assert len(chosen(["trajectory"], SuiteOptions())) == 9
    assert len(chosen([], SuiteOptions())) > 9


def test_the_suite_of_formats_is_measured_where_it_is_named():
    options = SuiteOptions(backends=("python",))
    usual, named = chosen([], options), chosen(["formats"], options)
    assert not {row.title for row in usual} & {row.title for row in named}
    assert {row.name for row in named} == {"convert_format", "interleave", "deinterleave"}
    assert {row.name for row in usual} > {"resample", "interpolate_linear"}
