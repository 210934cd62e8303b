"""What a user asks for in blocks of ``using``, to the letter."""

from __future__ import annotations

import numpy as np
import pytest

import paceline
from paceline.operations import OPERATIONS
from paceline.selection import refusals, rules, selector
from selection.fakes import serving

STEREO = np.array([[1, 3], [5, 7]], np.int16)


pytestmark = pytest.mark.usefixtures("three")


class TestUsing:
    def test_counts_in_the_block_only(self):
        assert serving() == "cython"
        with paceline.using("one"):
            assert serving() == "one"
        assert serving() == "cython"

    def test_is_over_after_an_error(self):
        with pytest.raises(ZeroDivisionError), paceline.using("one"):
            1 / 0  # noqa: B018
        assert serving() == "cython"

    def test_for_some_operations(self):
        with paceline.using(to_mono="one", interleave="two"):
            assert (serving(), serving("interleave"), serving("deinterleave")) == ("one", "two", "cython")

    def test_for_all_but_one(self):
        with paceline.using("one", interleave="two"):
            assert (serving(), serving("interleave"), serving("deinterleave")) == ("one", "two", "one")

    def test_a_block_inside_adds(self):
        with paceline.using("one"), paceline.using(to_mono="two"):
            assert (serving(), serving("interleave")) == ("two", "one")
            with paceline.using(interleave="cython"):
                assert (serving(), serving("interleave"), serving("deinterleave")) == ("two", "cython", "one")
            assert serving("interleave") == "one"

    def test_a_block_inside_with_a_backend_begins_anew(self):
        with paceline.using("one", to_mono="two"):
            with paceline.using("cython"):
                assert (serving(), serving("interleave")) == ("cython", "cython")
            assert (serving(), serving("interleave")) == ("two", "one")

    def test_one_that_says_nothing_changes_nothing(self):
        with paceline.using():
            assert serving() == "cython"
        with paceline.using("one"), paceline.using():
            assert serving() == "one"

    def test_as_a_decorator(self):
        @paceline.using("one")
        def inside():
            return serving()

        assert [inside(), serving(), inside()] == ["one", "cython", "one"]

    def test_a_call_that_names_a_backend_goes_before(self):
        with paceline.using("one"):
            assert selector("to_mono").pick(2, "two").backend == "two"

    @pytest.mark.parametrize(
        ("names", "expected"),
        [("rust,one", "one"), ("one,two", "one"), (" two , one ", "two"), ("numba,rust,two", "two")],
    )
    def test_of_a_list_the_first_that_is_here_serves(self, names, expected):
        with paceline.using(names):
            assert [serving(), serving()] == [expected, expected]
            assert paceline.explain("to_mono").rule == "using"

    def test_a_list_is_gone_through_once(self, monkeypatch):
        asked = []
        load = rules.load_kernel
        monkeypatch.setattr(rules, "load_kernel", lambda *names: asked.append(names[1]) or load(*names))
        with paceline.using("rust,one,two"):
            assert serving() == "one"
            asked.clear()
            assert [serving(), serving(), selector("to_mono").choose(2).backend] == ["one"] * 3
        assert asked == []
        refusals.refuse("to_mono", "one", "is wrong")
        rules.forget()
        with paceline.using("rust,one,two"):
            assert serving() == "two"

    def test_of_a_list_the_first_that_implements_it_serves(self):
        with paceline.using("one,python"):
            assert serving() == "one"
            assert paceline.explain("slerp_quaternion").backend == "python"

    def test_an_operation_that_none_of_them_implements_raises_when_it_is_called(self):
        with paceline.using("one,two"):
            assert serving() == "one"
            with pytest.raises(paceline.BackendUnavailable) as error:
                paceline.slerp_quaternion(5, 0, (0, 0, 0, 1), 10, (0, 0, 1, 1))
        assert str(error.value) == (
            "The backend 'one' does not implement slerp_quaternion: it has no interpolation module. "
            "The backend 'two' does not implement slerp_quaternion: it has no interpolation module."
        )


