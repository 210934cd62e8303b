"""What the environment asks for, to the letter, and when it is read."""

from __future__ import annotations

import numpy as np
import pytest

import paceline
from house.fresh import run
from paceline.selection import overrides, rules
from selection.fakes import serving, sources

STEREO = np.array([[1, 3], [5, 7]], np.int16)

pytestmark = pytest.mark.usefixtures("three")


class TestEnvironment:
    def test_for_all_and_for_one(self, monkeypatch):
        monkeypatch.setenv("PACELINE_BACKEND", "one")
        monkeypatch.setenv("PACELINE_BACKEND_TO_MONO", "two")
        assert (serving(), serving("interleave")) == ("two", "one")
        because = {name: paceline.explain(name).because for name in ("to_mono", "interleave")}
        assert because == {
            "to_mono": "PACELINE_BACKEND_TO_MONO=two asks for it",
            "interleave": "PACELINE_BACKEND=one asks for it",
        }

    @pytest.mark.parametrize(("names", "expected"), [("rust,one", "one"), (" two , one ", "two"), ("numba,two", "two")])
    def test_a_list(self, monkeypatch, names, expected):
        monkeypatch.setenv("PACELINE_BACKEND", names)
        assert serving() == expected

    def test_using_goes_before_for_its_operations(self, monkeypatch):
        monkeypatch.setenv("PACELINE_BACKEND", "one")
        with paceline.using(to_mono="two"):
            assert (serving(), serving("interleave")) == ("two", "one")

    def test_an_operation_that_it_does_not_implement_raises_when_it_is_called(self, monkeypatch):
        monkeypatch.setenv("PACELINE_BACKEND", "one")
        assert serving() == "one"
        with pytest.raises(paceline.BackendUnavailable, match="'one' does not implement slerp_quaternion"):
            paceline.slerp_quaternion(5, 0, (0, 0, 0, 1), 10, (0, 0, 1, 1))

    @pytest.mark.parametrize(
        ("variable", "value", "error", "message"),
        [
            (
                "PACELINE_BACKEND",
                "fortran",
                paceline.BackendUnavailable,
                "PACELINE_BACKEND=fortran: no backend is named ",
            ),
            (
                "PACELINE_BACKEND",
                "",
                paceline.BackendUnavailable,
                "PACELINE_BACKEND=: no backend is named '';",
            ),
            ("PACELINE_BACKEND", "one,", paceline.BackendUnavailable, "PACELINE_BACKEND=one,: no backend is named ''"),
            ("PACELINE_BACKEND", "rust", paceline.BackendUnavailable, "PACELINE_BACKEND=rust: 'rust' is absent: it is"),
            ("PACELINE_BACKEND_TO_MONO", "x", paceline.BackendUnavailable, "PACELINE_BACKEND_TO_MONO=x: no backend is"),
            (
                "PACELINE_BACKEND_MONO",
                "one",
                ValueError,
                "PACELINE_BACKEND_MONO names no operation; accepted are",
            ),
            (
                "PACELINE_BACKEND_to_mono",
                "one",
                ValueError,
                "PACELINE_BACKEND_to_mono names no operation; accepted are",
            ),
            (
                "PACELINE_BACKEND_",
                "one",
                ValueError,
                "PACELINE_BACKEND_ names no operation; accepted are",
            ),
        ],
    )
    def test_mistakes_raise_at_the_first_call(self, monkeypatch, variable, value, error, message):
        monkeypatch.setenv(variable, value)
        rules._state.settings = None  # as in a process that begins
        for _ in range(2):
            with pytest.raises(error) as raised:
                paceline.audio.to_mono(STEREO)
            assert str(raised.value).startswith(message)
        monkeypatch.delenv(variable)
        assert serving() == "cython"

    def test_other_variables_are_none_of_its_business(self):
        assert overrides.settings({"PACELINE_BACKENDS": "x", "PACELINE": "y", "PACELINE_BACKEND": "z"}) == {
            "PACELINE_BACKEND": "z"
        }


def ask_using():
    with paceline.using():
        pass


class TestChanges:
    """The environment is read at the first call, and anew by explain, bind and using."""

    ASKS = (lambda: paceline.explain("interleave"), lambda: paceline.bind("interleave"), ask_using)

    @pytest.mark.parametrize("ask", ASKS, ids=["explain", "bind", "using"])
    def test_take_effect_there(self, monkeypatch, ask):
        assert serving() == "cython"
        monkeypatch.setenv("PACELINE_BACKEND", "one")
        assert serving() == "cython"
        ask()
        assert serving() == "one"
        monkeypatch.delenv("PACELINE_BACKEND")
        ask()
        assert serving() == "cython"

    @pytest.mark.parametrize("ask", ASKS, ids=["explain", "bind", "using"])
    def test_a_mistake_raises_there_and_leaves_the_old_in_force(self, monkeypatch, ask):
        monkeypatch.setenv("PACELINE_BACKEND", "one")
        assert serving() == "one"
        monkeypatch.setenv("PACELINE_BACKEND", "fortran")
        for _ in range(2):
            with pytest.raises(paceline.BackendUnavailable, match="PACELINE_BACKEND=fortran: no backend is named"):
                ask()
        assert serving() == "one"
        monkeypatch.setenv("PACELINE_BACKEND", "two")
        ask()
        assert serving() == "two"


CODE = """
import subprocess, sys, paceline
code = "import paceline; print(paceline.explain('slerp_quaternion').because)"
with paceline.using("{asked}"):
    print(paceline.explain("slerp_quaternion").because)
    print(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip())
"""


def test_a_process_inherits_the_environment_and_no_block(monkeypatch):
    monkeypatch.setenv("PACELINE_BACKEND", "python")
    assert run(CODE.format(asked="python"), *sources()).splitlines() == [
        "a block of paceline.using() asks for it",
        "PACELINE_BACKEND=python asks for it",
    ]
