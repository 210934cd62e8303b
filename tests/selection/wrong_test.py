"""A backend that gives a wrong result on this machine: a calibration keeps it away, and says why."""

from __future__ import annotations

import numpy as np
import pytest

import paceline
from paceline.selection import measuring, proof
from selection.fakes import RAISES, WRONG_ON_GOLDEN, WRONG_ON_WORKLOAD, serving

STEREO = np.array([[1, 3], [5, 7]], np.int16)

WRONG = {
    "golden": (WRONG_ON_GOLDEN, "gives 3 in golden case 0 at index 0 of the flattened output; the contract has 2"),
    "workload": (WRONG_ON_WORKLOAD, "on its workload of n = 10 at index 7 of the flattened output, and the reference"),
    "raises": (RAISES, "raises OSError in golden case 0: no such instruction"),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("kind", ["compiled", "jit", "variant"])
class TestWrong:
    """A backend that gives one value outside the equality class on this machine."""

    @pytest.fixture
    def name(self, wrong, kind, installed, backend, clock):
        self.install(installed, backend, kind, WRONG[wrong][0])
        return "two:fast" if kind == "variant" else "two"

    def install(self, installed, backend, kind, body):
        kernels = {"to_mono": body}
        variant = kind == "variant"
        variants = {"fast": kernels} if variant else {}
        installed("one", backend("two", None if variant else kernels, jit=kind == "jit", variants=variants))

    def test_is_never_chosen(self, name, wrong, clock):
        clock.ns = {"two": 1, "two:fast": 1, "one": 100, "python": 200}
        entry = paceline.calibrate("to_mono").measured["to_mono"]
        assert list(entry.refused) == [name]
        assert WRONG[wrong][1] in entry.refused[name]
        assert name not in entry.times
        assert name not in entry.samples
        paceline.warm_up("interleave")
        assert serving() == ("two" if name == "two:fast" else "one")
        assert all(name != served for _, served in paceline.explain("to_mono").ranges)

    def test_status_says_why(self, name, wrong):
        paceline.calibrate("to_mono")
        (refused,) = paceline.status()["two"].refused.items()
        assert refused[0] == ("to_mono" if name == "two" else "to_mono (two:fast)")
        assert WRONG[wrong][1] in refused[1]
        assert f"  not for {refused[0]}: it {refused[1]}" in str(paceline.status()).splitlines()

    def test_naming_it_raises(self, name, wrong):
        paceline.calibrate("to_mono")
        for ask in (
            lambda: paceline.audio.to_mono(STEREO, backend=name),
            lambda: paceline.bind("to_mono", backend=name),
            lambda: paceline.explain("to_mono", backend=name),
        ):
            with pytest.raises(paceline.BackendUnavailable) as error:
                ask()
            assert str(error.value).startswith(f"The backend {name!r} will not serve to_mono, because it ")
            assert WRONG[wrong][1] in str(error.value)

    def test_in_a_new_process_too(self, name, kind, installed, backend, wrong):
        paceline.calibrate("to_mono")
        self.install(installed, backend, kind, WRONG[wrong][0])
        with pytest.raises(paceline.BackendUnavailable, match="will not serve to_mono"):
            paceline.audio.to_mono(STEREO, backend=name)

    def test_it_does_not_hold_for_another_version(self, name, kind, installed, backend):
        paceline.calibrate("to_mono")
        self.install(installed, backend, kind, "return reference.to_mono(x, out)")
        assert paceline.status()["two"].refused == {}
        assert paceline.audio.to_mono(STEREO, backend=name).tolist() == [2, 6]

    def test_calibrating_a_mended_version_lifts_it(self, name, kind, installed, backend, clock):
        clock.ns = {"two": 10, "two:fast": 1, "one": 100, "python": 200}
        paceline.calibrate("to_mono")
        assert paceline.status()["two"].refused
        self.install(installed, backend, kind, "return reference.to_mono(x, out)")
        found = paceline.calibrate("to_mono")
        assert found.measured["to_mono"].refused == {}
        assert paceline.status()["two"].refused == {}
        assert paceline.audio.to_mono(STEREO, backend=name).tolist() == [2, 6]
        if kind != "jit":
            assert serving() == name

    def test_what_is_wrong_now_is_said(self, name, clock, monkeypatch):
        paceline.calibrate("to_mono")
        assert paceline.status()["two"].refused
        monkeypatch.setattr(proof, "golden_problem", lambda *_: "is wrong in another way")
        paceline.calibrate("to_mono")
        assert "is wrong in another way" in paceline.status()["two"].refused.values()

    def test_it_is_tried_anew_also_in_this_process(self, name, clock, monkeypatch):
        paceline.calibrate("to_mono")
        clock.runs = False
        assert paceline.status()["two"].refused
        monkeypatch.setattr(proof, "golden_problem", lambda *_: None)
        monkeypatch.setattr(proof, "workload_problem", lambda *_: None)
        monkeypatch.setattr(measuring, "_compiled", lambda *_: None)
        monkeypatch.setattr(measuring, "_running", lambda calls, *_: calls.items())
        found = paceline.calibrate("to_mono")
        assert found.kept == ()
        assert paceline.status()["two"].refused == {}


def test_one_that_raises_at_large_sizes_only(installed, backend, clock):
    body = "if len(out) > 10_000: raise MemoryError('too many')\n    return reference.to_mono(x, out)"
    installed("one", backend("two", {"to_mono": body}))
    entry = paceline.calibrate("to_mono", budget_s=100).measured["to_mono"]
    assert entry.refused == {"two": "raises MemoryError on its workload of n = 31623: too many"}
    assert set(entry.times) == {"one", "python"}