class TestObjects:
    """What is made in a block keeps to what the block said."""

    def test_streams_and_detectors(self):
        with paceline.using("python"):
            stream, detector = paceline.audio.ResampleStream(48_000, 16_000), paceline.audio.VoiceDetector(16_000)
        with paceline.using("python"), pytest.raises(paceline.BackendUnavailable), paceline.using("one"):
            paceline.audio.ResampleStream(48_000, 16_000)
        with paceline.using("one"):
            assert (stream.backend, detector.backend) == ("python", "python")
            assert len(stream.process(np.zeros(4800, np.float32), last=True)) == 1600
            detector.process(np.zeros(4800, np.float32))

    def test_trajectories_and_pipelines(self):
        manifest = OPERATIONS["run_pipeline"].golden[0].arguments[0]
        with paceline.using("python"):
            trajectory = paceline.Trajectory([0, 10], np.zeros((2, 3)), [[0, 0, 0, 1]] * 2)
            pipeline = paceline.Pipeline.from_manifest(manifest)
        with paceline.using("one"):
            assert trajectory.at([5])[0].tolist() == [[0, 0, 0]]
            assert trajectory.gap([4]).tolist() == [4]
            assert pipeline.run_sync([0]) == [42]
            with pytest.raises(paceline.BackendUnavailable):
                paceline.Trajectory([0, 10], np.zeros((2, 3)), [[0, 0, 0, 1]] * 2)
            with pytest.raises(paceline.BackendUnavailable):
                paceline.Pipeline.from_manifest(manifest)


class TestMistakes:
    @pytest.mark.parametrize("name", ["fortran", "", "rust,fortran", "one,", ",", "One", "one;two", ":fast"])
    def test_no_such_backend(self, name):
        with (
            pytest.raises(paceline.BackendUnavailable, match=r"^using\('.*'\): no backend is named '.*'; those ready"),
            paceline.using(name),
        ):
            raise AssertionError("the block may not begin")
        assert serving() == "cython"

    def test_the_message_says_what_there_is(self):
        with pytest.raises(paceline.BackendUnavailable) as error, paceline.using(to_mono="fortran"):
            pass
        assert str(error.value) == (
            "using(to_mono='fortran'): no backend is named 'fortran'; those ready here are cython, python, one, two."
        )

    def test_no_such_variant(self, installed, backend):
        installed(backend("one", variants={"fast": {}}))
        with (
            pytest.raises(paceline.BackendUnavailable, match="'one' has no variant 'slow'; its variants: fast"),
            paceline.using("one:slow"),
        ):
            pass

    def test_no_such_operation(self):
        with pytest.raises(ValueError, match="which there is not") as error, paceline.using(mono="one"):
            pass
        assert str(error.value).startswith("using(mono=…) names the operation 'mono', which there is not; accepted are")
        assert all(operation in str(error.value) for operation in OPERATIONS)

    @pytest.mark.parametrize("wrong", [3, b"one", ["one"], True, ("one", "two")])
    def test_no_name(self, wrong):
        for arguments, named in (((wrong,), {}), ((), {"to_mono": wrong})):
            with pytest.raises(TypeError, match="accepted are backends' names"), paceline.using(*arguments, **named):
                pass

    def test_only_absent_ones(self):
        with pytest.raises(paceline.BackendUnavailable) as error, paceline.using("rust,numba"):
            pass
        assert str(error.value) == (
            "using('rust,numba'): 'rust' is absent: it is not installed: pip install 'paceline[rust]'; "
            "'numba' is absent: it is not installed: pip install 'paceline[numba]'; "
            "those ready here are cython, python, one, two."
        )

    def test_a_stale_one(self, installed, backend):
        installed("one", backend("two", contract=99))
        stale = pytest.raises(paceline.BackendUnavailable, match="'two' is stale: it implements contract 99")
        with stale, paceline.using("two"):
            pass
        with paceline.using("two,one"), pytest.raises(paceline.StaleBackend, match="'two' is stale"):
            serving()
